using System.Text;

namespace DistributedBatch.Consumer.Linux;

/// <summary>Files and directories of control groups, by plain system calls: the kernel takes each value as one write.</summary>
internal static unsafe class CgroupFiles
{
    /// <summary>Written to <c>cgroup.procs</c>, means the writing process.</summary>
    public const string Self = "0";

    private const uint DirectoryMode = 0x1ed; // 0755

    /// <summary>Creates a group. Gives 0, or an error number.</summary>
    public static int Create(string group) => Posix.MakeDirectory(group, DirectoryMode) == 0 ? 0 : Error();

    /// <summary>Removes an empty group. Gives 0, also when it does not exist, or an error number.</summary>
    public static int Remove(string group) => Posix.RemoveDirectory(group) == 0 || Error() == Posix.NoSuchFile ? 0 : Error();

    /// <summary>Writes one value to an existing file. Gives 0, or an error number.</summary>
    public static int Write(string file, string value)
    {
        var descriptor = Posix.OpenFile(file, Posix.OpenWriteOnly | Posix.OpenCloseOnExec);
        if (descriptor < 0)
            return Error();
        Span<byte> text = stackalloc byte[256];
        var length = Encoding.ASCII.GetBytes(value, text);
        fixed (byte* start = text)
        {
            var error = Posix.Write(descriptor, start, length) == length ? 0 : Error();
            _ = Posix.Close(descriptor);
            return error;
        }
    }

    /// <summary>The text of a file; null when it cannot be read.</summary>
    public static string? Read(string file)
    {
        var descriptor = Posix.OpenFile(file, Posix.OpenReadOnly | Posix.OpenCloseOnExec);
        if (descriptor < 0)
            return null;
        var text = stackalloc byte[8192];
        nint used = 0;
        for (nint got; used < 8192 && (got = Posix.Read(descriptor, text + used, 8192 - used)) > 0;)
            used += got;
        _ = Posix.Close(descriptor);
        return Encoding.ASCII.GetString(text, (int)used);
    }

    /// <summary>The text of an error number.</summary>
    public static string ErrorText(int error) => new System.ComponentModel.Win32Exception(error).Message;

    private static int Error() => System.Runtime.InteropServices.Marshal.GetLastPInvokeError();
}
