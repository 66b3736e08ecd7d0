using System.Text;

namespace DistributedBatch.TestKit.Network;

/// <summary>What was sent to an <see cref="HttpCatcher"/>.</summary>
/// <param name="Method">Such as POST.</param>
/// <param name="Path">Path and query.</param>
/// <param name="Authorization">The header, or null.</param>
/// <param name="Body">The body.</param>
public sealed record CaughtRequest(string Method, string Path, string? Authorization, byte[] Body)
{
    /// <summary>The body as text.</summary>
    public string Text => Encoding.UTF8.GetString(Body);
}
