-- The trail of what changes nothing: rows that were read, who came in, who was refused. Apart from the log: it has gaps, and
-- its lines end with their time.
CREATE TABLE deeds (
    account uuid NOT NULL,
    at bigint NOT NULL,
    id uuid NOT NULL,
    by_id uuid NOT NULL,
    by_name text COLLATE "C" NOT NULL,
    by_through text COLLATE "C",
    by_door text COLLATE "C",
    what text COLLATE "C" NOT NULL,
    about uuid,
    detail text COLLATE "C" NOT NULL,
    PRIMARY KEY (account, at, id)
);

-- What is too old is found whosever it is.
CREATE INDEX deeds_by_time ON deeds (at);
