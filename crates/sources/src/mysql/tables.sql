-- Tables and views of the databases that belong to users. TABLE_ROWS is the engine's own estimate. That a table lies in
-- parts is one of its options.
SELECT t.TABLE_SCHEMA, t.TABLE_NAME, IF(t.CREATE_OPTIONS LIKE '%partitioned%', 'PARTITIONED', t.TABLE_TYPE), CAST(t.TABLE_ROWS AS CHAR), NULLIF(t.TABLE_COMMENT, ''), v.VIEW_DEFINITION
FROM information_schema.TABLES t
LEFT JOIN information_schema.VIEWS v ON v.TABLE_SCHEMA = t.TABLE_SCHEMA AND v.TABLE_NAME = t.TABLE_NAME
WHERE t.TABLE_SCHEMA NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')
  AND t.TABLE_TYPE IN ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED')
