-- +goose Up

-- What the account was worth, the last mark of each hour. The latest of all is in meta as well.
CREATE TABLE marks (
    hour BIGINT PRIMARY KEY, -- nanoseconds since 1970, UTC, of its begin
    data TEXT NOT NULL       -- a journal.Mark as JSON
);

-- What a person wants of the running program in the place of what its configuration says.
CREATE TABLE overrides (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    was   TEXT NOT NULL, -- what the configuration said then
    by    TEXT NOT NULL,
    at    BIGINT         -- nanoseconds since 1970, UTC; NULL is a time that was not set
);
