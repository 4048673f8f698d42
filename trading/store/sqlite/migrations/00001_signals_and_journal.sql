-- Times are nanoseconds since 1970, UTC; NULL is a time that was not set.

-- +goose Up

-- AUTOINCREMENT: a Seq is a cursor, so one that was given out must not be given out again, whatever is removed.
CREATE TABLE signals (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT    NOT NULL UNIQUE,
    strategy    TEXT    NOT NULL,
    params      TEXT    NOT NULL,
    symbol      TEXT    NOT NULL,
    interval    INTEGER NOT NULL, -- nanoseconds
    direction   INTEGER NOT NULL, -- -1 short, 0 flat, 1 long
    confidence  REAL    NOT NULL,
    price       REAL    NOT NULL,
    bar_time    INTEGER,
    created_at  INTEGER,
    valid_until INTEGER
) STRICT;

CREATE INDEX signals_symbol ON signals (symbol);

CREATE TABLE journal (
    seq  INTEGER PRIMARY KEY,
    at   INTEGER,
    kind TEXT NOT NULL,
    data TEXT NOT NULL -- JSON, as trading.EncodeEvent writes it
) STRICT;

-- identity: the signal store's name; run: the run configuration, a JSON array of settings.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- +goose Down

DROP TABLE meta;
DROP TABLE journal;
DROP TABLE signals;
