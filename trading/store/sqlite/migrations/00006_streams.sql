-- +goose Up

-- What is the same for thousands of signals is stored once. A row stays for good.
CREATE TABLE streams (
    id       INTEGER PRIMARY KEY,
    strategy TEXT    NOT NULL,
    params   TEXT    NOT NULL,
    symbol   TEXT    NOT NULL,
    interval INTEGER NOT NULL, -- nanoseconds
    UNIQUE (strategy, params, symbol, interval)
) STRICT;

INSERT INTO streams (strategy, params, symbol, interval)
    SELECT strategy, params, symbol, interval FROM signals GROUP BY strategy, params, symbol, interval ORDER BY min(seq);

ALTER TABLE signals RENAME TO signals_before;

-- A Seq is a cursor, so one that was given out must not be given out again: the newest signal is never removed.
CREATE TABLE signals (
    seq         INTEGER PRIMARY KEY,
    stream      INTEGER NOT NULL,
    bar_time    INTEGER,
    id          TEXT, -- NULL is the one that signal.NewID makes of the stream and the bar
    direction   INTEGER NOT NULL, -- -1 short, 0 flat, 1 long
    confidence  REAL    NOT NULL,
    price       REAL    NOT NULL,
    created_at  INTEGER,
    valid_until INTEGER,
    parts       TEXT, -- a JSON array of signal.Part; NULL is a signal without parts
    CHECK (id IS NOT NULL OR bar_time IS NOT NULL)
) STRICT;

INSERT INTO signals
    SELECT b.seq, s.id, b.bar_time, b.id, b.direction, b.confidence, b.price, b.created_at, b.valid_until, b.parts
    FROM signals_before AS b JOIN streams AS s ON s.strategy = b.strategy AND s.params = b.params
        AND s.symbol = b.symbol AND s.interval = b.interval
    ORDER BY b.seq;

DROP TABLE signals_before;
