namespace DistributedBatch.Consumer.Launcher;

/// <summary>What was left of an attempt when its program had ended.</summary>
internal enum Leftover
{
    /// <summary>Nothing.</summary>
    Nothing,

    /// <summary>Processes, which were killed.</summary>
    Killed,

    /// <summary>Helpers that tidy up and end by themselves; everything else was killed.</summary>
    Helpers,
}
