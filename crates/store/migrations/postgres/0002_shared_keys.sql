-- What nodes share beside the records: the keys that seal secrets and sign tokens, wrapped by a master key that stands in no
-- store, and which store this is. An older binary ignores both.

-- One row at most. The version rises by one with each exchange of a key, and is wrapped with them.
CREATE TABLE shared_keys (
    id bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    version bigint NOT NULL,
    wrapped bytea NOT NULL
);

-- The version of the keys stands beside that of the commits, so that whoever learns of a commit learns of the keys, too.
ALTER TABLE log_head ADD COLUMN keys bigint NOT NULL DEFAULT 0;
-- What a node makes of the log in its own directory belongs to this log alone.
ALTER TABLE log_head ADD COLUMN store uuid NOT NULL DEFAULT gen_random_uuid();
