//! From a record and what belongs to it to its document.

use std::sync::Arc;

use emporion_catalog::facet::Facet;
use emporion_catalog::field::FieldType;
use emporion_catalog::finder::{MOST_OWN, OWN_FIELD, own_field};
use emporion_catalog::id::RecordId;
use emporion_catalog::kind::Visibility;
use emporion_catalog::name;
use emporion_catalog::record::{Card, View};
use emporion_catalog::relation::{self, GRANTED_BY, Relation};
use foldhash::{HashSet, HashSetExt};
use serde_json::Value;

use super::usage::{CERTIFIED, USED};
use super::{BELOW, DOMAIN_CALLED, DOMAIN_ITSELF, Document, Fact, FieldName, Tier, page_name, properties};

/// Edges that show a granted record to whom they lead to.
const SHOWN_BY: &[Relation] = &[relation::OWNER, relation::OWNING_TEAM, relation::EDITOR, relation::VIEWER];
/// Where the state of a record's life stands.
const STATUS: &[&str] = &["entity_status", "lifecycle_stage"];

/// What of a record's edges is read for its document.
pub const RELATIONS: &[Relation] = &[
    relation::OWNER,
    relation::OWNING_TEAM,
    relation::IN_DOMAIN,
    relation::TAGGED,
    relation::CERTIFIED_BY,
    relation::EDITOR,
    relation::VIEWER,
    relation::FOLLOWER,
    relation::VOTE,
    relation::HAS_ASSET,
];

/// What people call it, by which others are asked for that lead to it: its name, where nothing else is said.
const CALLED: &str = "display_name";
/// Fields with other words for the same.
const OTHER_NAMES: [&str; 2] = ["synonyms", "aliases"];

/// The document of a record, but for what is observed of it ([`super::used`]). The view has edges of [`RELATIONS`], and the
/// domains above its domains.
pub fn document(view: &View) -> Document {
    let record = &view.record;
    let mut document = Document {
        id: record.id,
        account: record.account,
        kind: record.kind,
        name: record.name.clone(),
        fqn: record.fqn.clone(),
        is_granted: record.visibility == Visibility::Granted,
        linked: Vec::new(),
        standing: 0,
        created: record.created.at.0,
        updated: record.updated.at.0,
        texts: Vec::new(),
        facts: Vec::new(),
        leads: Vec::new(),
        numbers: Vec::new(),
        times: Vec::new(),
        has: Vec::new(),
        counted: Vec::new(),
    };
    let shows = view.edges.iter().filter(|edge| SHOWN_BY.contains(&edge.relation));
    document.linked = shows.map(|edge| edge.to).collect();
    document.linked.sort_unstable();
    document.linked.dedup();
    own(&mut document, view);
    parts(&mut document, view);
    references(&mut document, view);
    if let Some(extension) = view.field(Facet::Extension.field().unwrap_or_default()) {
        properties::add(&mut document, extension);
    }
    finish(&mut document);
    document
}

/// What the record says of itself.
fn own(document: &mut Document, view: &View) {
    let record = &view.record;
    document.text(Tier::Name, "name", &record.name);
    document.fact("name", &record.name);
    document.fact("fqn", &record.fqn);
    let mut above = record.fqn.as_str();
    let names = name::split(&record.fqn).unwrap_or_default();
    // From the last name up: what is cut off is the name as it is quoted, and the dot before it.
    for last in names.iter().skip(1).rev() {
        let Some(shorter) = above.strip_suffix(&name::quote(last)).and_then(|rest| rest.strip_suffix('.')) else {
            break;
        };
        above = shorter;
        document.fact(BELOW, above);
    }
    if let Some(text) = view.text(CALLED) {
        document.text(Tier::DisplayName, CALLED, text);
    }
    for text in OTHER_NAMES.iter().filter_map(|field| view.field(field)?.as_array()).flatten().filter_map(Value::as_str)
    {
        document.text(Tier::OtherNames, "also", text);
    }
    for field in ["description", "summary"] {
        if let Some(text) = view.text(field) {
            document.text(Tier::Description, "description", text);
        }
    }
    if view.text("description").is_some_and(|text| !text.trim().is_empty()) {
        document.has.push(FieldName::Borrowed("description"));
    }
    document.count("kind", page_name(record.kind));
    document.fact("by", &record.updated.by.name);
    document.lead("by", record.updated.by.id, &record.updated.by.name);
    for field in record.kind.fields() {
        let is_short = matches!(field.ty, FieldType::Text { max: ..=MOST_OWN }) || field.name == CALLED;
        if is_short
            && field.secrets.is_none()
            && let Some(text) = view.text(field.name).filter(|text| text.chars().count() <= MOST_OWN)
        {
            document.facts.push(Fact { field: own_field(field.name), text: text.to_owned() });
        }
        if field.name == CALLED
            && view.text(CALLED).is_none_or(str::is_empty)
            && record.name.chars().count() <= MOST_OWN
        {
            document.facts.push(Fact { field: own_field(CALLED), text: record.name.clone() });
        }
        let is_type = field.name.ends_with("_type") || field.name == "type_name";
        let field_of = match field.ty {
            FieldType::Text { .. } | FieldType::Choice(_) if is_type => "type",
            FieldType::Text { .. } if STATUS.contains(&field.name) => "status",
            _ => continue,
        };
        if let Some(text) = view.text(field.name) {
            document.fact(field_of, text);
            document.count(field_of, text);
        }
    }
    let certified = view.certified_by();
    document.fact("certified", if certified.is_some() { "yes" } else { "no" });
    if let Some(tag) = certified {
        stands_below(document, "certified", tag);
    }
    document.count("certified", certified.map_or("no", |tag| &tag.fqn));
    if record.kind.is("data_product") {
        let is_lent = view.edges.iter().any(|edge| {
            edge.relation == relation::HAS_ASSET && edge.attributes.get(GRANTED_BY).is_some_and(|by| !by.is_null())
        });
        document.fact("rows", if is_lent { "granted" } else { "closed" });
    }
    let is_used = view.edges.iter().any(|edge| [relation::FOLLOWER, relation::VOTE].contains(&edge.relation));
    document.standing = u64::from(record.kind.is("data_product")) * 4
        + u64::from(certified.is_some()) * CERTIFIED
        + u64::from(is_used) * USED;
}

/// Columns, and whatever else in the record has names of its own.
fn parts(document: &mut Document, view: &View) {
    for list in view.record.kind.0.parts {
        let mut found: Vec<(String, Option<String>, Option<String>)> = Vec::new();
        list.walk(list.of(|field| view.field(field)), &mut |_, part| {
            let text = |key: &str| part.get(key).and_then(Value::as_str).map(str::to_owned);
            found.push((text("name").unwrap_or_default(), text("display_name"), text("description")));
        });
        for (name, display_name, description) in found {
            document.text(Tier::Columns, "column", &name);
            document.fact("column", &name);
            if let Some(text) = display_name {
                document.text(Tier::Columns, "column", &text);
                document.fact("column", &text);
            }
            if let Some(text) = description {
                document.text(Tier::ColumnDescriptions, "column_description", &text);
            }
        }
    }
}

/// What the record refers to: people, teams, domains, labels, and where it stands.
fn references(document: &mut Document, view: &View) {
    let owners = view.owners();
    for owner in &owners {
        refers(document, "owner", owner);
        document.count("owner", &owner.name);
    }
    let mut teams: Vec<Arc<Card>> = view.targets(relation::OWNING_TEAM).map(|(_, card)| card.clone()).collect();
    teams.extend(owners.into_iter().filter(|owner| owner.kind.is("team")));
    let mut told: HashSet<RecordId> = HashSet::new();
    for team in teams {
        if told.insert(team.id) {
            refers(document, "team", &team);
            document.count("team", &team.fqn);
        }
    }
    for domain in view.domains() {
        refers(document, DOMAIN_ITSELF, &domain);
        document.fact(DOMAIN_CALLED, &domain.fqn);
        document.count("domain", &domain.fqn);
        refers(document, "domain", &domain);
        let mut next = domain.parent.and_then(|id| view.cards.get(&id).cloned());
        while let Some(domain) = next {
            stands_below(document, "domain", &domain);
            next = domain.parent.and_then(|id| view.cards.get(&id).cloned());
        }
    }
    // Thousands of columns can bear labels, each of them the same or another.
    let mut labels: HashSet<RecordId> = HashSet::new();
    let tagged = view.edges.iter().filter(|edge| edge.relation == relation::TAGGED && labels.insert(edge.to));
    for label in tagged.filter_map(|edge| view.cards.get(&edge.to)).filter(|card| card.state.is_alive()) {
        let field = if label.kind.is("glossary_term") { "term" } else { "tag" };
        refers(document, field, label);
        document.count(field, &label.fqn);
        document.text(Tier::Labels, field, &label.name);
        if let Some(text) = &label.display_name {
            document.text(Tier::Labels, field, text);
        }
    }
    for source in view.ancestors.iter().filter(|card| card.kind.name().ends_with("_service")) {
        stands_below(document, "source", source);
        document.count("source", &source.fqn);
    }
}

fn finish(document: &mut Document) {
    let mut told: HashSet<(&str, &str)> = HashSet::with_capacity(document.facts.len());
    let is_new: Vec<bool> = document.facts.iter().map(|fact| told.insert((&fact.field, &fact.text))).collect();
    let mut is_new = is_new.into_iter();
    document.facts.retain(|_| is_new.next().unwrap_or(true));
    document.has.extend(["kind", "created", "updated"].map(FieldName::Borrowed));
    let fields = document.facts.iter().map(|fact| fact.field.clone());
    let is_hidden = |field: &FieldName| [DOMAIN_ITSELF, DOMAIN_CALLED, BELOW].contains(&&**field);
    let is_typed = |field: &FieldName| !is_hidden(field) && !field.starts_with(OWN_FIELD);
    document.has.extend(fields.filter(is_typed));
    if document.facts.iter().any(|fact| fact.field == "certified" && fact.text == "no") {
        document.has.retain(|field| field != "certified");
    }
    document.has.sort_unstable();
    document.has.dedup();
    document.counted.sort_unstable();
    document.counted.dedup();
}

/// By its FQN: when that changes, what is below has an event of its own.
fn stands_below(document: &mut Document, field: &'static str, card: &Card) {
    document.lead(field, card.id, &card.name);
    document.fact(field, &card.name);
    document.fact(field, &card.fqn);
}

fn refers(document: &mut Document, field: &'static str, card: &Card) {
    stands_below(document, field, card);
    if let Some(text) = &card.display_name {
        document.fact(field, text);
    }
}
