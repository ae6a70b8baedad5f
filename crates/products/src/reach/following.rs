//! Row filters that follow the relations of models: a table that refers to a filtered one, at once or through others, shows
//! those rows alone that refer to a row which is seen. Else whoever is filtered would read in it the totals of all others.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use emporion_catalog::rows::role_terms::{Link, Links, MOST_DRAWN};
use emporion_semantic::model::{Dataset, Model, Relationship};

use crate::assets::relations::{self, Relation};
use crate::content_state::ContentState;
use crate::failure::Failure;
use crate::parts::{item, semantic_models};
use crate::reach::column_masks::is_same;
use crate::read_context::ReadContext;

/// A relation of two of the tables, by their places: each row of the one refers to one row of the other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference {
    pub from: usize,
    pub to: usize,
    /// None where the model says it by more than columns: such a relation cannot be followed.
    pub columns: Vec<String>,
    pub to_columns: Vec<String>,
}

impl Reference {
    pub fn is_by_columns(&self) -> bool {
        !self.columns.is_empty()
    }
}

/// The models of the product that are deployed, and those that the caller sees drafted.
pub async fn models(cx: &ReadContext<'_>) -> Result<Vec<Model>, Failure> {
    let items = item::of_product(&semantic_models::spec::SPEC, cx.reading, cx.product).await?;
    let mut models = Vec::new();
    for item in &items {
        let states = [ContentState::Live, ContentState::Drafted].into_iter().filter_map(|state| item.seen(state));
        models.extend(states.filter_map(semantic_models::document::model_of));
    }
    Ok(models)
}

/// What the models say of how the tables refer to each other. Where there is no such table, it says nothing.
pub fn references(tables: &[Relation], models: &[Model]) -> Vec<Reference> {
    let place = |dataset: &Dataset| place(tables, &dataset.source);
    let mut found: Vec<Reference> = Vec::new();
    for model in models {
        add_references(tables, model, &place, &mut found);
    }
    found
}

/// The table that a source of a dataset names, by its place.
pub fn place(tables: &[Relation], source: &str) -> Option<usize> {
    let table = relations::find(tables, source)?;
    tables.iter().position(|other| std::ptr::eq(other, table))
}

/// Adds what one model says, whose datasets stand for the tables of these places.
pub fn add_references(
    tables: &[Relation],
    model: &Model,
    place: &dyn Fn(&Dataset) -> Option<usize>,
    found: &mut Vec<Reference>,
) {
    for said in &model.relationships {
        for one in reference(tables, model, said, place).into_iter().flatten().flatten() {
            if !found.contains(&one) {
                found.push(one);
            }
        }
    }
}

/// One, and back where it is one to one.
fn reference(
    tables: &[Relation],
    model: &Model,
    said: &Relationship,
    place: &dyn Fn(&Dataset) -> Option<usize>,
) -> Option<[Option<Reference>; 2]> {
    let dataset = |name: &str| model.datasets.iter().find(|one| one.common.name.eq_ignore_ascii_case(name));
    let (one, other) = (dataset(&said.from)?, dataset(&said.to)?);
    let (from, to) = (place(one)?, place(other)?);
    let is_near = (&tables[from].service, &tables[from].database) == (&tables[to].service, &tables[to].database);
    if from == to || !is_near {
        return None;
    }
    let own = columns(&tables[from], model, one, &said.from_columns);
    let theirs = columns(&tables[to], model, other, &said.to_columns);
    let (columns, to_columns) = own.zip(theirs).filter(|(own, theirs)| own.len() == theirs.len()).unwrap_or_default();
    let names: BTreeSet<&String> = said.from_columns.iter().collect();
    let is_key = |key: &Vec<String>| !key.is_empty() && key.iter().all(|column| names.contains(column));
    let is_one_to_one = is_key(&one.primary_key) || one.unique_keys.iter().any(is_key);
    let there = Reference { from, to, columns: columns.clone(), to_columns: to_columns.clone() };
    let back = is_one_to_one.then_some(Reference { from: to, to: from, columns: to_columns, to_columns: columns });
    Some([Some(there), back])
}

/// The table's own columns: by their names, or by those of fields that are nothing else.
fn columns(table: &Relation, model: &Model, dataset: &Dataset, names: &[String]) -> Option<Vec<String>> {
    let all = table.column_names();
    let is_another = |name: &String| {
        let is = |of: &Dataset| of.common.name.eq_ignore_ascii_case(name);
        !is(dataset) && model.datasets.iter().any(is)
    };
    let behind = |name: &String| {
        let field = dataset.fields.iter().find(|field| field.common.name.eq_ignore_ascii_case(name))?;
        field.expression.dialects.iter().find_map(|(_, text)| {
            let parts = name_parts(text)?;
            let (column, before) = parts.split_last()?;
            if before.last().is_some_and(is_another) { None } else { own_column(&all, column) }
        })
    };
    names.iter().map(|name| own_column(&all, name).or_else(|| behind(name))).collect()
}

/// The column of this name: letter for letter, else the only one that it is but for case.
pub fn own_column(all: &[String], name: &str) -> Option<String> {
    let exact = all.iter().find(|column| *column == name);
    let mut alike = all.iter().filter(|column| is_same(column, name));
    exact.or_else(|| alike.next().filter(|_| alike.next().is_none())).cloned()
}

/// The parts of an expression that is a name and nothing else: `a`, `"a"`, `` t.`a` ``.
fn name_parts(text: &str) -> Option<Vec<String>> {
    let (mut rest, mut parts) = (text.trim(), Vec::new());
    loop {
        let (part, after) = match rest.chars().next()? {
            quote @ ('"' | '`') => rest[1..].split_once(quote)?,
            _ => {
                let is_of_name = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
                rest.split_at(rest.find(|c| !is_of_name(c)).unwrap_or(rest.len()))
            }
        };
        if part.is_empty() {
            return None;
        }
        parts.push(part.to_owned());
        if after.is_empty() {
            return Some(parts);
        }
        rest = after.strip_prefix('.')?;
    }
}

/// The relations by which tables follow filters on some of them: only towards the filter, so that what refers to each other
/// in a circle is not followed round and round.
pub fn towards<'r>(
    references: &'r [Reference],
    filtered: &'r BTreeSet<usize>,
) -> impl Iterator<Item = &'r Reference> + 'r {
    filtered.iter().flat_map(move |start| {
        let steps = steps(references, *start);
        references
            .iter()
            .filter(move |one| steps.get(&one.to).zip(steps.get(&one.from)).is_some_and(|(to, from)| to < from))
    })
}

/// By which links the tables follow filters on some of them, by their places.
pub fn links(tables: &[Relation], references: &[Reference], filtered: &BTreeSet<usize>) -> Links {
    let mut links = Links::new();
    for one in towards(references, filtered).filter(|one| one.is_by_columns()) {
        add_link(&mut links, tables, one, false);
    }
    links
}

/// All relations that models say there are, as links which nobody gave; those by more than columns have none.
pub fn drawn(tables: &[Relation], models: &[Model]) -> Links {
    let mut links = Links::new();
    for one in references(tables, models) {
        add_link(&mut links, tables, &one, true);
    }
    links
}

fn add_link(links: &mut Links, tables: &[Relation], one: &Reference, is_drawn: bool) {
    let (columns, to_columns) = (one.columns.clone(), one.to_columns.clone());
    let link = Link { columns, to: full_name(&tables[one.to]), to_columns, is_drawn };
    let known = links.entry(full_name(&tables[one.from])).or_default();
    // Of each other table by itself: those to one push out none to another.
    let is_full = is_drawn && known.iter().filter(|other| other.to == link.to).count() >= MOST_DRAWN;
    if !is_full && !known.contains(&link) {
        known.push(link);
    }
}

/// The tables that refer to one, each with by how many steps.
fn steps(references: &[Reference], start: usize) -> BTreeMap<usize, usize> {
    let (mut steps, mut ahead) = (BTreeMap::from([(start, 0)]), VecDeque::from([start]));
    while let Some(at) = ahead.pop_front() {
        for one in references.iter().filter(|one| one.to == at) {
            if !steps.contains_key(&one.from) {
                steps.insert(one.from, steps[&at] + 1);
                ahead.push_back(one.from);
            }
        }
    }
    steps
}

/// The tables, by their places, in which the rows of others would be seen that filters hide: those that refer to a filtered
/// one. Each with the one that it comes to.
pub fn uncovered(references: &[Reference], filtered: &BTreeSet<usize>) -> BTreeMap<usize, usize> {
    let mut uncovered = BTreeMap::new();
    for start in filtered {
        for at in steps(references, *start).into_keys().filter(|at| !filtered.contains(at)) {
            uncovered.entry(at).or_insert(*start);
        }
    }
    uncovered
}

/// As filters name a table that nothing else is meant by.
pub fn full_name(table: &Relation) -> String {
    let parts = table.database.as_deref().into_iter().chain(table.schema.as_deref()).chain([table.name.as_str()]);
    parts.collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn tables(names: &[&str]) -> Vec<Relation> {
        let table = |name: &&str| Relation {
            asset: Uuid::now_v7(),
            record: None,
            is_lent: true,
            service: None,
            database: Some("d".to_owned()),
            schema: Some("s".to_owned()),
            name: (*name).to_owned(),
        };
        names.iter().map(table).collect()
    }

    fn refers(from: usize, to: usize) -> Reference {
        Reference { from, to, columns: vec![format!("of_{to}")], to_columns: vec!["id".to_owned()] }
    }

    #[test]
    fn what_refers_to_a_filtered_table_follows_it_through_others() {
        let tables = tables(&["regions", "customers", "orders", "lines", "stock"]);
        let references = [refers(1, 0), refers(2, 1), refers(3, 2)];
        let of = |filtered: &[usize]| -> Vec<(String, Vec<String>)> {
            let filtered = filtered.iter().copied().collect();
            let links = links(&tables, &references, &filtered).into_iter();
            links.map(|(table, links)| (table, links.into_iter().map(|link| link.to).collect())).collect()
        };
        let to = |from: &str, to: &[&str]| (format!("d.s.{from}"), to.iter().map(|one| format!("d.s.{one}")).collect());
        assert_eq!(of(&[1]), [to("lines", &["orders"]), to("orders", &["customers"])]);
        assert_eq!(of(&[3]), [], "what it refers to shows no totals of it");
        assert_eq!(of(&[0, 2]).len(), 3, "a filtered one follows, too");
        assert_eq!(of(&[4]), []);
        let filtered = BTreeSet::from([1]);
        assert_eq!(uncovered(&references, &filtered), BTreeMap::from([(2, 1), (3, 1)]));
        assert_eq!(uncovered(&references, &BTreeSet::from([1, 2])), BTreeMap::from([(3, 1)]));
    }

    #[test]
    fn a_key_is_a_name_or_nothing() {
        let parts = |text: &str| name_parts(text).map(|parts| parts.join("|"));
        for (text, expected) in [("a", "a"), (" \"a b\" ", "a b"), ("o.a", "o|a"), ("`s`.\"o\".ä_1", "s|o|ä_1")] {
            assert_eq!(parts(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "CAST(a AS INT)", "a + 1", "a.", ".a", "\"a", "a b", "\"\"", "a::int", "'a'"] {
            assert_eq!(parts(text), None, "{text}");
        }
        let all = ["Id", "ID", "Name"].map(str::to_owned);
        let own = |name: &str| own_column(&all, name);
        assert_eq!((own("ID").as_deref(), own("id"), own("NAME").as_deref()), (Some("ID"), None, Some("Name")));
    }

    #[test]
    fn a_relation_that_cannot_be_read_is_known_and_no_link() {
        let tables = tables(&["customers", "orders"]);
        let one = Reference { columns: Vec::new(), to_columns: Vec::new(), ..refers(1, 0) };
        let (references, filtered) = ([one], BTreeSet::from([0]));
        assert!(links(&tables, &references, &filtered).is_empty());
        assert_eq!(towards(&references, &filtered).count(), 1);
        assert_eq!(uncovered(&references, &filtered), BTreeMap::from([(1, 0)]), "so that it is warned of");
    }

    #[test]
    fn tables_that_refer_to_each_other_in_a_circle_follow_towards_the_filter() {
        let tables = tables(&["people", "teams"]);
        let references = [refers(0, 1), refers(1, 0)];
        let of = |at: usize| links(&tables, &references, &BTreeSet::from([at])).into_keys().collect::<Vec<_>>();
        assert_eq!((of(0), of(1)), (vec!["d.s.teams".to_owned()], vec!["d.s.people".to_owned()]));
    }
}
