-- Columns of the same relations as tables.sql, by their oid and in no order: sorting a million of them would take longer
-- than the rest. The base type stands beside a domain's own name.
SELECT a.attrelid::text, a.attname, a.attnum::text, format_type(a.atttypid, a.atttypmod),
       b.typname, b.typtype::text, b.typcategory::text,
       COALESCE(NULLIF(a.atttypmod, -1), t.typtypmod)::text,
       (a.attnotnull OR (t.typtype = 'd' AND t.typnotnull))::text,
       CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END,
       m.description
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_type t ON t.oid = a.atttypid
JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_description m ON m.classoid = 'pg_class'::regclass AND m.objoid = a.attrelid AND m.objsubid = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped
  AND c.relkind IN ('r', 'v', 'm', 'f', 'p')
  AND c.relnamespace IN (
    SELECT n.oid FROM pg_namespace n WHERE n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\_%'
      AND has_schema_privilege(n.oid, 'USAGE')
  )
  AND (pg_has_role(c.relowner, 'USAGE') OR has_column_privilege(c.oid, a.attnum, 'SELECT, INSERT, UPDATE, REFERENCES'))
