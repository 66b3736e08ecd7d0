using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;

namespace DistributedBatch.Consumer.Linux;

/// <summary>
/// A directory that is open. Its entries are named by bytes and relative to it, so that neither a name that is not UTF-8 nor the length of its path
/// matters.
/// </summary>
internal sealed unsafe class OpenDirectory : IDisposable
{
    private const int CurrentDirectory = -100; // AT_FDCWD
    private const uint OwnerAll = 0x1C0; // 0700
    private const uint OwnerReadWrite = 0x180; // 0600
    private const int TypeOffset = 18; // struct dirent: inode (8), offset (8), length (2), type (1), name
    private const int NameOffset = 19;

    private readonly int descriptor;

    private OpenDirectory(int descriptor) => this.descriptor = descriptor;

    /// <summary>Opens a directory, which becomes readable and writable for its owner.</summary>
    /// <exception cref="IOException">It is none, or cannot be opened.</exception>
    public static OpenDirectory At(string path) => Open(CurrentDirectory, NameOf(path)) ?? throw Failure($"'{path}' cannot be opened");

    /// <summary>Opens a directory in this one, which becomes readable and writable for its owner. Null when it is none, or cannot be opened.</summary>
    public OpenDirectory? At(in DirectoryEntry entry) => Open(descriptor, entry.Name);

    /// <summary>The entries, read now.</summary>
    public List<DirectoryEntry> Entries()
    {
        var entries = new List<DirectoryEntry>();
        var copy = Posix.Duplicate(descriptor);
        var stream = copy < 0 ? 0 : Posix.OpenStream(copy);
        if (stream == 0)
            throw Failure("A directory cannot be read");
        Posix.Rewind(stream); // both descriptors have one position
        for (byte* entry; (entry = Posix.ReadEntry(stream)) is not null;)
        {
            var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + NameOffset);
            if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                entries.Add(new DirectoryEntry([.. name, 0], (DirectoryEntryType)entry[TypeOffset]));
        }

        _ = Posix.CloseStream(stream);
        return entries;
    }

    /// <summary>Removes an entry that is no directory; false when it is one, or the system refuses.</summary>
    public bool RemoveFile(in DirectoryEntry entry) => Posix.UnlinkAt(descriptor, entry.Name, 0) == 0;

    /// <summary>Removes an empty directory; false when the system refuses.</summary>
    public bool RemoveDirectory(in DirectoryEntry entry) => Posix.UnlinkAt(descriptor, entry.Name, Posix.RemoveDirectoryFlag) == 0;

    /// <summary>Moves a directory of this one into another one. False when the system refuses.</summary>
    public bool MoveDirectory(in DirectoryEntry entry, OpenDirectory target, string name)
    {
        // The kernel writes the new parent into the directory.
        _ = Posix.ChangeModeAt(descriptor, entry.Name, OwnerAll, 0);
        return Posix.RenameAt(descriptor, entry.Name, target.descriptor, NameOf(name)) == 0;
    }

    /// <summary>Makes a file readable for its owner where it is not; false when it stays unreadable.</summary>
    public bool MakeReadable(in DirectoryEntry entry) =>
        Posix.AccessAt(descriptor, entry.Name, Posix.ReadAccess, 0) == 0
        || (Posix.ChangeModeAt(descriptor, entry.Name, OwnerReadWrite, 0) == 0 && Posix.AccessAt(descriptor, entry.Name, Posix.ReadAccess, 0) == 0);

    /// <inheritdoc/>
    public void Dispose() => _ = Posix.Close(descriptor);

    private static OpenDirectory? Open(int parent, byte[] name)
    {
        var opened = Posix.OpenAt(parent, name, Posix.OpenDirectoryOnly);
        if (opened < 0 && Marshal.GetLastPInvokeError() is Posix.NotADirectory or Posix.TooManyLinks or Posix.NoSuchFile)
            return null;
        if (opened >= 0 && Posix.AccessAt(parent, name, Posix.AllAccess, 0) == 0)
            return new OpenDirectory(opened);
        _ = Posix.ChangeModeAt(parent, name, OwnerAll, 0);
        if (opened < 0)
            opened = Posix.OpenAt(parent, name, Posix.OpenDirectoryOnly);
        return opened < 0 ? null : new OpenDirectory(opened);
    }

    private static byte[] NameOf(string path) => [.. Encoding.UTF8.GetBytes(path), 0];

    private static IOException Failure(string sentence) => new($"{sentence}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}.");
}
