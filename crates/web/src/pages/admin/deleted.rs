//! What was deleted and can be brought back: tags and their classifications, policies and roles. Who has it again then is said
//! first.

use std::collections::HashSet;
use std::sync::Arc;

use askama::Template;
use emporion_catalog::change_set::{Event, EventKind};
use emporion_catalog::command::{Command, Ref};
use emporion_catalog::id::{RecordId, Revision, Seq};
use emporion_catalog::problem::Problem;
use emporion_catalog::reading::Reading;
use emporion_catalog::reading::log::Line;
use emporion_catalog::record::{Card, Record};
use emporion_catalog::relation::{self, Relation};
use emporion_edge::route::Route;

use super::frame::{Frame, admitted};
use super::policies::effects;
use crate::door::Door;
use crate::fault::{Fault, wording};
use crate::forms::checked;
use crate::forms::confirmation::Confirmation;
use crate::forms::saving;
use crate::layout::shell::Shell;
use crate::records::difference::listed;
use crate::records::{address, naming};
use crate::request::handlers::{change, page};
use crate::request::headers;
use crate::request::visit::{Shown, Visit, answer};
use crate::text::moment::Moment;
use crate::text::plain::shown;

pub const AT: &str = "/admin/deleted";
/// What has a page of its own for that, or no such page yet, is brought back elsewhere.
const KINDS: [&str; 4] = ["classification", "tag", "policy", "role"];
/// For so long the core keeps what has given up its name.
const KEPT_MS: i64 = 30 * 24 * 60 * 60 * 1000;
/// Lines of the log that one step looks at, and steps of one page.
const STRETCH: u32 = 500;
const MOST_STEPS: usize = 40;
const MOST: usize = 100;
/// Who has it again, that is looked at.
const MOST_HOLDERS: u32 = 500;
/// How others have a policy or a role, or bear a tag.
const HELD: &[Relation] = &[relation::HAS_ROLE, relation::DEFAULT_ROLE, relation::HAS_POLICY, relation::TAGGED];

#[derive(Template)]
#[template(path = "admin/deleted.html")]
struct Page {
    p: Shell,
    frame: Frame,
    rows: Vec<Row>,
    /// The log goes further back than was looked.
    is_cut: bool,
}

struct Row {
    name: String,
    kind: String,
    by: String,
    at: Moment,
    /// Where it is asked about.
    restore: String,
}

pub fn routes() -> Vec<Route<Door>> {
    vec![page(AT, "admin_deleted", show), change(AT, "restore_deleted", restore)]
}

async fn show(visit: Arc<Visit>) -> Shown {
    if let Ok(id) = visit.query("restore").parse() {
        return ask(&visit, id, 200, Vec::new()).await;
    }
    let (p, frame) = admitted(&visit, "deleted")?;
    let reading = visit.reading().await?;
    let (lines, is_cut) = lately(&visit, &reading).await?;
    let ids: Vec<RecordId> = lines.iter().map(|line| line.event.id).collect();
    let mut rows = Vec::new();
    for (line, id) in lines.iter().zip(ids) {
        let Some(record) = gone(&reading, line.event.kind.name(), id).await? else { continue };
        rows.push(Row {
            name: shown(&record.fqn),
            kind: visit.t.say(&format!("kind.{}", record.kind.name())),
            by: shown(&line.event.by.name),
            at: visit.moment(line.event.at),
            restore: address::with_query(AT, &[("restore", &id.to_string())]),
        });
    }
    answer(&Page { p, frame, rows, is_cut })
}

/// The newest deletion of each, as far as it can be brought back; and whether there may be older ones.
async fn lately(visit: &Visit, reading: &Reading<'_>) -> Result<(Vec<Line>, bool), Fault> {
    let is_of_interest =
        |event: &Event| event.what == EventKind::Deleted && KINDS.iter().any(|kind| event.kind.is(kind));
    let start = reading.first_at(visit.now.0 - KEPT_MS).await?;
    let mut end = Seq(visit.catalog().log_head().await?.0 + 1);
    let (mut found, mut known) = (Vec::new(), HashSet::new());
    for _ in 0..MOST_STEPS {
        if end.0 <= start.0 + 1 || found.len() >= MOST {
            break;
        }
        let after = Seq(end.0.saturating_sub(u64::from(STRETCH) + 1).max(start.0));
        let limit = u32::try_from(end.0 - after.0 - 1).unwrap_or(STRETCH);
        let lines = reading.log(after, limit, &is_of_interest).await?.found;
        found.extend(lines.into_iter().rev().filter(|line| known.insert(line.event.id)));
        end = Seq(after.0 + 1);
    }
    let is_cut = end.0 > start.0 + 1 || found.len() > MOST;
    found.truncate(MOST);
    Ok((found, is_cut))
}

/// A record that is deleted and was not purged; what stands in another one that is deleted comes back with that.
async fn gone(reading: &Reading<'_>, kind: &'static str, id: RecordId) -> Result<Option<Record>, Fault> {
    let found = reading.find(&Ref::Id(reading.catalog().kind(kind), id)).await?;
    Ok(found.filter(|record| !record.state.is_alive()))
}

/// The record that is asked about, of whichever of the kinds.
async fn named(reading: &Reading<'_>, id: RecordId) -> Result<Record, Fault> {
    for kind in KINDS {
        if let Some(record) = gone(reading, kind, id).await? {
            return Ok(record);
        }
    }
    Err(Problem::NotFound { kind: "record", what: id.to_string() }.into())
}

/// What comes back with a record.
struct Back {
    /// People, teams and roles that have it, or how much bears it.
    holders: Vec<Card>,
    bearing: usize,
    is_cut: bool,
}

impl Back {
    async fn of(reading: &Reading<'_>, record: &Record) -> Result<Back, Fault> {
        let found = reading.sources(&[record], HELD, MOST_HOLDERS).await?;
        let mut ids: Vec<RecordId> = found.edges.iter().map(|edge| edge.from).collect();
        ids.sort_unstable();
        ids.dedup();
        let is_held = record.kind.is("policy") || record.kind.is("role");
        let mut holders: Vec<Card> = ids.iter().filter_map(|id| found.records.get(id)).map(Card::of).collect();
        holders.sort_by_key(naming::rendered);
        let bearing = holders.len();
        Ok(Back { holders: if is_held { holders } else { Vec::new() }, bearing, is_cut: found.is_cut })
    }

    fn sentences(&self, visit: &Visit, record: &Record) -> Vec<String> {
        let t = visit.t;
        let mut all = vec![t.with("restoring.itself", &[("name", &shown(&record.fqn))])];
        for (kind, key) in [("user", "rights.people"), ("team", "rights.teams"), ("role", "rights.roles")] {
            let names = self.holders.iter().filter(|card| card.kind.is(kind)).map(naming::rendered);
            let names: Vec<String> = names.collect();
            if !names.is_empty() {
                all.push(t.with(key, &[("names", &listed(t, &names))]));
            }
        }
        if self.holders.is_empty() && self.bearing > 0 {
            all.push(t.count("restoring.bearing", self.bearing));
        }
        all.extend(self.is_cut.then(|| t.say("rights.cut")));
        all
    }

    /// What is sent proves that this much was shown.
    fn checked(&self) -> String {
        let holders: Vec<RecordId> = self.holders.iter().map(|card| card.id).collect();
        checked::word(&(holders, self.bearing))
    }
}

async fn ask(visit: &Visit, id: RecordId, status: u16, faults: Vec<String>) -> Shown {
    let (p, _) = admitted(visit, "deleted")?;
    let reading = visit.reading().await?;
    let record = named(&reading, id).await?;
    reading.ask_delete(&record).await?;
    let back = Back::of(&reading, &record).await?;
    let title = format!("{} · {}", visit.t.say("restoring.do"), shown(&record.name));
    let field = |name: &str, value: String| (name.to_owned(), value);
    let page = Confirmation {
        p: p.below(title.clone(), None),
        title,
        heading: Some(visit.t.say("restoring.back")),
        goes: back.sentences(visit, &record),
        action: AT.to_owned(),
        fields: vec![
            field("restore", id.to_string()),
            field("revision", record.revision.0.to_string()),
            field("checked", back.checked()),
        ],
        button: visit.t.say("restoring.do"),
        obstacle: None,
        back: AT.to_owned(),
        faults,
    };
    page.shown_as(status)
}

/// Brings it back as it was looked at, with who has it again.
async fn restore(visit: Arc<Visit>) -> Shown {
    admitted(&visit, "deleted")?;
    let sent = visit.form();
    let id = sent.text("restore").parse().map_err(|_| Fault::Malformed("restore".into()))?;
    let seen: Revision = saving::revision(&visit, sent.text("revision"))?;
    let reading = visit.reading().await?;
    let record = named(&reading, id).await?;
    reading.ask_delete(&record).await?;
    if seen != record.revision || sent.text("checked") != Back::of(&reading, &record).await?.checked() {
        return ask(&visit, id, 409, vec![visit.t.say("restoring.changed")]).await;
    }
    let (kind, fqn) = (record.kind, record.fqn.clone());
    match reading.execute(&Command::Restore { target: Ref::Id(kind, id) }).await {
        Ok(_) => {
            let done = ("done", "restored");
            let at = match address::of(kind, &fqn) {
                Some(at) if !kind.is("policy") && !kind.is("role") => address::with_query(&at, &[done]),
                _ => address::with_query(effects::PATH, &[(kind.name(), &fqn), done]),
            };
            Ok(headers::see_other(&at))
        }
        Err(problem) => {
            let (status, faults) = wording::in_form(visit.t, problem)?;
            ask(&visit, id, status, faults).await
        }
    }
}
