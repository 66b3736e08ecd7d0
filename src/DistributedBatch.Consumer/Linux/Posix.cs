using System.Runtime.InteropServices;

namespace DistributedBatch.Consumer.Linux;

/// <summary>Calls to the C library that .NET does not offer. The constants are those of Linux on x64 and arm64.</summary>
internal static unsafe partial class Posix
{
    public const int SigTerm = 15;
    public const int SigKill = 9;
    public const int NoSuchFile = 2;
    public const int NotADirectory = 20;
    public const int TooManyLinks = 40;
    public const int Interrupted = 4;
    public const int Busy = 16;
    public const int Exists = 17;
    public const int NoChild = 10;
    public const int WaitNoHang = 1;
    public const int OpenReadOnly = 0;
    public const int OpenWriteOnly = 1;
    public const int OpenCloseOnExec = 0x80000;
    public const int OpenForLog = 0x1 | 0x40 | 0x200 | 0x400; // O_WRONLY | O_CREAT | O_TRUNC | O_APPEND
    public const short SpawnSetSignalDefault = 0x04;
    public const short SpawnSetSignalMask = 0x08;
    public const short SpawnSetSession = 0x80;
    public const int SetChildSubreaper = 36;
    public const uint CloseRangeCloseOnExec = 4;
    public const int PunchHoleKeepSize = 0x1 | 0x2; // FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE

    public const int OpenFilesLimit = 7; // RLIMIT_NOFILE
    public const int RealTimeLimit = 15; // RLIMIT_RTTIME
    public const int StackLimit = 3; // RLIMIT_STACK
    public const ulong Unlimited = ulong.MaxValue;
    public const int RemoveDirectoryFlag = 0x200; // AT_REMOVEDIR
    public const int ReadAccess = 4; // R_OK
    public const int AllAccess = 7; // R_OK | W_OK | X_OK

    private const string C = "libc";

    /// <summary>O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC. Two of the values depend on the processor.</summary>
    public static int OpenDirectoryOnly { get; } = OpenCloseOnExec | (RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000 | 0x8000 : 0x10000 | 0x20000);

    [LibraryImport(C, EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int descriptor, byte* buffer, nint count);

    [LibraryImport(C, EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int descriptor, byte* buffer, nint count);

    [LibraryImport(C, EntryPoint = "close")]
    public static partial int Close(int descriptor);

    [LibraryImport(C, EntryPoint = "open", SetLastError = true)]
    public static partial int Open(byte* path, int flags);

    [LibraryImport(C, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int OpenFile(string path, int flags);

    [LibraryImport(C, EntryPoint = "flock", SetLastError = true)]
    public static partial int LockFile(int descriptor, int operation);

    [LibraryImport(C, EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int MakeDirectory(string path, uint mode);

    [LibraryImport(C, EntryPoint = "rmdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RemoveDirectory(string path);

    // The two numbers are the soft and the hard limit. Process 0 is this one.
    [LibraryImport(C, EntryPoint = "prlimit", SetLastError = true)]
    public static partial int ProcessLimit(int process, int resource, ulong* set, ulong* old);

    // In names, the last byte is 0.
    [LibraryImport(C, EntryPoint = "openat", SetLastError = true)]
    public static partial int OpenAt(int directory, ReadOnlySpan<byte> name, int flags);

    [LibraryImport(C, EntryPoint = "unlinkat", SetLastError = true)]
    public static partial int UnlinkAt(int directory, ReadOnlySpan<byte> name, int flags);

    [LibraryImport(C, EntryPoint = "renameat", SetLastError = true)]
    public static partial int RenameAt(int fromDirectory, ReadOnlySpan<byte> from, int toDirectory, ReadOnlySpan<byte> to);

    [LibraryImport(C, EntryPoint = "fchmodat", SetLastError = true)]
    public static partial int ChangeModeAt(int directory, ReadOnlySpan<byte> name, uint mode, int flags);

    [LibraryImport(C, EntryPoint = "faccessat", SetLastError = true)]
    public static partial int AccessAt(int directory, ReadOnlySpan<byte> name, int access, int flags);

    [LibraryImport(C, EntryPoint = "dup", SetLastError = true)]
    public static partial int Duplicate(int descriptor);

    [LibraryImport(C, EntryPoint = "fdopendir", SetLastError = true)]
    public static partial nint OpenStream(int directory);

    [LibraryImport(C, EntryPoint = "rewinddir")]
    public static partial void Rewind(nint stream);

    [LibraryImport(C, EntryPoint = "readdir", SetLastError = true)]
    public static partial byte* ReadEntry(nint stream);

    [LibraryImport(C, EntryPoint = "closedir")]
    public static partial int CloseStream(nint stream);

    [LibraryImport(C, EntryPoint = "lseek", SetLastError = true)]
    public static partial long Seek(int descriptor, long offset, int whence);

    [LibraryImport(C, EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int CreateMemoryFile(string name, uint flags);

    [LibraryImport(C, EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int process, int signal);

    [LibraryImport(C, EntryPoint = "setsid")]
    public static partial int SetSession();

    [LibraryImport(C, EntryPoint = "getpid")]
    public static partial int ProcessId();

    [LibraryImport(C, EntryPoint = "signal")]
    public static partial nint Signal(int signal, nint handler);

    [LibraryImport(C, EntryPoint = "prctl")]
    public static partial int ProcessControl(int option, nint two, nint three, nint four, nint five);

    [LibraryImport(C, EntryPoint = "close_range")]
    public static partial int CloseRange(uint first, uint last, uint flags);

    [LibraryImport(C, EntryPoint = "wait4", SetLastError = true)]
    public static partial int Wait(int process, int* status, int options, long* usage);

    [LibraryImport(C, EntryPoint = "fallocate", SetLastError = true)]
    public static partial int Allocate(int descriptor, int mode, long offset, long length);

    [LibraryImport(C, EntryPoint = "posix_spawn")]
    public static partial int Spawn(int* process, byte* path, void* actions, void* attributes, byte** arguments, byte** environment);

    [LibraryImport(C, EntryPoint = "posix_spawnattr_init")]
    public static partial int InitAttributes(void* attributes);

    [LibraryImport(C, EntryPoint = "posix_spawnattr_setflags")]
    public static partial int SetFlags(void* attributes, short flags);

    [LibraryImport(C, EntryPoint = "posix_spawnattr_setsigdefault")]
    public static partial int SetSignalDefault(void* attributes, void* set);

    [LibraryImport(C, EntryPoint = "posix_spawnattr_setsigmask")]
    public static partial int SetSignalMask(void* attributes, void* set);

    [LibraryImport(C, EntryPoint = "sigfillset")]
    public static partial int FillSignalSet(void* set);

    [LibraryImport(C, EntryPoint = "sigemptyset")]
    public static partial int EmptySignalSet(void* set);

    [LibraryImport(C, EntryPoint = "posix_spawn_file_actions_init")]
    public static partial int InitActions(void* actions);

    [LibraryImport(C, EntryPoint = "posix_spawn_file_actions_destroy")]
    public static partial int DestroyActions(void* actions);

    [LibraryImport(C, EntryPoint = "posix_spawn_file_actions_addopen")]
    public static partial int AddOpen(void* actions, int descriptor, byte* path, int flags, uint mode);

    [LibraryImport(C, EntryPoint = "posix_spawn_file_actions_adddup2")]
    public static partial int AddDuplicate(void* actions, int from, int to);

    // glibc 2.29 and musl 1.1.24 have it. POSIX 2024 has it without the suffix.
    [LibraryImport(C, EntryPoint = "posix_spawn_file_actions_addchdir_np")]
    public static partial int AddChangeDirectory(void* actions, byte* path);
}
