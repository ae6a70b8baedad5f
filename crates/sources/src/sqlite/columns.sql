-- Columns of one table or view; hidden = 1 are internal columns of virtual tables. One at a time, since a view of what is
-- no longer there has none and breaks the query.
SELECT name, cid + 1, type, "notnull", dflt_value, pk FROM pragma_table_xinfo(?1) WHERE hidden <> 1 ORDER BY cid
