-- UNIQUE constraints and unique indexes over whole columns.
SELECT m.name, i.name, c.name
FROM sqlite_schema m JOIN pragma_index_list(m.name) i JOIN pragma_index_info(i.name) c
WHERE m.type = 'table' AND i."unique" = 1 AND i.origin <> 'pk' AND i.partial = 0 AND c.name IS NOT NULL
ORDER BY m.name COLLATE BINARY, i.name COLLATE BINARY, c.seqno
