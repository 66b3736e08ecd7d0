-- The latest failed attempts of a run, also those whose chunk runs again.
CREATE INDEX attempts_failed ON attempts (run_no, started_at) WHERE outcome NOT IN ('succeeded', 'cancelled', 'released');
