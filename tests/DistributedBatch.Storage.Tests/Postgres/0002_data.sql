ALTER TABLE thing ADD COLUMN data bytea;
