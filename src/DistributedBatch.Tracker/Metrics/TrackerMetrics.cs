using System.Diagnostics.Metrics;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Contracts.Text;
using DistributedBatch.Tracker.Projection;
using DistributedBatch.Tracker.Queries;

namespace DistributedBatch.Tracker.Metrics;

/// <summary>
/// What the tracker counts. Names, units and labels are a contract: they stand in <see cref="Table"/> and in docs/metrics.md, and a test holds all three together.
/// No label has a run's id as its value, so a year of runs makes no more time series than a day.
/// </summary>
internal sealed class TrackerMetrics : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "DistributedBatch.Tracker";

    /// <summary>The published table.</summary>
    public static readonly IReadOnlyList<Metric> Table =
    [
        new("dbatch.attempts", "counter", "{attempt}", ["outcome"], "Ended attempts heard of, by how they ended; one that is reported twice counts twice."),
        new("dbatch.attempt.duration", "histogram", "s", ["outcome"], "Wall time of ended attempts."),
        new("dbatch.runs", "gauge", "{run}", ["state"], "Runs by state."),
        new("dbatch.chunks", "gauge", "{chunk}", ["state"], "Chunks by state, in runs that are not settled."),
        new("dbatch.hosts", "gauge", "{host}", ["alive"], "Hosts ever heard of, by whether they are still heard of."),
        new("dbatch.slots", "gauge", "{slot}", ["busy"], "Slots of the hosts that are alive, by whether an attempt runs in them."),
        new("dbatch.tracker.commits", "counter", "{commit}", [], "Transactions committed."),
        new("dbatch.tracker.commit.duration", "histogram", "s", [], "Time a transaction took."),
        new("dbatch.tracker.rows", "counter", "{row}", [], "Rows those transactions held."),
        new("dbatch.tracker.waiting", "gauge", "{message}", [], "Messages heard and not yet committed."),
    ];

    private readonly Meter meter = new(MeterName);
    private readonly Counter<long> attempts;
    private readonly Histogram<double> attemptDuration;
    private readonly Counter<long> commits;
    private readonly Histogram<double> commitDuration;
    private readonly Counter<long> rows;
    private readonly RunQueries queries;
    private Census census = new([], [], 0, 0, 0, 0);

    /// <summary>Creates the instruments.</summary>
    public TrackerMetrics(RunQueries queries, ProjectionIntake intake)
    {
        this.queries = queries;
        attempts = Counter("dbatch.attempts");
        attemptDuration = Histogram("dbatch.attempt.duration");
        commits = Counter("dbatch.tracker.commits");
        commitDuration = Histogram("dbatch.tracker.commit.duration");
        rows = Counter("dbatch.tracker.rows");
        Gauge("dbatch.runs", () => census.Runs.Select(pair => new Measurement<long>(pair.Value, Label("state", pair.Key))));
        Gauge("dbatch.chunks", () => census.Chunks.Select(pair => new Measurement<long>(pair.Value, Label("state", pair.Key))));
        Gauge("dbatch.hosts", () => [new(census.Alive, Label("alive", "yes")), new(census.Silent, Label("alive", "no"))]);
        Gauge("dbatch.slots", () => [new(census.Busy, Label("busy", "yes")), new(census.Free, Label("busy", "no"))]);
        Gauge("dbatch.tracker.waiting", () => [new(intake.Reader.CanCount ? intake.Reader.Count : 0)]);
    }

    /// <summary>Counts a committed batch.</summary>
    public void Committed(ProjectionBatch batch, TimeSpan took)
    {
        commits.Add(1);
        commitDuration.Record(took.TotalSeconds);
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

    /// <summary>Looks up what the gauges show.</summary>
    public async Task RefreshAsync(CancellationToken cancellation)
    {
        var (runs, chunks) = await queries.TotalsAsync(cancellation);
        var hosts = await queries.HostsAsync(cancellation);
        var alive = hosts.Where(host => host.Alive).ToList();
        var busy = alive.Sum(host => host.Running.Count);
        census = new Census(
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
            alive.Count, hosts.Count - alive.Count, busy, Math.Max(0, alive.Sum(host => host.Host.Slots) - busy));
    }

    /// <summary>Whether an instrument is this tracker's, and not of another one in the same process.</summary>
    public bool Owns(Instrument instrument) => ReferenceEquals(instrument.Meter, meter);

    /// <inheritdoc/>
    public void Dispose() => meter.Dispose();

    private static KeyValuePair<string, object?> Label(string name, string value) => new(name, value);

    private static Metric Entry(string name) => Table.Single(metric => metric.Name == name);

    private Counter<long> Counter(string name) => meter.CreateCounter<long>(name, Entry(name).Unit, Entry(name).Meaning);

    private Histogram<double> Histogram(string name) => meter.CreateHistogram<double>(name, Entry(name).Unit, Entry(name).Meaning);

    private void Gauge(string name, Func<IEnumerable<Measurement<long>>> observe) =>
        meter.CreateObservableGauge(name, observe, Entry(name).Unit, Entry(name).Meaning);

    private sealed record Census(Dictionary<string, long> Runs, Dictionary<string, long> Chunks, long Alive, long Silent, long Busy, long Free);
}
