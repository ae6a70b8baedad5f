-- What tables that lie in parts are split by. The number of an expression is 0.
SELECT partrelid::text, (partstrat = 'r')::text, array_to_json(partattrs::int2[])::text
FROM pg_partitioned_table
