using System.Diagnostics;
using System.Formats.Tar;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using DistributedBatch.Cli.Servers;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Tracker.Logs;
using DistributedBatch.Tracker.Queries;

namespace DistributedBatch.Cli.Sources;

/// <summary>The runs of a server, read over its HTTP API.</summary>
internal sealed class HttpRunSource(ServerAddress address) : IRunSource
{
    private readonly ServerConnection server = new(address);

    /// <inheritdoc/>
    public string Location => server.Location;

    /// <inheritdoc/>
    public string CommandOptions => address.CommandOptions;

    /// <inheritdoc/>
    public async Task<RunSelector> FindAsync(string text, CancellationToken cancellation)
    {
        using var response = await server.SendAsync(HttpMethod.Get, $"api/runs/{Uri.EscapeDataString(text)}", null, cancellation);
        if (response.IsSuccessStatusCode)
        {
            var view = await response.Content.ReadFromJsonAsync(ContractsJson.Default.RunView, cancellation);
            return new RunSelector.Found(view!.Run);
        }

        var problem = await server.ProblemAsync(response, cancellation);
        return response.StatusCode switch
        {
            HttpStatusCode.NotFound => new RunSelector.None(problem.Sentence),
            HttpStatusCode.Conflict => new RunSelector.Ambiguous(
                problem.Sentence, [.. (problem.Candidates ?? []).Select(run => RunId.TryParse(run, out var id) ? id : default)]),
            _ => throw new ServerException(problem.Sentence, ServerConnection.ExitCodeOf(response)),
        };
    }

    /// <inheritdoc/>
    public async Task<Page<RunView>> ListAsync(RunState? state, int limit, string? after, CancellationToken cancellation) =>
        await server.GetAsync(Query("api/runs", ("state", state?.ToText()), ("limit", Number(limit)), ("after", after)), ContractsJson.Default.PageRunView, cancellation) ?? new Page<RunView>([], null);

    /// <inheritdoc/>
    public Task<RunView?> ShowAsync(RunId run, CancellationToken cancellation) =>
        server.GetAsync($"api/runs/{run}", ContractsJson.Default.RunView, cancellation);

    /// <inheritdoc/>
    public async Task<RunView?> ShowAfterAsync(RunId run, TimeSpan pause, CancellationToken until)
    {
        var clock = Stopwatch.StartNew();
        try
        {
            var within = pause.TotalSeconds.ToString(CultureInfo.InvariantCulture);
            var view = await server.GetAsync($"api/runs/{run}?within={within}", ContractsJson.Default.RunView, until);

            // Servers older than the parameter `within` answer at once.
            if (view?.State.IsSettled() != true && pause > clock.Elapsed)
                await Task.Delay(pause - clock.Elapsed, until);
            return view;
        }
        catch (OperationCanceledException) when (until.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public Task<Page<ChunkView>?> ChunksAsync(RunId run, ChunkFilter filter, int limit, string? after, CancellationToken cancellation) => server.GetAsync(
        Query(
            $"api/runs/{run}/chunks",
            ("state", filter.State?.ToText()),
            ("host", filter.Host),
            ("longerThan", filter.LongerThan?.TotalSeconds.ToString(CultureInfo.InvariantCulture)),
            ("error", filter.Error),
            ("limit", Number(limit)),
            ("after", after)),
        ContractsJson.Default.PageChunkView,
        cancellation);

    /// <inheritdoc/>
    public Task<ChunkView?> ChunkAsync(RunId run, int index, CancellationToken cancellation) =>
        server.GetAsync($"api/runs/{run}/chunks/{index}", ContractsJson.Default.ChunkView, cancellation);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<AttemptView>> AttemptsAsync(RunId run, int index, CancellationToken cancellation) =>
        await server.GetAsync($"api/runs/{run}/chunks/{index}/attempts", ContractsJson.Default.IReadOnlyListAttemptView, cancellation) ?? [];

    /// <inheritdoc/>
    public async Task<IReadOnlyList<AttemptView>> SlowestAsync(RunId run, int limit, CancellationToken cancellation) =>
        await server.GetAsync($"api/runs/{run}/slowest?limit={limit}", ContractsJson.Default.IReadOnlyListAttemptView, cancellation) ?? [];

    /// <inheritdoc/>
    public async Task<IReadOnlyList<AttemptView>> FailedAttemptsAsync(RunId run, int limit, CancellationToken cancellation) =>
        await server.GetAsync($"api/runs/{run}/failed-attempts?limit={limit}", ContractsJson.Default.IReadOnlyListAttemptView, cancellation) ?? [];

    /// <inheritdoc/>
    public async IAsyncEnumerable<RunResult> ResultsAsync(RunId run, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var response = await server.SendAsync(HttpMethod.Get, $"api/runs/{run}/results", null, cancellation);
        await server.EnsureSuccessAsync(response, cancellation);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellation));
        while (await server.ReadBodyAsync(async () => await reader.ReadLineAsync(cancellation)) is { } line)
        {
            if (line.Length > 0)
                yield return JsonSerializer.Deserialize(line, ContractsJson.Default.RunResult)!;
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TimelineBucket>> TimelineAsync(RunId run, CancellationToken cancellation) =>
        await server.GetAsync($"api/runs/{run}/timeline", ContractsJson.Default.IReadOnlyListTimelineBucket, cancellation) ?? [];

    /// <inheritdoc/>
    public Task<Explanation?> ExplainAsync(RunId run, int? index, CancellationToken cancellation) => server.GetAsync(
        index is { } chunk ? $"api/runs/{run}/chunks/{chunk}/explain" : $"api/runs/{run}/explain", ContractsJson.Default.Explanation, cancellation);

    /// <inheritdoc/>
    public Task<BrokerView?> BrokerAsync(CancellationToken cancellation) =>
        server.GetAsync("api/broker", ContractsJson.Default.BrokerView, cancellation);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<HostView>> HostsAsync(CancellationToken cancellation) =>
        await server.GetAsync("api/hosts", ContractsJson.Default.IReadOnlyListHostView, cancellation) ?? [];

    /// <inheritdoc/>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> LogAsync(
        RunId run, int index, int attempt, LogStream stream, bool follow, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var path = $"api/runs/{run}/chunks/{index}/attempts/{attempt}/logs/{stream.ToText()}{(follow ? "?follow=true" : "")}";
        using var response = await server.SendAsync(HttpMethod.Get, path, null, cancellation);
        if (response.StatusCode == HttpStatusCode.NotFound)
            yield break;
        await server.EnsureSuccessAsync(response, cancellation);
        await using var body = await response.Content.ReadAsStreamAsync(cancellation);
        var buffer = new byte[64 * 1024];
        for (int read; (read = await server.ReadBodyAsync(async () => await body.ReadAsync(buffer, cancellation))) > 0;)
            yield return buffer.AsMemory(0, read);
    }

    /// <inheritdoc/>
    public Task<RunCommandResult> ChangeAsync(RunId run, RunAction action, CancellationToken cancellation) =>
        SendCommandAsync(HttpMethod.Post, $"api/runs/{run}/{action.ToText()}", run, cancellation);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RunCommandResult>> ForgetAsync(IReadOnlyList<RunId> runs, CancellationToken cancellation)
    {
        var answers = new List<RunCommandResult>(runs.Count);
        foreach (var run in runs)
            answers.Add(await SendCommandAsync(HttpMethod.Delete, $"api/runs/{run}", run, cancellation));
        return answers;
    }

    /// <inheritdoc/>
    public async Task<string?> ForgetHostAsync(string host, CancellationToken cancellation)
    {
        using var response = await server.SendAsync(HttpMethod.Delete, $"api/hosts/{Uri.EscapeDataString(host)}", null, cancellation);
        if (response.StatusCode == HttpStatusCode.NotFound)
            return $"{Location} knows no host '{host}'. 'dbatch hosts' lists the hosts.";
        if (response.StatusCode == HttpStatusCode.Conflict)
            return (await server.ProblemAsync(response, cancellation)).Sentence;
        await server.EnsureSuccessAsync(response, cancellation);
        return null;
    }

    private async Task<RunCommandResult> SendCommandAsync(HttpMethod method, string path, RunId run, CancellationToken cancellation)
    {
        using var response = await server.SendAsync(method, path, null, cancellation);
        if (response.IsSuccessStatusCode)
            return RunCommandResult.Done(run);
        var problem = await server.ProblemAsync(response, cancellation);
        return response.StatusCode is HttpStatusCode.Conflict or HttpStatusCode.BadRequest or HttpStatusCode.NotFound
            ? RunCommandResult.Refused(problem.Mistakes ?? [problem.Sentence])
            : throw new ServerException(problem.Sentence, ServerConnection.ExitCodeOf(response));
    }

    /// <summary>Submits a run; the answer is its id, or every mistake in it.</summary>
    public async Task<RunCommandResult> SubmitAsync(RunSpec spec, CancellationToken cancellation)
    {
        using var body = JsonContent.Create(spec, ContractsJson.Default.RunSpec);
        using var response = await server.SendAsync(HttpMethod.Post, "api/runs", body, cancellation);
        if (response.IsSuccessStatusCode)
        {
            var answer = await response.Content.ReadFromJsonAsync(SubmittedJsonContext.Default.SubmittedJson, cancellation);
            return RunCommandResult.Done(answer!.Run);
        }

        var problem = await server.ProblemAsync(response, cancellation);
        return problem.Mistakes is { Count: > 0 } mistakes
            ? RunCommandResult.Refused(mistakes)
            : throw new ServerException(problem.Sentence, ServerConnection.ExitCodeOf(response));
    }

    /// <summary>Downloads the outputs of all succeeded chunks into <paramref name="directory"/>, one folder per chunk. Replaces the whole directory.</summary>
    public async Task FetchOutputsAsync(RunId run, string directory, CancellationToken cancellation)
    {
        using var response = await server.SendAsync(HttpMethod.Get, $"api/runs/{run}/outputs", null, cancellation);
        var staging = directory + ".partial";
        if (Directory.Exists(staging))
            Directory.Delete(staging, recursive: true);
        Directory.CreateDirectory(staging);
        if (response.StatusCode != HttpStatusCode.NotFound)
        {
            await server.EnsureSuccessAsync(response, cancellation);
            await using var archive = await response.Content.ReadAsStreamAsync(cancellation);
            await server.ReadBodyAsync(async () =>
            {
                await TarFile.ExtractToDirectoryAsync(archive, staging, overwriteFiles: false, cancellation);
                return true;
            });
        }

        if (Directory.Exists(directory))
            Directory.Delete(directory, recursive: true);
        Directory.Move(staging, directory);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        server.Dispose();
        return ValueTask.CompletedTask;
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Query(string path, params IEnumerable<(string Name, string? Value)> parameters)
    {
        var given = parameters.Where(parameter => parameter.Value is not null)
            .Select(parameter => $"{parameter.Name}={Uri.EscapeDataString(parameter.Value!)}");
        return $"{path}?{string.Join('&', given)}";
    }
}
