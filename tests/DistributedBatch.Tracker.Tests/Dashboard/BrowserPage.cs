using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace DistributedBatch.Tracker.Tests.Dashboard;

/// <summary>A page of the browser, used by what can be seen on it: texts, labels, keys. Each wait ends when it comes true, or fails after 20 seconds.</summary>
internal sealed class BrowserPage
{
    private readonly ConcurrentQueue<string> errors = new();
    private readonly IPage page;

    public BrowserPage(IPage page)
    {
        this.page = page;
        page.SetDefaultTimeout(20_000);
        page.PageError += (_, error) => errors.Enqueue(error);
        page.Console += RecordError;
    }

    /// <summary>Errors of the page or the browser, such as a violated content policy; without refused connections and error responses of the server.</summary>
    public IEnumerable<string> Errors => errors;

    /// <summary>Where the page is.</summary>
    public string Address => page.Url;

    public Task GoToAsync(Uri address) => page.GotoAsync(address.ToString());

    public Task ReloadAsync() => page.ReloadAsync();

    /// <summary>Waits until exactly this text is shown.</summary>
    public Task SeeAsync(string text) => Shown(page.GetByText(text, new() { Exact = true })).WaitForAsync();

    /// <summary>Waits until something with this label is shown.</summary>
    public Task SeeLabelAsync(string label) => Shown(page.GetByLabel(label, new() { Exact = true })).WaitForAsync();

    /// <summary>Waits until something with this label shows <paramref name="text"/>, among others.</summary>
    public Task SeeInAsync(string label, string text) =>
        Shown(page.GetByLabel(label, new() { Exact = true }).Filter(new() { HasText = text })).WaitForAsync();

    /// <summary>Clicks what shows this text, once it is there.</summary>
    public Task ClickAsync(string text) => Shown(page.GetByText(text, new() { Exact = true })).ClickAsync();

    /// <summary>Puts <paramref name="text"/> in the place of what a field holds.</summary>
    public Task TypeAsync(string selector, string text) => page.Locator(selector).FillAsync(text);

    /// <summary>Gives an element the keyboard.</summary>
    public Task FocusAsync(string selector) => page.Locator(selector).FocusAsync();

    public Task PressAsync(string key) => page.Keyboard.PressAsync(key);

    public Task<T> EvaluateAsync<T>(string expression) => page.EvaluateAsync<T>(expression);

    // The innermost of several, which is the last.
    private static ILocator Shown(ILocator locator) => locator.Filter(new() { Visible = true }).Last;

    private void RecordError(object? sender, IConsoleMessage message)
    {
        if (message.Type == "error" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
            errors.Enqueue(message.Text);
    }
}
