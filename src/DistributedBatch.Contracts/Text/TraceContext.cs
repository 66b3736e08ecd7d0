using System.Diagnostics;

namespace DistributedBatch.Contracts.Text;

/// <summary>W3C trace contexts (https://www.w3.org/TR/trace-context/#traceparent-header), which programs get as <c>TRACEPARENT</c>.</summary>
public static class TraceContext
{
    private const int Length = 55;

    /// <summary><paramref name="text"/> where it is a trace context; otherwise null.</summary>
    public static string? Checked(string? text) =>
        text is { Length: Length } && ActivityContext.TryParse(text, traceState: null, out _) && text.All(letter => char.IsAsciiHexDigitLower(letter) || letter == '-') ? text : null;
}
