namespace DistributedBatch.Consumer.Processes;

/// <summary>Names of the signals that end programs.</summary>
internal static class SignalNames
{
    /// <summary>The name of <paramref name="signal"/>, with its usual cause.</summary>
    public static string Of(int signal) => signal switch
    {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL, an instruction this processor does not have",
        6 => "SIGABRT, the program gave up",
        7 => "SIGBUS, memory that is not there",
        8 => "SIGFPE, an impossible calculation",
        9 => "SIGKILL, by the system or by hand",
        11 => "SIGSEGV, a crash in native code",
        13 => "SIGPIPE",
        15 => "SIGTERM",
        24 => "SIGXCPU, the processor time limit",
        25 => "SIGXFSZ, the file size limit",
        _ => "see man 7 signal",
    };
}
