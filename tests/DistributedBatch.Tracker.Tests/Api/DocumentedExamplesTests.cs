using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Tracker.Tests.Api;

/// <summary>The examples of docs/api.md, run as they stand.</summary>
public sealed partial class DocumentedExamplesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Every_documented_example_works()
    {
        await using var server = await TestServer.StartAsync();
        var run = RunId.New();
        await server.PublishAsync(
            TestData.Submitted(run), TestData.Heartbeat("ada", DateTimeOffset.UtcNow),
            TestData.Changed(run, 1, RunState.Running, new ChunkCounts(10, 8, 0, 0, 1, 1, 0), TestData.Chunk(0, ChunkState.Succeeded, 1), TestData.Chunk(1, ChunkState.Failed, 1)),
            TestData.Reports(TestData.Succeeded(run, 0, result: "1"), TestData.Failed(run, 1)));
        foreach (var stream in new[] { "out", "err" })
            await File.WriteAllTextAsync(Path.Combine(server.Logs(run.Value), $"0.1.{stream}"), "printed\n", Cancellation);
        Directory.CreateDirectory(Path.Combine(server.DataDirectory, "runs", run.Value, "out", "0"));
        var examples = Examples().Matches(await File.ReadAllTextAsync(Document(), Cancellation)).Select(match => match.Groups["text"].Value).ToList();

        Assert.True(examples.Count >= 7);
        // What is submitted in the examples is `last` afterwards and has neither logs nor outputs, so looking comes before submitting.
        foreach (var example in examples.OrderBy(example => example.Contains("\"dataset\"", StringComparison.Ordinal) || example.Contains("/pause", StringComparison.Ordinal)))
            await RunAsync(example, server);
    }

    private static async Task RunAsync(string example, TestServer server)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-e", "-c", example]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["SERVER"] = server.Client.BaseAddress!.ToString().TrimEnd('/');
        start.Environment["TOKEN"] = server.Client.DefaultRequestHeaders.Authorization!.Parameter;
        start.Environment["SCRATCH"] = Path.Combine(server.DataDirectory, "scratch");
        using var shell = Process.Start(start)!;
        var output = shell.StandardOutput.ReadToEndAsync(Cancellation);
        var errors = await shell.StandardError.ReadToEndAsync(Cancellation);
        await shell.WaitForExitAsync(Cancellation);
        Assert.True(shell.ExitCode == 0, $"{example}\nended with {shell.ExitCode}: {errors}{await output}");
    }

    private static string Document([CallerFilePath] string path = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", "..", "..", "docs", "api.md"));

    [GeneratedRegex(@"```sh\n(?<text>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Examples();
}
