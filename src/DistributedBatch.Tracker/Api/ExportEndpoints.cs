using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Contracts.Text;
using DistributedBatch.Tracker.Queries;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DistributedBatch.Tracker.Api;

/// <summary>Exports for other tools: the attempts of a run as CSV or JSON lines, and the results as JSON lines.</summary>
internal static class ExportEndpoints
{
    private const string JsonLines = "application/x-ndjson";
    private const int FlushEvery = 32 * 1024;

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/runs/{run}/results", (string run, HttpContext context, RunQueries queries, CancellationToken cancellation) =>
            queries.WithRunAsync(run, id => LinesAsync(context, queries.ResultsAsync(id, cancellation), ContractsJson.Default.RunResult), cancellation))
            .WithSummary("The results that chunks wrote to DBATCH_RESULT, in chunk order, one JSON object on each line.").Produces<RunResult>(contentType: JsonLines);
        api.MapGet("/runs/{run}/attempts.jsonl", (string run, HttpContext context, RunQueries queries, CancellationToken cancellation) =>
            queries.WithRunAsync(run, id => LinesAsync(context, queries.AllAttemptsAsync(id, cancellation), ContractsJson.Default.AttemptView), cancellation))
            .WithSummary("All attempts of a run, one JSON object on each line.").Produces<AttemptView>(contentType: JsonLines);
        api.MapGet("/runs/{run}/attempts.csv", (string run, HttpContext context, RunQueries queries, CancellationToken cancellation) =>
            queries.WithRunAsync(run, id => CsvAsync(context, queries.AllAttemptsAsync(id, cancellation)), cancellation))
            .WithSummary("All attempts of a run as CSV.").Produces<string>(contentType: "text/csv");
    }

    private static async Task<IResult> LinesAsync<T>(HttpContext context, IAsyncEnumerable<T> rows, JsonTypeInfo<T> type)
    {
        context.Response.ContentType = JsonLines;
        var body = context.Response.BodyWriter;
        var unflushed = 0;
        await foreach (var row in rows)
        {
            var line = JsonSerializer.SerializeToUtf8Bytes(row, type);
            await body.WriteAsync(line, context.RequestAborted);
            await body.WriteAsync("\n"u8.ToArray(), context.RequestAborted);
            unflushed += line.Length;
            if (unflushed > FlushEvery)
            {
                await body.FlushAsync(context.RequestAborted);
                unflushed = 0;
            }
        }

        return Results.Empty;
    }

    private static async Task<IResult> CsvAsync(HttpContext context, IAsyncEnumerable<AttemptView> attempts)
    {
        context.Response.ContentType = "text/csv; charset=utf-8";
        await using var writer = new StreamWriter(context.Response.Body, new UTF8Encoding(false), FlushEvery, leaveOpen: true);
        await writer.WriteAsync("chunk,attempt,host,slot,started_at,seconds,cpu_seconds,peak_memory_bytes,read_bytes,written_bytes,outcome,exit_code,signal,duplicate,error\r\n");
        await foreach (var attempt in attempts)
        {
            await writer.WriteAsync(string.Create(CultureInfo.InvariantCulture,
                $"{attempt.Index},{attempt.Attempt},{Cell(attempt.Host)},{attempt.Slot},{attempt.StartedAt:O},{attempt.Seconds:0.######},{attempt.CpuSeconds:0.######},{attempt.PeakMemoryBytes},{attempt.ReadBytes},{attempt.WrittenBytes},{attempt.Outcome?.ToText()},{attempt.ExitCode},{attempt.Signal},{(attempt.Duplicate ? 1 : 0)},{Cell(attempt.Error)}\r\n"));
        }

        return Results.Empty;
    }

    /// <summary>A text for a spreadsheet: quoted where CSV requires it (RFC 4180), and never a formula (https://owasp.org/www-community/attacks/CSV_Injection).</summary>
    private static string Cell(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return "";
        if (text[0] is '=' or '+' or '-' or '@' or '\t' or '\r')
            text = "'" + text;
        return text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
