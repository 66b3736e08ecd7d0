using System.Diagnostics;
using System.Text;
using DistributedBatch.Contracts.Hosts;

namespace DistributedBatch.Consumer.Tests.Warm.Auto;

/// <summary>
/// Under <c>--warm auto</c> each chunk of an awkward script prints, leaves and ends the same as with <c>--warm off</c>. Where that cannot be shown, each
/// chunk gets a process, and the reason says why.
/// </summary>
public sealed class AutoCorpusTests
{
    private const int Chunks = 3;

    public static TheoryData<string> Names => [.. AutoScripts.All.Keys];

    [Theory(Timeout = 180_000)]
    [MemberData(nameof(Names))]
    public async Task An_awkward_script_computes_the_same_with_auto_as_with_off(string name)
    {
        var script = AutoScripts.All[name];
        Assert.SkipWhen(script.Needs is { } needed && !IsInstalled(needed), $"python3 lacks {script.Needs}");

        var (off, _, _) = await RunAsync(script, WarmMode.Off, TestContext.Current.CancellationToken);
        var (auto, status, appended) = await RunAsync(script, WarmMode.Auto, TestContext.Current.CancellationToken);

        if (script.Draws)
            Assert.Equal(Chunks, auto.Distinct().Count());
        else
            Assert.Equal(off, auto);
        Assert.InRange(appended, 0, Chunks);
        Assert.Equal(script.Off is null ? WarmMode.Fork : WarmMode.Off, status.Mode);
        if ((script.Off ?? script.Left) is { } reason)
            Assert.Contains(reason, status.Reason, StringComparison.Ordinal);
        else
            Assert.Null(status.Reason);
    }

    [Fact(Timeout = 180_000)]
    public async Task With_fork_too_a_package_with_state_of_its_own_is_left_to_the_chunks()
    {
        foreach (var (name, script) in AutoScripts.All.Where(script => script.Key.StartsWith("a package", StringComparison.Ordinal) && script.Value.Left is not null))
        {
            var (forked, status, _) = await RunAsync(script, WarmMode.Fork, TestContext.Current.CancellationToken);

            Assert.True(status.Mode == WarmMode.Fork && status.Reason!.Contains(script.Left!, StringComparison.Ordinal), $"{name}: {status.Reason}");
            Assert.True(!script.Draws || forked.Distinct().Count() == Chunks, $"{name} draws the same twice");
        }
    }

    // What each chunk left, how it was started, and how many lines all chunks together added to a file beside the script.
    private static async Task<(List<string> Chunks, WarmStatus Status, int Appended)> RunAsync(AutoScript script, WarmMode mode, CancellationToken test)
    {
        await using var fixture = new WarmFixture(script.Text) { Mode = mode, Outputs = true };
        foreach (var (file, text) in script.Files)
            fixture.Write(file, text);
        var variables = new Dictionary<string, string> { ["PYTHONPATH"] = Path.Combine(fixture.Directory, "site-packages"), ["PYTHONDONTWRITEBYTECODE"] = "1" };
        var seen = new List<string>();
        for (var chunk = 0; chunk < Chunks; chunk++)
        {
            variables["DBATCH_SEED"] = $"{1000 + chunk}";
            var start = fixture.Start([WarmFixture.Python, "script.py", $"{chunk}"], $"input {chunk}", variables, chunk);
            var ended = await fixture.RunAsync(start, test);
            var result = File.Exists(start.Environment["DBATCH_RESULT"]) ? fixture.ResultOf(start) : "";
            seen.Add($"{ended}\n{result}\n{Outputs(fixture)}".Replace(fixture.Directory, "HERE", StringComparison.Ordinal));
        }

        var appended = Path.Combine(fixture.Directory, "results.csv");
        return (seen, fixture.Warm.Summary(fixture.Run) ?? new WarmStatus(fixture.Run, mode, null, 0, 0, []), File.Exists(appended) ? File.ReadAllLines(appended).Length : 0);
    }

    // The outputs of an attempt, which are removed for the next one.
    private static string Outputs(WarmFixture fixture)
    {
        var directory = Path.Combine(fixture.Directory, "out");
        var entries = new DirectoryInfo(directory).GetFileSystemInfos("*", SearchOption.AllDirectories).OrderBy(entry => entry.FullName, StringComparer.Ordinal)
            .Select(entry => $"{entry.FullName} {entry.UnixFileMode} {entry.LinkTarget} {(entry is FileInfo { Length: > 0 } ? Encoding.Latin1.GetString(File.ReadAllBytes(entry.FullName)) : "")}")
            .ToList();
        Directory.Delete(directory, recursive: true);
        return string.Join('\n', entries);
    }

    private static bool IsInstalled(string module)
    {
        using var process = Process.Start(new ProcessStartInfo(WarmFixture.Python, ["-c", $"import importlib.util as u, sys; sys.exit(not u.find_spec('{module}'))"]))!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
