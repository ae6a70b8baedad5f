-- Primary, unique and foreign keys; columns by their numbers, in the key's order.
SELECT k.conrelid::text, k.conname, k.contype::text, array_to_json(k.conkey)::text,
       k.confrelid::text, fn.nspname, fc.relname, array_to_json(k.confkey)::text
FROM pg_constraint k
LEFT JOIN pg_class fc ON fc.oid = k.confrelid
LEFT JOIN pg_namespace fn ON fn.oid = fc.relnamespace
WHERE k.contype IN ('p', 'u', 'f') AND k.conrelid <> 0
