-- What the tracker knows, on PostgreSQL. Times are Unix milliseconds, durations are seconds, words are those of docs/lifecycle.md.

CREATE TABLE runs (
  run_no          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run             TEXT COLLATE "C"   NOT NULL UNIQUE,
  -- as submitted; empty until the submission has been heard
  name            TEXT    NOT NULL DEFAULT '',
  dataset_kind    TEXT,
  first_item      BIGINT NOT NULL DEFAULT 0,
  total_items     BIGINT NOT NULL DEFAULT 0,
  chunk_size      BIGINT,
  job             TEXT,
  retries         BIGINT NOT NULL DEFAULT 0,
  weight          BIGINT NOT NULL DEFAULT 1,
  priority        BIGINT NOT NULL DEFAULT 0,
  submitted_at    BIGINT NOT NULL DEFAULT 0,
  -- the ledger's last word; the largest revision wins
  revision        BIGINT NOT NULL DEFAULT 0,
  state           TEXT    NOT NULL DEFAULT 'running',
  reason          TEXT,
  chunks_total    BIGINT NOT NULL DEFAULT 0,
  pending         BIGINT NOT NULL DEFAULT 0,
  queued          BIGINT NOT NULL DEFAULT 0,
  running         BIGINT NOT NULL DEFAULT 0,
  succeeded       BIGINT NOT NULL DEFAULT 0,
  failed          BIGINT NOT NULL DEFAULT 0,
  cancelled       BIGINT NOT NULL DEFAULT 0,
  items_succeeded BIGINT NOT NULL DEFAULT 0,
  changed_at      BIGINT NOT NULL DEFAULT 0,
  finished_at     BIGINT
);
CREATE INDEX runs_name ON runs (name, run_no);

CREATE TABLE chunks (
  run_no     BIGINT NOT NULL,
  idx        BIGINT NOT NULL,
  start      BIGINT NOT NULL,
  count      BIGINT NOT NULL,
  state      TEXT    NOT NULL,
  attempts   BIGINT NOT NULL,
  revision   BIGINT NOT NULL,
  not_before BIGINT,
  PRIMARY KEY (run_no, idx)
);
CREATE INDEX chunks_waiting ON chunks (run_no, not_before) WHERE not_before IS NOT NULL;

-- The states of 4,096 chunks a row, one byte each: a strip of a million chunks is 245 rows, and finding the failed ones among them is no scan.
CREATE TABLE chunk_blocks (
  run_no BIGINT NOT NULL,
  block  BIGINT NOT NULL,
  states BYTEA    NOT NULL,
  PRIMARY KEY (run_no, block)
);

CREATE TABLE attempts (
  run_no       BIGINT NOT NULL,
  idx          BIGINT NOT NULL,
  attempt      BIGINT NOT NULL,
  host         TEXT    NOT NULL,
  slot         BIGINT NOT NULL,
  started_at   BIGINT NOT NULL,
  outcome      TEXT,
  duplicate    BIGINT NOT NULL DEFAULT 0,
  seconds      DOUBLE PRECISION  NOT NULL DEFAULT 0,
  exit_code    BIGINT,
  signal       BIGINT,
  cpu_seconds  DOUBLE PRECISION  NOT NULL DEFAULT 0,
  peak_memory  BIGINT NOT NULL DEFAULT 0,
  warm         TEXT    NOT NULL,
  stdout_bytes BIGINT NOT NULL DEFAULT 0,
  stderr_bytes BIGINT NOT NULL DEFAULT 0,
  leased       BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (run_no, idx, attempt)
);
CREATE INDEX attempts_slowest ON attempts (run_no, seconds, idx, attempt);
CREATE INDEX attempts_host ON attempts (run_no, host, idx);
CREATE INDEX attempts_open ON attempts (run_no, idx, attempt) WHERE outcome IS NULL;

-- What the failed attempts said; apart from the attempts, which stay narrow.
CREATE TABLE failures (
  run_no      BIGINT NOT NULL,
  idx         BIGINT NOT NULL,
  attempt     BIGINT NOT NULL,
  error       TEXT,
  stderr_tail TEXT,
  PRIMARY KEY (run_no, idx, attempt)
);

-- The JSON of the attempt that counts, one a chunk.
CREATE TABLE results (
  run_no  BIGINT NOT NULL,
  idx     BIGINT NOT NULL,
  attempt BIGINT NOT NULL,
  result  TEXT    NOT NULL,
  PRIMARY KEY (run_no, idx)
);

-- Aggregates, kept by deltas in the transaction that takes the attempts in.
CREATE TABLE run_outcomes (
  run_no  BIGINT NOT NULL,
  outcome TEXT    NOT NULL,
  n       BIGINT NOT NULL,
  PRIMARY KEY (run_no, outcome)
);

CREATE TABLE run_durations (
  run_no BIGINT NOT NULL,
  bucket BIGINT NOT NULL,
  n      BIGINT NOT NULL,
  PRIMARY KEY (run_no, bucket)
);

CREATE TABLE run_timeline (
  run_no       BIGINT NOT NULL,
  step         BIGINT NOT NULL,
  at           BIGINT NOT NULL,
  succeeded    BIGINT NOT NULL,
  failed       BIGINT NOT NULL,
  items        BIGINT NOT NULL,
  busy_seconds DOUBLE PRECISION  NOT NULL,
  PRIMARY KEY (run_no, step, at)
);

CREATE TABLE hosts (
  host      TEXT    NOT NULL PRIMARY KEY,
  status    TEXT,
  running   TEXT,
  at        BIGINT NOT NULL DEFAULT 0,
  last_seen BIGINT NOT NULL DEFAULT 0,
  stopping  BIGINT NOT NULL DEFAULT 0,
  succeeded BIGINT NOT NULL DEFAULT 0,
  failed    BIGINT NOT NULL DEFAULT 0
);
