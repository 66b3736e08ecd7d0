using System.Text.Json;
using DistributedBatch.Consumer;
using DistributedBatch.Consumer.Isolation;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Messaging;
using DistributedBatch.Messaging.Chunks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

// A small program with bad habits on demand, for tests that need a real child process:
//   describe [ANY...]        prints its arguments, environment and standard input as JSON
//   exit N                   exits with code N
//   consume DIRECTORY LAUNCHER CHUNKS COMMAND...   is a consumer that runs the command for each chunk, until it is killed
//   consume-isolated DIRECTORY LAUNCHER CHUNKS COMMAND...   the same with control groups; prints the directory of theirs
switch (args)
{
    case ["describe", ..]:
        using (var stdin = new MemoryStream())
        {
            Console.OpenStandardInput().CopyTo(stdin);
            var variables = Environment.GetEnvironmentVariables().Keys.Cast<string>().ToDictionary(name => name, name => Environment.GetEnvironmentVariable(name));
            Console.Write(JsonSerializer.Serialize(new { args = args[1..], env = variables, stdin = Convert.ToBase64String(stdin.ToArray()), cwd = Environment.CurrentDirectory }));
        }

        return 0;
    case ["exit", var code]:
        return int.Parse(code, System.Globalization.CultureInfo.InvariantCulture);
    case ["consume" or "consume-isolated", var directory, var launcher, var chunks, .. var command]:
        var slots = int.Parse(chunks, System.Globalization.CultureInfo.InvariantCulture);
        var groups = args[0] == "consume" ? null : ((IsolationStart.Ready)AttemptCgroups.Open()).Groups;
        if (groups is not null)
            Console.WriteLine(groups.Path);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddInProcessMessaging();
        builder.Services.AddConsumer(options =>
        {
            (options.Host, options.DataDirectory, options.Slots) = ("doomed", directory, slots);
            options.Groups = groups;
            (options.Launcher.Path, options.Launcher.Arguments) = (launcher, ["launcher"]);
        });
        using (var host = builder.Build())
        {
            await host.StartAsync();
            var queue = host.Services.GetRequiredService<IChunkPublisher>();
            var run = RunId.New();
            for (var index = 0; index < slots; index++)
                await queue.PublishAsync(new RunChunk { Run = run, Index = index, Start = index, Count = 1, Total = slots, Attempt = 1, Job = new JobSpec { Command = command } }, default);
            await host.WaitForShutdownAsync();
        }

        return 0;
    default:
        Console.Error.WriteLine("describe | exit N | consume DIRECTORY LAUNCHER CHUNKS COMMAND... | consume-isolated ...");
        return 2;
}
