using System.Diagnostics.Metrics;
using DistributedBatch.Contracts.Text;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Tracker.Commands;
using DistributedBatch.Tracker.Projection;
using DistributedBatch.Tracker.Queries;
using DistributedBatch.Tracker.Storage;

namespace DistributedBatch.Tracker.Metrics;

/// <summary>
/// The tracker's metrics. Names, units and labels are a contract: a test compares the instruments with <see cref="Table"/> and docs/metrics.md. No label holds a
/// run's id, so the number of time series does not grow with the number of runs.
/// </summary>
internal sealed class TrackerMetrics : IDisposable
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "DistributedBatch.Tracker";

    /// <summary>The published table.</summary>
    public static readonly IReadOnlyList<Metric> Table =
    [
        new("dbatch.attempts", "counter", "{attempt}", ["outcome"], "Ended attempts by outcome; an attempt that is reported twice counts twice."),
        new("dbatch.attempt.duration", "histogram", "s", ["outcome"], "Wall time of ended attempts."),
        new("dbatch.runs", "gauge", "{run}", ["state"], "Runs by state."),
        new("dbatch.chunks", "gauge", "{chunk}", ["state"], "Chunks by state, in runs that are not settled."),
        new("dbatch.hosts", "gauge", "{host}", ["alive"], "Known hosts, by whether they are online."),
        new("dbatch.slots", "gauge", "{slot}", ["busy"], "Slots of the online hosts, by whether an attempt runs in them."),
        new("dbatch.producer.answers", "gauge", "1", [], "1 when a producer answers or the broker has a problem of its own, 0 when none answers."),
        new("dbatch.tracker.commits", "counter", "{commit}", [], "Transactions committed."),
        new("dbatch.tracker.commit.duration", "histogram", "s", [], "Duration of a transaction."),
        new("dbatch.tracker.rows", "counter", "{row}", [], "Rows in the committed transactions."),
        new("dbatch.messages.refused", "gauge", "{message}", [], "Messages refused since the start of the process, because of their sender or content."),
        new("dbatch.tracker.waiting", "gauge", "{message}", [], "Messages received and not yet committed."),
    ];

    private readonly Meter meter = new(MeterName);
    private readonly Counter<long> attempts;
    private readonly Histogram<double> attemptDuration;
    private readonly Counter<long> commits;
    private readonly Histogram<double> commitDuration;
    private readonly Counter<long> rows;
    private readonly RunQueries queries;
    private readonly ProducerCheck producer;
    private GaugeValues gauges = new([], [], 0, 0, 0, 0, 1);

    /// <summary>Creates the instruments and counts committed batches from now on.</summary>
    public TrackerMetrics(RunQueries queries, ProducerCheck producer, ProjectionQueue queue, ProjectionSignal signal, MessageRefusals refusals)
    {
        (this.queries, this.producer) = (queries, producer);
        attempts = Counter("dbatch.attempts");
        attemptDuration = Histogram("dbatch.attempt.duration");
        commits = Counter("dbatch.tracker.commits");
        commitDuration = Histogram("dbatch.tracker.commit.duration");
        rows = Counter("dbatch.tracker.rows");
        Gauge("dbatch.runs", () => gauges.Runs.Select(pair => new Measurement<long>(pair.Value, Label("state", pair.Key))));
        Gauge("dbatch.chunks", () => gauges.Chunks.Select(pair => new Measurement<long>(pair.Value, Label("state", pair.Key))));
        Gauge("dbatch.hosts", () => [new(gauges.Online, Label("alive", "yes")), new(gauges.Offline, Label("alive", "no"))]);
        Gauge("dbatch.slots", () => [new(gauges.Busy, Label("busy", "yes")), new(gauges.Free, Label("busy", "no"))]);
        Gauge("dbatch.producer.answers", () => [new(gauges.ProducerAnswers)]);
        Gauge("dbatch.messages.refused", () => [new(refusals.Count)]);
        Gauge("dbatch.tracker.waiting", () => [new(queue.Count)]);
        signal.BatchCommitted += Record;
    }

    /// <summary>Reads the values of the gauges from the database, and asks the producer.</summary>
    public async Task RefreshAsync(CancellationToken cancellation)
    {
        var answers = producer.ProblemAsync();
        var (runs, chunks) = await queries.TotalsAsync(cancellation);
        var hosts = await queries.HostsAsync(cancellation);
        var online = hosts.Where(host => host.Alive).ToList();
        var busy = online.Sum(host => host.Running.Count);
        gauges = new GaugeValues(
            Enum.GetValues<RunState>().ToDictionary(state => state.ToText(), state => runs.GetValueOrDefault(state)),
            new Dictionary<string, long>
            {
                [ChunkState.Pending.ToText()] = chunks.Pending,
                [ChunkState.Queued.ToText()] = chunks.Queued,
                [ChunkState.Running.ToText()] = chunks.Running,
                [ChunkState.Succeeded.ToText()] = chunks.Succeeded,
                [ChunkState.Failed.ToText()] = chunks.Failed,
                [ChunkState.Cancelled.ToText()] = chunks.Cancelled,
            },
            online.Count, hosts.Count - online.Count, busy, Math.Max(0, online.Sum(host => host.Host.Slots) - busy), await answers is null ? 1 : 0);
    }

    /// <summary>Whether an instrument belongs to this tracker and not to another one in the same process.</summary>
    public bool Owns(Instrument instrument) => ReferenceEquals(instrument.Meter, meter);

    /// <inheritdoc/>
    public void Dispose() => meter.Dispose();

    private void Record(ProjectionBatch batch, TimeSpan duration)
    {
        commits.Add(1);
        commitDuration.Record(duration.TotalSeconds);
        rows.Add(batch.Weight);
        if (!attempts.Enabled && !attemptDuration.Enabled)
            return;
        foreach (var report in batch.Attempts.Values)
        {
            if (report.Outcome is not { } outcome)
                continue;
            var label = Label("outcome", outcome.ToText());
            attempts.Add(1, label);
            attemptDuration.Record(report.Duration.TotalSeconds, label);
        }
    }

    private static KeyValuePair<string, object?> Label(string name, string value) => new(name, value);

    private static Metric Entry(string name) => Table.Single(metric => metric.Name == name);

    private Counter<long> Counter(string name) => meter.CreateCounter<long>(name, Entry(name).Unit, Entry(name).Meaning);

    private Histogram<double> Histogram(string name) => meter.CreateHistogram<double>(name, Entry(name).Unit, Entry(name).Meaning);

    private void Gauge(string name, Func<IEnumerable<Measurement<long>>> observe) =>
        meter.CreateObservableGauge(name, observe, Entry(name).Unit, Entry(name).Meaning);

    private sealed record GaugeValues(Dictionary<string, long> Runs, Dictionary<string, long> Chunks, long Online, long Offline, long Busy, long Free, long ProducerAnswers);
}
