-- Tables and views the role may see, as information_schema.tables defines "see", and materialised views; those of schemas
-- that it may not use are out of its reach, whatever it may do with the tables.
SELECT c.oid::text, n.nspname, c.relname, c.relkind::text, GREATEST(c.reltuples, -1)::bigint::text,
       m.description,
       CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_description m ON m.classoid = 'pg_class'::regclass AND m.objoid = c.oid AND m.objsubid = 0
WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p')
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\_%'
  AND (pg_has_role(c.relowner, 'USAGE')
       OR has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
       OR has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE, REFERENCES'))
  AND has_schema_privilege(n.oid, 'USAGE')
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
