-- Times are nanoseconds since 1970, UTC; NULL is a time that was not set. Texts may hold what text.go makes of a NUL.

-- +goose Up

CREATE TABLE signals (
    seq         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id          TEXT     NOT NULL UNIQUE,
    strategy    TEXT     NOT NULL,
    params      TEXT     NOT NULL,
    symbol      TEXT     NOT NULL,
    interval    BIGINT   NOT NULL, -- nanoseconds
    direction   SMALLINT NOT NULL, -- -1 short, 0 flat, 1 long
    confidence  DOUBLE PRECISION NOT NULL,
    price       DOUBLE PRECISION NOT NULL,
    bar_time    BIGINT,
    created_at  BIGINT,
    valid_until BIGINT,
    parts       TEXT -- a JSON array of signal.Part; NULL is a signal without parts
);

CREATE INDEX signals_symbol ON signals (symbol, seq);
CREATE INDEX signals_strategy ON signals (strategy, seq);

CREATE TABLE journal (
    seq  BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at   BIGINT,
    kind TEXT NOT NULL,
    data TEXT NOT NULL -- JSON, as trading.EncodeEvent writes it
);

-- identity: the signal store's name; run: the run configuration, a JSON array of settings; holder: who opened it last.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- What the journal adds up to as far as seq, so that a restart need not read all of it. There is at most one.
CREATE TABLE snapshot (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    seq  BIGINT NOT NULL,
    data BYTEA  NOT NULL
);

-- What each strategy knew after the newest bar that it had seen, so that it goes on after a restart where it was.
CREATE TABLE states (
    strategy TEXT   NOT NULL,
    params   TEXT   NOT NULL,
    symbol   TEXT   NOT NULL,
    interval BIGINT NOT NULL, -- nanoseconds
    bar      BIGINT,
    seen     BIGINT NOT NULL,
    data     BYTEA  NOT NULL,
    PRIMARY KEY (strategy, params, symbol, interval)
);

-- +goose Down

DROP TABLE states;
DROP TABLE snapshot;
DROP TABLE meta;
DROP TABLE journal;
DROP TABLE signals;
