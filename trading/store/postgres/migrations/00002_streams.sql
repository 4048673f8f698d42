-- +goose Up

-- What is the same for thousands of signals is stored once. A row stays for good.
CREATE TABLE streams (
    id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    strategy TEXT   NOT NULL,
    params   TEXT   NOT NULL,
    symbol   TEXT   NOT NULL,
    interval BIGINT NOT NULL, -- nanoseconds
    UNIQUE (strategy, params, symbol, interval)
);

INSERT INTO streams (strategy, params, symbol, interval)
    SELECT strategy, params, symbol, interval FROM signals GROUP BY strategy, params, symbol, interval ORDER BY min(seq);

ALTER TABLE signals ADD COLUMN stream BIGINT;

UPDATE signals AS b SET stream = s.id FROM streams AS s WHERE s.strategy = b.strategy AND s.params = b.params
    AND s.symbol = b.symbol AND s.interval = b.interval;

-- An id that is NULL is the one that signal.NewID makes of the stream and the bar.
ALTER TABLE signals
    ALTER COLUMN stream SET NOT NULL,
    ALTER COLUMN id DROP NOT NULL,
    DROP CONSTRAINT signals_id_key,
    DROP COLUMN strategy,
    DROP COLUMN params,
    DROP COLUMN symbol,
    DROP COLUMN interval,
    ADD CHECK (id IS NOT NULL OR bar_time IS NOT NULL);
