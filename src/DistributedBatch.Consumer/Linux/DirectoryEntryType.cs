namespace DistributedBatch.Consumer.Linux;

/// <summary>What a directory entry is; <c>d_type</c> of readdir(3).</summary>
internal enum DirectoryEntryType : byte
{
    /// <summary>The file system does not tell.</summary>
    Unknown = 0,

    /// <summary>A named pipe.</summary>
    Fifo = 1,

    /// <summary>A character device.</summary>
    CharacterDevice = 2,

    /// <summary>A directory.</summary>
    Directory = 4,

    /// <summary>A block device.</summary>
    BlockDevice = 6,

    /// <summary>A file.</summary>
    File = 8,

    /// <summary>A symbolic link.</summary>
    Link = 10,

    /// <summary>A socket.</summary>
    Socket = 12,
}
