using System.Runtime.InteropServices;

namespace DistributedBatch.Consumer.Linux;

/// <summary>Calls to the C library that .NET does not offer. The constants are those of Linux on x64 and arm64.</summary>
internal static unsafe partial class Posix
{
    public const int SigTerm = 15;
    public const int SigKill = 9;
    public const int NoSuchFile = 2;
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

    private const string C = "libc";

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
