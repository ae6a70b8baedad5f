-- Schemas the role may use, those without tables too. One that it may not use is none that it sees, also where it owns it
-- or may make tables there.
SELECT n.nspname, obj_description(n.oid, 'pg_namespace')
FROM pg_namespace n
WHERE n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\_%'
  AND has_schema_privilege(n.oid, 'USAGE')
