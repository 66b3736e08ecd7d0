using System.Diagnostics;
using DistributedBatch.Consumer.Launcher;
using DistributedBatch.Consumer.Processes;
using DistributedBatch.TestKit.Files;
using Microsoft.Extensions.Logging.Abstractions;

namespace DistributedBatch.Consumer.Tests.Processes;

public class RunnerBench
{
    [Fact(Timeout = 60_000)]
    public async Task Bench()
    {
        using var directory = new TempDirectory();
        var options = new LauncherOptions { Path = Path.Combine(AppContext.BaseDirectory, "dbatch"), Arguments = ["launcher"] };
        await using var runner = new LauncherRunner(options, TimeProvider.System, NullLogger<LauncherRunner>.Instance);
        var t = Stopwatch.StartNew();
        await runner.WarmUpAsync();
        TestContext.Current.TestOutputHelper!.WriteLine($"warm-up {t.ElapsedMilliseconds}");
        var env = new AttemptEnvironment(Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>().ToDictionary(e => (string)e.Key, e => (string)e.Value!), [new("DBATCH_RUN", "x"), new("DBATCH_CHUNK", "1"), new("DBATCH_ATTEMPT", "1")]);
        for (var round = 0; round < 3; round++)
        {
            t.Restart();
            await Task.WhenAll(Enumerable.Range(0, 2).Select(slot => Task.Run(async () =>
            {
                for (var n = 0; n < 1000; n++)
                {
                    var outcome = await runner.RunAsync(new ProgramStart { Command = ["/bin/true"], Environment = env, WorkingDirectory = "/", StdoutPath = Path.Combine(directory.Path, $"{slot}.out"), StderrPath = Path.Combine(directory.Path, $"{slot}.err"), Slot = slot }, default);
                    if (outcome is not ProgramOutcome.Exited { Code: 0 })
                        throw new InvalidOperationException(outcome.ToString());
                }
            })));
            TestContext.Current.TestOutputHelper!.WriteLine($"2000 in {t.ElapsedMilliseconds}");
        }
    }
}
