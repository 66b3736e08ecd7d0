-- Runs, their items and chunks. Words (state) are spelled as everywhere else; times are Unix milliseconds. The tables have a schema of their own, so
-- that the tracker can live in the same database.
CREATE TABLE ledger.run (
  key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text NOT NULL UNIQUE,
  spec text NOT NULL,
  dataset text NOT NULL,
  columns text NOT NULL,
  submitted_at bigint NOT NULL,
  revision bigint NOT NULL,
  announced bigint NOT NULL,
  state text NOT NULL,
  reason text,
  finished_at bigint,
  total integer NOT NULL,
  pending integer NOT NULL,
  queued integer NOT NULL,
  running integer NOT NULL,
  succeeded integer NOT NULL,
  failed integer NOT NULL,
  cancelled integer NOT NULL,
  items_succeeded bigint NOT NULL
);

CREATE TABLE ledger.item_page (
  run bigint NOT NULL REFERENCES ledger.run (key),
  first bigint NOT NULL,
  items bytea NOT NULL,
  PRIMARY KEY (run, first)
);

-- Half-full pages leave room for the few times a chunk changes, so that its changes stay on its page and need no new index entries.
CREATE TABLE ledger.chunk (
  run bigint NOT NULL,
  idx integer NOT NULL,
  start bigint NOT NULL,
  count bigint NOT NULL,
  state text NOT NULL,
  attempts integer NOT NULL,
  failures integer NOT NULL,
  crashes integer NOT NULL,
  revision bigint NOT NULL,
  not_before bigint,
  host text,
  leased boolean NOT NULL,
  PRIMARY KEY (run, idx)
) WITH (fillfactor = 50);
