using System.Collections.Concurrent;
using System.Text.Json;

namespace DistributedBatch.Tracker.Tests.Dashboard;

/// <summary>A page of the browser, used by what can be seen on it: texts, labels, keys.</summary>
internal sealed class BrowserPage(DevTools tools, string session, CancellationToken cancellation)
{
    // Looks at every frame, so that it waits for what the page does and not for a while. Only what is shown counts.
    private const string Helpers = """
        window.shown = element => element && element.checkVisibility() && element.getClientRects().length > 0;
        window.byText = text => [...document.querySelectorAll('button, a, summary, h1, h2, b, span, small, dd, td, p, pre, div')]
          .filter(element => shown(element) && element.innerText?.trim() === text).at(-1);
        window.byLabel = label => [...document.querySelectorAll('[aria-label]')].find(element => shown(element) && element.getAttribute('aria-label') === label);
        window.until = (condition, what) => new Promise((yes, no) => {
          const end = performance.now() + 20000;
          const look = () => {
            const found = condition();
            if (found) yes(true);
            else if (performance.now() > end) no(new Error(what + ' did not come; the page says: ' + document.body.innerText));
            else setTimeout(look, 20);
          };
          look();
        });
        """;

    private readonly ConcurrentQueue<string> complaints = new();

    /// <summary>Errors the page or the browser spoke of, a broken content policy for one; refused connections and answers of the server aside.</summary>
    public IEnumerable<string> Complaints => complaints;

    public async Task StartAsync(Uri address)
    {
        tools.Happened += Hear;
        foreach (var domain in new[] { "Page.enable", "Runtime.enable", "Log.enable" })
            await AskAsync(domain, new { });
        await AskAsync("Page.addScriptToEvaluateOnNewDocument", new { source = Helpers });
        await AskAsync("Page.navigate", new { url = address.ToString() });
    }

    public Task ReloadAsync() => AskAsync("Page.reload", new { });

    /// <summary>Waits until exactly this text is shown.</summary>
    public Task SeeAsync(string text) => UntilAsync($"byText({Quote(text)})", text);

    /// <summary>Waits until something with this label shows <paramref name="text"/>, among others.</summary>
    public Task SeeInAsync(string label, string text) => UntilAsync($"byLabel({Quote(label)})?.innerText.includes({Quote(text)})", $"{label}: {text}");

    /// <summary>Waits for a condition in the page's own language.</summary>
    public Task UntilAsync(string condition, string what) => EvaluateAsync($"until(() => {condition}, {Quote(what)})");

    /// <summary>Clicks what shows this text, once it is there.</summary>
    public async Task ClickAsync(string text)
    {
        await SeeAsync(text);
        await EvaluateAsync($"byText({Quote(text)}).click()");
    }

    public async Task TypeAsync(string selector, string text)
    {
        await EvaluateAsync($"document.querySelector({Quote(selector)}).value = ''; document.querySelector({Quote(selector)}).focus()");
        await AskAsync("Input.insertText", new { text });
    }

    public async Task PressAsync(string key, int code)
    {
        await AskAsync("Input.dispatchKeyEvent", new { type = "rawKeyDown", key, code = key, windowsVirtualKeyCode = code });
        await AskAsync("Input.dispatchKeyEvent", new { type = "keyUp", key, code = key, windowsVirtualKeyCode = code });
    }

    public async Task<JsonElement> EvaluateAsync(string expression)
    {
        // A page that is just being left takes the answer with it; the next one is asked again.
        while (true)
        {
            JsonElement answer;
            try
            {
                answer = await AskAsync("Runtime.evaluate", new { expression, awaitPromise = true, returnByValue = true });
            }
            catch (InvalidOperationException gone) when (gone.Message.Contains("context was destroyed", StringComparison.Ordinal) || gone.Message.Contains("navigated", StringComparison.Ordinal))
            {
                continue;
            }

            if (answer.TryGetProperty("exceptionDetails", out var failure))
                throw new InvalidOperationException(failure.ToString());
            return answer.GetProperty("result").TryGetProperty("value", out var value) ? value : default;
        }
    }

    private Task<JsonElement> AskAsync(string method, object parameters) => tools.AskAsync(method, parameters, session, cancellation);

    private static string Quote(string text) => JsonSerializer.Serialize(text);

    private void Hear(string from, string happened, JsonElement said)
    {
        if (from != session)
            return;
        if (happened == "Runtime.exceptionThrown")
            complaints.Enqueue(said.ToString());
        else if (happened == "Log.entryAdded" && said.GetProperty("entry") is var entry && entry.GetProperty("level").GetString() == "error"
            && entry.GetProperty("source").GetString() != "network")
            complaints.Enqueue(entry.ToString());
    }
}
