namespace DistributedBatch.Tracker.Storage;

/// <summary>The writer's statements, the same for SQLite and PostgreSQL. Their conditions make them idempotent: a message that is received again changes nothing.</summary>
internal static class TrackerSql
{
    public const string InsertRun = "INSERT INTO runs (run) VALUES ($1) ON CONFLICT (run) DO NOTHING";

    public const string SelectRunNumber = "SELECT run_no FROM runs WHERE run = $1";

    public const string UpdateSubmission = """
        UPDATE runs SET name = $2, dataset_kind = $3, first_item = $4, total_items = $5, chunk_size = $6, job = $7,
          retries = $8, weight = $9, priority = $10, submitted_at = $11, notify = $12, notify_failures = $13, submitter = $14
        WHERE run_no = $1
        """;

    public const string UpdateRun = """
        UPDATE runs SET revision = $2, state = $3, reason = $4, chunks_total = $5, pending = $6, queued = $7, running = $8, succeeded = $9,
          failed = $10, cancelled = $11, items_succeeded = $12, changed_at = $13, submitted_at = $14, finished_at = $15
        WHERE run_no = $1 AND revision < $2
        """;

    public const string UpsertChunk = """
        INSERT INTO chunks (run_no, idx, start, count, state, attempts, revision, not_before) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (run_no, idx) DO UPDATE SET start = excluded.start, count = excluded.count, state = excluded.state, attempts = excluded.attempts,
          revision = excluded.revision, not_before = excluded.not_before
        WHERE chunks.revision < excluded.revision
        """;

    public const string SelectBlock = "SELECT states FROM chunk_blocks WHERE run_no = $1 AND block = $2";

    public const string UpsertBlock = """
        INSERT INTO chunk_blocks (run_no, block, states) VALUES ($1, $2, $3)
        ON CONFLICT (run_no, block) DO UPDATE SET states = excluded.states
        """;

    /// <summary>Writes an attempt, unless it is a second success of its chunk or its end is already known.</summary>
    public const string UpsertAttempt = """
        INSERT INTO attempts (run_no, idx, attempt, host, slot, started_at, outcome, seconds, exit_code, signal, cpu_seconds, peak_memory, warm,
          stdout_bytes, stderr_bytes, read_bytes, written_bytes)
        SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS TEXT), CAST($5 AS BIGINT), CAST($6 AS BIGINT), CAST($7 AS TEXT),
          CAST($8 AS DOUBLE PRECISION), CAST($9 AS BIGINT), CAST($10 AS BIGINT), CAST($11 AS DOUBLE PRECISION), CAST($12 AS BIGINT), CAST($13 AS TEXT),
          CAST($14 AS BIGINT), CAST($15 AS BIGINT), CAST($16 AS BIGINT), CAST($17 AS BIGINT)
        WHERE $7 IS NULL OR $7 <> 'succeeded' OR NOT EXISTS (
          SELECT 1 FROM attempts WHERE run_no = $1 AND idx = $2 AND attempt <> $3 AND outcome = 'succeeded' AND duplicate = 0)
        """ + OnConflictTakeEnd;

    /// <summary>Writes a second success of a chunk as a duplicate.</summary>
    public const string UpsertDuplicate = """
        INSERT INTO attempts (run_no, idx, attempt, host, slot, started_at, outcome, seconds, exit_code, signal, cpu_seconds, peak_memory, warm,
          stdout_bytes, stderr_bytes, read_bytes, written_bytes, duplicate)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 1)
        """ + OnConflictTakeEnd;

    /// <summary>
    /// Deletes the presumed end of an attempt whose host was taken for lost. The host came back and reports a success, which counts: the producer has settled the chunk with it.
    /// </summary>
    public const string DeletePresumedLoss = "DELETE FROM attempts WHERE run_no = $1 AND idx = $2 AND attempt = $3 AND outcome = 'host-lost'";

    public const string DeleteFailure = "DELETE FROM failures WHERE run_no = $1 AND idx = $2 AND attempt = $3";

    public const string InsertFailure = """
        INSERT INTO failures (run_no, idx, attempt, error, stderr_tail) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (run_no, idx, attempt) DO NOTHING
        """;

    public const string InsertResult =
        "INSERT INTO results (run_no, idx, attempt, result) VALUES ($1, $2, $3, $4) ON CONFLICT (run_no, idx) DO NOTHING";

    public const string UpdateLease = "UPDATE attempts SET leased = 1 WHERE run_no = $1 AND idx = $2 AND attempt = $3";

    public const string AddOutcome = """
        INSERT INTO run_outcomes (run_no, outcome, n) VALUES ($1, $2, $3)
        ON CONFLICT (run_no, outcome) DO UPDATE SET n = run_outcomes.n + excluded.n
        """;

    public const string AddDuration = """
        INSERT INTO run_durations (run_no, bucket, n) VALUES ($1, $2, $3)
        ON CONFLICT (run_no, bucket) DO UPDATE SET n = run_durations.n + excluded.n
        """;

    public const string AddTimeline = """
        INSERT INTO run_timeline (run_no, step, at, succeeded, failed, items, busy_seconds) VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (run_no, step, at) DO UPDATE SET succeeded = run_timeline.succeeded + excluded.succeeded, failed = run_timeline.failed + excluded.failed,
          items = run_timeline.items + excluded.items, busy_seconds = run_timeline.busy_seconds + excluded.busy_seconds
        """;

    public const string AddUsage = """
        INSERT INTO run_usage (run_no, seconds, cpu_seconds, peak_memory, read_bytes, written_bytes) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (run_no) DO UPDATE SET seconds = run_usage.seconds + excluded.seconds, cpu_seconds = run_usage.cpu_seconds + excluded.cpu_seconds,
          peak_memory = CASE WHEN excluded.peak_memory > run_usage.peak_memory THEN excluded.peak_memory ELSE run_usage.peak_memory END,
          read_bytes = run_usage.read_bytes + excluded.read_bytes, written_bytes = run_usage.written_bytes + excluded.written_bytes
        """;

    public const string AddHostCounts = """
        INSERT INTO hosts (host, succeeded, failed) VALUES ($1, $2, $3)
        ON CONFLICT (host) DO UPDATE SET succeeded = hosts.succeeded + excluded.succeeded, failed = hosts.failed + excluded.failed
        """;

    public const string UpsertHost = """
        INSERT INTO hosts (host, status, running, at, last_seen, stopping) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (host) DO UPDATE SET status = excluded.status, running = excluded.running, at = excluded.at, last_seen = excluded.last_seen,
          stopping = excluded.stopping
        """;

    private const string OnConflictTakeEnd = """

        ON CONFLICT (run_no, idx, attempt) DO UPDATE SET host = excluded.host, slot = excluded.slot, started_at = excluded.started_at,
          outcome = excluded.outcome, duplicate = excluded.duplicate, seconds = excluded.seconds, exit_code = excluded.exit_code, signal = excluded.signal,
          cpu_seconds = excluded.cpu_seconds, peak_memory = excluded.peak_memory, warm = excluded.warm, stdout_bytes = excluded.stdout_bytes,
          stderr_bytes = excluded.stderr_bytes, read_bytes = excluded.read_bytes, written_bytes = excluded.written_bytes
        WHERE excluded.outcome IS NOT NULL AND attempts.outcome IS NULL
        """;
}
