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
        as "$bin/pg_ctl" -D "$dir/data" -w -t 60 -l "$dir/server.log" \
            -o "-c listen_addresses= -c unix_socket_directories=$dir -c fsync=off -c max_connections=50" start >>"$dir.log" 2>&1 || { echo failed; exit 1; }
        echo ready
        read -r _
        as "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1
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

    /// <summary>Starts a server.</summary>
    /// <exception cref="InvalidOperationException">There is none on this machine, or it did not start.</exception>
    public static async Task<PrivatePostgres> StartAsync(CancellationToken cancellation)
    {
        var server = new PrivatePostgres(FindBinaries());
        if (await server.shell.StandardOutput.ReadLineAsync(cancellation) == "ready")
            return server;
        var log = server.directory.Path + ".log";
        var said = File.Exists(log) ? await File.ReadAllTextAsync(log, cancellation) : "nothing";
        File.Delete(log);
        server.Dispose();
        throw new InvalidOperationException($"The PostgreSQL server did not start. It said: {said}");
    }

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
