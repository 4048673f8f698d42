-- +goose Up

-- What each strategy knew after the newest bar that it had seen, so that it goes on after a restart where it was.
CREATE TABLE states (
    strategy TEXT    NOT NULL,
    params   TEXT    NOT NULL,
    symbol   TEXT    NOT NULL,
    interval INTEGER NOT NULL, -- nanoseconds
    bar      INTEGER,          -- nanoseconds since 1970, UTC; NULL is a time that was not set
    seen     INTEGER NOT NULL,
    data     BLOB    NOT NULL,
    PRIMARY KEY (strategy, params, symbol, interval)
) STRICT;

-- +goose Down

DROP TABLE states;
