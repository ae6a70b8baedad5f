-- What followers of the log keep that have no store of their own: how far they have come, and what they know there.
CREATE TABLE follower_states (
    follower TEXT NOT NULL,
    key TEXT NOT NULL,
    account BLOB NOT NULL,
    position INTEGER NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (follower, key)
) STRICT, WITHOUT ROWID;
