-- How many living records of a kind stand directly below a record (below none: X''), by who sees them (0 everybody in the
-- account, 1 those with a role), so that what a place holds is not counted row by row.
CREATE TABLE holdings (
    account BLOB NOT NULL,
    kind TEXT NOT NULL,
    parent BLOB NOT NULL,
    visibility INTEGER NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (account, kind, parent, visibility)
) STRICT, WITHOUT ROWID;

INSERT INTO holdings (account, kind, parent, visibility, n)
SELECT account, kind, coalesce(parent, X''), visibility, count(*) FROM records WHERE state = 0
GROUP BY account, kind, coalesce(parent, X''), visibility;
