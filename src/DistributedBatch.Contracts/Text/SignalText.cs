namespace DistributedBatch.Contracts.Text;

/// <summary>Names of the signals that end programs, by their numbers on Linux.</summary>
public static class SignalText
{
    // A shell reports a child that a signal ended as this number and the signal's.
    private const int ShellBase = 128;

    /// <summary>The name of <paramref name="signal"/>, such as <c>SIGKILL</c>; null for one that has no name here.</summary>
    public static string? Name(int signal) => signal switch
    {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        10 => "SIGUSR1",
        11 => "SIGSEGV",
        12 => "SIGUSR2",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        31 => "SIGSYS",
        _ => null,
    };

    /// <summary>The name of <paramref name="signal"/> with its usual cause.</summary>
    public static string WithCause(int signal) => (Name(signal), signal) switch
    {
        (null, _) => "see man 7 signal",
        ({ } name, 4) => $"{name}, an instruction this processor does not have",
        ({ } name, 6) => $"{name}, the program gave up",
        ({ } name, 7) => $"{name}, memory that is not there",
        ({ } name, 8) => $"{name}, an impossible calculation",
        ({ } name, 9) => $"{name}, by the system or by hand",
        ({ } name, 11) => $"{name}, a crash in native code",
        ({ } name, 24) => $"{name}, the processor time limit",
        ({ } name, 25) => $"{name}, the file size limit",
        ({ } name, _) => name,
    };

    /// <summary>The name of the signal that <paramref name="exitCode"/> stands for when a shell or launcher passes it on, as 137 for SIGKILL; null for none.</summary>
    public static string? OfExitCode(int exitCode) => exitCode - ShellBase is 4 or 6 or 7 or 8 or 9 or 11 or 15 ? Name(exitCode - ShellBase) : null;
}
