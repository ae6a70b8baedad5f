-- Where the log ends with a commit, and which keys belong to it: who looks finds both in a row that is never written again.
-- The row of the log's head has a version for each commit, and whoever reads it passes all of them while somebody looks at
-- an old state. Without a value: a commit of a node of the version before.
ALTER TABLE commits ADD COLUMN seq bigint;
ALTER TABLE commits ADD COLUMN keys bigint;

-- What ends, in its order. edges_by_end has no use any more, and goes when no older node is left.
CREATE INDEX edges_by_until ON edges ((CASE WHEN body_member(attributes, 'until') ~ '^-?[0-9]{1,18}$'
    THEN body_member(attributes, 'until')::bigint END)) WHERE body_member(attributes, 'until') <> 'null';
