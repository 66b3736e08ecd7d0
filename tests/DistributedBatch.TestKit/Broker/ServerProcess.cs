using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using DistributedBatch.TestKit.Processes;
using DistributedBatch.TestKit.Waiting;

namespace DistributedBatch.TestKit.Broker;

/// <summary>
/// A RabbitMQ node as a child of the test. It is started through a shell that holds on to our end of a pipe: when the test process dies, whatever way,
/// or when both are told to end, the shell reads the end of the pipe and takes node and epmd down with it. (epmd goes only when it has noticed that its node is gone.)
/// </summary>
internal sealed class ServerProcess(ServerFiles files, ServerHome home) : IDisposable
{
    private const string Supervise = """
        trap : HUP INT TERM
        "$1" >>"$2" 2>&1 </dev/null &
        read -r _
        [ -s "$3" ] && kill -9 "$(cat "$3")" 2>/dev/null
        kill -9 $! 2>/dev/null
        wait
        tries=0
        until epmd -kill >/dev/null 2>&1 || [ $tries -ge 50 ]; do tries=$((tries + 1)); sleep 0.1; done
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private Process? shell;

    public async Task StartAsync(CancellationToken cancellation)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", Supervise, "sh", files.Server, home.OutputFile, home.PidFile])
        {
            RedirectStandardInput = true,
            WorkingDirectory = "/",
        };
        start.Environment.Clear();
        foreach (var (name, value) in home.Environment)
            start.Environment[name] = value;
        shell = Process.Start(start) ?? throw new InvalidOperationException("/bin/sh did not start.");
        await WaitUntilItAnswersAsync(cancellation);
    }

    /// <summary><c>kill -9</c> of the node.</summary>
    public async Task KillAsync(CancellationToken cancellation)
    {
        var node = int.Parse((await File.ReadAllTextAsync(home.PidFile, cancellation)).Trim(), CultureInfo.InvariantCulture);
        ProcessKiller.Kill(node);
        await Eventually.HoldsAsync($"the broker's node (process {node}) is gone", () => !ProcessKiller.IsAlive(node), cancellation);
        await EndShellAsync(cancellation);
        File.Delete(home.PidFile);
    }

    public void Dispose()
    {
        EndShellAsync(CancellationToken.None).GetAwaiter().GetResult();
        home.Dispose();
    }

    private async Task EndShellAsync(CancellationToken cancellation)
    {
        if (shell is null)
            return;
        shell.StandardInput.Close();
        await shell.WaitForExitAsync(cancellation);
        shell.Dispose();
        shell = null;
    }

    private async Task WaitUntilItAnswersAsync(CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        while (!await AnswersAsync(cancellation))
        {
            if (clock.Elapsed > Patience)
                throw new InvalidOperationException($"The RabbitMQ node did not answer within {Patience.TotalSeconds} s. Its last words:\n{LastWords()}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellation);
        }
    }

    /// <summary>A node that is up answers the protocol header with Connection.Start, a method frame (type 1).</summary>
    private async Task<bool> AnswersAsync(CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(2));
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, home.Port, patience.Token);
            await client.GetStream().WriteAsync("AMQP\0\0\u0009\u0001"u8.ToArray(), patience.Token);
            var answer = new byte[1];
            return await client.GetStream().ReadAsync(answer, patience.Token) == 1 && answer[0] == 1;
        }
        catch (Exception notYet) when (notYet is SocketException or IOException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    private string LastWords()
    {
        string[] logs = [home.OutputFile, .. Directory.Exists(home.LogDirectory) ? Directory.GetFiles(home.LogDirectory) : []];
        return string.Join('\n', logs.Where(File.Exists).Select(log => string.Join('\n', File.ReadLines(log).TakeLast(15))));
    }
}
