-- What attempts read and wrote, and what all attempts of a run used together.

ALTER TABLE attempts ADD COLUMN read_bytes BIGINT NOT NULL DEFAULT 0;
ALTER TABLE attempts ADD COLUMN written_bytes BIGINT NOT NULL DEFAULT 0;

CREATE TABLE run_usage (
  run_no        BIGINT PRIMARY KEY,
  seconds       DOUBLE PRECISION NOT NULL,
  cpu_seconds   DOUBLE PRECISION NOT NULL,
  peak_memory   BIGINT NOT NULL,
  read_bytes    BIGINT NOT NULL,
  written_bytes BIGINT NOT NULL
);
