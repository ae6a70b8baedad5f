-- Related terms are related to each other: an edge leads back from the other end, from its present revision on. In
-- PostgreSQL: uuid_send(gen_random_uuid()) for randomblob(16).
INSERT INTO edges (source, relation, place, ord, id, target, attributes, since)
SELECT e.target, e.relation, e.place, e.ord + 1000000, randomblob(16), e.source, e.attributes, t.revision
FROM edges e JOIN records t ON t.id = e.target
WHERE e.relation = 'related_term' AND e.source <> e.target AND NOT EXISTS (
    SELECT 1 FROM edges b WHERE b.source = e.target AND b.relation = e.relation AND b.target = e.source
);
