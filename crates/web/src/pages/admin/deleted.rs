//! What was deleted and can be brought back: all of the account, for administrators, and for everybody what is his or his
//! teams'. What comes back with it, and who has it again then, is said first.

pub mod restoration;

use std::sync::Arc;

use askama::Template;
use emporion_catalog::command::{Command, Ref};
use emporion_catalog::id::{Millis, RecordId, Revision};
use emporion_catalog::kind::Kind;
use emporion_catalog::load::Depth;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::{DeletedWith, Keyset, KeysetKey, ListQuery, Order, States};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Card, Record, View};
use emporion_catalog::relation::{self, Relation};
use emporion_catalog::tracking::ReadSet;
use emporion_edge::route::Route;

use self::restoration::Restoration;
use super::frame::{Frame, admitted};
use super::policies::effects;
use crate::door::Door;
use crate::fault::{Fault, wording};
use crate::forms::choice::Choice;
use crate::forms::confirmation::{Confirmation, Instead};
use crate::forms::saving;
use crate::layout::shell::Shell;
use crate::records::{address, kind_names, naming};
use crate::request::handlers::{change, page};
use crate::request::headers;
use crate::request::visit::{Shown, Visit, answer};
use crate::text::moment::Moment;
use crate::text::plain::shown;

pub const AT: &str = "/admin/deleted";
/// What is one's own.
pub const OWN: &str = "/deleted";
/// What has no page, and is shown on those of who administers the account.
const RIGHTS: [&str; 2] = ["policy", "role"];
/// For so long the core keeps what has given up its name.
const KEPT_MS: i64 = 30 * 24 * 60 * 60 * 1000;
const PAGE: u32 = 50;
/// How often as many are looked at, until a page is full of what may be brought back.
const LOOKS: usize = 10;
/// How often it is looked again where others were faster, though what was shown is as it was.
const TRIES: usize = 8;

#[derive(Template)]
#[template(path = "admin/deleted.html")]
struct Page {
    p: Shell,
    /// What surrounds it, among the pages of who administers the account.
    frame: Option<Frame>,
    title: String,
    text: String,
    at: &'static str,
    /// The kinds that it can be narrowed to.
    kinds: Vec<Choice>,
    rows: Vec<Row>,
    older: Option<String>,
}

/// Of what is deleted, whose is listed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum DeletedScope {
    Everybodys,
    Own,
}

impl DeletedScope {
    fn at(self) -> &'static str {
        match self {
            DeletedScope::Everybodys => AT,
            DeletedScope::Own => OWN,
        }
    }

    /// Errors: `Forbidden` for who administers nothing, of what is everybody's.
    fn admitted(self, visit: &Visit) -> Result<(Shell, Option<Frame>), Fault> {
        Ok(match self {
            DeletedScope::Everybodys => {
                let (shell, frame) = admitted(visit, "deleted")?;
                (shell, Some(frame))
            }
            DeletedScope::Own => {
                (visit.shell("people").below(visit.t.say("restoring.own"), Some(OWN.to_owned())), None)
            }
        })
    }

    /// What is listed leads to one of these.
    fn linked(self, visit: &Visit) -> Vec<(Relation, Vec<RecordId>)> {
        let principal = &visit.caller().principal;
        let teams = principal.teams.iter().filter(|membership| membership.owns()).map(|membership| membership.team);
        match self {
            DeletedScope::Everybodys => Vec::new(),
            DeletedScope::Own => vec![(relation::OWNER, std::iter::once(principal.user).chain(teams).collect())],
        }
    }

    /// The kinds that are listed.
    fn kinds(self, reading: &Reading<'_>) -> Vec<Kind> {
        let is_listed = |kind: &Kind| match self {
            DeletedScope::Everybodys => address::folder_of(*kind).is_some() || RIGHTS.contains(&kind.name()),
            DeletedScope::Own => address::folder_of(*kind).is_some() && kind.has(relation::OWNER),
        };
        reading.catalog().registry().iter().filter(|kind| !kind.0.part).filter(is_listed).collect()
    }
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
    vec![
        page(AT, "admin_deleted", |visit| show(DeletedScope::Everybodys, visit)),
        change(AT, "restore_deleted", |visit| restore(DeletedScope::Everybodys, visit)),
        page(OWN, "own_deleted", |visit| show(DeletedScope::Own, visit)),
        change(OWN, "restore_own", |visit| restore(DeletedScope::Own, visit)),
    ]
}

async fn show(whose: DeletedScope, visit: Arc<Visit>) -> Shown {
    if let Ok(id) = visit.query("restore").parse() {
        return ask(whose, &visit, id, 200, Vec::new()).await;
    }
    let (p, frame) = whose.admitted(&visit)?;
    let reading = visit.reading().await?;
    let (t, kinds, wanted) = (visit.t, whose.kinds(&reading), visit.query("kind"));
    let (views, older) = newest(whose, &visit, &reading, &kinds).await?;
    let rows = views.iter().map(|view| row(whose, &visit, view)).collect();
    let choice = |value: &str, name: String| Choice { value: value.to_owned(), is_chosen: value == wanted, name };
    let mut choices: Vec<Choice> =
        kinds.iter().map(|kind| choice(kind.name(), kind_names::several(t, kind.name()))).collect();
    choices.sort_by(|a, b| a.name.cmp(&b.name));
    choices.insert(0, choice("", t.say("restoring.all_kinds")));
    let (title, text) = match whose {
        DeletedScope::Everybodys => ("admin.deleted", "restoring.text"),
        DeletedScope::Own => ("restoring.own", "restoring.own_text"),
    };
    answer(&Page { p, frame, title: t.say(title), text: t.say(text), at: whose.at(), kinds: choices, rows, older })
}

fn row(whose: DeletedScope, visit: &Visit, view: &View) -> Row {
    let record = &view.record;
    let above = above(view);
    Row {
        name: shown(&record.fqn),
        kind: visit.t.say(&format!("kind.{}", record.kind.name())),
        by: shown(&record.updated.by.name),
        at: visit.moment(record.updated.at),
        above: above.map(naming::rendered),
        restore: asked_at(whose, above.map_or(record.id, |above| above.id)),
    }
}

fn asked_at(whose: DeletedScope, id: RecordId) -> String {
    address::with_query(whose.at(), &[("restore", &id.to_string())])
}

/// The highest of what a record stands in that is deleted: the record comes back after that, or with it.
fn above(view: &View) -> Option<&Card> {
    view.ancestors.iter().rev().find(|card| !card.state.is_alive()).map(|card| &**card)
}

/// What was deleted itself and may be brought back, newest first, behind the place that the address names; and where to go on.
async fn newest(
    whose: DeletedScope,
    visit: &Visit,
    reading: &Reading<'_>,
    kinds: &[Kind],
) -> Result<(Vec<View>, Option<String>), Fault> {
    let wanted = visit.query("kind");
    let kinds: Vec<Kind> = kinds.iter().copied().filter(|kind| wanted.is_empty() || kind.is(&wanted)).collect();
    let mut after = place(&visit.query("before"));
    let mut shown: Vec<View> = Vec::new();
    for _ in 0..LOOKS {
        let (found, more) = batch(whose, visit, reading, (&kinds, after.as_ref())).await?;
        let last = found.last().map(place_of);
        let records: Vec<&Record> = found.iter().map(|view| &view.record).collect();
        let his = reading.may_restore_each(&records).await?;
        for view in found.into_iter().zip(his).filter_map(|(view, is_his)| is_his.then_some(view)) {
            if shown.len() == PAGE as usize {
                after = shown.last().map(place_of);
                return Ok((shown, after.map(|place| older(whose, &wanted, &place))));
            }
            shown.push(view);
        }
        match last.filter(|_| more) {
            Some(last) => after = Some(last),
            None => return Ok((shown, None)),
        }
        if shown.len() == PAGE as usize {
            break;
        }
    }
    Ok((shown, after.map(|place| older(whose, &wanted, &place))))
}

/// As many as fill a page, of all the kinds together; and whether there are others behind them.
async fn batch(
    whose: DeletedScope,
    visit: &Visit,
    reading: &Reading<'_>,
    (kinds, after): (&[Kind], Option<&Keyset>),
) -> Result<(Vec<View>, bool), Fault> {
    // Behind what the core keeps of those that have given up their names there are only others.
    let is_beyond = matches!(after, Some(Keyset { key: KeysetKey::At(at), .. }) if visit.now.0 - at.0 > KEPT_MS);
    let mut found = Vec::new();
    for kind in kinds {
        let query = ListQuery {
            states: if is_beyond { States::Deleted } else { States::Dead },
            deleted_with: Some(DeletedWith::Nothing),
            order: Order::Updated,
            descending: true,
            after: after.cloned(),
            limit: PAGE + 1,
            linked: whose.linked(visit),
            ..ListQuery::of(reading.account(), *kind)
        };
        found.extend(reading.first(query, &Depth::bare()).await?.views);
    }
    found.sort_by_key(|view| std::cmp::Reverse((view.record.updated.at, view.id())));
    let more = found.len() > PAGE as usize;
    found.truncate(PAGE as usize);
    Ok((found, more))
}

fn place_of(view: &View) -> Keyset {
    Keyset { key: KeysetKey::At(view.record.updated.at), id: view.id() }
}

fn older(whose: DeletedScope, wanted: &str, place: &Keyset) -> String {
    let at = match &place.key {
        KeysetKey::At(at) => at.0,
        _ => 0,
    };
    let place = format!("{at}.{}", place.id);
    address::with_query(whose.at(), &[("kind", wanted), ("before", &place)])
}

/// A time and an id, as an address of this page has them.
fn place(text: &str) -> Option<Keyset> {
    let (at, id) = text.split_once('.')?;
    Some(Keyset { key: KeysetKey::At(Millis(at.parse().ok()?)), id: id.parse().ok()? })
}

/// Where the record is, if it is back already.
async fn back_at(visit: &Visit, id: RecordId) -> Result<Option<String>, Fault> {
    let found = visit.reading().await?.record(id).await?;
    Ok(found.and_then(|record| address::of(record.kind, &record.fqn)))
}

/// The record that is asked about, of whichever of the kinds; and what comes back with it.
async fn look(whose: DeletedScope, visit: &Visit, id: RecordId) -> Result<(View, Restoration), Fault> {
    let reading = visit.reading().await?;
    let found = reading.in_any_state(&[id]).await?.pop();
    let kinds = whose.kinds(&reading);
    let Some(record) = found.filter(|record| kinds.contains(&record.kind) && !record.state.is_alive()) else {
        return Err(Problem::NotFound { kind: "record", what: id.to_string() }.into());
    };
    reading.ask_restore(&record).await?;
    let view = reading.view(record, &Restoration::depth()).await?;
    let back = Restoration::of(visit, &reading, &view).await?;
    Ok((view, back))
}

async fn ask(whose: DeletedScope, visit: &Visit, id: RecordId, status: u16, faults: Vec<String>) -> Shown {
    let (p, _) = whose.admitted(visit)?;
    if let Some(at) = back_at(visit, id).await? {
        return Ok(headers::see_other(&at));
    }
    let t = visit.t;
    let (view, back) = look(whose, visit, id).await?;
    let reading = visit.reading().await?;
    let effects = back.effects(visit, &reading).await?;
    let title = format!("{} · {}", t.say("restoring.do"), shown(&view.record.name));
    let field = |name: &str, value: String| (name.to_owned(), value);
    let p = p.below(title.clone(), None);
    let above = above(&view);
    let obstacle = match above {
        Some(above) => Some(t.with("restoring.first", &[("name", &naming::rendered(above))])),
        None => reading.shares_below(&view.record).await?.then(|| t.say("restoring.administrators")),
    };
    let page = Confirmation {
        more: effects.map(|effects| effects.rendered(&p)),
        p,
        title,
        heading: Some(t.say("restoring.back")),
        goes: back.sentences(t, &view),
        action: whose.at().to_owned(),
        fields: vec![
            field("restore", id.to_string()),
            field("revision", view.record.revision.0.to_string()),
            field("checked", back.checked()),
        ],
        button: t.say("restoring.do"),
        obstacle,
        instead: above.map(|above| Instead {
            name: t.with("restoring.other", &[("name", &naming::rendered(above))]),
            address: asked_at(whose, above.id),
        }),
        back: whose.at().to_owned(),
        faults,
    };
    page.shown_as(status)
}

/// Brings it back as it was looked at, with who has it again: while nothing of that has changed until it is stored.
async fn restore(whose: DeletedScope, visit: Arc<Visit>) -> Shown {
    whose.admitted(&visit)?;
    let sent = visit.form();
    let id = sent.text("restore").parse().map_err(|_| Fault::Malformed("restore".into()))?;
    let seen: Revision = saving::revision(&visit, sent.text("revision"))?;
    for _ in 0..TRIES {
        // Who sends it twice is where the first one led.
        if let Some(at) = back_at(&visit, id).await? {
            return Ok(headers::see_other(&at));
        }
        let read = Arc::new(ReadSet::default());
        let looked = read.during(Box::pin(look(whose, &visit, id)));
        let (view, back) = looked.await?;
        if seen != view.record.revision || sent.text("checked") != back.checked() {
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
                return ask(whose, &visit, id, status, faults).await;
            }
        }
    }
    ask(whose, &visit, id, 409, vec![visit.t.say("restoring.changed")]).await
}
