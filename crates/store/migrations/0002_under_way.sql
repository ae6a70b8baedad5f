-- Writes about everything below a record that are carried out in turns, from the first turn until after the last.
-- what: delete, restore, drop, move. state: what a deletion leaves. old_fqn: the root's, as those that still wait know it;
-- new_fqn: where they move. at, by_id, by_name: the stamp of their events, where there are any.
CREATE TABLE under_way (
    id INTEGER NOT NULL PRIMARY KEY,
    account BLOB NOT NULL,
    root BLOB NOT NULL,
    what TEXT NOT NULL,
    state INTEGER,
    old_fqn TEXT NOT NULL,
    new_fqn TEXT,
    at INTEGER,
    by_id BLOB,
    by_name TEXT
) STRICT;
