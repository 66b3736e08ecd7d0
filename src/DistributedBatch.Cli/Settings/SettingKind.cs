namespace DistributedBatch.Cli.Settings;

/// <summary>How often and in what shape a setting may be given.</summary>
internal enum SettingKind
{
    /// <summary>Once; the layer of highest precedence wins.</summary>
    One,

    /// <summary>Several times; the layer of highest precedence wins as a whole.</summary>
    Many,

    /// <summary>Several times as <c>K=V</c>; layers are merged, and the higher layer wins key by key.</summary>
    Pairs,
}
