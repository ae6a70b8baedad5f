-- The few roles that bear row filters, apart from all others: whether somebody has any is asked whenever rows may leave, and
-- must not cost as much as he has roles.
--
-- What PostgreSQL writes differently: attributes -> 'row_filters' instead of json_extract.
CREATE INDEX edges_by_row_filters ON edges (target, relation)
WHERE json_extract(attributes, '$.row_filters') IS NOT NULL;
