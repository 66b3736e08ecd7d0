using System.Globalization;
using Microsoft.Extensions.Logging;

namespace DistributedBatch.Cli.Hosting;

/// <summary>Writes the log of the services into one file, because the screen shows the progress. A file over 10 MiB is renamed to <c>log.old</c> at the start.</summary>
internal sealed class FileLog : ILoggerProvider
{
    private const long MaxBytes = 10 << 20;
    private static readonly TimeSpan ProblemAge = TimeSpan.FromSeconds(5);
    private readonly Lock gate = new();
    private readonly StreamWriter file;
    private volatile LoggedError? latest;

    /// <summary>Appends to <paramref name="path"/>.</summary>
    public FileLog(string path)
    {
        if (File.Exists(path) && new FileInfo(path).Length > MaxBytes)
            File.Move(path, path + ".old", overwrite: true);
        file = new StreamWriter(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
    }

    /// <summary>The error that a service logged in the last seconds; null for none. A service that keeps failing keeps logging.</summary>
    public string? Problem => latest is { } error && TimeProvider.System.GetElapsedTime(error.At) < ProblemAge ? error.Text : null;

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Category(this, categoryName[(categoryName.LastIndexOf('.') + 1)..]);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
            file.Dispose();
    }

    private void Write(string line)
    {
        lock (gate)
        {
            try
            {
                file.WriteLine(line);
            }
            catch (Exception failure) when (failure is IOException or ObjectDisposedException)
            {
                // Code that needs the disk reports a full one. The log must not end the run.
            }
        }
    }

    private sealed record LoggedError(string Text, long At);

    private sealed class Category(FileLog log, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Error)
                log.latest = new LoggedError(formatter(state, exception), TimeProvider.System.GetTimestamp());
            var time = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
            log.Write($"{time} {logLevel} {name}: {formatter(state, exception)}{(exception is null ? "" : Environment.NewLine + exception)}");
        }
    }
}
