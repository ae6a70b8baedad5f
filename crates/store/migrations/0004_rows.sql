-- Who may read rows becomes a right of its own. What stands in a store is judged by what can still be known:
--
-- 1. The policy that everybody has no longer opens samples and profiles. One that was rewritten by hand stays as it is.
-- 2. An edge from a product to an asset lends the asset's rows where whoever added it held them: an administrator of the
--    account, an owner of the asset or of a place above it, in person or as owner or contributor of a team. All others
--    wait for a grant. An edge was added by whoever changed its source at the revision at which it first lived.
--
-- What PostgreSQL writes differently: jsonb functions instead of json_set and json_extract.
UPDATE records SET body = replace(body,
    '{"name":"view","effect":"allow","resources":["all"],"operations":["ViewAll"]}',
    '{"name":"view","effect":"allow","resources":["all"],"operations":["ViewBasic","ViewCustomFields","ViewQueries","ViewTests","ViewUsage"]}')
WHERE kind = 'policy' AND fqn = 'OrganizationPolicy';

-- 3. Stewards of a project were kept as contributors, who read rows; they are told apart now.
UPDATE edges SET attributes = json_set(attributes, '$.designation', 'steward')
WHERE relation = 'member' AND json_extract(attributes, '$.cloud_designation') = 'PROJECT_CATALOG_STEWARD';

-- The revision at which each edge to an asset first lived, and who made it.
CREATE TEMP TABLE added AS
SELECT e.id, e.source, e.target,
       min(e.since, coalesce((SELECT min(p.since) FROM past_edges p WHERE p.source = e.source AND p.id = e.id), e.since)) AS since
FROM edges e WHERE e.relation = 'has_asset';
CREATE INDEX temp.added_by_source ON added (source, since);

CREATE TEMP TABLE adders AS
SELECT a.id, a.target, v.by_id AS user, v.at
FROM events v JOIN temp.added a ON a.source = v.id AND a.since = v.revision;

-- Each asset with all that stands above it; a domain is no place where rows lie.
CREATE TEMP TABLE places AS
WITH RECURSIVE above (asset, place, parent) AS (
    SELECT r.id, r.id, r.parent FROM records r WHERE r.id IN (SELECT target FROM temp.adders)
    UNION
    SELECT above.asset, r.id, r.parent FROM above JOIN records r ON r.id = above.parent WHERE r.kind <> 'domain'
)
SELECT asset, place FROM above;

-- Owners of these places: people, and through a team those who own it or contribute to it.
CREATE TEMP TABLE holders AS
SELECT p.asset, o.target AS user
FROM temp.places p JOIN edges o ON o.source = p.place AND o.relation IN ('owner', 'owning_team') AND o.place = ''
UNION
SELECT p.asset, m.target
FROM temp.places p
JOIN edges o ON o.source = p.place AND o.relation IN ('owner', 'owning_team') AND o.place = ''
JOIN records t ON t.id = o.target AND t.kind = 'team' AND t.state = 0
JOIN edges m ON m.source = t.id AND m.relation = 'member'
WHERE coalesce(json_extract(m.attributes, '$.designation'), 'contributor') IN ('owner', 'contributor');
CREATE INDEX temp.holders_by_asset ON holders (asset, user);

UPDATE edges SET attributes = (
    SELECT json_set(coalesce(edges.attributes, '{}'),
        '$.granted_by',
        lower(substr(hex(a.user), 1, 8) || '-' || substr(hex(a.user), 9, 4) || '-' || substr(hex(a.user), 13, 4) || '-'
            || substr(hex(a.user), 17, 4) || '-' || substr(hex(a.user), 21, 12)),
        '$.granted_at', a.at)
    FROM temp.adders a WHERE a.id = edges.id LIMIT 1
)
WHERE relation = 'has_asset' AND id IN (
    SELECT a.id FROM temp.adders a JOIN records u ON u.id = a.user
    WHERE u.state = 0 AND coalesce(json_extract(u.body, '$.disabled'), 0) = 0
      AND (coalesce(json_extract(u.body, '$.is_admin'), 0) = 1
           OR EXISTS (SELECT 1 FROM temp.holders h WHERE h.asset = a.target AND h.user = a.user))
);

DROP TABLE temp.holders;
DROP TABLE temp.places;
DROP TABLE temp.adders;
DROP TABLE temp.added;
