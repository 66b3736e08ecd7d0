-- Runs, their items and chunks. Words (state) are spelled as everywhere else; times are Unix milliseconds.
CREATE TABLE run (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  spec TEXT NOT NULL,
  dataset TEXT NOT NULL,
  columns TEXT NOT NULL,
  submitted_at INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  announced INTEGER NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  finished_at INTEGER,
  total INTEGER NOT NULL,
  pending INTEGER NOT NULL,
  queued INTEGER NOT NULL,
  running INTEGER NOT NULL,
  succeeded INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  cancelled INTEGER NOT NULL,
  items_succeeded INTEGER NOT NULL
);

CREATE TABLE item_page (
  run INTEGER NOT NULL REFERENCES run (key),
  first INTEGER NOT NULL,
  items BLOB NOT NULL,
  PRIMARY KEY (run, first)
);

-- Clustered by chunk number, so that a run's chunks are read in order and written at the end.
CREATE TABLE chunk (
  run INTEGER NOT NULL,
  idx INTEGER NOT NULL,
  start INTEGER NOT NULL,
  count INTEGER NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  crashes INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  not_before INTEGER,
  host TEXT,
  leased INTEGER NOT NULL,
  PRIMARY KEY (run, idx)
) WITHOUT ROWID;
