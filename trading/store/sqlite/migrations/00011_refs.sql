-- +goose Up

-- ref: what an entry is found by: the client ID of the order that it is about, or else the ID of the signal.
-- cause: of an order's intent alone: the ID of the signal that it was made for.
ALTER TABLE journal ADD COLUMN ref TEXT;
ALTER TABLE journal ADD COLUMN cause TEXT;

-- To rewrite a million rows takes seconds once. To look through all of them would take longer in sum: each page about an
-- order asks. IDs of more than 200 bytes, which nothing here makes, are not found in what was written before.
UPDATE journal SET
    ref = nullif(CASE kind WHEN 'intent_made' THEN data ->> '$.order.client_id' WHEN 'filled' THEN data ->> '$.fill.client_id'
        WHEN 'signal_seen' THEN data ->> '$.signal_id' WHEN 'signal_approved' THEN data ->> '$.signal_id'
        WHEN 'close_asked' THEN data ->> '$.id' ELSE data ->> '$.client_id' END, ''),
    cause = CASE kind WHEN 'intent_made' THEN nullif(data ->> '$.order.signal_id', '') END
WHERE json_valid(data);
UPDATE journal SET ref = NULL WHERE octet_length(ref) > 200;
UPDATE journal SET cause = NULL WHERE octet_length(cause) > 200;

CREATE INDEX journal_ref ON journal (ref) WHERE ref IS NOT NULL;
CREATE INDEX journal_cause ON journal (cause) WHERE cause IS NOT NULL;
