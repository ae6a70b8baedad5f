//! The difference between two states of a record, in fields and relations.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use crate::action::Action;
use crate::field::{Field, FieldType};
use crate::id::RecordId;
use crate::kind::Kind;
use crate::record::{Change, Edge, FieldChange, View};
use crate::relation::{EDITOR, FOLLOWER, Relation, TAGGED, VIEWER};
use crate::rows::grants;

/// The part of a named thing that holds things of the same form.
const CHILDREN: &str = "children";

/// What differs, and what the difference counts for.
#[derive(Debug, Default)]
pub struct Difference {
    pub change: Change,
    /// Something differs that only `revision` counts.
    pub silent: bool,
    /// Of that, something is said to be an update all the same.
    pub signed: bool,
    pub content: bool,
    /// Every field and relation that differs, counted or not.
    pub touched: Vec<&'static str>,
    /// Lists of parts of which nothing differs but the words of parts, and which of their words.
    pub worded: Vec<(&'static str, Vec<&'static str>)>,
    /// The rights that the labels take which came, went, or are said otherwise.
    pub labelling: Vec<Action>,
    /// Edges that begin and edges that end.
    pub begun: Vec<Edge>,
    pub ended: Vec<Edge>,
}

impl Difference {
    pub fn is_empty(&self) -> bool {
        self.touched.is_empty()
    }

    /// The rights that a user needs for the change of one field or relation. Who may describe a record may describe its
    /// parts. To give up a role of one's own is a mark of one's own, as it is to follow; who others are that follow a record
    /// is for who may change it.
    pub fn actions(&self, touched: &str, user: RecordId) -> Vec<Action> {
        if let Some((_, words)) = self.worded.iter().find(|(field, _)| *field == touched) {
            return words.iter().map(|word| Action::for_field(word)).collect();
        }
        if touched == TAGGED.name() && !self.labelling.is_empty() {
            return self.labelling.clone();
        }
        let is_role = touched == EDITOR.name() || touched == VIEWER.name();
        let of =
            |edges: &[Edge]| edges.iter().filter(|e| e.relation.name() == touched).map(|e| e.to).collect::<Vec<_>>();
        let leaves = is_role && of(&self.begun).is_empty() && of(&self.ended) == [user];
        let of_others = || of(&self.begun).into_iter().chain(of(&self.ended)).any(|to| to != user);
        vec![match Action::for_field(touched) {
            _ if leaves => Action::Mark,
            Action::Mark if touched == FOLLOWER.name() && of_others() => Action::EditAll,
            action => action,
        }]
    }
}

/// Compares two states. `before` may be the state of an earlier version.
pub fn between(kind: Kind, before: &View, after: &View) -> Difference {
    let mut diff = Difference::default();
    diff.change.previous_version = before.record.version;
    if before.record.name != after.record.name {
        diff.touched.push("name");
        diff.content = true;
        push(&mut diff.change, "name", Some(json!(before.record.name)), Some(json!(after.record.name)));
    }
    // Where the domains of a record say where it stands, they tell of its move.
    let domains_tell = kind.has(crate::relation::IN_DOMAIN) && kind.0.parents.contains(&"domain");
    if before.record.parent != after.record.parent && !domains_tell {
        diff.touched.push("parent");
        let above = |view: &View| view.parent().map(|card| json!(card.fqn));
        push(&mut diff.change, "parent", above(before), above(after));
    }
    for field in kind.fields().chain([&crate::field::EXTENSION, &crate::field::FORMS]) {
        let (old, new) = (before.field(field.name), after.field(field.name));
        if old == new {
            continue;
        }
        diff.touched.push(field.name);
        diff.worded.extend(worded(kind, field.name, old, new).map(|words| (field.name, words)));
        diff.content |= field.content;
        if field.silent {
            diff.silent = true;
            diff.signed |= field.signed;
        } else {
            field_change(&mut diff.change, field, old, new);
        }
    }
    if before.record.visibility != after.record.visibility {
        diff.touched.push("visibility");
        diff.silent = true;
        diff.signed = true;
    }
    edges(&mut diff, before, after);
    diff.labelling = labelling(&diff, before, after);
    diff
}

/// By what they name, and at which place. Thousands of columns can bear some.
type Labels<'e> = HashMap<(RecordId, &'e str), &'e Edge>;

fn labels(edges: &[Edge]) -> Labels<'_> {
    let labels = edges.iter().filter(|edge| edge.relation == TAGGED);
    labels.map(|edge| ((edge.to, edge.at.as_str()), edge)).collect()
}

/// The rights that the difference in labels takes; their order takes none.
fn labelling(diff: &Difference, before: &View, after: &View) -> Vec<Action> {
    let (begun, ended) = (labels(&diff.begun), labels(&diff.ended));
    let differs = |edge: &Edge, others: &Labels<'_>| {
        others.get(&(edge.to, edge.at.as_str())).is_none_or(|other| other.attributes != edge.attributes)
    };
    let came = begun.values().filter(|edge| differs(edge, &ended));
    let went = ended.values().filter(|edge| differs(edge, &begun));
    let mut actions: Vec<Action> = Vec::new();
    for edge in came.chain(went) {
        let card = after.cards.get(&edge.to).or_else(|| before.cards.get(&edge.to));
        let action = card.map_or(Action::EditTags, |card| Action::for_label(card.kind, &card.fqn));
        if !actions.contains(&action) {
            actions.push(action);
        }
    }
    actions.sort_unstable();
    actions
}

/// What people write of a part as of a record.
const WORDS: [&str; 2] = ["description", "display_name"];

/// Which words of parts differ, where nothing else of their list does.
fn worded(kind: Kind, field: &str, old: Option<&Value>, new: Option<&Value>) -> Option<Vec<&'static str>> {
    let parts = kind.0.parts.iter().find(|parts| parts.list == field)?;
    let without = |list: Option<&Value>, words: &[&str]| {
        let mut list = list.and_then(Value::as_array).cloned()?;
        parts.walk_mut(&mut list, &mut |_, part| words.iter().for_each(|word| drop(part.shift_remove(*word))));
        Some(list)
    };
    let is_same = |words: &[&str]| {
        let old = without(old, words);
        old.is_some() && old == without(new, words)
    };
    if !is_same(&WORDS) {
        return None;
    }
    let [one, other] = WORDS;
    Some([(one, other), (other, one)].into_iter().filter(|(_, other)| !is_same(&[other])).map(|(one, _)| one).collect())
}

fn push(change: &mut Change, field: &str, old: Option<Value>, new: Option<Value>) {
    let entry = FieldChange { field: field.to_owned(), old, new };
    match (&entry.old, &entry.new) {
        (None, _) => change.added.push(entry),
        (_, None) => change.deleted.push(entry),
        _ => change.updated.push(entry),
    }
}

fn field_change(change: &mut Change, field: &Field, old: Option<&Value>, new: Option<&Value>) {
    let parts = match field.ty {
        FieldType::Structs(parts) if parts.iter().any(|part| part.name == "name") => parts,
        _ => return push(change, field.name, old.cloned(), new.cloned()),
    };
    let (Some(Value::Array(old)), Some(Value::Array(new))) = (old, new) else {
        return push(change, field.name, old.cloned(), new.cloned());
    };
    if !items_change(change, parts, field.name, old, new) {
        // The order alone has changed.
        push(change, field.name, Some(Value::Array(old.clone())), Some(Value::Array(new.clone())));
    }
}

/// What differs between two lists of named things, by name; in what stands in them, too. Answers whether anything does
/// but the order.
fn items_change(change: &mut Change, parts: &[Field], path: &str, old: &[Value], new: &[Value]) -> bool {
    let (of_old, of_new) = (by_name(old), by_name(new));
    let alone = |items: &[Value], others: &HashMap<&str, &Value>| -> Vec<Value> {
        items.iter().filter(|item| !others.contains_key(name_of(item))).cloned().collect()
    };
    let (gone, fresh) = (alone(old, &of_new), alone(new, &of_old));
    let mut described = false;
    if !fresh.is_empty() {
        described = true;
        push(change, path, None, Some(Value::Array(fresh)));
    }
    if !gone.is_empty() {
        described = true;
        push(change, path, Some(Value::Array(gone)), None);
    }
    for item in new {
        let Some(earlier) = of_old.get(name_of(item)) else { continue };
        let here = format!("{path}.{}", crate::name::quote(name_of(item)));
        for part in parts {
            let (o, n) = (earlier.get(part.name), item.get(part.name));
            if o == n {
                continue;
            }
            let inner = |value: Option<&Value>| value.map_or(Some(Vec::new()), |value| value.as_array().cloned());
            let is_told = part.name == CHILDREN
                && match (inner(o), inner(n)) {
                    (Some(old), Some(new)) => items_change(change, parts, &here, &old, &new),
                    _ => false,
                };
            if !is_told {
                push(change, &format!("{here}.{}", part.name), o.cloned(), n.cloned());
            }
            described = true;
        }
    }
    described
}

fn name_of(item: &Value) -> &str {
    item.get("name").and_then(Value::as_str).unwrap_or("")
}

/// A table can have thousands of columns. Of items with one name the first counts.
fn by_name(items: &[Value]) -> HashMap<&str, &Value> {
    let mut named = HashMap::with_capacity(items.len());
    for item in items {
        named.entry(name_of(item)).or_insert(item);
    }
    named
}

/// What edges of one relation and place went, and what came, as a change shows them.
type GoneAndCome = (Vec<Value>, Vec<Value>);

fn edges(diff: &mut Difference, before: &View, after: &View) {
    let key = |edge: &Edge| (edge.relation.name(), edge.at.clone(), edge.to);
    let old: BTreeMap<_, &Edge> = before.edges.iter().map(|edge| (key(edge), edge)).collect();
    let new: BTreeMap<_, &Edge> = after.edges.iter().map(|edge| (key(edge), edge)).collect();
    // Described per relation and place: the edges that came, went, or say something else now.
    let mut described: BTreeMap<(&'static str, String), GoneAndCome> = BTreeMap::new();
    let mut note = |diff: &mut Difference, relation: Relation, at: &str, gone: Option<Value>, come: Option<Value>| {
        if !diff.touched.contains(&relation.name()) {
            diff.touched.push(relation.name());
        }
        if relation.0.versioned {
            let entry = described.entry((relation.name(), at.to_owned())).or_default();
            entry.0.extend(gone);
            entry.1.extend(come);
        } else {
            diff.silent = true;
            diff.signed |= relation.0.signed;
        }
    };
    for (key, edge) in &old {
        match new.get(key) {
            None => {
                note(diff, edge.relation, &edge.at, Some(shown(edge, before)), None);
                diff.ended.push((*edge).clone());
            }
            Some(now) if now.attributes != edge.attributes || now.ord != edge.ord || now.id != edge.id => {
                if edge.relation.0.lends
                    && now.ord == edge.ord
                    && now.id == edge.id
                    && grants::differ_in_grant_only(&now.attributes, &edge.attributes)
                {
                    // Who may read the rows is no content of the record.
                    if !diff.touched.contains(&edge.relation.name()) {
                        diff.touched.push(edge.relation.name());
                    }
                    diff.silent = true;
                    diff.signed = true;
                } else if now.attributes != edge.attributes {
                    let (gone, come) = (shown(edge, before), shown(now, after));
                    note(diff, edge.relation, &edge.at, Some(gone), Some(come));
                    diff.content |= is_content(now, after);
                } else {
                    // One thing in the place of an equal one is content but no version; so is the order, see below.
                    if !diff.touched.contains(&edge.relation.name()) {
                        diff.touched.push(edge.relation.name());
                    }
                    diff.silent = true;
                    diff.content |= now.id != edge.id && is_content(now, after);
                }
                diff.ended.push((*edge).clone());
                diff.begun.push((*now).clone());
            }
            Some(_) => {}
        }
    }
    for (key, edge) in &new {
        if !old.contains_key(key) {
            note(diff, edge.relation, &edge.at, None, Some(shown(edge, after)));
            diff.begun.push((*edge).clone());
        }
    }
    diff.content |= sequences(before) != sequences(after);
    for ((relation, at), (gone, come)) in described {
        let field = match after.record.kind.part_at(&at) {
            Some((parts, path)) => format!("{}.{path}.{relation}", parts.list.replace('/', ".")),
            None => relation.to_owned(),
        };
        if !come.is_empty() {
            diff.change.added.push(FieldChange { field: field.clone(), old: None, new: Some(Value::Array(come)) });
        }
        if !gone.is_empty() {
            diff.change.deleted.push(FieldChange { field, old: Some(Value::Array(gone)), new: None });
        }
    }
}

/// Whether what the edge leads to is content of its source. Of what is gone for ever nobody knows that it was not.
fn is_content(edge: &Edge, view: &View) -> bool {
    match view.cards.get(&edge.to) {
        Some(card) => edge.relation.is_content(card.kind.name()),
        None => edge.relation.0.content,
    }
}

/// What a record holds as its content, per relation and place, in order. What stands between counts for nothing.
fn sequences(view: &View) -> BTreeMap<(&'static str, &str), Vec<RecordId>> {
    let mut edges: Vec<&Edge> = view.edges.iter().filter(|edge| is_content(edge, view)).collect();
    edges.sort_by_key(|edge| edge.ord);
    let mut sequences: BTreeMap<_, Vec<RecordId>> = BTreeMap::new();
    for edge in edges {
        sequences.entry((edge.relation.name(), edge.at.as_str())).or_default().push(edge.to);
    }
    sequences
}

/// An edge in a change: what a door needs to print a reference or a label.
fn shown(edge: &Edge, view: &View) -> Value {
    let mut value = json!({ "id": edge.to.to_string() });
    if let Some(card) = view.cards.get(&edge.to) {
        value["kind"] = json!(card.kind.name());
        value["name"] = json!(card.name);
        value["fqn"] = json!(card.fqn);
        if let Some(display_name) = &card.display_name {
            value["display_name"] = json!(display_name);
        }
    }
    if !edge.attributes.is_empty() {
        value["attributes"] = Value::Object(edge.attributes.clone());
    }
    value
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::id::{EdgeId, RecordId, Revision};
    use crate::kinds;
    use crate::record::{Card, Record};
    use crate::testing;

    fn table(body: Value) -> View {
        let Value::Object(body) = body else { panic!("an object") };
        View {
            record: Record {
                id: RecordId::from_uuid(uuid::Uuid::nil()),
                body: body.into(),
                ..testing::record("table", None, "t")
            },
            edges: Vec::new(),
            cards: Default::default(),
            ancestors: Vec::new(),
            inherited: Vec::new(),
        }
    }

    fn edge(relation: Relation, to: RecordId) -> Edge {
        Edge {
            id: EdgeId::fresh(),
            from: RecordId::from_uuid(uuid::Uuid::nil()),
            relation,
            at: String::new(),
            ord: 0,
            to,
            attributes: Default::default(),
            since: Revision::FIRST,
            until: None,
        }
    }

    #[test]
    fn a_hash_alone_is_no_described_change() {
        let kind = Kind(&kinds::table::TABLE);
        let diff = between(kind, &table(json!({"source_hash": "a"})), &table(json!({"source_hash": "b"})));
        assert!(diff.change.is_empty() && diff.silent && !diff.content);
        assert_eq!(diff.touched, ["source_hash"]);
    }

    #[test]
    fn columns_are_compared_by_name() {
        let kind = Kind(&kinds::table::TABLE);
        let before = table(json!({"columns": [{"name": "a", "data_type": "INT"}, {"name": "b", "data_type": "INT"}]}));
        let after = table(json!({"columns": [
            {"name": "a", "data_type": "INT", "description": "x"}, {"name": "c", "data_type": "INT"}]}));
        let diff = between(kind, &before, &after);
        let named = |list: &[FieldChange]| list.iter().map(|c| c.field.clone()).collect::<Vec<_>>();
        assert_eq!(named(&diff.change.added), ["columns", "columns.a.description"]);
        assert_eq!(named(&diff.change.deleted), ["columns"]);
        assert!(diff.content);
    }

    #[test]
    fn columns_in_columns_are_compared_by_name_too() {
        let kind = Kind(&kinds::table::TABLE);
        let column = |name: &str, children: Value| json!({"name": name, "data_type": "STRUCT", "children": children});
        let state = |children| table(json!({"columns": [column("a.b", json!([column("c", children)]))]}));
        let before = state(json!([{"name": "x", "data_type": "INT"}, {"name": "y", "data_type": "INT"}]));
        let after =
            state(json!([{"name": "x", "data_type": "INT", "description": "d"}, {"name": "z", "data_type": "INT"}]));
        let change = between(kind, &before, &after).change;
        let named = |list: &[FieldChange]| list.iter().map(|c| c.field.clone()).collect::<Vec<_>>();
        assert_eq!(named(&change.added), ["columns.\"a.b\".c", "columns.\"a.b\".c.x.description"]);
        assert_eq!(named(&change.deleted), ["columns.\"a.b\".c"]);
        assert!(change.updated.is_empty());
        let first = between(
            kind,
            &table(json!({"columns": [column("s", Value::Null)]})),
            &table(json!({"columns": [
            column("s", json!([{"name": "x", "data_type": "INT"}]))]})),
        );
        assert_eq!(named(&first.change.added).len() + named(&first.change.updated).len(), 1);
    }

    #[test]
    fn a_tag_is_no_content_and_a_term_is() {
        let kind = Kind(&kinds::table::TABLE);
        let (tag, term, other) = (RecordId::fresh(), RecordId::fresh(), RecordId::fresh());
        let state = |labels: &[RecordId]| {
            let mut view = table(json!({}));
            for (ord, to) in (0..).zip(labels) {
                view.edges.push(Edge { ord, ..edge(crate::relation::TAGGED, *to) });
                let kind = if *to == tag { "tag" } else { "glossary_term" };
                let card = Card::of(&Record { id: *to, ..testing::record(kind, None, "l") });
                view.cards.insert(*to, card.into());
            }
            view
        };
        let differs = |before: &[RecordId], after: &[RecordId]| {
            let diff = between(kind, &state(before), &state(after));
            (!diff.is_empty(), diff.content)
        };
        assert_eq!(differs(&[], &[tag]), (true, false));
        assert_eq!(differs(&[tag], &[]), (true, false));
        assert_eq!(differs(&[], &[term]), (true, true));
        assert_eq!(differs(&[term, tag], &[tag]), (true, true));
        // Edges differ in each case, since a state is made anew; the order of terms is content, their places are not.
        let moved = |before: &[RecordId], after: &[RecordId]| sequences(&state(before)) != sequences(&state(after));
        assert!(!moved(&[term, other], &[tag, term, other]) && moved(&[term, other], &[other, term]));
    }

    #[test]
    fn an_edge_that_stays_is_no_difference_and_a_follower_no_version() {
        let kind = Kind(&kinds::table::TABLE);
        let owner = edge(crate::relation::OWNER, RecordId::fresh());
        let mut before = table(json!({}));
        before.edges.push(owner.clone());
        let mut after = before.clone();
        assert!(between(kind, &before, &after).is_empty());
        after.edges.push(edge(crate::relation::FOLLOWER, RecordId::fresh()));
        let diff = between(kind, &before, &after);
        assert!(diff.change.is_empty() && diff.silent && diff.begun.len() == 1 && diff.ended.is_empty());
    }
}
