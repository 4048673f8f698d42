-- +goose Up

-- What a snapshot consists of, each part under the hash of its data, so that the next one writes only what is new.
CREATE TABLE snapshot_parts (
    hash TEXT PRIMARY KEY,
    data BYTEA NOT NULL
);

-- The hashes in order, with spaces between; data is then empty. NULL is a snapshot that stands in data, in one piece.
ALTER TABLE snapshot ADD COLUMN parts TEXT;
