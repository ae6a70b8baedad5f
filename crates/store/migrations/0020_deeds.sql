-- The trail of what changes nothing: rows that were read, who came in, who was refused. Apart from the log: it has gaps, and
-- its lines end with their time.
CREATE TABLE deeds (
    account BLOB NOT NULL,
    at INTEGER NOT NULL,
    id BLOB NOT NULL,
    by_id BLOB NOT NULL,
    by_name TEXT NOT NULL,
    by_through TEXT,
    by_door TEXT,
    what TEXT NOT NULL,
    about BLOB,
    detail TEXT NOT NULL,
    PRIMARY KEY (account, at, id)
) STRICT, WITHOUT ROWID;

-- What is too old is found whosever it is.
CREATE INDEX deeds_by_time ON deeds (at);
