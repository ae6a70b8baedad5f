//! Is the store whole? Everything that the engine promises, counted from the rows themselves.

use rusqlite::Connection;

use super::error::SqliteError;

/// What was found; no faults means whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    pub records: u64,
    pub revisions: u64,
    pub edges: u64,
    pub events: u64,
    pub observations: u64,
    /// In words, at most a few of each sort.
    pub faults: Vec<String>,
    /// Assets of products whose rows are lent, and those that wait for a grant.
    pub granted: u64,
    pub waiting: u64,
    /// Grants that live on although who gave them no longer holds the rows: products and assets by FQN, at most a few.
    pub outlived: Vec<String>,
}

/// Assets of living products: all of them, and those that bear a grant.
const ASSETS: &str = "SELECT count(*), count(json_extract(e.attributes, '$.granted_by')) FROM edges AS e \
     JOIN records AS p ON p.id = e.source AND p.state = 0 WHERE e.relation = 'has_asset'";

/// Grants whose giver is no administrator, no owner of the asset or of a place above it, nor owner or contributor of a
/// team that is.
const OUTLIVED: &str = "WITH granted AS ( \
         SELECT e.source, e.target, unhex(replace(json_extract(e.attributes, '$.granted_by'), '-', '')) AS giver \
         FROM edges AS e WHERE e.relation = 'has_asset' AND json_extract(e.attributes, '$.granted_by') IS NOT NULL), \
     places (asset, place, parent) AS ( \
         SELECT r.id, r.id, r.parent FROM records AS r WHERE r.id IN (SELECT target FROM granted) \
         UNION \
         SELECT places.asset, r.id, r.parent FROM places JOIN records AS r ON r.id = places.parent \
         WHERE r.kind <> 'domain') \
     SELECT p.fqn || ' borrows ' || a.fqn || ' from ' || coalesce(u.fqn, 'somebody who is gone') FROM granted AS g \
     JOIN records AS p ON p.id = g.source AND p.state = 0 JOIN records AS a ON a.id = g.target \
     LEFT JOIN records AS u ON u.id = g.giver \
     WHERE NOT (u.id IS NOT NULL AND u.state = 0 AND coalesce(json_extract(u.body, '$.disabled'), 0) = 0 AND ( \
         coalesce(json_extract(u.body, '$.is_admin'), 0) = 1 \
         OR EXISTS (SELECT 1 FROM places JOIN edges AS o ON o.source = places.place \
                    AND o.relation IN ('owner', 'owning_team') AND o.place = '' \
                    WHERE places.asset = g.target AND (o.target = u.id OR EXISTS ( \
                        SELECT 1 FROM records AS t JOIN edges AS m ON m.source = t.id AND m.relation = 'member' \
                        WHERE t.id = o.target AND t.state = 0 AND m.target = u.id \
                          AND coalesce(json_extract(m.attributes, '$.designation'), 'contributor') IN ('owner', 'contributor')))))) \
     ORDER BY 1";

/// Faults of one sort that are listed.
const SHOWN: usize = 10;

/// Questions that must have no answer; each row is one text.
const RULES: &[&str] = &[
    "SELECT 'kind ' || coalesce(t.kind, c.kind) || ' has a tally of ' || coalesce(t.n, 0) || ' in state ' || \
            coalesce(t.state, c.state) || ' and ' || coalesce(c.n, 0) || ' records' \
     FROM tallies AS t FULL JOIN \
          (SELECT account, kind, state, count(*) AS n FROM records GROUP BY account, kind, state) AS c \
          ON c.account = t.account AND c.kind = t.kind AND c.state = t.state \
     WHERE coalesce(t.n, 0) <> coalesce(c.n, 0)",
    "SELECT 'kind ' || coalesce(h.kind, c.kind) || ' has ' || coalesce(h.n, 0) || ' held by ' || \
            hex(coalesce(h.parent, c.parent)) || ', which holds ' || coalesce(c.n, 0) \
     FROM holdings AS h FULL JOIN \
          (SELECT account, kind, coalesce(parent, X'') AS parent, visibility, count(*) AS n FROM records WHERE state = 0 \
           GROUP BY account, kind, coalesce(parent, X''), visibility) AS c \
          ON c.account = h.account AND c.kind = h.kind AND c.parent = h.parent AND c.visibility = h.visibility \
     WHERE coalesce(h.n, 0) <> coalesce(c.n, 0)",
    "SELECT 'edge ' || hex(edges.id) || ' starts at no record' FROM edges \
     WHERE NOT EXISTS (SELECT 1 FROM records WHERE records.id = edges.source)",
    "SELECT 'edge ' || hex(edges.id) || ' leads to no record' FROM edges \
     WHERE NOT EXISTS (SELECT 1 FROM records WHERE records.id = edges.target)",
    "SELECT 'edge ' || hex(edges.id) || ' leads into another account' FROM edges \
     JOIN records AS f ON f.id = edges.source JOIN records AS t ON t.id = edges.target WHERE f.account <> t.account",
    "SELECT 'ended edge ' || hex(id) || ' lived until ' || until || ' since ' || since FROM past_edges \
     WHERE until <= since",
    "SELECT kind || ' ' || fqn || ' stands under no record' FROM records \
     WHERE parent IS NOT NULL AND NOT EXISTS (SELECT 1 FROM records AS p WHERE p.id = records.parent)",
    "SELECT kind || ' ' || fqn || ' is alive under a deleted record' FROM records \
     WHERE state = 0 AND EXISTS (SELECT 1 FROM records AS p WHERE p.id = records.parent AND p.state <> 0) \
         AND NOT EXISTS (SELECT 1 FROM under_way)",
    "SELECT records.kind || ' ' || records.fqn || ' has a past revision ' || revisions.revision || ' that is not past' \
     FROM revisions JOIN records USING (id) WHERE revisions.revision >= records.revision",
    "SELECT 'revision ' || revision || ' of ' || hex(id) || ' belongs to no record' FROM revisions \
     WHERE NOT EXISTS (SELECT 1 FROM records WHERE records.id = revisions.id)",
    "SELECT 'alias ' || space || ' ' || value || ' stands for no record' FROM aliases \
     WHERE NOT EXISTS (SELECT 1 FROM records WHERE records.id = aliases.id)",
    "SELECT 'a secret of ' || hex(record) || ' belongs to no record' FROM secrets \
     WHERE NOT EXISTS (SELECT 1 FROM records WHERE records.id = secrets.record)",
    "SELECT 'series ' || name || ' of ' || hex(record) || ' belongs to no record of its account' FROM observation_series AS s \
     WHERE NOT EXISTS (SELECT 1 FROM records WHERE records.id = s.record AND records.account = s.account)",
    "SELECT 'layout ' || id || ' of observations belongs to no record' FROM observation_layouts AS l \
     WHERE NOT EXISTS (SELECT 1 FROM records WHERE records.id = l.record)",
    "SELECT 'observation ' || id || ' belongs to no series' FROM observations AS o \
     WHERE NOT EXISTS (SELECT 1 FROM observation_series WHERE observation_series.id = o.series)",
    "SELECT 'observation ' || o.id || ' does not fit its layout' FROM observations AS o \
     LEFT JOIN observation_layouts AS l ON l.id = o.layout \
     WHERE NOT json_valid(o.value) OR o.layout IS NOT NULL \
         AND coalesce(json_array_length(o.value) <> json_array_length(l.members), 1)",
    "SELECT kind || ' ' || fqn || ' has a body that is no JSON' FROM records WHERE NOT json_valid(body)",
];

/// Reads everything; other readers and the writer go on meanwhile.
pub fn verify(connection: &Connection) -> Result<Report, SqliteError> {
    // One state for all questions.
    let transaction = connection.unchecked_transaction()?;
    let count = |table: &str| -> Result<u64, SqliteError> {
        let n: i64 = transaction.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
        Ok(n.unsigned_abs())
    };
    let mut report = Report {
        records: count("records")?,
        revisions: count("revisions")?,
        edges: count("edges")?,
        events: count("events")?,
        observations: count("observations")?,
        faults: Vec::new(),
        granted: 0,
        waiting: 0,
        outlived: texts(&transaction, OUTLIVED)?,
    };
    let (assets, granted): (i64, i64) = transaction.query_row(ASSETS, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    report.granted = granted.unsigned_abs();
    report.waiting = (assets - granted).unsigned_abs();
    report.faults.extend(texts(&transaction, "PRAGMA integrity_check")?.into_iter().filter(|text| text != "ok"));
    let newest: i64 = transaction.query_row("SELECT coalesce(max(seq), 0) FROM events", [], |row| row.get(0))?;
    if newest.unsigned_abs() != report.events {
        report.faults.push(format!("the log ends at {newest} and has {} events", report.events));
    }
    for rule in RULES {
        report.faults.extend(texts(&transaction, rule)?);
    }
    Ok(report)
}

fn texts(connection: &Connection, sql: &str) -> Result<Vec<String>, SqliteError> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut texts = Vec::new();
    while texts.len() < SHOWN
        && let Some(row) = rows.next()?
    {
        texts.push(row.get(0)?);
    }
    Ok(texts)
}
