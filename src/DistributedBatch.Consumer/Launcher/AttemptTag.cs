namespace DistributedBatch.Consumer.Launcher;

/// <summary>
/// A hash of the variables that name an attempt. It identifies a process that left its group, session and parent, because the environment of its
/// start stays readable under <c>/proc</c>.
/// </summary>
internal static class AttemptTag
{
    /// <summary>Adds one <c>NAME=value</c>, in any order. Variables that do not name the attempt change nothing.</summary>
    public static ulong Add(ulong tag, ReadOnlySpan<byte> variable) =>
        variable.StartsWith("DBATCH_"u8)
        && (variable.StartsWith("DBATCH_RUN="u8) || variable.StartsWith("DBATCH_CHUNK="u8) || variable.StartsWith("DBATCH_ATTEMPT="u8))
            ? tag ^ Hash(variable)
            : tag;

    /// <summary>The tag of an environment as <c>/proc/PID/environ</c> gives it; 0 when it names no attempt.</summary>
    public static ulong Of(ReadOnlySpan<byte> environment)
    {
        ulong tag = 0;
        foreach (var range in environment.Split((byte)0))
            tag = Add(tag, environment[range]);
        return tag;
    }

    // FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/
    private static ulong Hash(ReadOnlySpan<byte> text)
    {
        var hash = 14695981039346656037;
        foreach (var letter in text)
            hash = (hash ^ letter) * 1099511628211;
        return hash;
    }
}
