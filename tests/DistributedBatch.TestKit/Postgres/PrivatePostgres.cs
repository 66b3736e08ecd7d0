using System.Diagnostics;
using DistributedBatch.TestKit.Files;

namespace DistributedBatch.TestKit.Postgres;

/// <summary>
/// A PostgreSQL of one test assembly, on a socket in a temporary directory: no port, no password, nothing shared with an installed one. It is started
/// through a shell that holds on to our end of a pipe, so it goes down with the test process, whatever way that dies. PostgreSQL refuses to run as root;
/// then it runs as the system's user <c>postgres</c>, or <c>nobody</c>.
/// </summary>
public sealed class PrivatePostgres : IDisposable
{
    // Reads "ready" from the first line of our end; fsync is off because a test's data need not survive the machine.
    private const string Supervise = """
        bin=$1; dir=$2; user=$3
        as() { if [ "$(id -u)" = 0 ]; then setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups "$@"; else "$@"; fi; }
        [ "$(id -u)" = 0 ] && chown "$user" "$dir"
        cd "$dir" || exit 1
        as "$bin/initdb" -D "$dir/data" -U dbatch -A trust -E UTF8 --locale=C -N >"$dir.log" 2>&1 || { echo failed; exit 1; }
        control() { as "$bin/pg_ctl" -D "$dir/data" -w -t 60 "$@" >>"$dir.log" 2>&1 </dev/null; }
        start() {
          control -l "$dir/server.log" -o "-c listen_addresses= -c unix_socket_directories=$dir -c fsync=off -c max_connections=50" start
        }
        start || { echo failed; exit 1; }
        echo ready
        while read -r command mode; do
          if [ "$command" = start ]; then start; else control -m "$mode" stop; fi && echo ready || echo failed
        done
        control -m immediate stop
        rm -f "$dir.log"
        """;

    private readonly TempDirectory directory = new();
    private readonly string binaries;
    private readonly Process shell;

    private PrivatePostgres(string binaries)
    {
        this.binaries = binaries;
        var user = File.ReadLines("/etc/passwd").Any(line => line.StartsWith("postgres:", StringComparison.Ordinal)) ? "postgres" : "nobody";
        shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", Supervise, "sh", binaries, directory.Path, user])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        }) ?? throw new InvalidOperationException("/bin/sh did not start.");
    }

    private string LogFile => directory.Path + ".log";

    /// <summary>Starts a server.</summary>
    /// <exception cref="InvalidOperationException">There is none on this machine, or it did not start.</exception>
    public static async Task<PrivatePostgres> StartAsync(CancellationToken cancellation)
    {
        var server = new PrivatePostgres(FindBinaries());
        try
        {
            await server.WaitUntilReadyAsync("start", cancellation);
            return server;
        }
        catch
        {
            server.Dispose();
            File.Delete(server.LogFile);
            throw;
        }
    }

    /// <summary>Stops the server in good order, after it has ended all sessions (<c>pg_ctl</c>'s mode "fast").</summary>
    public Task StopAsync(CancellationToken cancellation) => ControlAsync("stop fast", cancellation);

    /// <summary>Ends the server as a crash does: the next start has to recover what was written (mode "immediate").</summary>
    public Task CrashAsync(CancellationToken cancellation) => ControlAsync("stop immediate", cancellation);

    /// <summary>Starts a stopped server again over the same files; the task ends when it answers.</summary>
    public Task StartAgainAsync(CancellationToken cancellation) => ControlAsync("start", cancellation);

    /// <summary>Creates an empty database.</summary>
    /// <returns>How to connect to it, as Npgsql wants it.</returns>
    public async Task<string> CreateDatabaseAsync(CancellationToken cancellation)
    {
        var name = $"t{Guid.NewGuid():N}";
        using var create = Process.Start(Path.Combine(binaries, "createdb"), ["-h", directory.Path, "-U", "dbatch", name]);
        await create.WaitForExitAsync(cancellation);
        return create.ExitCode == 0
            ? $"Host={directory.Path};Username=dbatch;Database={name}"
            : throw new InvalidOperationException($"createdb ended with {create.ExitCode}.");
    }

    public void Dispose()
    {
        shell.StandardInput.Close();
        shell.WaitForExit();
        shell.Dispose();
        directory.Dispose();
    }

    private async Task ControlAsync(string command, CancellationToken cancellation)
    {
        await shell.StandardInput.WriteLineAsync(command.AsMemory(), cancellation);
        await shell.StandardInput.FlushAsync(cancellation);
        await WaitUntilReadyAsync(command, cancellation);
    }

    private async Task WaitUntilReadyAsync(string command, CancellationToken cancellation)
    {
        if (await shell.StandardOutput.ReadLineAsync(cancellation) == "ready")
            return;
        var said = File.Exists(LogFile) ? await File.ReadAllTextAsync(LogFile, cancellation) : "nothing";
        throw new InvalidOperationException($"The PostgreSQL server did not do what it should ({command}). It said: {said}");
    }

    private static string FindBinaries()
    {
        string[] installed = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql") : [];
        string[] places =
        [
            .. installed.OrderDescending().Select(version => Path.Combine(version, "bin")),
            .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'),
        ];
        return places.FirstOrDefault(place => File.Exists(Path.Combine(place, "initdb"))) ?? throw new InvalidOperationException(
            "These tests need a PostgreSQL server and found none. Install one (apt-get install postgresql; it need not run).");
    }
}
