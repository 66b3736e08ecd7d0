using System.CommandLine;
using System.Globalization;
using DistributedBatch.Cli.Settings;
using DistributedBatch.Consumer;

namespace DistributedBatch.Cli.Commands.Lab;

/// <summary>The settings of the consumer role, read in one way by every command that runs one: from the flag, the variable or the config file.</summary>
internal sealed class ConsumerSettings
{
    /// <summary>RabbitMQ's default; see https://www.rabbitmq.com/docs/consumers#acknowledgement-timeout. A chunk becomes a lease after two thirds of it.</summary>
    private static readonly TimeSpan DefaultAckTimeout = TimeSpan.FromMinutes(30);

    private readonly Option<string> slots = new("--slots") { HelpName = "N|auto", Description = "attempts at once [DBATCH_SLOTS]; default auto: found by measuring" };
    private readonly Option<string> gpus = new("--gpus") { HelpName = "auto|none|0,1", Description = "GPUs to use [DBATCH_GPUS]; default auto" };
    private readonly Option<string> idle = new("--idle-exit") { HelpName = "TIME", Description = "stop after this time without work [DBATCH_IDLE_EXIT]; default: never" };

    private readonly Option<string> drain = new("--drain")
    {
        HelpName = "TIME",
        Description = "time for running chunks to finish after SIGTERM [DBATCH_DRAIN]; default 10m",
    };

    private readonly Option<string> ack = new("--ack-timeout")
    {
        HelpName = "TIME",
        Description = "the broker's consumer_timeout [DBATCH_ACK_TIMEOUT]; default 30m, as in RabbitMQ",
    };

    private readonly Option<string> allow = new("--allow-programs")
    {
        HelpName = "LIST",
        Description = "programs that may run on this machine, names or paths [DBATCH_ALLOW_PROGRAMS]; default: all",
    };

    /// <summary>The options, each with its key.</summary>
    public IReadOnlyList<(Option<string> Option, string Key)> Keyed =>
        [(slots, "slots"), (gpus, "gpus"), (idle, "idle-exit"), (drain, "drain"), (ack, "ack-timeout"), (allow, "allow-programs")];

    /// <summary>Reads the settings.</summary>
    /// <param name="parsed">The command line. A command without these options has only variables and the config file.</param>
    /// <param name="mistakes">Receives the mistakes.</param>
    /// <returns>Applies the settings.</returns>
    public Action<ConsumerOptions> Read(ParseResult parsed, List<string> mistakes)
    {
        var settings = new Dictionary<string, SettingValue>(StringComparer.Ordinal);
        foreach (var (option, key) in Keyed)
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
        var allowed = reader.Text("allow-programs")?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return consumer =>
        {
            consumer.Slots = number;
            consumer.Gpus = cards;
            consumer.IdleExit = idleExit;
            consumer.Drain = drainTime ?? consumer.Drain;
            consumer.AckTimeout = ackTimeout;
            consumer.AllowedPrograms = allowed;
        };
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
