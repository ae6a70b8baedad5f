-- The states, past and present, of the parts whose past is told with that of the record that they stand below: in the order
-- in which it is told. They are few beside all others, which this costs nothing.
CREATE INDEX records_told ON records (parent, kind, updated_at, id, revision)
WHERE kind = 'semantic_model' OR kind = 'verified_query';
CREATE INDEX revisions_told ON revisions (parent, kind, updated_at, id, revision)
WHERE kind = 'semantic_model' OR kind = 'verified_query';
