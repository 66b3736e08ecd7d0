using System.Text.RegularExpressions;

namespace DistributedBatch.Tracker.Tests.Storage;

/// <summary>
/// Databases as versions 1 to 3 of the schema left them, in SQLite's words. They are written out here and not read from the migrations, so that a changed
/// migration fails a test.
/// </summary>
internal static partial class OldSchema
{
    public const string Version1 = """
        CREATE TABLE runs (run_no INTEGER PRIMARY KEY, run TEXT NOT NULL UNIQUE, name TEXT NOT NULL DEFAULT '', dataset_kind TEXT, first_item
          INTEGER NOT NULL DEFAULT 0, total_items INTEGER NOT NULL DEFAULT 0, chunk_size INTEGER, job TEXT, retries INTEGER NOT NULL DEFAULT 0,
          weight INTEGER NOT NULL DEFAULT 1, priority INTEGER NOT NULL DEFAULT 0, submitted_at INTEGER NOT NULL DEFAULT 0, revision INTEGER NOT
          NULL DEFAULT 0, state TEXT NOT NULL DEFAULT 'running', reason TEXT, chunks_total INTEGER NOT NULL DEFAULT 0, pending INTEGER NOT NULL
          DEFAULT 0, queued INTEGER NOT NULL DEFAULT 0, running INTEGER NOT NULL DEFAULT 0, succeeded INTEGER NOT NULL DEFAULT 0, failed INTEGER
          NOT NULL DEFAULT 0, cancelled INTEGER NOT NULL DEFAULT 0, items_succeeded INTEGER NOT NULL DEFAULT 0, changed_at INTEGER NOT NULL
          DEFAULT 0, finished_at INTEGER);
        CREATE INDEX runs_name ON runs (name, run_no);
        CREATE TABLE chunks (run_no INTEGER NOT NULL, idx INTEGER NOT NULL, start INTEGER NOT NULL, count INTEGER NOT NULL, state TEXT NOT NULL,
          attempts INTEGER NOT NULL, revision INTEGER NOT NULL, not_before INTEGER, PRIMARY KEY (run_no, idx)) WITHOUT ROWID;
        CREATE INDEX chunks_waiting ON chunks (run_no, not_before) WHERE not_before IS NOT NULL;
        CREATE TABLE chunk_blocks (run_no INTEGER NOT NULL, block INTEGER NOT NULL, states BLOB NOT NULL, PRIMARY KEY (run_no, block));
        CREATE TABLE attempts (run_no INTEGER NOT NULL, idx INTEGER NOT NULL, attempt INTEGER NOT NULL, host TEXT NOT NULL, slot INTEGER NOT NULL,
          started_at INTEGER NOT NULL, outcome TEXT, duplicate INTEGER NOT NULL DEFAULT 0, seconds REAL NOT NULL DEFAULT 0, exit_code INTEGER,
          signal INTEGER, cpu_seconds REAL NOT NULL DEFAULT 0, peak_memory INTEGER NOT NULL DEFAULT 0, warm TEXT NOT NULL, stdout_bytes INTEGER
          NOT NULL DEFAULT 0, stderr_bytes INTEGER NOT NULL DEFAULT 0, leased INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (run_no, idx, attempt))
          WITHOUT ROWID;
        CREATE INDEX attempts_slowest ON attempts (run_no, seconds, idx, attempt);
        CREATE INDEX attempts_host ON attempts (run_no, host, idx);
        CREATE INDEX attempts_open ON attempts (run_no, idx, attempt) WHERE outcome IS NULL;
        CREATE TABLE failures (run_no INTEGER NOT NULL, idx INTEGER NOT NULL, attempt INTEGER NOT NULL, error TEXT, stderr_tail TEXT, PRIMARY KEY
          (run_no, idx, attempt));
        CREATE TABLE results (run_no INTEGER NOT NULL, idx INTEGER NOT NULL, attempt INTEGER NOT NULL, result TEXT NOT NULL, PRIMARY KEY (run_no,
          idx));
        CREATE TABLE run_outcomes (run_no INTEGER NOT NULL, outcome TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (run_no, outcome)) WITHOUT
          ROWID;
        CREATE TABLE run_durations (run_no INTEGER NOT NULL, bucket INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (run_no, bucket)) WITHOUT
          ROWID;
        CREATE TABLE run_timeline (run_no INTEGER NOT NULL, step INTEGER NOT NULL, at INTEGER NOT NULL, succeeded INTEGER NOT NULL, failed INTEGER
          NOT NULL, items INTEGER NOT NULL, busy_seconds REAL NOT NULL, PRIMARY KEY (run_no, step, at)) WITHOUT ROWID;
        CREATE TABLE hosts (host TEXT NOT NULL PRIMARY KEY, status TEXT, running TEXT, at INTEGER NOT NULL DEFAULT 0, last_seen INTEGER NOT NULL
          DEFAULT 0, stopping INTEGER NOT NULL DEFAULT 0, succeeded INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
        CREATE TABLE schema_version (version INTEGER NOT NULL);
        INSERT INTO schema_version (version) VALUES (1);
        """;

    public const string Version3 = Version1 + """

        ALTER TABLE runs ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX runs_forgotten ON runs (forgotten) WHERE forgotten = 1;
        ALTER TABLE runs ADD COLUMN notify TEXT;
        CREATE INDEX runs_notify ON runs (run_no) WHERE notify IS NOT NULL;
        ALTER TABLE runs ADD COLUMN notify_failures INTEGER NOT NULL DEFAULT 1;
        CREATE TABLE notices (run_no INTEGER NOT NULL, event TEXT NOT NULL, revision INTEGER NOT NULL, address TEXT NOT NULL, body TEXT NOT NULL,
          made_at INTEGER NOT NULL, due_at INTEGER, tries INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (run_no, event, revision));
        CREATE INDEX notices_due ON notices (due_at) WHERE due_at IS NOT NULL;
        INSERT INTO schema_version (version) VALUES (2);
        ALTER TABLE attempts ADD COLUMN read_bytes INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE attempts ADD COLUMN written_bytes INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE run_usage (run_no INTEGER PRIMARY KEY, seconds REAL NOT NULL, cpu_seconds REAL NOT NULL, peak_memory INTEGER NOT NULL,
          read_bytes INTEGER NOT NULL, written_bytes INTEGER NOT NULL);
        INSERT INTO schema_version (version) VALUES (3);
        """;

    /// <summary>A run with a failed attempt, for both versions.</summary>
    public const string Rows = """

        INSERT INTO runs (run, name, first_item, total_items, chunk_size, job, retries, submitted_at, revision, state, chunks_total, running, failed)
          VALUES ('aaaaaaaaa1', 'old', 0, 20, 10, '{"command":["prog"]}', 2, 1700000000000, 5, 'running', 2, 1, 1);
        INSERT INTO chunks VALUES (1, 1, 10, 10, 'failed', 1, 4, NULL);
        INSERT INTO attempts (run_no, idx, attempt, host, slot, started_at, outcome, seconds, exit_code, warm)
          VALUES (1, 1, 1, 'ada', 0, 1700000000000, 'exit-code', 1.5, 3, 'off');
        INSERT INTO failures VALUES (1, 1, 1, 'exit code 3', 'Traceback');
        """;

    /// <summary>The same database on PostgreSQL, whose scripts had other types only.</summary>
    public static string ForPostgres(string sql) => WithoutRowId().Replace(sql, "")
        .Replace("run_no INTEGER PRIMARY KEY, run TEXT", "run_no BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, run TEXT COLLATE \"C\"", StringComparison.Ordinal)
        .Replace("INTEGER", "BIGINT", StringComparison.Ordinal)
        .Replace("REAL", "DOUBLE PRECISION", StringComparison.Ordinal)
        .Replace("BLOB", "BYTEA", StringComparison.Ordinal);

    [GeneratedRegex(@"\s+WITHOUT\s+ROWID")]
    private static partial Regex WithoutRowId();
}
