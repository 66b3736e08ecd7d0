using System.CommandLine;
using System.Globalization;
using DistributedBatch.Cli.Hosting;
using DistributedBatch.Cli.Isolation;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Servers;
using DistributedBatch.Cli.Settings;
using DistributedBatch.Consumer;
using DistributedBatch.Messaging;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DistributedBatch.Cli.Commands.Lab;

/// <summary><c>dbatch consumer</c>: runs chunks of a lab on this machine.</summary>
internal static class ConsumerCommand
{
    /// <summary>RabbitMQ's default; see https://www.rabbitmq.com/docs/consumers#acknowledgement-timeout. A chunk becomes a lease after two thirds of it.</summary>
    private static readonly TimeSpan DefaultAckTimeout = TimeSpan.FromMinutes(30);

    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var slots = new Option<string>("--slots") { HelpName = "N|auto", Description = "attempts at once [DBATCH_SLOTS]; default auto: found by measuring" };
        var gpus = new Option<string>("--gpus") { HelpName = "auto|none|0,1", Description = "GPUs to use [DBATCH_GPUS]; default auto" };
        var idle = new Option<string>("--idle-exit") { HelpName = "TIME", Description = "stop after this time without work [DBATCH_IDLE_EXIT]; default: never" };
        var drain = new Option<string>("--drain") { HelpName = "TIME", Description = "time for running chunks to finish after SIGTERM [DBATCH_DRAIN]; default 10m" };
        var ack = new Option<string>("--ack-timeout")
        {
            HelpName = "TIME",
            Description = "the broker's consumer_timeout [DBATCH_ACK_TIMEOUT]; default 30m, as in RabbitMQ",
        };
        var server = new Option<string>("--server")
        {
            HelpName = "URL",
            Description = "tracker that receives outputs and logs [DBATCH_SERVER; token from DBATCH_TOKEN]; default: they stay on this machine",
        };
        var command = new Command("consumer", "Run chunks of a lab on this machine.") { slots, gpus, idle, drain, ack, server };
        var allow = new Option<string>("--allow-programs") { HelpName = "LIST", Description = "programs that may run on this machine, names or paths [DBATCH_ALLOW_PROGRAMS]; default: all" };
        command.Options.Add(allow);
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
            [.. options.Keyed, (server, "server"), (slots, "slots"), (gpus, "gpus"), (idle, "idle-exit"), (drain, "drain"), (ack, "ack-timeout"), (signing.Trust, "trust"), (allow, "allow-programs"), (isolation, HostIsolation.Key)];
        command.Subcommands.Add(ConsumerInstallCommand.Install(all));
        command.Subcommands.Add(ConsumerInstallCommand.Uninstall());
        command.Subcommands.Add(ConsumerInstallCommand.Invite(all));
        command.SetAction(async (parsed, cancellation) =>
        {
            var mistakes = new List<string>();
            var settings = new Dictionary<string, SettingValue>(StringComparer.Ordinal);
            foreach (var (option, key) in new[] { (slots, "slots"), (gpus, "gpus"), (idle, "idle-exit"), (drain, "drain"), (ack, "ack-timeout") })
            {
                if (ServiceOptions.Text(parsed, option, key) is { } text)
                    settings[key] = new SettingValue([text], option.Name, "/");
            }

            var reader = new SettingReader(settings, mistakes);
            var number = reader.Slots();
            var longest = RunSpecCheck.LongestWait;
            var (idleExit, drainTime, ackTimeout) =
                (reader.Duration("idle-exit", longest), reader.Duration("drain", longest), reader.Duration("ack-timeout", longest) ?? DefaultAckTimeout);
            var cards = Cards(reader.Text("gpus"), mistakes);
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
                consumer.Slots = number;
                consumer.Groups = groups;
                consumer.Gpus = cards;
                consumer.IdleExit = idleExit;
                consumer.Drain = drainTime ?? consumer.Drain;
                consumer.AckTimeout = ackTimeout;
                consumer.AllowedPrograms = ServiceOptions.Text(parsed, allow, "allow-programs")?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
                (consumer.Server, consumer.Token, consumer.AuthorityFile) = (tracker?.Url, tracker?.Token, tracker?.Authority);
            });
            builder.Services.AddSingleton<IHostLifetime, NullHostLifetime>();
            var name = options.Host(parsed);
            return await ServiceRunner.RunAsync(builder.Build, () => Console.Error.WriteLine($"dbatch consumer {name} is ready."));
        });
        return command;
    }

    private static List<int>? Cards(string? text, List<string> mistakes)
    {
        if (text is null or "auto")
            return null;
        if (text == "none")
            return [];
        var cards = new List<int>();
        foreach (var part in text.Split(','))
        {
            if (int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var card))
                cards.Add(card);
            else
                mistakes.Add($"--gpus must be auto, none or a list such as 0,1, not '{text}'.");
        }

        return cards;
    }
}
