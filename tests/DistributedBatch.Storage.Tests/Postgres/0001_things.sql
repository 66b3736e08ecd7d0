CREATE TABLE thing (
  key  integer PRIMARY KEY,
  name text,
  flag boolean NOT NULL
);
