using System.Diagnostics;
using DistributedBatch.Tracker.Tests.Storage;

namespace DistributedBatch.Tracker.Tests.Dashboard;

/// <summary>
/// The system's Chromium without a window, started once for the class and spoken to over the DevTools protocol
/// (https://chromedevtools.github.io/devtools-protocol/). A driver package would be two hundred megabytes for the six commands used here.
/// </summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] Places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    // --no-sandbox: tests may run as root in a container, and the only page they open is ours.
    private static readonly string[] Arguments =
    [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
        "--disable-sync", "--disable-dev-shm-usage", "--remote-debugging-port=0", "--window-size=1280,900",
    ];

    private readonly TestDirectory profile = new();
    private Process? chromium;
    private DevTools? tools;

    public async ValueTask InitializeAsync()
    {
        var program = Places.FirstOrDefault(File.Exists) ?? throw new InvalidOperationException(
            "These tests look at the dashboard in Chromium and found none. Install it (apt-get install chromium).");
        chromium = Process.Start(new ProcessStartInfo(program, [.. Arguments, $"--user-data-dir={profile.Path}", "about:blank"]) { RedirectStandardError = true })!;
        while (await chromium.StandardError.ReadLineAsync() is { } line)
        {
            const string Announcement = "DevTools listening on ";
            if (!line.StartsWith(Announcement, StringComparison.Ordinal))
                continue;
            _ = chromium.StandardError.ReadToEndAsync();
            tools = await DevTools.ConnectAsync(new Uri(line[Announcement.Length..]));
            return;
        }

        throw new InvalidOperationException($"{program} ended before it could be spoken to.");
    }

    /// <summary>Opens a page with a profile of its own that knows the token.</summary>
    internal async Task<BrowserPage> OpenAsync(Uri server, string token, string address, CancellationToken cancellation)
    {
        var context = await tools!.AskAsync("Target.createBrowserContext", new { }, null, cancellation);
        var target = await tools.AskAsync(
            "Target.createTarget", new { url = "about:blank", browserContextId = context.GetProperty("browserContextId").GetString() }, null, cancellation);
        var session = await tools.AskAsync(
            "Target.attachToTarget", new { targetId = target.GetProperty("targetId").GetString(), flatten = true }, null, cancellation);
        var page = new BrowserPage(tools, session.GetProperty("sessionId").GetString()!, cancellation);
        await page.StartAsync(new Uri(server, $"/#token={token}{address}"));
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        if (tools is not null)
            await tools.DisposeAsync();
        if (chromium is not null)
        {
            chromium.Kill(entireProcessTree: true);
            await chromium.WaitForExitAsync();
            chromium.Dispose();
        }

        profile.Dispose();
    }
}
