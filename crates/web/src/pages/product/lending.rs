//! Lending the rows of an asset to a product, and taking them back: for those who hold the rows. And what is said after
//! assets were added, which lends theirs.

use emporion_catalog::command::{Command, Guard, Ref};
use emporion_catalog::id::RecordId;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Card, Edge, View};
use emporion_catalog::relation;
use emporion_catalog::rows::grants;

use crate::fault::Fault;
use crate::forms::form::Form;
use crate::forms::{expiry, regrant};
use crate::records::record::{Here, OwnForm, RecordPage};
use crate::records::{address, naming};
use crate::request::headers;
use crate::request::visit::{Shown, Visit};
use crate::text::texts::Texts;

/// Tables that a sentence names.
const MOST_NAMED: usize = 8;
/// Assets that an address names.
const MOST_IN_ADDRESS: usize = 40;

pub const FORM: OwnForm = OwnForm {
    name: "rows",
    save: |page, visit, reading, view, sent| {
        Box::pin(async move { save(page, visit, reading, view, sent).await.map(Some) })
    },
    page: None,
};

async fn save(page: &'static RecordPage, visit: &Visit, reading: Reading<'_>, view: &View, sent: &Form) -> Shown {
    let assets = sent.all("asset").map(|id| id.parse().map_err(|_| Fault::Malformed("asset".into())));
    let assets: Vec<RecordId> = assets.collect::<Result<_, _>>()?;
    let Some(asset) = assets.first().copied() else { return Err(Fault::Malformed(visit.t.say("asset.none_chosen"))) };
    let lends = sent.text("rows") == "granted";
    let until = expiry::typed(visit.t, sent.trimmed("until"), visit.now).map_err(Fault::Malformed)?;
    let at = address::of_record(&view.record);
    let tab = address::with_query(&at, &[("tab", "assets")]);
    // What is closed, or lent by another, is lent as it was seen: nobody overwrites a loan that he does not know of.
    if lends {
        drop(reading);
        let Err(meanwhile) = regrant::lend(visit, (view.id(), &assets), until, sent).await? else {
            return Ok(headers::see_other(&format!("{tab}&done=granted")));
        };
        let reading = visit.reading().await?;
        let p = Here { page, visit, reading: &reading, view }.shell();
        let card = view.targets(relation::HAS_ASSET).find(|(edge, _)| edge.to == asset);
        let name = card.map(|(_, card)| naming::rendered(card)).unwrap_or_default();
        return meanwhile.shown(p, (&name, &naming::rendered_of(&view.record)), (at, tab));
    }
    let command = Command::Lend {
        product: Ref::Id(view.record.kind, view.id()),
        guard: Guard::None,
        assets: vec![(asset, false)],
        until: None,
    };
    reading.execute(&command).await?;
    Ok(headers::see_other(&format!("{tab}&done=closed")))
}

/// The tables of a product whose rows are lent to it, or are not: the first names, and how many others there are; `None` of
/// none.
pub fn tables(t: Texts, view: &View, are_lent: bool) -> Option<String> {
    let assets = view.targets(relation::HAS_ASSET);
    let those = assets.filter(|(edge, card)| card.kind.0.rows && grants::is_granted(edge) == are_lent);
    let those: Vec<String> = those.map(|(_, card)| naming::rendered(card)).collect();
    (!those.is_empty()).then(|| some_of(t, &those))
}

/// The first of the names, and how many others there are.
fn some_of(t: Texts, those: &[String]) -> String {
    let mut names: Vec<&str> = those.iter().take(MOST_NAMED).map(String::as_str).collect();
    let others = those.len() - names.len();
    let others = (others > 0).then(|| t.count("count.more_tables", others));
    names.extend(others.as_deref());
    names.join(", ")
}

/// Assets that are new from one state to the next, or lent anew.
pub fn added(before: &View, after: &View) -> Vec<RecordId> {
    let was = |edge: &Edge| before.edges.iter().any(|old| old.id == edge.id && old.attributes == edge.attributes);
    let assets = after.edges.iter().filter(|edge| edge.relation == relation::HAS_ASSET);
    assets.filter(|edge| !was(edge)).map(|edge| edge.to).collect()
}

/// The tab that says what has become of assets that were added to the product at this address. Where they are many, the
/// address says since which state.
pub fn address_after(at: &str, before: &View, added: &[RecordId]) -> String {
    let named = match added.len() > MOST_IN_ADDRESS {
        true => ("since", before.record.revision.0.to_string()),
        false => ("added", added.iter().map(RecordId::to_string).collect::<Vec<_>>().join(",")),
    };
    address::with_query(at, &[("tab", "assets"), ("done", "added"), (named.0, &named.1)])
}

/// The same in sentences, of what the product says now: nothing is believed of an address.
pub fn rendered(visit: &Visit, view: &View) -> Option<String> {
    let (t, asked) = (visit.t, visit.query("added"));
    let named: Vec<&str> = asked.split(',').collect();
    let since: Option<u64> = visit.query("since").parse().ok();
    let is_named = |edge: &Edge| match since {
        Some(since) => edge.since.0 > since,
        None => named.contains(&edge.to.to_string().as_str()),
    };
    let assets = view.targets(relation::HAS_ASSET).filter(|(edge, _)| is_named(edge));
    let assets: Vec<(&Edge, &Card)> = assets.map(|(edge, card)| (edge, &**card)).collect();
    if visit.query("done") != "added" || assets.is_empty() {
        return None;
    }
    let name = |edge: &Edge, card: &Card| match edge.ends_at() {
        Some(until) => {
            t.with("done.until", &[("name", &naming::rendered(card)), ("until", &expiry::rendered(t, until))])
        }
        None => naming::rendered(card),
    };
    let (lent, closed): (Vec<_>, Vec<_>) =
        assets.iter().filter(|(_, card)| card.kind.0.rows).partition(|(edge, _)| grants::is_granted(edge));
    let sentence = |key: &str, those: &[&(&Edge, &Card)]| {
        let names: Vec<String> = those.iter().map(|(edge, card)| name(edge, card)).collect();
        (!names.is_empty()).then(|| t.with(key, &[("names", &some_of(t, &names))]))
    };
    let all: Vec<String> = assets.iter().map(|(_, card)| naming::rendered(card)).collect();
    let first = t.with("done.added", &[("names", &some_of(t, &all))]);
    let rendered = [Some(first), sentence("done.added_lent", &lent), sentence("done.added_closed", &closed)];
    Some(rendered.into_iter().flatten().collect::<Vec<_>>().join(" "))
}
