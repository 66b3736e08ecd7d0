using System.CommandLine;
using DistributedBatch.Cli.Hosting;
using DistributedBatch.Cli.Isolation;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Settings;
using DistributedBatch.Consumer;
using DistributedBatch.Consumer.Isolation;
using DistributedBatch.Contracts.Jobs;
using DistributedBatch.Messaging;
using DistributedBatch.Messaging.Files;
using DistributedBatch.Producer;
using DistributedBatch.Storage.Postgres;
using DistributedBatch.Tracker;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Constraints;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DistributedBatch.Cli.Commands.Lab;

/// <summary><c>dbatch serve</c>: the head of a lab. It runs producer and tracker by default; each may also run alone.</summary>
internal static class ServeCommand
{
    // Then the API answers without a broker, and says so.
    private static readonly TimeSpan BrokerWait = TimeSpan.FromSeconds(3);

    private static readonly string[] Roles = ["producer", "tracker", "consumer"];

    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var roles = new Option<string>("--roles") { HelpName = "LIST", Description = "roles among producer, tracker and consumer [DBATCH_ROLES]; default producer,tracker" };
        var listen = new Option<string>("--listen") { HelpName = "URL,URL", Description = "addresses of the tracker's API [DBATCH_LISTEN]; default http://127.0.0.1:8080" };
        var certificate = new Option<string>("--tls-cert") { HelpName = "FILE", Description = "PEM file with the certificate for https:// addresses [DBATCH_TLS_CERT]" };
        var key = new Option<string>("--tls-key") { HelpName = "FILE", Description = "PEM file with its key [DBATCH_TLS_KEY]" };
        var database = new Option<string>("--database") { HelpName = "URL", Description = "PostgreSQL instead of SQLite, postgres://user:password@host/name [DBATCH_DATABASE]" };
        var keep = new Option<string>("--keep") { HelpName = "TIME", Description = "forget runs with their logs and outputs this long after their end, such as 30d [DBATCH_KEEP]; default: never" };
        var notifyLocal = new Option<bool>("--notify-local")
        {
            Description = "let --notify of a run reach this machine's loopback and link-local addresses [DBATCH_NOTIFY_LOCAL=true]",
        };
        var command = new Command("serve", "Run the head of a lab: producer and tracker.") { roles, listen, certificate, key, database, keep, notifyLocal };
        var options = new ServiceOptions(command);
        var signing = new SigningOptions();
        signing.AddToHead(command);
        command.SetAction(async (parsed, _) =>
        {
            var mistakes = new List<string>();
            var chosen = (ServiceOptions.Text(parsed, roles, "roles") ?? "producer,tracker").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            foreach (var role in chosen.Except(Roles))
                mistakes.Add($"--roles: there is no role '{role}'{(NearestName.Of(role, Roles) is { } nearest ? $"; did you mean {nearest}?" : $". The roles are {string.Join(", ", Roles)}.")}");
            var address = ServiceOptions.Text(parsed, listen, "listen") ?? "http://127.0.0.1:8080";
            var endpoints = ListenOptions.Read(address, ServiceOptions.Text(parsed, certificate, "tls-cert"), ServiceOptions.Text(parsed, key, "tls-key"), mistakes);
            var store = ServiceOptions.Text(parsed, database, "database");
            if (store is not null && PostgresUrl.Mistake(store) is { } databaseMistake)
                mistakes.Add($"--database: {databaseMistake}");
            var settings = new Dictionary<string, SettingValue>();
            if (ServiceOptions.Text(parsed, keep, "keep") is { } kept)
                settings["keep"] = new SettingValue([kept], "--keep", "/");
            var keepTime = new SettingReader(settings, mistakes).Duration("keep");
            var consumer = chosen.Contains("consumer") ? new ConsumerSettings().Read(parsed, mistakes) : _ => { };
            ServiceOptions.CheckConfigFile(mistakes);
            var mode = HostIsolation.Read(flag: null, mistakes);
            var broker = options.Broker(parsed, mistakes, declares: chosen.Contains("producer"));
            if (mistakes.Count > 0)
                return ErrorOutput.Usage(mistakes);

            var data = options.DataDirectory(parsed);
            if (!TryCreate(data, out var failure))
                return ErrorOutput.Usage(failure);
            broker += signing.ForHead(parsed, chosen, data, mistakes);
            if (chosen.Contains("tracker"))
                broker += connection => connection.StartWithoutBrokerAfter = BrokerWait;
            var trust = signing.TrustFile(parsed);
            if (mistakes.Count > 0)
                return ErrorOutput.Usage(mistakes);
            string? isolationMistake = null;
            using var groups = chosen.Contains("consumer") ? HostIsolation.Open(mode, out isolationMistake) : null;
            if (isolationMistake is not null)
                return ErrorOutput.Usage(isolationMistake);
            Action<TrackerOptions> tracker = settings =>
            {
                settings.DataDirectory = data;
                settings.Access.TrustFile = trust;
                settings.Database = store;
                settings.Retention.Keep = keepTime;
                settings.Notifications.AllowsLocal = parsed.GetValue(notifyLocal) || ServiceSetting.Text("notify-local") == "true";
            };
            return await ServiceRunner.RunAsync(
                () => Build(chosen, data, endpoints, services => AddRoles(services.AddRabbitMessaging(broker!), chosen, data, store, options.Host(parsed), groups, tracker, consumer)),
                () => Console.Error.WriteLine(chosen.Contains("tracker")
                    ? $"dbatch serves {string.Join(" and ", chosen)} on {address}. Data directory: {data}. Clients need the token in {Path.Combine(data, "token")}."
                    : $"dbatch serves {string.Join(" and ", chosen)}. Data directory: {data}."));
        });
        command.Options.OfType<Option<string>>().First(option => option.Name == "--data").Description =
            "directory for ledger, tracker database, token, outputs and logs [DBATCH_DATA]; default: ~/.local/state/dbatch/serve";
        return command;
    }

    private static bool TryCreate(string directory, out string failure)
    {
        failure = "";
        try
        {
            PrivateFile.OwnDirectory(directory, "ledger.db", "tracker.db", "token", "signing.key");
            return true;
        }
        catch (Exception reason) when (reason is IOException or UnauthorizedAccessException)
        {
            failure = $"The data directory {directory} cannot be used: {reason.Message}";
            return false;
        }
    }

    private static IHost Build(string[] roles, string data, ListenOptions endpoints, Action<IServiceCollection> add)
    {
        if (!roles.Contains("tracker"))
        {
            var plain = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
            ServiceLog.Configure(plain, "serve");
            add(plain.Services);
            ConfigureLifetime(plain.Services);
            return plain.Build();
        }

        // The content root is the data directory, so that an appsettings.json in the current directory is not read.
        // Reloading is off: it would watch every directory below the data directory, one per chunk, and wake up at each commit.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = data, Args = ["--hostBuilder:reloadConfigOnChange=false"] });
        ServiceLog.Configure(builder, "serve");
        builder.WebHost.UseKestrelHttpsConfiguration().UseUrls(endpoints.Addresses);
        builder.Configuration.AddInMemoryCollection(endpoints.KestrelSettings);
        KestrelLimits.Configure(builder.WebHost);
        builder.Services.AddTrackerApi();

        // The tracker's routes use this constraint, which the slim builder leaves out.
        builder.Services.Configure<RouteOptions>(routes => routes.SetParameterPolicy<RegexInlineRouteConstraint>("regex"));
        add(builder.Services);
        ConfigureLifetime(builder.Services);
        return builder.Build().MapTracker();
    }

    private static void ConfigureLifetime(IServiceCollection services)
    {
        services.Configure<HostOptions>(options => options.ShutdownTimeout = Timeout.InfiniteTimeSpan);
        services.AddSingleton<IHostLifetime, NullHostLifetime>();
    }

    private static void AddRoles(
        IServiceCollection services, string[] roles, string data, string? database, string host, AttemptCgroups? groups, Action<TrackerOptions> tracker, Action<ConsumerOptions> consumer)
    {
        if (roles.Contains("tracker"))
            services.AddTracker(tracker);
        if (roles.Contains("producer"))
        {
            services.AddProducer(options =>
            {
                options.DataDirectory = data;
                options.Database = database;
            });
        }

        if (roles.Contains("consumer"))
        {
            services.AddConsumer(options =>
            {
                consumer(options);
                options.DataDirectory = data;
                options.Host = host;
                options.Groups = groups;
                options.EndsWhenRefused = false;
            });
        }
    }
}
