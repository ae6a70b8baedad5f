-- The stewards of a domain read the rows of products for which no team was named, where somebody who has the rows put them
-- there; until now wherever they were. What stands in a store stays as it is.
WITH RECURSIVE above (product, place, depth) AS (
    SELECT r.id, r.parent, 0 FROM records r
    WHERE r.kind = 'data_product' AND NOT EXISTS (SELECT 1 FROM edges t WHERE t.source = r.id AND t.relation = 'owning_team')
    UNION ALL
    SELECT a.product, r.parent, a.depth + 1 FROM above a JOIN records r ON r.id = a.place
    WHERE a.depth < 64 AND r.parent IS NOT NULL
), stewards AS (
    SELECT a.product, e.target AS team, min(a.depth) FROM above a
    JOIN edges e ON e.source = a.place AND e.relation = 'steward' GROUP BY a.product
)
UPDATE records SET body = json_set(body, '$.stewards', (
    SELECT lower(substr(hex(s.team), 1, 8) || '-' || substr(hex(s.team), 9, 4) || '-' || substr(hex(s.team), 13, 4) || '-'
        || substr(hex(s.team), 17, 4) || '-' || substr(hex(s.team), 21, 12))
    FROM stewards s WHERE s.product = records.id))
WHERE kind = 'data_product' AND id IN (SELECT product FROM stewards);
