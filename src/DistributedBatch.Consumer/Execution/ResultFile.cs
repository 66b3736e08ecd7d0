using System.Text.Json;
using DistributedBatch.Contracts.Text;

namespace DistributedBatch.Consumer.Execution;

/// <summary>Reads the result file of an attempt, <c>DBATCH_RESULT</c>.</summary>
internal static class ResultFile
{
    /// <summary>Largest result, in bytes. Larger results belong in <c>DBATCH_OUT</c>.</summary>
    public const int LargestBytes = 64 << 10;

    // What System.Text.Json reads, here and wherever results are shown.
    private const int MaxDepth = 64;

    /// <summary>The JSON, null when there is none; or one sentence on why it is not accepted.</summary>
    public static (string? Json, string? Error) Read(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists || file.Length == 0)
            return (null, null);
        if (file.Length > LargestBytes)
            return (null, $"The result is {file.Length} bytes long, more than the {LargestBytes} that fit; write large results to DBATCH_OUT.");
        try
        {
            return Check(File.ReadAllBytes(path));
        }
        catch (InvalidOperationException)
        {
            return (null, "The result is not UTF-8 text. Write one JSON value in UTF-8 to the file named by DBATCH_RESULT.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return (null, $"The result cannot be read: {failure.Message}");
        }
    }

    /// <summary>The same for a result in memory.</summary>
    public static (string? Json, string? Error) Check(byte[] bytes)
    {
        try
        {
            return (TextOf(bytes), null);
        }
        catch (JsonException failure)
        {
            try
            {
                return (TextOf(NonFiniteNumbers.AsNull(bytes)), null);
            }
            catch (JsonException)
            {
                return (null, IsTooDeep(bytes)
                    ? $"The result is nested deeper than {MaxDepth} levels; write large structures to DBATCH_OUT."
                    : $"The result is not JSON: {failure.Message} Write one JSON value to the file named by DBATCH_RESULT.");
            }
        }
    }

    private static string TextOf(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.GetRawText();
    }

    private static bool IsTooDeep(byte[] result)
    {
        try
        {
            using var document = JsonDocument.Parse(result, new JsonDocumentOptions { MaxDepth = LargestBytes });
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
