-- Foreign keys; a missing "to" means the other table's primary key.
SELECT m.name, f.id, f."table", f."from", f."to"
FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f
WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\'
ORDER BY m.name COLLATE BINARY, f.id DESC, f.seq
