//! What was deleted and can be brought back: tags and their classifications, policies and roles. Who has it again then is said
//! first.

use std::sync::Arc;

use askama::Template;
use emporion_catalog::command::{Command, Ref};
use emporion_catalog::id::{Millis, RecordId, Revision};
use emporion_catalog::load::Depth;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::{DeletedWith, Keyset, KeysetKey, ListQuery, Order, States};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Card, View};
use emporion_catalog::tracking::ReadSet;
use emporion_edge::route::Route;

use super::frame::{Frame, admitted};
use super::policies::effects::{self, Effects};
use super::policies::held::Held;
use crate::door::Door;
use crate::fault::{Fault, wording};
use crate::forms::confirmation::{Confirmation, Instead, Way};
use crate::forms::saving;
use crate::layout::shell::Shell;
use crate::pages::classifications::touched::Touched;
use crate::records::{address, naming};
use crate::request::handlers::{change, page};
use crate::request::headers;
use crate::request::visit::{Shown, Visit, answer};
use crate::text::moment::Moment;
use crate::text::plain::shown;
use crate::text::texts::Texts;

pub const AT: &str = "/admin/deleted";
/// What has a page of its own for that, or no such page yet, is brought back elsewhere.
const KINDS: [&str; 4] = ["classification", "tag", "policy", "role"];
/// For so long the core keeps what has given up its name.
const KEPT_MS: i64 = 30 * 24 * 60 * 60 * 1000;
const PAGE: u32 = 50;
/// How often it is looked again where others were faster, though what was shown is as it was.
const TRIES: usize = 8;

#[derive(Template)]
#[template(path = "admin/deleted.html")]
struct Page {
    p: Shell,
    frame: Frame,
    rows: Vec<Row>,
    older: Option<String>,
}

struct Row {
    name: String,
    kind: String,
    by: String,
    at: Moment,
    /// What it stands in, where that is deleted too and has to be brought back first.
    above: Option<String>,
    /// Where it, or what it stands in, is asked about.
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
    let (views, older) = newest(&visit, &reading).await?;
    let rows = views.iter().map(|view| row(&visit, view)).collect();
    answer(&Page { p, frame, rows, older })
}

fn row(visit: &Visit, view: &View) -> Row {
    let record = &view.record;
    let above = above(view);
    Row {
        name: shown(&record.fqn),
        kind: visit.t.say(&format!("kind.{}", record.kind.name())),
        by: shown(&record.updated.by.name),
        at: visit.moment(record.updated.at),
        above: above.map(naming::rendered),
        restore: asked_at(above.map_or(record.id, |above| above.id)),
    }
}

fn asked_at(id: RecordId) -> String {
    address::with_query(AT, &[("restore", &id.to_string())])
}

/// The highest of what a record stands in that is deleted: the record comes back after that, or with it.
fn above(view: &View) -> Option<&Card> {
    view.ancestors.iter().rev().find(|card| !card.state.is_alive()).map(|card| &**card)
}

/// What was deleted itself, newest first, behind the place that the address names; and where to go on.
async fn newest(visit: &Visit, reading: &Reading<'_>) -> Result<(Vec<View>, Option<String>), Fault> {
    let after = place(&visit.query("before"));
    let mut found = Vec::new();
    for kind in KINDS {
        let query = ListQuery {
            states: States::Dead,
            deleted_with: Some(DeletedWith::Nothing),
            order: Order::Updated,
            descending: true,
            after: after.clone(),
            limit: PAGE + 1,
            ..ListQuery::of(reading.account(), reading.catalog().kind(kind))
        };
        found.extend(reading.first(query, &Depth::bare()).await?.views);
    }
    found.retain(|view| visit.now.0 - view.record.updated.at.0 <= KEPT_MS);
    found.sort_by_key(|view| std::cmp::Reverse((view.record.updated.at, view.id())));
    let more = found.len() > PAGE as usize;
    found.truncate(PAGE as usize);
    let older = found.last().filter(|_| more).map(|last| {
        let place = format!("{}.{}", last.record.updated.at.0, last.id());
        address::with_query(AT, &[("before", &place)])
    });
    Ok((found, older))
}

/// A time and an id, as an address of this page has them.
fn place(text: &str) -> Option<Keyset> {
    let (at, id) = text.split_once('.')?;
    Some(Keyset { key: KeysetKey::At(Millis(at.parse().ok()?)), id: id.parse().ok()? })
}

/// The record that is asked about, of whichever of the kinds.
async fn named(reading: &Reading<'_>, id: RecordId) -> Result<View, Fault> {
    let found = reading.in_any_state(&[id]).await?.pop();
    let is_meant = |kind: &str| KINDS.contains(&kind);
    match found.filter(|record| is_meant(record.kind.name()) && !record.state.is_alive()) {
        Some(record) => Ok(reading.view(record, &Held::depth()).await?),
        None => Err(Problem::NotFound { kind: "record", what: id.to_string() }.into()),
    }
}

/// What comes back with a record.
enum Restoration {
    Label(Touched),
    Rights(Box<Held>),
}

impl Restoration {
    async fn of(visit: &Visit, reading: &Reading<'_>, view: &View) -> Result<Restoration, Fault> {
        Ok(match view.record.kind.name() {
            "policy" | "role" => Restoration::Rights(Box::new(Held::of(reading, view.clone()).await?)),
            _ => Restoration::Label(Touched::of(visit, reading, view).await?),
        })
    }

    fn sentences(&self, t: Texts, view: &View) -> Vec<String> {
        match self {
            Restoration::Label(touched) => touched.sentences(t, view, Way::Back),
            Restoration::Rights(held) => held.sentences(t, Way::Back),
        }
    }

    async fn effects(&self, visit: &Visit, reading: &Reading<'_>) -> Result<Option<Effects>, Fault> {
        match self {
            Restoration::Label(_) => Ok(None),
            Restoration::Rights(held) => held.effects(visit, reading, Way::Back).await,
        }
    }

    /// What is sent proves that this much was shown.
    fn checked(&self) -> String {
        match self {
            Restoration::Label(touched) => touched.checked(),
            Restoration::Rights(held) => held.checked(),
        }
    }
}

async fn ask(visit: &Visit, id: RecordId, status: u16, faults: Vec<String>) -> Shown {
    let (p, _) = admitted(visit, "deleted")?;
    let t = visit.t;
    let reading = visit.reading().await?;
    let view = named(&reading, id).await?;
    reading.ask_delete(&view.record).await?;
    let back = Restoration::of(visit, &reading, &view).await?;
    let effects = back.effects(visit, &reading).await?;
    let title = format!("{} · {}", t.say("restoring.do"), shown(&view.record.name));
    let field = |name: &str, value: String| (name.to_owned(), value);
    let p = p.below(title.clone(), None);
    let above = above(&view);
    let obstacle = above.map(|above| t.with("restoring.first", &[("name", &naming::rendered(above))]));
    let page = Confirmation {
        more: effects.map(|effects| effects.rendered(&p)),
        p,
        title,
        heading: Some(t.say("restoring.back")),
        goes: back.sentences(t, &view),
        action: AT.to_owned(),
        fields: vec![
            field("restore", id.to_string()),
            field("revision", view.record.revision.0.to_string()),
            field("checked", back.checked()),
        ],
        button: t.say("restoring.do"),
        obstacle,
        instead: above.map(|above| Instead {
            name: t.with("restoring.other", &[("name", &naming::rendered(above))]),
            address: asked_at(above.id),
        }),
        back: AT.to_owned(),
        faults,
    };
    page.shown_as(status)
}

/// Brings it back as it was looked at, with who has it again: while nothing of that has changed until it is stored.
async fn restore(visit: Arc<Visit>) -> Shown {
    admitted(&visit, "deleted")?;
    let sent = visit.form();
    let id = sent.text("restore").parse().map_err(|_| Fault::Malformed("restore".into()))?;
    let seen: Revision = saving::revision(&visit, sent.text("revision"))?;
    for _ in 0..TRIES {
        let read = Arc::new(ReadSet::default());
        let looked = read.during(Box::pin(look(&visit, id)));
        let (view, checked) = looked.await?;
        if seen != view.record.revision || sent.text("checked") != checked {
            break;
        }
        let (kind, fqn) = (view.record.kind, view.record.fqn);
        let command = Command::Restore { target: Ref::Id(kind, id) };
        match visit.catalog().execute_decided(visit.caller(), &command, None, &read).await {
            Ok(_) => {
                let done = ("done", "restored");
                let at = match address::of(kind, &fqn) {
                    Some(at) if !kind.is("policy") && !kind.is("role") => address::with_query(&at, &[done]),
                    _ => address::with_query(effects::PATH, &[(kind.name(), &fqn), done]),
                };
                return Ok(headers::see_other(&at));
            }
            Err(Problem::Overtaken) => {}
            Err(problem) => {
                let (status, faults) = wording::in_form(visit.t, problem)?;
                return ask(&visit, id, status, faults).await;
            }
        }
    }
    ask(&visit, id, 409, vec![visit.t.say("restoring.changed")]).await
}

/// The record, and what is shown of it by now.
async fn look(visit: &Visit, id: RecordId) -> Result<(View, String), Fault> {
    let reading = visit.reading().await?;
    let view = named(&reading, id).await?;
    reading.ask_delete(&view.record).await?;
    let checked = Restoration::of(visit, &reading, &view).await?.checked();
    Ok((view, checked))
}
