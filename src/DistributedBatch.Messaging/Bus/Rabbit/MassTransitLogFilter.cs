namespace DistributedBatch.Messaging.Bus.Rabbit;

/// <summary>
/// Shortens MassTransit's log to one line an event. MassTransit logs the whole exception each time it tries to connect, on each endpoint, but a broker that restarts is no
/// bug. The reason stays in the line, and the same reason is logged only once a minute.
/// </summary>
/// <param name="inner">Gets the lines.</param>
/// <param name="time">Clock.</param>
internal sealed class MassTransitLogFilter(ILoggerFactory inner, TimeProvider time) : ILoggerFactory
{
    private static readonly TimeSpan Just = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Plain(inner.CreateLogger(categoryName), time);

    /// <inheritdoc/>
    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    /// <summary>Does nothing: the container owns the inner factory.</summary>
    public void Dispose()
    {
    }

    private sealed class Plain(ILogger inner, TimeProvider time) : ILogger
    {
        private readonly Lock gate = new();
        private string? lastReason;
        private long lastAt;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => inner.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (exception is null)
            {
                inner.Log(logLevel, eventId, state, null, formatter);
                return;
            }

            // The caller that cancelled knows.
            if (exception.GetBaseException() is OperationCanceledException)
                return;
            var reason = exception.GetBaseException().Message;
            lock (gate)
            {
                if (reason == lastReason && time.GetElapsedTime(lastAt) < Just)
                    return;
                (lastReason, lastAt) = (reason, time.GetTimestamp());
            }

            if (inner.IsEnabled(logLevel))
                inner.Log(logLevel, eventId, $"{formatter(state, null).TrimEnd(' ', ':')} ({reason})", null, (line, _) => line);
        }
    }
}
