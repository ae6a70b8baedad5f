-- What is certified leads to the tag by which it is, as long as that holds. What is over by now gets no edge.
--
-- What PostgreSQL writes differently: body #>> '{certification,tag_label,tag_fqn}' and jsonb_build_object instead of the
-- functions of JSON, uuid_send(gen_random_uuid()) for randomblob(16), extract(epoch FROM now()) for unixepoch('subsec').
INSERT INTO edges (source, relation, place, ord, id, target, attributes, since)
SELECT r.id, 'certified_by', '', 0, randomblob(16), t.id,
    json_object('until', json_extract(r.body, '$.certification.expiry_date')), r.revision
FROM records r CROSS JOIN records t
WHERE r.kind IN ('data_product', 'domain', 'metric', 'pipeline', 'table', 'stored_procedure', 'database', 'database_schema')
    AND json_type(r.body, '$.certification.expiry_date') = 'integer'
    AND json_extract(r.body, '$.certification.expiry_date') > unixepoch('subsec') * 1000
    AND t.account = r.account AND t.kind = 'tag' AND t.state < 2
    AND t.fqn = json_extract(r.body, '$.certification.tag_label.tag_fqn')
    AND NOT EXISTS (SELECT 1 FROM edges e WHERE e.source = r.id AND e.relation = 'certified_by');
