-- The first shape of the store.
--
-- What PostgreSQL writes differently: BLOB ids are uuid, other BLOBs bytea, INTEGER is bigint, JSON texts are jsonb, and
-- texts that are ordered or ranged over need COLLATE "C", since names compare byte for byte. STRICT and WITHOUT ROWID
-- have no counterpart and no meaning beyond storage there.

-- The present state of every record.
-- state: 0 alive, 1 deleted and holding its name, 2 deleted without its name. visibility: 0 open, 1 granted.
-- deleted_with: the root of the subtree that took the record along when it was deleted.
CREATE TABLE records (
    id BLOB NOT NULL,
    account BLOB NOT NULL,
    kind TEXT NOT NULL,
    parent BLOB,
    name TEXT NOT NULL,
    folded TEXT NOT NULL,
    fqn TEXT NOT NULL,
    state INTEGER NOT NULL,
    deleted_with BLOB,
    revision INTEGER NOT NULL,
    version INTEGER NOT NULL,
    content_revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    created_by BLOB NOT NULL,
    created_by_name TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by BLOB NOT NULL,
    updated_by_name TEXT NOT NULL,
    visibility INTEGER NOT NULL,
    change TEXT,
    body TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX records_by_id ON records (id);
-- Decides the race of two writers for one name.
CREATE UNIQUE INDEX records_by_fqn ON records (account, kind, fqn) WHERE state < 2;
CREATE INDEX records_by_folded ON records (account, kind, folded) WHERE state < 2;
CREATE INDEX records_by_name ON records (account, kind, state, name, id);
CREATE INDEX records_by_created ON records (account, kind, state, created_at, id);
CREATE INDEX records_by_updated ON records (account, kind, state, updated_at, id);
CREATE INDEX records_by_parent ON records (parent, kind, state, name, id) WHERE parent IS NOT NULL;
CREATE INDEX records_by_root ON records (deleted_with) WHERE deleted_with IS NOT NULL;

-- Past states: a row of `records` as it was before a change.
CREATE TABLE revisions (
    id BLOB NOT NULL,
    account BLOB NOT NULL,
    kind TEXT NOT NULL,
    parent BLOB,
    name TEXT NOT NULL,
    fqn TEXT NOT NULL,
    state INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    version INTEGER NOT NULL,
    content_revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    created_by BLOB NOT NULL,
    created_by_name TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by BLOB NOT NULL,
    updated_by_name TEXT NOT NULL,
    visibility INTEGER NOT NULL,
    change TEXT,
    body TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX revisions_by_id ON revisions (id, revision);

-- Living edges, stored in the order in which a record's edges are read.
CREATE TABLE edges (
    source BLOB NOT NULL,
    relation TEXT NOT NULL,
    place TEXT NOT NULL,
    ord INTEGER NOT NULL,
    id BLOB NOT NULL,
    target BLOB NOT NULL,
    attributes TEXT,
    since INTEGER NOT NULL,
    PRIMARY KEY (source, relation, place, ord, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX edges_by_id ON edges (id);
CREATE INDEX edges_by_target ON edges (target, relation);

-- Edges that have ended: they lived from revision `since` of their source up to, and without, `until`. One edge can have
-- lived more than once, with other attributes.
CREATE TABLE past_edges (
    source BLOB NOT NULL,
    until INTEGER NOT NULL,
    since INTEGER NOT NULL,
    id BLOB NOT NULL,
    relation TEXT NOT NULL,
    place TEXT NOT NULL,
    ord INTEGER NOT NULL,
    target BLOB NOT NULL,
    attributes TEXT,
    PRIMARY KEY (source, until, since, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX past_edges_by_target ON past_edges (target);

-- Foreign identifiers of records.
CREATE TABLE aliases (
    account BLOB NOT NULL,
    space TEXT NOT NULL,
    value TEXT NOT NULL,
    id BLOB NOT NULL,
    PRIMARY KEY (account, space, value)
) STRICT, WITHOUT ROWID;

CREATE INDEX aliases_by_id ON aliases (id, space);

-- Sealed secrets of records.
CREATE TABLE secrets (
    record BLOB NOT NULL,
    path TEXT NOT NULL,
    sealed BLOB NOT NULL,
    fingerprint BLOB NOT NULL,
    PRIMARY KEY (record, path)
) STRICT, WITHOUT ROWID;

-- What users prove themselves with.
CREATE TABLE credentials (
    id BLOB NOT NULL PRIMARY KEY,
    account BLOB NOT NULL,
    user BLOB NOT NULL,
    class TEXT NOT NULL,
    public TEXT NOT NULL,
    label TEXT NOT NULL,
    secret BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX credentials_by_public ON credentials (class, public);
CREATE INDEX credentials_by_user ON credentials (user);

-- Answers given under idempotency keys.
CREATE TABLE answers (
    account BLOB NOT NULL,
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    status INTEGER NOT NULL,
    body BLOB NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (account, scope, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX answers_by_age ON answers (at);

-- The log. The single writer counts `seq` itself, so that it has no gaps; PostgreSQL takes it from a counter row, last.
CREATE TABLE events (
    seq INTEGER NOT NULL PRIMARY KEY,
    account BLOB NOT NULL,
    at INTEGER NOT NULL,
    by_id BLOB NOT NULL,
    by_name TEXT NOT NULL,
    what TEXT NOT NULL,
    kind TEXT NOT NULL,
    id BLOB NOT NULL,
    fqn TEXT NOT NULL,
    revision INTEGER NOT NULL,
    detail TEXT
) STRICT;

-- How often the rights of an account may have changed.
CREATE TABLE epochs (
    account BLOB NOT NULL PRIMARY KEY,
    epoch INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How many records of a kind are in a state, so that no total is counted row by row.
CREATE TABLE tallies (
    account BLOB NOT NULL,
    kind TEXT NOT NULL,
    state INTEGER NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (account, kind, state)
) STRICT, WITHOUT ROWID;

-- One small row that is written to find out whether writing works.
CREATE TABLE probe (
    only INTEGER NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT;
