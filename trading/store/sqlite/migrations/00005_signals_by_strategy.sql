-- +goose Up

-- The latest of one strategy would otherwise be looked for in all signals, where that strategy has been silent.
CREATE INDEX signals_strategy ON signals (strategy);

-- +goose Down

DROP INDEX signals_strategy;
