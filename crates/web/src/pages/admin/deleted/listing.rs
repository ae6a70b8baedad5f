//! The list of what was deleted, newest first, page by page.

use std::sync::Arc;

use askama::Template;
use emporion_catalog::id::Millis;
use emporion_catalog::kind::Kind;
use emporion_catalog::load::Depth;
use emporion_catalog::query::{DeletedWith, Keyset, KeysetKey, ListQuery, Order, States};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Record, View};
use emporion_catalog::timestamp::DAY_MILLIS;

use super::super::frame::Frame;
use super::{DeletedScope, above, asked_at, restoring};
use crate::fault::Fault;
use crate::forms::choice::Choice;
use crate::layout::shell::Shell;
use crate::records::{address, kind_names, naming};
use crate::request::visit::{Shown, Visit, answer};
use crate::text::moment::Moment;
use crate::text::plain::shown;

/// For so long the core keeps what has given up its name.
const KEPT_MS: i64 = 30 * DAY_MILLIS;
const PAGE: u32 = 50;
/// How often as many are looked at, until a page is full of what may be brought back.
const LOOKS: usize = 10;

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

pub async fn show(whose: DeletedScope, visit: Arc<Visit>) -> Shown {
    if let Ok(id) = visit.query("restore").parse() {
        return restoring::ask(whose, &visit, id, 200, Vec::new()).await;
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
