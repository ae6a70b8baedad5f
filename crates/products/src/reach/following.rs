//! Row filters that follow the relations of models: a table that refers to a filtered one, at once or through others, shows
//! those rows alone that refer to a row which is seen. Else whoever is filtered would read in it the totals of all others.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use emporion_catalog::rows::borne::{Link, Links};
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
    from: usize,
    to: usize,
    columns: Vec<String>,
    to_columns: Vec<String>,
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

/// What the models say of how the tables refer to each other. Where one has no such table or column, it says nothing.
pub fn references(tables: &[Relation], models: &[Model]) -> Vec<Reference> {
    let mut found: Vec<Reference> = Vec::new();
    for model in models {
        for relationship in &model.relationships {
            for one in reference(tables, model, relationship).into_iter().flatten().flatten() {
                if !found.contains(&one) {
                    found.push(one);
                }
            }
        }
    }
    found
}

/// One, and back where it is one to one.
fn reference(tables: &[Relation], model: &Model, said: &Relationship) -> Option<[Option<Reference>; 2]> {
    let dataset = |name: &str| model.datasets.iter().find(|one| one.common.name.eq_ignore_ascii_case(name));
    let (one, other) = (dataset(&said.from)?, dataset(&said.to)?);
    let place = |dataset: &Dataset| {
        let table = relations::find(tables, &dataset.source)?;
        tables.iter().position(|other| std::ptr::eq(other, table))
    };
    let (from, to) = (place(one)?, place(other)?);
    let is_near = (&tables[from].service, &tables[from].database) == (&tables[to].service, &tables[to].database);
    let (columns, to_columns) =
        (columns(&tables[from], one, &said.from_columns)?, columns(&tables[to], other, &said.to_columns)?);
    if from == to || !is_near || columns.is_empty() || columns.len() != to_columns.len() {
        return None;
    }
    let names: BTreeSet<&String> = said.from_columns.iter().collect();
    let is_key = |key: &Vec<String>| !key.is_empty() && key.iter().all(|column| names.contains(column));
    let is_one_to_one = is_key(&one.primary_key) || one.unique_keys.iter().any(is_key);
    let there = Reference { from, to, columns: columns.clone(), to_columns: to_columns.clone() };
    let back = is_one_to_one.then_some(Reference { from: to, to: from, columns: to_columns, to_columns: columns });
    Some([Some(there), back])
}

/// The table's own columns: by their names, or by those of fields that are nothing else.
fn columns(table: &Relation, dataset: &Dataset, names: &[String]) -> Option<Vec<String>> {
    let all = table.column_names();
    let own = |name: &str| all.iter().find(|column| is_same(column, name)).cloned();
    let behind = |name: &String| {
        let field = dataset.fields.iter().find(|field| field.common.name.eq_ignore_ascii_case(name))?;
        field.expression.dialects.iter().find_map(|(_, text)| own(text.trim().trim_matches(['"', '`'])))
    };
    names.iter().map(|name| own(name).or_else(|| behind(name))).collect()
}

/// By which links the tables follow filters on some of them, by their places.
pub fn links(tables: &[Relation], references: &[Reference], filtered: &BTreeSet<usize>) -> Links {
    let mut links = Links::new();
    for start in filtered {
        let steps = steps(references, *start);
        for one in references {
            // Only towards the filter: what refers to each other in a circle is not followed round and round.
            let is_nearer = steps.get(&one.to).zip(steps.get(&one.from)).is_some_and(|(to, from)| to < from);
            if !is_nearer {
                continue;
            }
            let link = Link {
                columns: one.columns.clone(),
                to: full_name(&tables[one.to]),
                to_columns: one.to_columns.clone(),
            };
            let known = links.entry(full_name(&tables[one.from])).or_default();
            if !known.contains(&link) {
                known.push(link);
            }
        }
    }
    links
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
    fn tables_that_refer_to_each_other_in_a_circle_follow_towards_the_filter() {
        let tables = tables(&["people", "teams"]);
        let references = [refers(0, 1), refers(1, 0)];
        let of = |at: usize| links(&tables, &references, &BTreeSet::from([at])).into_keys().collect::<Vec<_>>();
        assert_eq!((of(0), of(1)), (vec!["d.s.teams".to_owned()], vec!["d.s.people".to_owned()]));
    }
}
