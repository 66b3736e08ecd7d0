using System.Globalization;
using DistributedBatch.TestKit.Files;

namespace DistributedBatch.TestKit.Processes;

/// <summary>
/// The wall clock of processes that are started with <see cref="Environment"/>. It can be set while they run, and no other process notices. Their monotonic clock and the times of
/// files stay those of the machine, as when an administrator or NTP sets a clock. It is Debian's <c>libfaketime</c>.
/// </summary>
public sealed class FakeClock : IDisposable
{
    private const string Missing = "These tests need libfaketime and found none. Install it (apt-get install faketime).";

    private readonly TempDirectory directory = new();

    /// <summary>A clock that is right.</summary>
    /// <exception cref="InvalidOperationException">There is no libfaketime on this machine.</exception>
    public FakeClock()
    {
        Environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["LD_PRELOAD"] = FindLibrary(),
            ["FAKETIME_TIMESTAMP_FILE"] = directory["offset"],
            ["FAKETIME_CACHE_DURATION"] = "1",
            ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
            ["NO_FAKE_STAT"] = "1",
        };
        Set(TimeSpan.Zero);
    }

    /// <summary>Environment variables of a process that has this clock.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; }

    /// <summary>Sets the clock. Processes see that within a second.</summary>
    /// <param name="offset">How far it is ahead of the machine's; negative for behind.</param>
    public void Set(TimeSpan offset)
    {
        // In one step, because a process may read the file at any moment.
        var file = directory.Write("offset.new", offset.TotalSeconds.ToString("+0;-0", CultureInfo.InvariantCulture));
        File.Move(file, directory["offset"], overwrite: true);
    }

    /// <summary>Removes what a process with this clock leaves in shared memory when it is killed.</summary>
    public static void Forget(int pid)
    {
        foreach (var name in new[] { $"faketime_shm_{pid}", $"sem.faketime_sem_{pid}" })
            File.Delete(Path.Combine("/dev/shm", name));
    }

    public void Dispose() => directory.Dispose();

    private static string FindLibrary() =>
        Directory.EnumerateDirectories("/usr/lib").Select(place => Path.Combine(place, "faketime", "libfaketimeMT.so.1")).FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException(Missing);
}
