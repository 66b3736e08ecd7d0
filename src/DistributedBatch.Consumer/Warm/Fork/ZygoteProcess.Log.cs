namespace DistributedBatch.Consumer.Warm.Fork;

internal sealed partial class ZygoteProcess
{
    [LoggerMessage(EventId = 2400, Level = LogLevel.Information, Message = "Preloaded interpreter for {Script} is ready as process {Pid}: {Modules} modules in {Seconds:0.00} s")]
    private static partial void LogReady(ILogger logger, ZygoteKey script, int pid, int modules, double seconds);

    [LoggerMessage(EventId = 2401, Level = LogLevel.Warning, Message = "Preloaded interpreter for {Script} died with programs running ({Ending}): {Stderr}")]
    private static partial void LogDied(ILogger logger, ZygoteKey script, string ending, string stderr);
}
