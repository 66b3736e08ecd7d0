namespace DistributedBatch.Cli.Settings;

/// <summary>How often and in what shape a setting may be given.</summary>
internal enum SettingKind
{
    /// <summary>Once; the layer of highest precedence wins.</summary>
    One,

    /// <summary>Once, a command: one text as in a shell, or in a file a list of its words.</summary>
    Command,

    /// <summary>Several times; the layer of highest precedence wins as a whole.</summary>
    Many,

    /// <summary>Several times as <c>K=V</c>; layers are merged, and the higher layer wins key by key.</summary>
    Pairs,
}
