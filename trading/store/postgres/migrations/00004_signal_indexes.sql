-- +goose Up

-- By bar first: what comes in goes to the end of it, from however many streams.
CREATE UNIQUE INDEX signals_bar ON signals (bar_time, stream) WHERE id IS NULL;
CREATE UNIQUE INDEX signals_id ON signals (id) WHERE id IS NOT NULL;
CREATE INDEX signals_stream ON signals (stream, seq);
