-- What was measured or counted of tables and pipelines moves out of their bodies to the observations.
--
-- What PostgreSQL writes differently: json_each is jsonb_array_elements or jsonb_each, json_remove the operator #-.

-- Newest first, where there are several of one time: then the first one stays. Past states keep what they hold; nobody is
-- shown it.
CREATE TEMP TABLE found (account BLOB, record BLOB, name TEXT, item TEXT, at INTEGER, value TEXT);

INSERT INTO temp.found
SELECT r.account, r.id, 'table_profile', '', json_extract(e.value, '$.timestamp'), e.value
FROM records r, json_each(r.body, '$.profiles.table') e
WHERE r.kind = 'table' AND instr(r.body, '"profiles"') > 0 AND e.type = 'object';

INSERT INTO temp.found
SELECT r.account, r.id, 'table_profile', '', json_extract(r.body, '$.profile.timestamp'), json_extract(r.body, '$.profile')
FROM records r
WHERE r.kind = 'table' AND instr(r.body, '"profile"') > 0 AND json_type(r.body, '$.profile') = 'object';

INSERT INTO temp.found
SELECT r.account, r.id, 'column_profile', json_extract(e.value, '$.name'), json_extract(e.value, '$.timestamp'), e.value
FROM records r, json_each(r.body, '$.profiles.columns') e
WHERE r.kind = 'table' AND instr(r.body, '"profiles"') > 0 AND e.type = 'object';

INSERT INTO temp.found
SELECT r.account, r.id, 'system_profile', '', json_extract(e.value, '$.timestamp'), e.value
FROM records r, json_each(r.body, '$.profiles.system') e
WHERE r.kind = 'table' AND instr(r.body, '"profiles"') > 0 AND e.type = 'object';

INSERT INTO temp.found
SELECT r.account, r.id, e.key, '', r.updated_at, e.value
FROM records r, json_each(r.body) e
WHERE r.kind = 'table' AND (instr(r.body, '"sample_data"') > 0 OR instr(r.body, '"joins"') > 0)
    AND e.key IN ('sample_data', 'joins') AND e.type = 'object';

INSERT INTO temp.found
SELECT r.account, r.id, 'usage_summary', '', unixepoch(json_extract(r.body, '$.usage_summary.date')) * 1000,
    json_extract(r.body, '$.usage_summary')
FROM records r
WHERE r.kind IN ('table', 'pipeline') AND instr(r.body, '"usage_summary"') > 0
    AND json_type(r.body, '$.usage_summary') = 'object';

INSERT INTO temp.found
SELECT r.account, r.id, 'pipeline_status', '', json_extract(e.value, '$.timestamp'), e.value
FROM records r, json_each(r.body, '$.runs') e
WHERE r.kind = 'pipeline' AND instr(r.body, '"runs"') > 0 AND e.type = 'object';

INSERT INTO observation_series (account, record, name, item)
SELECT DISTINCT account, record, name, item FROM temp.found WHERE typeof(at) = 'integer' AND item IS NOT NULL;

-- Oldest first, as they would have been written.
INSERT INTO observations (series, at, layout, value)
SELECT s.id, f.at, NULL, f.value
FROM temp.found f JOIN observation_series s ON s.record = f.record AND s.name = f.name AND s.item = f.item
WHERE typeof(f.at) = 'integer'
ORDER BY f.at, f.rowid
ON CONFLICT DO NOTHING;

DROP TABLE temp.found;

UPDATE records SET body = json_remove(body, '$.sample_data', '$.profile', '$.profiles', '$.joins', '$.usage_summary')
WHERE kind = 'table' AND (instr(body, '"sample_data"') > 0 OR instr(body, '"profile"') > 0
    OR instr(body, '"profiles"') > 0 OR instr(body, '"joins"') > 0 OR instr(body, '"usage_summary"') > 0);

UPDATE records SET body = json_remove(body, '$.pipeline_status', '$.runs', '$.usage_summary')
WHERE kind = 'pipeline' AND (instr(body, '"pipeline_status"') > 0 OR instr(body, '"runs"') > 0
    OR instr(body, '"usage_summary"') > 0);
