using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace DistributedBatch.Messaging.Tests.Support;

/// <summary>Keeps log lines for a test to look at, and for people when it fails.</summary>
internal sealed class LogCollector : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> lines = new();

    private readonly ITestOutputHelper? output = TestContext.Current.TestOutputHelper;

    public IEnumerable<string> Lines => lines;

    /// <summary>What was logged with its stack trace.</summary>
    public ConcurrentQueue<Exception> Traces { get; } = new();

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var line = $"{TimeProvider.System.GetUtcNow():mm:ss.fff} {logLevel} {eventId.Id} {formatter(state, exception)} {exception?.Message}";
        lines.Enqueue(line);
        if (exception is not null)
            Traces.Enqueue(exception);
        try
        {
            output?.WriteLine(line);
        }
        catch (InvalidOperationException)
        {
            // The test has ended and something still stops.
        }
    }

    public void Dispose()
    {
    }
}
