using System.Diagnostics;
using DistributedBatch.Contracts.Runs;
using Microsoft.Playwright;

namespace DistributedBatch.TrackerBench;

/// <summary>The dashboard in the system's Chromium.</summary>
internal static class DashboardViews
{
    private const int Looks = 3;

    /// <summary>How long each view takes from the first request to the moment in which all it shows is there: the median of three looks, each with an empty cache.</summary>
    public static async Task<IReadOnlyList<(double Milliseconds, string Page)>> TimeAsync(Uri server, string token, RunId run)
    {
        using var playwright = await Playwright.CreateAsync();
        await using var chromium = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = "/usr/bin/chromium", ChromiumSandbox = false, Args = ["--disable-gpu"] });
        (string Address, Func<IPage, Task> ThereAsync)[] views =
        [
            ("/runs", page => SeeAsync(page, "million")),
            ($"/runs/{run}", async page =>
            {
                await page.Locator("canvas[tabindex]").First.WaitForAsync();
                await page.GetByLabel("Failed chunks").GetByText("exit code 1").First.WaitForAsync();
                await page.GetByLabel("Slowest attempts").GetByRole(AriaRole.Link).First.WaitForAsync();
                await page.Locator(".uplot canvas").Last.WaitForAsync();
            }),
            ($"/runs/{run}/chunks/7777", page => SeeAsync(page, "Attempt 1")),
            ("/hosts", page => SeeAsync(page, "katherine")),
        ];
        List<(double Milliseconds, string Page)> times = [];
        foreach (var (address, thereAsync) in views)
        {
            List<double> looks = [];
            for (var look = 0; look < Looks; look++)
                looks.Add(await LookAsync(chromium, new Uri(server, $"/#token={token}{address}"), thereAsync));
            times.Add((looks.Order().ElementAt(Looks / 2), "#" + address));
        }

        return times;
    }

    private static async Task<double> LookAsync(IBrowser chromium, Uri address, Func<IPage, Task> thereAsync)
    {
        // The cache is empty, but the tab is open: what its process takes to start is Chromium's and the machine's affair.
        await using var context = await chromium.NewContextAsync(new() { ViewportSize = new() { Width = 1280, Height = 900 } });
        var page = await context.NewPageAsync();
        page.SetDefaultTimeout(20_000);
        await page.GotoAsync(new Uri(address, "/page/mark.svg").ToString());
        var clock = Stopwatch.StartNew();
        await page.GotoAsync(address.ToString(), new() { WaitUntil = WaitUntilState.Commit });
        await thereAsync(page);
        return clock.Elapsed.TotalMilliseconds;
    }

    private static Task SeeAsync(IPage page, string text) => page.GetByText(text).First.WaitForAsync();
}
