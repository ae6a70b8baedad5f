//! Columns as other pages name them: each leads to its place on the page of its table.

use std::collections::HashMap;

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::kind::Kind;
use emporion_catalog::reading::{Limits, Reading, SeenCard};
use emporion_catalog::record::{Card, Edge, View};
use emporion_catalog::relation;
use serde_json::Value;

use crate::fault::Fault;
use crate::records::{address, naming};
use crate::text::plain::shown;

/// The tables next to one, both ways.
const NEXT: Limits = Limits { up: 1, down: 1, nodes: 200, edges: 2_000 };

/// A column, or another part of a record.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Template)]
#[template(
    source = r#"{% if let Some(address) = address %}<a href="{{ address }}"><bdi>{{ name }}</bdi></a>{% else %}<bdi>{{ name }}</bdi>{% endif %}"#,
    ext = "html"
)]
pub struct ColumnLink {
    pub name: String,
    pub address: Option<String>,
}

impl HtmlSafe for ColumnLink {}

impl ColumnLink {
    /// `path`: as an FQN goes on below the record. Tables alone have places for them.
    pub fn of(kind: Kind, fqn: &str, path: &str) -> ColumnLink {
        let page = address::of(kind, fqn).filter(|_| kind.is("table"));
        ColumnLink { name: shown(path), address: page.map(|page| format!("{page}#{}", anchor(path))) }
    }

    /// The same beside columns of other tables: with the table's name.
    pub fn in_full(card: &Card, path: &str) -> ColumnLink {
        let link = ColumnLink::of(card.kind, &card.fqn, path);
        ColumnLink { name: format!("{}.{}", naming::rendered(card), link.name), ..link }
    }
}

/// The place of a column in the page of its table: the same for as long as it is called so.
pub fn anchor(path: &str) -> String {
    format!("column-{}", address::segment(path))
}

/// The columns that one is made of, and those that it goes into.
#[derive(Default)]
pub struct Neighbours {
    pub from: Vec<ColumnLink>,
    pub into: Vec<ColumnLink>,
}

impl Neighbours {
    /// Of each column of a table, by its path, as far as the visitor sees the tables next to it; and whether any of these
    /// is made of it.
    pub async fn of(reading: &Reading<'_>, view: &View) -> Result<(HashMap<String, Neighbours>, bool), Fault> {
        let walked = reading.walk(&SeenCard::from(&view.record), relation::DERIVED_FROM, NEXT).await?;
        let mut found: HashMap<String, Neighbours> = HashMap::new();
        for edge in &walked.up {
            let Some(origin) = walked.cards.get(&edge.to) else { continue };
            for (from, to) in mapped(edge) {
                let links = from.into_iter().map(|path| ColumnLink::in_full(origin, path));
                found.entry(to.to_owned()).or_default().from.extend(links);
            }
        }
        for edge in &walked.down {
            let Some(result) = walked.cards.get(&edge.from) else { continue };
            for (from, to) in mapped(edge) {
                for path in from {
                    found.entry(path.to_owned()).or_default().into.push(ColumnLink::in_full(result, to));
                }
            }
        }
        for links in found.values_mut().flat_map(|of| [&mut of.from, &mut of.into]) {
            links.sort();
            links.dedup();
        }
        Ok((found, !walked.down.is_empty()))
    }
}

/// Columns of one table that a column of another is made of.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Template)]
#[template(
    source = r#"{% for link in from %}{{ link }}{% if !loop.last %}, {% endif %}{% endfor %} → {{ to }}"#,
    ext = "html"
)]
pub struct Flow {
    pub from: Vec<ColumnLink>,
    pub to: ColumnLink,
}

impl HtmlSafe for Flow {}

impl Flow {
    /// Those of an edge between two records.
    pub fn all(edge: &Edge, origin: &Card, result: &Card) -> Vec<Flow> {
        let flow = |(from, to): (Vec<&str>, &str)| Flow {
            from: from.into_iter().map(|path| ColumnLink::of(origin.kind, &origin.fqn, path)).collect(),
            to: ColumnLink::of(result.kind, &result.fqn, to),
        };
        mapped(edge).map(flow).collect()
    }
}

/// Which columns are made of which, where the edge knows.
pub fn mapped(edge: &Edge) -> impl Iterator<Item = (Vec<&str>, &str)> {
    let columns = edge.attributes.get("columns").and_then(Value::as_array);
    columns.into_iter().flatten().filter_map(|one| {
        let from: Vec<&str> = one.get("from")?.as_array()?.iter().filter_map(Value::as_str).collect();
        Some((from, one.get("to")?.as_str()?)).filter(|(from, _)| !from.is_empty())
    })
}

#[cfg(test)]
pub mod testing {
    use emporion_catalog::id::{EdgeId, RecordId, Revision};
    use emporion_catalog::record::Edge;
    use emporion_catalog::relation;
    use serde_json::{Map, Value, json};

    /// Of which columns of the one which of the other are made.
    pub fn edge(origin: RecordId, result: RecordId, columns: &[(&str, &str)]) -> Edge {
        let mapped: Vec<Value> = columns.iter().map(|(from, to)| json!({"from": [from], "to": to})).collect();
        let mut attributes = Map::new();
        if !mapped.is_empty() {
            attributes.insert("columns".to_owned(), mapped.into());
        }
        Edge {
            id: EdgeId::fresh(),
            from: result,
            relation: relation::DERIVED_FROM,
            at: String::new(),
            ord: 0,
            to: origin,
            attributes,
            since: Revision::FIRST,
            until: None,
        }
    }
}
