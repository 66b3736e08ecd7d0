-- What is not kept for ever, and who is to be told of a run.

-- 0 while the run is here, 1 when it is forgotten and its rows and files are being removed, 2 when they are gone. The row itself stays: it is small, it
-- keeps its number from being given to another run, and it takes in what late messages say.
ALTER TABLE runs ADD COLUMN forgotten BIGINT NOT NULL DEFAULT 0;
CREATE INDEX runs_forgotten ON runs (forgotten) WHERE forgotten = 1;

ALTER TABLE runs ADD COLUMN notify TEXT;
CREATE INDEX runs_notify ON runs (run_no) WHERE notify IS NOT NULL;
ALTER TABLE runs ADD COLUMN notify_failures BIGINT NOT NULL DEFAULT 1;

-- What people are to be told, written before it is sent, so that a restart neither forgets it nor says it twice. due_at is null when it is done with.
CREATE TABLE notices (
  run_no   BIGINT NOT NULL,
  event    TEXT    NOT NULL,
  -- the revision the run had: a run that is retried ends again
  revision BIGINT NOT NULL,
  address  TEXT    NOT NULL,
  body     TEXT    NOT NULL,
  made_at  BIGINT NOT NULL,
  due_at   BIGINT,
  tries    BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (run_no, event, revision)
);
CREATE INDEX notices_due ON notices (due_at) WHERE due_at IS NOT NULL;
