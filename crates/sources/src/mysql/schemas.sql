-- Databases that belong to users, those without tables too.
SELECT s.TABLE_SCHEMA FROM (SELECT SCHEMA_NAME AS TABLE_SCHEMA FROM information_schema.SCHEMATA) s
WHERE s.TABLE_SCHEMA NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')
