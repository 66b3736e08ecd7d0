using System.CommandLine;
using DistributedBatch.Cli.Hosting;
using DistributedBatch.Cli.Isolation;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Servers;
using DistributedBatch.Consumer;
using DistributedBatch.Messaging;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DistributedBatch.Cli.Commands.Lab;

/// <summary><c>dbatch consumer</c>: runs chunks of a lab on this machine.</summary>
internal static class ConsumerCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var consumerSettings = new ConsumerSettings();
        var server = new Option<string>("--server")
        {
            HelpName = "URL",
            Description = "tracker that receives outputs and logs [DBATCH_SERVER; token from DBATCH_TOKEN]; default: they stay on this machine",
        };
        var command = new Command("consumer", "Run chunks of a lab on this machine.") { server };
        foreach (var (option, _) in consumerSettings.Keyed)
            command.Options.Add(option);
        var isolation = new Option<string>("--isolation")
        {
            HelpName = "session|cgroup",
            Description = "how to contain the processes of an attempt [DBATCH_ISOLATION]; cgroup needs a writable control group; default session",
        };
        command.Options.Add(isolation);
        var signing = new SigningOptions();
        command.Options.Add(signing.Trust);
        var options = new ServiceOptions(command);
        (Option<string> Option, string Key)[] all =
            [.. options.Keyed, (server, "server"), .. consumerSettings.Keyed, (signing.Trust, "trust"), (isolation, HostIsolation.Key)];
        command.Subcommands.Add(ConsumerInstallCommand.Install(all));
        command.Subcommands.Add(ConsumerInstallCommand.Uninstall());
        command.Subcommands.Add(ConsumerInstallCommand.Invite(all));
        command.SetAction(async (parsed, cancellation) =>
        {
            var mistakes = new List<string>();
            var settings = consumerSettings.Read(parsed, mistakes);
            ServiceOptions.CheckConfigFile(mistakes);
            var tracker = ServerAddress.Find(parsed.GetValue(server), token: null, options.Authority(parsed), mistakes);
            var broker = options.Broker(parsed, mistakes, declares: false);
            var mode = HostIsolation.Read(parsed.GetValue(isolation), mistakes);
            if (mistakes.Count > 0)
                return ErrorOutput.Usage(mistakes);
            try
            {
                var trusted = await signing.TrustedAsync(parsed, tracker, options.DataDirectory(parsed), mistakes, cancellation);
                broker += connection => connection.Trusted = trusted;
            }
            catch (ServerException refusal)
            {
                return ErrorOutput.Print(refusal.Message, refusal.ExitCode);
            }

            if (mistakes.Count > 0)
                return ErrorOutput.Usage(mistakes);

            using var groups = HostIsolation.Open(mode, out var isolationMistake);
            if (isolationMistake is not null)
                return ErrorOutput.Usage(isolationMistake);
            var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
            ServiceLog.Configure(builder, "consumer");
            builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = Timeout.InfiniteTimeSpan);
            builder.Services.AddRabbitMessaging(broker!).AddConsumer(consumer =>
            {
                consumer.DataDirectory = options.DataDirectory(parsed);
                consumer.Host = options.Host(parsed);
                settings(consumer);
                consumer.Groups = groups;
                (consumer.Server, consumer.Token, consumer.AuthorityFile) = (tracker?.Url, tracker?.Token, tracker?.Authority);
            });
            builder.Services.AddSingleton<IHostLifetime, NullHostLifetime>();
            var name = options.Host(parsed);
            return await ServiceRunner.RunAsync(builder.Build, () => Console.Error.WriteLine($"dbatch consumer {name} is ready."));
        });
        return command;
    }
}
