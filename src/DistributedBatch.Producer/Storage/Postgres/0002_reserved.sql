-- Chunks below this number may have been published although they have no row yet.
ALTER TABLE run ADD COLUMN reserved INTEGER NOT NULL DEFAULT 0;
