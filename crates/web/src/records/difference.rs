//! What differs between two states of a record, in words.

mod words;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::kind::Visibility;
use emporion_catalog::kinds::column::COLUMNS;
use emporion_catalog::kinds::shared::CERTIFICATION;
use emporion_catalog::problem::Problem;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Edge, Record, View};
use emporion_catalog::relation::{self, MEMBER_QUERY, Relation};
use emporion_catalog::rows::grants;
use serde_json::{Map, Value};

use crate::access::policy_rules;
use crate::forms::choice;
use crate::forms::expiry;
use crate::products::contract;
use crate::records::column_type;
use crate::records::naming;
use crate::text::plain::{shown, shown_prose};
use crate::text::texts::{Texts, field_name};

pub use words::{compare, compared, lines};

/// More names than these are counted only.
const MOST_NAMES: usize = 6;

/// One thing that differs.
#[derive(Template)]
#[template(path = "parts/difference.html")]
pub struct Difference {
    pub rendered: String,
    /// A text with its words marked.
    pub words: Vec<Piece>,
}

impl HtmlSafe for Difference {}

#[derive(Clone)]
pub struct Piece {
    pub text: String,
    /// `ins`, `del` or nothing.
    pub mark: &'static str,
}

/// Takes away from states, in their order of time, what became different by edges to records that the reader does not see:
/// what he is told of the past names them no more than the present does, and leaves no gap for them. Of what is gone for
/// ever only administrators are told.
pub async fn keep_seen(reading: &Reading<'_>, states: &mut [&mut View]) -> Result<(), Problem> {
    if reading.caller().principal.is_admin {
        return Ok(());
    }
    let mut changed: HashSet<RecordId> = HashSet::new();
    for pair in states.windows(2) {
        let (one, other) = (edges(pair[0]), edges(pair[1]));
        let differs = |(of, with): (&EdgesByKey<'_>, &EdgesByKey<'_>)| -> Vec<RecordId> {
            let is_other =
                |(key, edge): &(&_, &&Edge)| with.get(*key).is_none_or(|same| same.attributes != edge.attributes);
            of.iter().filter(is_other).map(|(_, edge)| edge.to).collect()
        };
        changed.extend(differs((&one, &other)).into_iter().chain(differs((&other, &one))));
    }
    if changed.is_empty() {
        return Ok(());
    }
    let ids: Vec<RecordId> = changed.iter().copied().collect();
    let seen: HashSet<RecordId> = reading.in_any_state(&ids).await?.iter().map(|record| record.id).collect();
    for view in states {
        view.edges.retain(|edge| !changed.contains(&edge.to) || seen.contains(&edge.to));
    }
    Ok(())
}

/// Edges that are told of, by relation, place and target.
type EdgesByKey<'v> = HashMap<(Relation, &'v str, RecordId), &'v Edge>;

fn edges(view: &View) -> EdgesByKey<'_> {
    let told = view.edges.iter().filter(|edge| !UNTOLD.contains(&edge.relation));
    told.map(|edge| ((edge.relation, &*edge.at, edge.to), edge)).collect()
}

/// What has become different from one state to a later one. Nothing that is a secret stands in either. Texts stand in it as they
/// were and as they are, until they are [`compared`].
pub fn between(t: Texts, old: &View, new: &View) -> Vec<Difference> {
    reported(t, old, new, words::both)
}

/// The same without the texts, which are not compared then.
pub fn sentences(t: Texts, old: &View, new: &View) -> Vec<String> {
    reported(t, old, new, |_, _| Vec::new()).into_iter().map(|difference| difference.rendered).collect()
}

fn reported(t: Texts, old: &View, new: &View, words: fn(&str, &str) -> Vec<Piece>) -> Vec<Difference> {
    let mut found = named(t, &old.record, &new.record);
    found.extend(fields(t, (&old.record, &new.record), |_| true, words));
    found.extend(relations(t, old, new));
    found.extend(certification_ended(t, old, new));
    found
}

/// What has become different in these fields alone.
pub fn of_fields(t: Texts, old: &Record, new: &Record, names: &[&str]) -> Vec<Difference> {
    fields(t, (old, new), |name| names.contains(&name), words::both)
}

fn plainly(rendered: String) -> Difference {
    Difference { rendered, words: Vec::new() }
}

/// What it is called, and who sees it.
fn named(t: Texts, old: &Record, new: &Record) -> Vec<Difference> {
    let mut found = Vec::new();
    if old.name != new.name {
        let (from, to) = (shown(&old.name), shown(&new.name));
        found.push(plainly(t.with("diff.renamed", &[("old", &from), ("new", &to)])));
    }
    if old.visibility != new.visibility {
        let key = if new.visibility == Visibility::Open { "diff.opened" } else { "diff.closed" };
        found.push(plainly(t.say(key)));
    }
    found
}

fn fields(
    t: Texts,
    (old, new): (&Record, &Record),
    is_told: impl Fn(&str) -> bool,
    words: fn(&str, &str) -> Vec<Piece>,
) -> Vec<Difference> {
    let mut found = Vec::new();
    let kind = new.kind;
    for field in kind.fields().filter(|field| (!field.silent || field.name == MEMBER_QUERY) && is_told(field.name)) {
        let (before, after) = (old.body.get(field.name), new.body.get(field.name));
        if before == after {
            continue;
        }
        // What it names is not open to everybody.
        if field.name == MEMBER_QUERY {
            found.push(plainly(t.with("diff.field", &[("field", &field_name(t, field.name))])));
            continue;
        }
        let own = match field.name {
            "columns" => columns(t, before, after),
            contract::FIELD => promises(t, before, after),
            "rules" if kind.is("policy") => rules(t, before, after),
            name if name == CERTIFICATION.name => certified(t, before, after),
            "disabled" | "enabled" => switched(t, kind.is("user"), field.name, (before, after)),
            _ => Vec::new(),
        };
        if !own.is_empty() {
            found.extend(own);
            continue;
        }
        let name = field_name(t, field.name);
        let is_choice = !choice::values(kind, field.name).is_empty();
        let rendered = |text: &str| if is_choice { choice::rendered(t, text) } else { shown_prose(text) };
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(rendered);
        match (text(before), text(after)) {
            (None, Some(new)) if before.is_none() => {
                let words = vec![Piece { text: new, mark: "ins" }];
                found.push(Difference { rendered: t.with("diff.field_added", &[("field", &name)]), words });
            }
            (Some(_), None) if after.is_none() => {
                found.push(plainly(t.with("diff.field_removed", &[("field", &name)])))
            }
            (Some(old), Some(new)) => {
                found
                    .push(Difference { rendered: t.with("diff.field", &[("field", &name)]), words: words(&old, &new) });
            }
            _ => found.push(plainly(t.with("diff.field", &[("field", &name)]))),
        }
    }
    found
}

/// Whether it counts no more, or again; a person, whether he can sign in.
fn switched(t: Texts, is_person: bool, name: &str, (old, new): (Option<&Value>, Option<&Value>)) -> Vec<Difference> {
    let is_on = |value: Option<&Value>| match name {
        "disabled" => value != Some(&Value::Bool(true)),
        _ => value != Some(&Value::Bool(false)),
    };
    let key = match (is_on(old), is_on(new), is_person) {
        (true, false, true) => "diff.disabled",
        (false, true, true) => "diff.let_in",
        (true, false, false) => "diff.off",
        (false, true, false) => "diff.on",
        _ => return Vec::new(),
    };
    vec![plainly(t.say(key))]
}

/// With which tag it is certified, and was.
fn certified(t: Texts, old: Option<&Value>, new: Option<&Value>) -> Vec<Difference> {
    let tag = |of: Option<&Value>| of.and_then(|of| of["tag_label"]["tag_fqn"].as_str()).map(shown);
    let rendered = match (tag(old), tag(new)) {
        (Some(old), Some(new)) if old == new => t.with("diff.certified_anew", &[("new", &new)]),
        (Some(old), Some(new)) => t.with("diff.certified_otherwise", &[("old", &old), ("new", &new)]),
        (None, Some(new)) => t.with("diff.certified", &[("new", &new)]),
        (Some(old), None) => t.with("diff.certified_no_more", &[("old", &old)]),
        (None, None) => return Vec::new(),
    };
    vec![plainly(rendered)]
}

/// The rules of a policy, by their names, with what they say.
fn rules(t: Texts, old: Option<&Value>, new: Option<&Value>) -> Vec<Difference> {
    let by_name = |rules: Option<&Value>| -> BTreeMap<String, Value> {
        let all = rules.and_then(Value::as_array).into_iter().flatten();
        let name = |rule: &Value| Some((rule.get("name")?.as_str()?.to_owned(), rule.clone()));
        all.filter_map(name).collect()
    };
    let (old, new) = (by_name(old), by_name(new));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let differing = names.into_iter().filter(|name| match (old.get(*name), new.get(*name)) {
        (Some(before), Some(after)) => !policy_rules::are_same(before, after),
        _ => true,
    });
    let rendered = |rule: Option<&Value>| rule.map(|rule| policy_rules::rendered(t, rule)).unwrap_or_default();
    let told = differing.map(|name| {
        let (before, after) = (old.get(name), new.get(name));
        let key = match (before, after) {
            (None, _) => "diff.rule_added",
            (_, None) => "diff.rule_removed",
            _ => "diff.rule_changed",
        };
        plainly(t.with(key, &[("name", &shown(name)), ("old", &rendered(before)), ("new", &rendered(after))]))
    });
    told.collect()
}

/// What is promised, member by member.
fn promises(t: Texts, old: Option<&Value>, new: Option<&Value>) -> Vec<Difference> {
    let members = |of: Option<&'_ Value>| of.and_then(Value::as_object).cloned().unwrap_or_default();
    let (old, new) = (members(old), members(new));
    let names: BTreeSet<&String> =
        old.keys().chain(new.keys()).filter(|name| old.get(*name) != new.get(*name)).collect();
    let reported = names.into_iter().filter_map(|name| {
        let rendered = |of: &Map<String, Value>| of.get(name).and_then(|value| contract::rendered(t, name, value));
        let (called, before, after) = (contract::called(t, name), rendered(&old), rendered(&new));
        let what = match (&before, &after) {
            (Some(before), Some(after)) if before == after => return None,
            (Some(_), Some(_)) => "changed",
            (None, Some(_)) => "added",
            (Some(_), None) => "removed",
            (None, None) => return None,
        };
        let [before, after] = [before, after].map(Option::unwrap_or_default);
        Some(plainly(t.with(&format!("diff.promise.{what}"), &[("name", &called), ("old", &before), ("new", &after)])))
    });
    reported.collect()
}

/// Columns added, dropped, of another type, described otherwise.
fn columns(t: Texts, old: Option<&Value>, new: Option<&Value>) -> Vec<Difference> {
    let (old, new) = (by_path(old), by_path(new));
    let mut found = Vec::new();
    let names = |names: Vec<&String>| listed(t, &names.into_iter().map(|name| shown(name)).collect::<Vec<_>>());
    let added: Vec<&String> = new.keys().filter(|name| !old.contains_key(*name)).collect();
    let dropped: Vec<&String> = old.keys().filter(|name| !new.contains_key(*name)).collect();
    if !added.is_empty() {
        found.push(plainly(t.with("diff.columns_added", &[("names", &names(added))])));
    }
    if !dropped.is_empty() {
        found.push(plainly(t.with("diff.columns_dropped", &[("names", &names(dropped))])));
    }
    let mut described = Vec::new();
    for (name, now) in &new {
        let Some(before) = old.get(name) else { continue };
        let (old_ty, ty) = column_type::beside(before, now);
        let is_narrower = column_type::is_narrower(before, now);
        if ty != old_ty || is_narrower {
            let values = [("name", &*shown(name)), ("old", &*shown(&old_ty)), ("new", &*shown(&ty))];
            let rendered = match is_narrower {
                true => t.with("diff.column_narrowed", &values),
                false => t.with("diff.column_type", &values),
            };
            found.push(plainly(rendered));
        }
        let text = |column: &Value| column.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
        if text(before) != text(now) {
            described.push(name);
        }
    }
    if !described.is_empty() {
        found.push(plainly(t.with("diff.columns_described", &[("names", &names(described))])));
    }
    if found.is_empty() {
        found.push(plainly(t.say("diff.columns")));
    }
    found
}

/// Columns by the names that lead to them.
fn by_path(columns: Option<&Value>) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    let list = columns.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    COLUMNS.walk(list, &mut |path, column: &Map<String, Value>| {
        // What stands in it is told by itself.
        let own = column.iter().filter(|(member, _)| *member != "children");
        found.insert(path.to_owned(), own.map(|(member, value)| (member.clone(), value.clone())).collect());
    });
    found
}

/// Relations whose edges say the same as others, or are nobody's business on such a page.
const UNTOLD: &[Relation] = &[
    relation::ITEM_TERM,
    relation::CERTIFIED_BY,
    relation::FOLLOWER,
    relation::VOTE,
    relation::HELD_BACK,
    relation::REFERS_BEYOND,
    relation::READS_FROM,
];

fn relations(t: Texts, old: &View, new: &View) -> Vec<Difference> {
    let (before, after) = (edges(old), edges(new));
    let name = |(_, at, id): &(Relation, &str, RecordId)| {
        let card = new.cards.get(id).or_else(|| old.cards.get(id));
        let name = card.map_or_else(|| "—".to_owned(), |card| naming::rendered(card));
        match at.split_once('/') {
            // What else a pipeline's edge is about has a line of its own.
            Some(_) if relation::made_from(at).is_some() => name,
            Some((_, part)) => t.with("diff.of_part", &[("name", &name), ("part", &shown(part))]),
            None => name,
        }
    };
    let mut reported: BTreeMap<(&str, &str, Option<Millis>), BTreeSet<String>> = BTreeMap::new();
    for (key, edge) in &after {
        let until = edge.ends_at();
        let (what, until) = match before.get(key) {
            None if grants::is_granted(edge) => ("added_lent", until),
            None if edge.is_by_query() => ("entered", until),
            None => ("added", until),
            Some(old) if old.attributes == edge.attributes => continue,
            Some(old) => match (grants::is_granted(old), grants::is_granted(edge)) {
                (false, true) => ("lent", until),
                (true, false) => ("taken_back", None),
                _ if old.ends_at() != until => (if until.is_some() { "end" } else { "endless" }, until),
                _ => ("changed", None),
            },
        };
        reported.entry((key.0.name(), what, until)).or_default().insert(name(key));
    }
    for (key, edge) in before.iter().filter(|(key, _)| !after.contains_key(*key)) {
        let what = if edge.is_by_query() { "left" } else { "removed" };
        reported.entry((key.0.name(), what, None)).or_default().insert(name(key));
    }
    reported
        .into_iter()
        .map(|((relation, what, until), names)| {
            let noun =
                t.find(&format!("relation.{relation}")).map_or_else(|| relation.replace('_', " "), str::to_owned);
            let names = listed(t, &names.into_iter().collect::<Vec<_>>());
            // Roles have words of their own: they are given and taken.
            let own = format!("diff.{relation}.{what}");
            let key = if t.find(&own).is_some() { own } else { format!("diff.{what}") };
            let day = until.map(|until| expiry::rendered(t, until)).unwrap_or_default();
            let rendered = t.with(&key, &[("noun", &noun), ("names", &names), ("day", &day)]);
            plainly(match what {
                "added" | "added_lent" | "lent" if until.is_some() => {
                    t.with("diff.until", &[("said", &rendered), ("day", &day)])
                }
                _ => rendered,
            })
        })
        .collect()
}

/// A certification ends while what was said of it stays.
fn certification_ended(t: Texts, old: &View, new: &View) -> Option<Difference> {
    let field = CERTIFICATION.name;
    let has_ended = new.certified_by().is_none() && new.field(field).is_some() && new.field(field) == old.field(field);
    let tag = old.certified_by().filter(|_| has_ended)?;
    Some(plainly(t.with("diff.certification_ended", &[("name", &naming::rendered(tag))])))
}

/// Names in a row; of many the first, and how many there are besides.
pub fn listed(t: Texts, names: &[String]) -> String {
    let first = names[..names.len().min(MOST_NAMES)].join(", ");
    match names.len().saturating_sub(MOST_NAMES) {
        0 => first,
        more => format!("{first} {}", t.count("diff.more", more)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_are_told_apart_by_their_names() {
        let t = Texts::by_code("en").expect("English");
        let old = json!([{"name": "id", "data_type": "INT"}, {"name": "gone", "data_type": "INT"}]);
        let new = json!([{"name": "id", "data_type": "BIGINT"}, {"name": "new", "data_type": "INT"}]);
        let reported: Vec<String> = columns(t, Some(&old), Some(&new)).into_iter().map(|one| one.rendered).collect();
        assert_eq!(
            reported,
            ["added the column new", "dropped the column gone", "changed the type of id from INT to BIGINT"]
        );
        let old = json!([{"name": "id", "data_type": "VARCHAR", "data_length": 200}]);
        let new = json!([{"name": "id", "data_type": "VARCHAR", "data_length": 50}]);
        assert_eq!(columns(t, Some(&old), Some(&new))[0].rendered, "narrowed id from VARCHAR(200) to VARCHAR(50)");
    }

    #[test]
    fn a_contract_is_told_promise_by_promise() {
        let rendered = |old: Value, new: Value| -> Vec<String> {
            let t = Texts::by_code("en").expect("English");
            promises(t, Some(&old), Some(&new)).into_iter().map(|one| one.rendered).collect()
        };
        let old = json!({"data_freshness": 2880, "availability": 99.5, "tier": "GOLD"});
        assert_eq!(
            rendered(old.clone(), json!({"data_freshness": 60, "response_time": 200, "tier": "GOLD"})),
            [
                "removed from the contract: Available 99.5 %",
                "changed the contract: Data no older than 2 days → 1 hour",
                "added to the contract: Answers within 200 ms",
            ]
        );
        assert_eq!(
            rendered(json!({}), json!({"data_freshness": 60})),
            ["added to the contract: Data no older than 1 hour"]
        );
        assert!(rendered(old.clone(), old).is_empty());
        assert!(rendered(json!({"tier": {}}), json!({"tier": []})).is_empty(), "what cannot be said is told as one");
    }
}
