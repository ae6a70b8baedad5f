-- The first shape of the store on PostgreSQL: what the nineteen steps of the embedded engine come to.
--
-- Ids are uuid, whose order is that of their bytes. Every text compares byte for byte (COLLATE "C"), as it does there. Texts
-- of JSON stay the texts that they are: jsonb would order their members and refuse some of them. Observations are kept whole;
-- long ones are compressed by the server. There is no list of work that is done in turns: a write about a large subtree is
-- one transaction, which no reader waits for.

-- The present state of every record.
-- state: 0 alive, 1 deleted and holding its name, 2 deleted without its name. visibility: 0 open, 1 granted.
-- deleted_with: the root of the subtree that took the record along when it was deleted.
CREATE TABLE records (
    id uuid NOT NULL PRIMARY KEY,
    account uuid NOT NULL,
    kind text COLLATE "C" NOT NULL,
    parent uuid,
    name text COLLATE "C" NOT NULL,
    folded text COLLATE "C" NOT NULL,
    fqn text COLLATE "C" NOT NULL,
    state bigint NOT NULL,
    deleted_with uuid,
    revision bigint NOT NULL,
    version bigint NOT NULL,
    content_revision bigint NOT NULL,
    created_at bigint NOT NULL,
    created_by uuid NOT NULL,
    created_by_name text COLLATE "C" NOT NULL,
    updated_at bigint NOT NULL,
    updated_by uuid NOT NULL,
    updated_by_name text COLLATE "C" NOT NULL,
    updated_through text COLLATE "C",
    updated_door text COLLATE "C",
    visibility bigint NOT NULL,
    change text COLLATE "C",
    body text COLLATE "C" NOT NULL
);

-- Decides the race of two writers for one name.
CREATE UNIQUE INDEX records_by_fqn ON records (account, kind, fqn) WHERE state < 2;
CREATE INDEX records_by_folded ON records (account, kind, folded) WHERE state < 2;
CREATE INDEX records_by_name ON records (account, kind, state, name, id);
CREATE INDEX records_by_created ON records (account, kind, state, created_at, id);
CREATE INDEX records_by_updated ON records (account, kind, state, updated_at, id);
CREATE INDEX records_by_parent ON records (parent, kind, state, name, id) WHERE parent IS NOT NULL;
CREATE INDEX records_by_root ON records (deleted_with) WHERE deleted_with IS NOT NULL;
-- What not everybody in the account sees, by where it stands.
CREATE INDEX records_hidden ON records (account, kind, fqn) WHERE visibility <> 0;
-- Present states of the parts whose past is told with that of the record that they stand below, in the order of the telling.
CREATE INDEX records_told ON records (parent, kind, updated_at, id, revision)
WHERE kind = 'semantic_model' OR kind = 'verified_query';

-- The member of a body as the text that it is. The escape of a zero byte, which no text of this server holds, is read as the
-- sign for what cannot be shown. Immutable, whatever the server says of texts that become JSON: both are only read.
CREATE FUNCTION body_member(body text, member text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$ SELECT (replace(body, '\u0000', '\ufffd')::json -> member)::text $$;

-- Fields by which lists are asked for, few among all of their kind.
CREATE INDEX access_request_by_requester ON records (account, state, body_member(body, 'requester'), created_at, id)
WHERE kind = 'access_request';
CREATE INDEX access_request_by_state ON records (account, state, body_member(body, 'state'), created_at, id)
WHERE kind = 'access_request';
CREATE INDEX chat_thread_by_user ON records (account, state, body_member(body, 'user'), updated_at, id)
WHERE kind = 'chat_thread';

-- Past states: a row of `records` as it was before a change. One with an empty body shares it, and its change, with the state
-- after it.
CREATE TABLE revisions (
    id uuid NOT NULL,
    account uuid NOT NULL,
    kind text COLLATE "C" NOT NULL,
    parent uuid,
    name text COLLATE "C" NOT NULL,
    fqn text COLLATE "C" NOT NULL,
    state bigint NOT NULL,
    revision bigint NOT NULL,
    version bigint NOT NULL,
    content_revision bigint NOT NULL,
    created_at bigint NOT NULL,
    created_by uuid NOT NULL,
    created_by_name text COLLATE "C" NOT NULL,
    updated_at bigint NOT NULL,
    updated_by uuid NOT NULL,
    updated_by_name text COLLATE "C" NOT NULL,
    updated_through text COLLATE "C",
    updated_door text COLLATE "C",
    visibility bigint NOT NULL,
    change text COLLATE "C",
    body text COLLATE "C" NOT NULL,
    PRIMARY KEY (id, revision)
);

CREATE INDEX revisions_told ON revisions (parent, kind, updated_at, id, revision)
WHERE kind = 'semantic_model' OR kind = 'verified_query';

-- Living edges.
CREATE TABLE edges (
    id uuid NOT NULL PRIMARY KEY,
    source uuid NOT NULL,
    relation text COLLATE "C" NOT NULL,
    place text COLLATE "C" NOT NULL,
    ord bigint NOT NULL,
    target uuid NOT NULL,
    attributes text COLLATE "C",
    since bigint NOT NULL
);

-- The order in which a record's edges are read.
CREATE UNIQUE INDEX edges_by_source ON edges (source, relation, place, ord, id);
CREATE INDEX edges_by_target ON edges (target, relation, source, id);
-- The few roles that bear row filters, apart from all others.
CREATE INDEX edges_by_row_filters ON edges (target, relation)
WHERE body_member(attributes, 'row_filters') <> 'null';
-- The few edges that end by themselves.
CREATE INDEX edges_by_end ON edges (relation, id) WHERE body_member(attributes, 'until') <> 'null';

-- Edges that have ended: they lived from revision `since` of their source up to, and without, `until`.
CREATE TABLE past_edges (
    source uuid NOT NULL,
    until bigint NOT NULL,
    since bigint NOT NULL,
    id uuid NOT NULL,
    relation text COLLATE "C" NOT NULL,
    place text COLLATE "C" NOT NULL,
    ord bigint NOT NULL,
    target uuid NOT NULL,
    attributes text COLLATE "C",
    PRIMARY KEY (source, until, since, id)
);

CREATE INDEX past_edges_by_target ON past_edges (target);

-- Foreign identifiers of records.
CREATE TABLE aliases (
    account uuid NOT NULL,
    space text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    id uuid NOT NULL,
    PRIMARY KEY (account, space, value)
);

CREATE INDEX aliases_by_id ON aliases (id, space);

-- Sealed secrets of records.
CREATE TABLE secrets (
    record uuid NOT NULL,
    path text COLLATE "C" NOT NULL,
    sealed bytea NOT NULL,
    fingerprint bytea NOT NULL,
    PRIMARY KEY (record, path)
);

-- What users prove themselves with. made_with: what its maker proved himself with, which ends it.
CREATE TABLE credentials (
    id uuid NOT NULL PRIMARY KEY,
    account uuid NOT NULL,
    "user" uuid NOT NULL,
    class text COLLATE "C" NOT NULL,
    public text COLLATE "C" NOT NULL,
    label text COLLATE "C" NOT NULL,
    secret bytea NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint,
    made_with uuid
);

CREATE UNIQUE INDEX credentials_by_public ON credentials (class, public);
CREATE INDEX credentials_by_user ON credentials ("user");
CREATE INDEX credentials_by_made_with ON credentials (made_with) WHERE made_with IS NOT NULL;

-- Answers given under idempotency keys.
CREATE TABLE answers (
    account uuid NOT NULL,
    scope text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    fingerprint bytea NOT NULL,
    status bigint NOT NULL,
    body bytea NOT NULL,
    at bigint NOT NULL,
    PRIMARY KEY (account, scope, key)
);

CREATE INDEX answers_by_age ON answers (at);

-- The log.
CREATE TABLE events (
    seq bigint NOT NULL PRIMARY KEY,
    account uuid NOT NULL,
    at bigint NOT NULL,
    by_id uuid NOT NULL,
    by_name text COLLATE "C" NOT NULL,
    by_through text COLLATE "C",
    by_door text COLLATE "C",
    what text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    id uuid NOT NULL,
    fqn text COLLATE "C" NOT NULL,
    revision bigint NOT NULL,
    detail text COLLATE "C"
);

-- How far the log and the commits are. Every commit that writes updates the one row, as the last thing that it waits for: so
-- the numbers have no gap, and their order is that of the commits.
CREATE TABLE log_head (
    id bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    seq bigint NOT NULL,
    version bigint NOT NULL
);

INSERT INTO log_head (id, seq, version) VALUES (1, 0, 0);

-- What each of the last commits has changed, as the numbers by which answers depend on it: for nodes that keep answers, and
-- for commits that were overtaken while they were checked. No list: everything.
CREATE TABLE commits (
    version bigint NOT NULL PRIMARY KEY,
    changed bigint[],
    at timestamptz NOT NULL DEFAULT now()
);

-- How often the rights of an account may have changed.
CREATE TABLE epochs (
    account uuid NOT NULL PRIMARY KEY,
    epoch bigint NOT NULL
);

-- How many records of a kind are in a state, so that no total is counted row by row.
CREATE TABLE tallies (
    account uuid NOT NULL,
    kind text COLLATE "C" NOT NULL,
    state bigint NOT NULL,
    n bigint NOT NULL,
    PRIMARY KEY (account, kind, state)
);

-- How many living records of a kind stand directly below a record (below none: the id of zeroes), by who sees them.
CREATE TABLE holdings (
    account uuid NOT NULL,
    kind text COLLATE "C" NOT NULL,
    parent uuid NOT NULL,
    visibility bigint NOT NULL,
    n bigint NOT NULL,
    PRIMARY KEY (account, kind, parent, visibility)
);

-- What followers of the log keep that have no store of their own.
CREATE TABLE follower_states (
    follower text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    account uuid NOT NULL,
    position bigint NOT NULL,
    data text COLLATE "C" NOT NULL,
    PRIMARY KEY (follower, key)
);

-- What was measured or counted of records, beside them. An observation belongs to a series of one item of a record: a column,
-- or with an empty item the record itself.
CREATE TABLE observation_series (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account uuid NOT NULL,
    record uuid NOT NULL,
    name text COLLATE "C" NOT NULL,
    item text COLLATE "C" NOT NULL
);

CREATE UNIQUE INDEX observation_series_by_record ON observation_series (record, name, item);

CREATE TABLE observations (
    series bigint NOT NULL,
    at bigint NOT NULL,
    value text COLLATE "C" NOT NULL,
    PRIMARY KEY (series, at)
);

-- One small row that is written to find out whether writing works.
CREATE TABLE probe (
    id bigint NOT NULL PRIMARY KEY,
    at bigint NOT NULL
);
