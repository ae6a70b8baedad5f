-- The few edges that end by themselves, apart from all others: when the next one does is asked whenever a product has
-- changed.
--
-- What PostgreSQL writes differently: (attributes ->> 'until')::bigint instead of json_extract.
CREATE INDEX edges_by_end ON edges (json_extract(attributes, '$.until'))
WHERE json_extract(attributes, '$.until') IS NOT NULL;
