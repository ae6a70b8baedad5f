//! Is the store whole? Everything that the engine promises, counted from the rows themselves.

use super::error::PostgresError;
use super::session::Session;
use crate::Report;
use crate::rows::{self, Columns};

/// Assets of living products: all of them, and those that bear a grant.
const ASSETS: &str = "SELECT count(*), count(nullif(body_member(e.attributes, 'granted_by'), 'null')) FROM edges AS e \
     JOIN records AS p ON p.id = e.source AND p.state = 0 WHERE e.relation = 'has_asset'";

/// Grants whose giver is no administrator, no owner of the asset or of a place above it, nor owner or contributor of
/// a team that is. Members of bodies are the texts that they are printed as.
const OUTLIVED: &str = "WITH RECURSIVE granted AS ( \
         SELECT e.source, e.target, trim('\"' FROM body_member(e.attributes, 'granted_by'))::uuid AS giver \
         FROM edges AS e WHERE e.relation = 'has_asset' AND body_member(e.attributes, 'granted_by') <> 'null'), \
     places (asset, place, parent) AS ( \
         SELECT r.id, r.id, r.parent FROM records AS r WHERE r.id IN (SELECT target FROM granted) \
         UNION \
         SELECT places.asset, r.id, r.parent FROM places JOIN records AS r ON r.id = places.parent \
         WHERE r.kind <> 'domain') \
     SELECT p.fqn || ' borrows ' || a.fqn || ' from ' || coalesce(u.fqn, 'somebody who is gone') AS told \
     FROM granted AS g \
     JOIN records AS p ON p.id = g.source AND p.state = 0 JOIN records AS a ON a.id = g.target \
     LEFT JOIN records AS u ON u.id = g.giver \
     WHERE NOT (u.id IS NOT NULL AND u.state = 0 \
         AND coalesce(body_member(u.body, 'disabled'), 'false') <> 'true' AND ( \
         coalesce(body_member(u.body, 'is_admin'), 'false') = 'true' \
         OR EXISTS (SELECT 1 FROM places JOIN edges AS o ON o.source = places.place \
                    AND o.relation IN ('owner', 'owning_team') AND o.place = '' \
                    WHERE places.asset = g.target AND (o.target = u.id OR EXISTS ( \
                        SELECT 1 FROM records AS t JOIN edges AS m ON m.source = t.id AND m.relation = 'member' \
                        WHERE t.id = o.target AND t.state = 0 AND m.target = u.id \
                          AND coalesce(body_member(m.attributes, 'designation'), '\"contributor\"') \
                              IN ('\"owner\"', '\"contributor\"')))))) \
     ORDER BY 1";

/// Faults of one sort that are listed.
const SHOWN: usize = 10;

/// Questions that must have no answer; each row is one text.
const RULES: &[&str] = &[
    "SELECT 'the log ends at ' || h.seq || ' and has ' || count(e.seq) || ' events up to ' || coalesce(max(e.seq), 0) \
     FROM log_head AS h LEFT JOIN events AS e ON true GROUP BY h.seq \
     HAVING h.seq <> count(e.seq) OR h.seq <> coalesce(max(e.seq), 0)",
    "SELECT 'the commits end at ' || h.version || ', the last one noted is ' || coalesce(max(c.version), 0) \
     FROM log_head AS h LEFT JOIN commits AS c ON true GROUP BY h.version \
     HAVING h.version <> coalesce(max(c.version), 0)",
    "SELECT 'the log ends at ' || h.seq || ' and its keys are ' || h.keys || '; the last commit says ' || c.seq || ' and ' || c.keys \
     FROM log_head AS h JOIN commits AS c ON c.version = h.version WHERE h.seq <> c.seq OR h.keys <> c.keys",
    "SELECT 'kind ' || coalesce(t.kind, c.kind) || ' has a tally of ' || coalesce(t.n, 0) || ' in state ' || \
            coalesce(t.state, c.state) || ' and ' || coalesce(c.n, 0) || ' records' \
     FROM tallies AS t FULL JOIN \
          (SELECT account, kind, state, count(*) AS n FROM records GROUP BY account, kind, state) AS c \
          ON c.account = t.account AND c.kind = t.kind AND c.state = t.state \
     WHERE coalesce(t.n, 0) <> coalesce(c.n, 0)",
    "SELECT 'kind ' || coalesce(h.kind, c.kind) || ' has ' || coalesce(h.n, 0) || ' held by ' || \
            coalesce(h.parent, c.parent) || ', which holds ' || coalesce(c.n, 0) \
     FROM holdings AS h FULL JOIN \
          (SELECT account, kind, coalesce(parent, '00000000-0000-0000-0000-000000000000') AS parent, visibility, \
                  count(*) AS n FROM records WHERE state = 0 GROUP BY 1, 2, 3, 4) AS c \
          ON c.account = h.account AND c.kind = h.kind AND c.parent = h.parent AND c.visibility = h.visibility \
     WHERE coalesce(h.n, 0) <> coalesce(c.n, 0)",
    "SELECT 'edge ' || edges.id || ' starts at no record' FROM edges \
     WHERE NOT EXISTS (SELECT 1 FROM records WHERE records.id = edges.source)",
    "SELECT 'edge ' || edges.id || ' leads to no record' FROM edges \
     WHERE NOT EXISTS (SELECT 1 FROM records WHERE records.id = edges.target)",
    "SELECT 'edge ' || edges.id || ' leads into another account' FROM edges \
     JOIN records AS f ON f.id = edges.source JOIN records AS t ON t.id = edges.target WHERE f.account <> t.account",
    "SELECT 'ended edge ' || id || ' lived until ' || until || ' since ' || since FROM past_edges WHERE until <= since",
    "SELECT kind || ' ' || fqn || ' stands under no record' FROM records \
     WHERE parent IS NOT NULL AND NOT EXISTS (SELECT 1 FROM records AS p WHERE p.id = records.parent)",
    "SELECT kind || ' ' || fqn || ' is alive under a deleted record' FROM records \
     WHERE state = 0 AND EXISTS (SELECT 1 FROM records AS p WHERE p.id = records.parent AND p.state <> 0)",
    "SELECT records.kind || ' ' || records.fqn || ' has a past revision ' || revisions.revision || ' that is not past' \
     FROM revisions JOIN records USING (id) WHERE revisions.revision >= records.revision",
    "SELECT 'revision ' || revision || ' of ' || id || ' belongs to no record' FROM revisions \
     WHERE NOT EXISTS (SELECT 1 FROM records WHERE records.id = revisions.id)",
    "SELECT 'alias ' || space || ' ' || value || ' stands for no record' FROM aliases \
     WHERE NOT EXISTS (SELECT 1 FROM records WHERE records.id = aliases.id)",
    "SELECT 'a secret of ' || record || ' belongs to no record' FROM secrets \
     WHERE NOT EXISTS (SELECT 1 FROM records WHERE records.id = secrets.record)",
    "SELECT 'series ' || name || ' of ' || record || ' belongs to no record of its account' \
     FROM observation_series AS s \
     WHERE NOT EXISTS (SELECT 1 FROM records WHERE records.id = s.record AND records.account = s.account)",
    "SELECT 'an observation belongs to no series' FROM observations AS o \
     WHERE NOT EXISTS (SELECT 1 FROM observation_series WHERE observation_series.id = o.series)",
];

/// Reads everything, in one state; others go on meanwhile. The transaction is ended by whoever has the connection.
pub async fn verify(session: &Session) -> Result<Report, PostgresError> {
    session.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = 0").await?;
    let _patience = session.patient();
    report(session).await
}

/// The same within the transaction that is open.
pub async fn report(session: &Session) -> Result<Report, PostgresError> {
    let mut report = Report {
        records: count(session, "records").await?,
        revisions: count(session, "revisions").await?,
        edges: count(session, "edges").await?,
        events: count(session, "events").await?,
        observations: count(session, "observations").await?,
        outlived: texts(session, OUTLIVED).await?,
        ..Report::default()
    };
    let assets = session.first(ASSETS, &[], |row| Ok((rows::count(row, 0)?, rows::count(row, 1)?))).await?;
    let (assets, granted) = assets.unwrap_or((0, 0));
    report.granted = granted;
    report.waiting = assets - granted;
    for rule in RULES {
        report.faults.extend(texts(session, rule).await?);
    }
    Ok(report)
}

pub async fn count(session: &Session, table: &str) -> Result<u64, PostgresError> {
    let n = session.first(&format!("SELECT count(*) FROM {table}"), &[], |row| rows::count(row, 0)).await?;
    Ok(n.unwrap_or(0))
}

async fn texts(session: &Session, sql: &str) -> Result<Vec<String>, PostgresError> {
    let limited = format!("SELECT * FROM ({sql}) AS found LIMIT {SHOWN}");
    session.all(&limited, &[], |row| row.text(0).map(str::to_owned)).await
}
