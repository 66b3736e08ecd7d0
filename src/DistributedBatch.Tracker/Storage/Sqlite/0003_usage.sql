-- What attempts read and wrote, and what all attempts of a run used together.

ALTER TABLE attempts ADD COLUMN read_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempts ADD COLUMN written_bytes INTEGER NOT NULL DEFAULT 0;

CREATE TABLE run_usage (
  run_no        INTEGER PRIMARY KEY,
  seconds       REAL NOT NULL,
  cpu_seconds   REAL NOT NULL,
  peak_memory   INTEGER NOT NULL,
  read_bytes    INTEGER NOT NULL,
  written_bytes INTEGER NOT NULL
);
