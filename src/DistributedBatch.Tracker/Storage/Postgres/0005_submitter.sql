-- Name of the token that submitted a run, which may control it. Null for runs of dbatch run and of earlier versions.
ALTER TABLE runs ADD COLUMN submitter TEXT;
