-- What the tracker knows, on SQLite. Times are Unix milliseconds, durations are seconds, words are those of docs/lifecycle.md.

CREATE TABLE runs (
  run_no          INTEGER PRIMARY KEY,
  run             TEXT    NOT NULL UNIQUE,
  -- as submitted; empty until the submission has been heard
  name            TEXT    NOT NULL DEFAULT '',
  dataset_kind    TEXT,
  first_item      INTEGER NOT NULL DEFAULT 0,
  total_items     INTEGER NOT NULL DEFAULT 0,
  chunk_size      INTEGER,
  job             TEXT,
  retries         INTEGER NOT NULL DEFAULT 0,
  weight          INTEGER NOT NULL DEFAULT 1,
  priority        INTEGER NOT NULL DEFAULT 0,
  submitted_at    INTEGER NOT NULL DEFAULT 0,
  -- the ledger's last word; the largest revision wins
  revision        INTEGER NOT NULL DEFAULT 0,
  state           TEXT    NOT NULL DEFAULT 'running',
  reason          TEXT,
  chunks_total    INTEGER NOT NULL DEFAULT 0,
  pending         INTEGER NOT NULL DEFAULT 0,
  queued          INTEGER NOT NULL DEFAULT 0,
  running         INTEGER NOT NULL DEFAULT 0,
  succeeded       INTEGER NOT NULL DEFAULT 0,
  failed          INTEGER NOT NULL DEFAULT 0,
  cancelled       INTEGER NOT NULL DEFAULT 0,
  items_succeeded INTEGER NOT NULL DEFAULT 0,
  changed_at      INTEGER NOT NULL DEFAULT 0,
  finished_at     INTEGER
);
CREATE INDEX runs_name ON runs (name, run_no);

CREATE TABLE chunks (
  run_no     INTEGER NOT NULL,
  idx        INTEGER NOT NULL,
  start      INTEGER NOT NULL,
  count      INTEGER NOT NULL,
  state      TEXT    NOT NULL,
  attempts   INTEGER NOT NULL,
  revision   INTEGER NOT NULL,
  not_before INTEGER,
  PRIMARY KEY (run_no, idx)
) WITHOUT ROWID;
CREATE INDEX chunks_waiting ON chunks (run_no, not_before) WHERE not_before IS NOT NULL;

-- The states of 4,096 chunks a row, one byte each: a strip of a million chunks is 245 rows, and finding the failed ones among them is no scan.
CREATE TABLE chunk_blocks (
  run_no INTEGER NOT NULL,
  block  INTEGER NOT NULL,
  states BLOB    NOT NULL,
  PRIMARY KEY (run_no, block)
);

CREATE TABLE attempts (
  run_no       INTEGER NOT NULL,
  idx          INTEGER NOT NULL,
  attempt      INTEGER NOT NULL,
  host         TEXT    NOT NULL,
  slot         INTEGER NOT NULL,
  started_at   INTEGER NOT NULL,
  outcome      TEXT,
  duplicate    INTEGER NOT NULL DEFAULT 0,
  seconds      REAL    NOT NULL DEFAULT 0,
  exit_code    INTEGER,
  signal       INTEGER,
  cpu_seconds  REAL    NOT NULL DEFAULT 0,
  peak_memory  INTEGER NOT NULL DEFAULT 0,
  warm         TEXT    NOT NULL,
  stdout_bytes INTEGER NOT NULL DEFAULT 0,
  stderr_bytes INTEGER NOT NULL DEFAULT 0,
  leased       INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (run_no, idx, attempt)
) WITHOUT ROWID;
CREATE INDEX attempts_slowest ON attempts (run_no, seconds, idx, attempt);
CREATE INDEX attempts_host ON attempts (run_no, host, idx);
CREATE INDEX attempts_open ON attempts (run_no, idx, attempt) WHERE outcome IS NULL;

-- What the failed attempts said; apart from the attempts, which stay narrow.
CREATE TABLE failures (
  run_no      INTEGER NOT NULL,
  idx         INTEGER NOT NULL,
  attempt     INTEGER NOT NULL,
  error       TEXT,
  stderr_tail TEXT,
  PRIMARY KEY (run_no, idx, attempt)
);

-- The JSON of the attempt that counts, one a chunk.
CREATE TABLE results (
  run_no  INTEGER NOT NULL,
  idx     INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  result  TEXT    NOT NULL,
  PRIMARY KEY (run_no, idx)
);

-- Aggregates, kept by deltas in the transaction that takes the attempts in.
CREATE TABLE run_outcomes (
  run_no  INTEGER NOT NULL,
  outcome TEXT    NOT NULL,
  n       INTEGER NOT NULL,
  PRIMARY KEY (run_no, outcome)
) WITHOUT ROWID;

CREATE TABLE run_durations (
  run_no INTEGER NOT NULL,
  bucket INTEGER NOT NULL,
  n      INTEGER NOT NULL,
  PRIMARY KEY (run_no, bucket)
) WITHOUT ROWID;

CREATE TABLE run_timeline (
  run_no       INTEGER NOT NULL,
  step         INTEGER NOT NULL,
  at           INTEGER NOT NULL,
  succeeded    INTEGER NOT NULL,
  failed       INTEGER NOT NULL,
  items        INTEGER NOT NULL,
  busy_seconds REAL    NOT NULL,
  PRIMARY KEY (run_no, step, at)
) WITHOUT ROWID;

CREATE TABLE hosts (
  host      TEXT    NOT NULL PRIMARY KEY,
  status    TEXT,
  running   TEXT,
  at        INTEGER NOT NULL DEFAULT 0,
  last_seen INTEGER NOT NULL DEFAULT 0,
  stopping  INTEGER NOT NULL DEFAULT 0,
  succeeded INTEGER NOT NULL DEFAULT 0,
  failed    INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
