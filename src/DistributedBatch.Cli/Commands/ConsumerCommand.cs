using System.CommandLine;
using System.Globalization;
using DistributedBatch.Cli.CommandLine;
using DistributedBatch.Cli.Embedded;
using DistributedBatch.Cli.Isolation;
using DistributedBatch.Cli.Lab;
using DistributedBatch.Cli.Options;
using DistributedBatch.Cli.Sources;
using DistributedBatch.Consumer;
using DistributedBatch.Messaging;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DistributedBatch.Cli.Commands;

/// <summary><c>dbatch consumer</c>: makes this machine run chunks.</summary>
internal static class ConsumerCommand
{
    /// <summary>What a stock RabbitMQ allows; https://www.rabbitmq.com/docs/consumers#acknowledgement-timeout. Chunks that last longer than two thirds of it become leases.</summary>
    private static readonly TimeSpan StockAckTimeout = TimeSpan.FromMinutes(30);

    /// <summary>The verb.</summary>
    public static Command Create()
    {
        var slots = new Option<string>("--slots") { HelpName = "N|auto", Description = "attempts at once [DBATCH_SLOTS]; default auto: found by measuring" };
        var gpus = new Option<string>("--gpus") { HelpName = "auto|none|0,1", Description = "GPUs to use [DBATCH_GPUS]; default auto" };
        var idle = new Option<string>("--idle-exit") { HelpName = "TIME", Description = "end after this long without work [DBATCH_IDLE_EXIT]; default: never" };
        var drain = new Option<string>("--drain") { HelpName = "TIME", Description = "how long running chunks may finish after SIGTERM [DBATCH_DRAIN]; default 10m" };
        var ack = new Option<string>("--ack-timeout")
        {
            HelpName = "TIME",
            Description = "the broker's consumer_timeout [DBATCH_ACK_TIMEOUT]; default 30m, that of a stock RabbitMQ",
        };
        var server = new Option<string>("--server")
        {
            HelpName = "URL",
            Description = "tracker that receives outputs and logs [DBATCH_SERVER; token from DBATCH_TOKEN]; default: they stay here",
        };
        var verb = new Command("consumer", "Run chunks on this machine.") { slots, gpus, idle, drain, ack, server };
        var allow = new Option<string>("--allow-programs") { HelpName = "LIST", Description = "the only programs that may run here, names or paths [DBATCH_ALLOW_PROGRAMS]; default: all" };
        verb.Options.Add(allow);
        var isolation = new Option<string>("--isolation")
        {
            HelpName = "session|cgroup",
            Description = "what keeps an attempt's processes together [DBATCH_ISOLATION]; cgroup needs a control group of ours; default session",
        };
        verb.Options.Add(isolation);
        var signing = new SigningOptions();
        verb.Options.Add(signing.Trust);
        var options = new ServiceOptions(verb);
        (Option<string> Option, string Key)[] all =
            [.. options.Keyed, (server, "server"), (slots, "slots"), (gpus, "gpus"), (idle, "idle-exit"), (drain, "drain"), (ack, "ack-timeout"), (signing.Trust, "trust"), (allow, "allow-programs"), (isolation, HostIsolation.Key)];
        verb.Subcommands.Add(ConsumerInstallCommand.Install(all));
        verb.Subcommands.Add(ConsumerInstallCommand.Uninstall());
        verb.Subcommands.Add(ConsumerInstallCommand.Invite(all));
        verb.SetAction(async (parsed, cancellation) =>
        {
            var mistakes = new List<string>();
            var settings = new Dictionary<string, SettingValue>(StringComparer.Ordinal);
            foreach (var (option, key) in new[] { (slots, "slots"), (gpus, "gpus"), (idle, "idle-exit"), (drain, "drain"), (ack, "ack-timeout") })
            {
                if (ServiceOptions.Text(parsed, option, key) is { } text)
                    settings[key] = new SettingValue([text], option.Name, "/");
            }

            var reader = new SettingReader(settings, mistakes);
            var number = checked((int?)reader.NumberOrAuto("slots", fallback: null));
            var (idleExit, drainTime, ackTimeout) = (reader.Duration("idle-exit"), reader.Duration("drain"), reader.Duration("ack-timeout") ?? StockAckTimeout);
            var cards = Cards(reader.Text("gpus"), mistakes);
            var tracker = ServerAddress.Find(parsed.GetValue(server), token: null, options.Authority(parsed), mistakes);
            var broker = options.Broker(parsed, mistakes, declares: false);
            var mode = HostIsolation.Read(parsed.GetValue(isolation), mistakes);
            if (mistakes.Count > 0)
                return ErrorOutput.Usage(mistakes);
            try
            {
                var trusted = await signing.TrustedAsync(parsed, tracker, options.DataDirectory(parsed), mistakes, cancellation);
                broker += broking => broking.Trusted = trusted;
            }
            catch (ServerException refusal)
            {
                return ErrorOutput.Print(refusal.Message, refusal.ExitCode);
            }

            if (mistakes.Count > 0)
                return ErrorOutput.Usage(mistakes);

            using var groups = HostIsolation.Open(mode, out var unisolated);
            if (unisolated is not null)
                return ErrorOutput.Usage(unisolated);
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
            builder.Services.AddSingleton<IHostLifetime, SignalForwarding>();
            var name = options.Host(parsed);
            return await ServiceRun.ToTheEndAsync(builder.Build(), () => Console.Error.WriteLine($"dbatch consumer {name} is ready."));
        });
        return verb;
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
                mistakes.Add($"--gpus is auto, none or a list such as 0,1; '{text}' is not.");
        }

        return cards;
    }
}
