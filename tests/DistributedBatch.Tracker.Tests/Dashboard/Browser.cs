using Microsoft.Playwright;

namespace DistributedBatch.Tracker.Tests.Dashboard;

/// <summary>The system's Chromium without a window, driven by Playwright, started once for the class.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] Places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private IPlaywright? playwright;
    private IBrowser? chromium;

    public async ValueTask InitializeAsync()
    {
        var program = Places.FirstOrDefault(File.Exists) ?? throw new InvalidOperationException(
            "These tests look at the dashboard in Chromium and found none. Install it (apt-get install chromium).");
        playwright = await Playwright.CreateAsync();

        // No sandbox: tests may run as root in a container, and the only page they open is ours.
        chromium = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = program, ChromiumSandbox = false, Args = ["--disable-gpu", "--disable-quic"] });
    }

    /// <summary>Opens a page with a profile of its own that knows the token.</summary>
    internal async Task<BrowserPage> OpenAsync(Uri server, string token, string address)
    {
        var context = await chromium!.NewContextAsync(new() { ViewportSize = new() { Width = 1280, Height = 900 } });
        var page = new BrowserPage(await context.NewPageAsync());
        await page.GoToAsync(new Uri(server, $"/#token={token}{address}"));
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        if (chromium is not null)
            await chromium.DisposeAsync();
        playwright?.Dispose();
    }
}
