-- +goose Up

-- What each member of a combined strategy had to say: a JSON array of signal.Part; NULL is a signal without parts.
ALTER TABLE signals ADD COLUMN parts TEXT;

-- +goose Down

ALTER TABLE signals DROP COLUMN parts;
