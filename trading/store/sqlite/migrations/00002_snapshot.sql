-- +goose Up

-- What the journal adds up to as far as seq, so that a restart need not read all of it. There is at most one.
CREATE TABLE snapshot (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    seq  INTEGER NOT NULL,
    data BLOB    NOT NULL
) STRICT;

-- +goose Down

DROP TABLE snapshot;
