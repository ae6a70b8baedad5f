-- Columns of all tables and views in one go; hidden = 1 are internal columns of virtual tables.
SELECT m.name, c.name, c.cid + 1, c.type, c."notnull", c.dflt_value, c.pk
FROM sqlite_schema m JOIN pragma_table_xinfo(m.name) c
WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\' AND c.hidden <> 1
ORDER BY m.name COLLATE BINARY, c.cid
