//! The links by which tables of a product follow the caller's row filters, as statements are written with them.

use std::collections::BTreeSet;

use emporion_catalog::record::View;
use emporion_catalog::rows::borne::Link;
use emporion_catalog::rows::filters;

use super::Reach;
use super::column_masks::is_same;
use super::following;
use super::row_filters::means;
use crate::assets::relations::Relation;
use crate::failure::Failure;
use crate::message::Message;
use crate::read_context::ReadContext;

/// Only rows whose columns refer to a row of the other table that is seen are seen.
#[derive(Debug, Clone)]
pub struct Followed {
    pub columns: Vec<String>,
    pub to: Target,
    pub to_columns: Vec<String>,
}

/// A table as the caller's filters leave it.
#[derive(Debug, Clone)]
pub struct Target {
    pub relation: Relation,
    pub filter: Option<String>,
    pub links: Vec<Followed>,
}

/// A link between two of the tables, by their places.
struct Between {
    from: usize,
    to: usize,
    columns: Vec<String>,
    to_columns: Vec<String>,
}

/// Has the tables of a product follow the caller's filters: by the relations that were there when these were given, which
/// nobody takes off who edits the model, and by those that its models have now.
///
/// Cost: nothing where no filter is followed; else a read of the models.
/// Errors: 403 where a relation leads to what is not there any more.
pub async fn follow(cx: &ReadContext<'_>, view: &View, tables: &mut [Reach]) -> Result<(), Failure> {
    let principal = &cx.reading.caller().principal;
    let mut links = filters::links_of_principal(view, principal);
    let followed = filters::followed_of_principal(view, principal);
    if links.is_empty() && followed.is_empty() {
        return Ok(());
    }
    let relations: Vec<Relation> = tables.iter().map(|reach| reach.relation.clone()).collect();
    if !followed.is_empty() {
        let references = following::references(&relations, &following::models(cx).await?);
        let is_followed = |at: &usize| followed.iter().any(|name| means(name, &relations[*at]));
        let filtered: BTreeSet<usize> = (0..relations.len()).filter(is_followed).collect();
        let now = following::links(&relations, &references, &filtered).into_iter();
        links.extend(now.flat_map(|(table, links)| links.into_iter().map(move |link| (table.clone(), link))));
    }
    let mut between: Vec<Between> = Vec::new();
    for (table, link) in &links {
        for from in (0..relations.len()).filter(|at| means(table, &relations[*at])) {
            let one = resolved(&relations, from, link)?;
            let is_known = between.iter().any(|known| {
                (known.from, known.to, &known.columns, &known.to_columns)
                    == (from, one.to, &one.columns, &one.to_columns)
            });
            if !is_known {
                between.push(one);
            }
        }
    }
    let filters: Vec<Option<String>> = tables.iter().map(|reach| reach.filter.clone()).collect();
    let made = Making { relations: &relations, filters: &filters, between: &between };
    for (at, reach) in tables.iter_mut().enumerate() {
        reach.links = made.of(at, &mut vec![at]);
    }
    Ok(())
}

fn resolved(relations: &[Relation], from: usize, link: &Link) -> Result<Between, Failure> {
    let gone = || {
        let message = "your row filters reach \"{}\" by a relation that is not there any more";
        Failure::forbidden(Message::with(message, [relations[from].name.as_str()]))
    };
    let to = (0..relations.len()).find(|at| means(&link.to, &relations[*at])).ok_or_else(gone)?;
    let own = |at: usize, names: &[String]| -> Option<Vec<String>> {
        let all = relations[at].column_names();
        let names = names.iter().map(|name| all.iter().find(|own| is_same(own, name)).cloned());
        names.collect::<Option<Vec<String>>>().filter(|columns| !columns.is_empty())
    };
    let columns = own(from, &link.columns).ok_or_else(gone)?;
    let to_columns = own(to, &link.to_columns).ok_or_else(gone)?;
    if columns.len() == to_columns.len() { Ok(Between { from, to, columns, to_columns }) } else { Err(gone()) }
}

struct Making<'a> {
    relations: &'a [Relation],
    filters: &'a [Option<String>],
    between: &'a [Between],
}

impl Making<'_> {
    /// The links of a table; those that would come back to one on the way are left out there.
    fn of(&self, at: usize, way: &mut Vec<usize>) -> Vec<Followed> {
        let mut links = Vec::new();
        for one in self.between.iter().filter(|one| one.from == at && !way.contains(&one.to)).collect::<Vec<_>>() {
            way.push(one.to);
            let to = Target {
                relation: self.relations[one.to].clone(),
                filter: self.filters[one.to].clone(),
                links: self.of(one.to, way),
            };
            way.pop();
            links.push(Followed { columns: one.columns.clone(), to, to_columns: one.to_columns.clone() });
        }
        links
    }
}

/// What a filter and links come to, for who reads it.
pub fn shown(filter: Option<&str>, links: &[Followed]) -> Option<String> {
    let own = filter.map(|filter| filter.replace("\n)", ")"));
    let all: Vec<String> = own.into_iter().chain(links.iter().map(shown_link)).collect();
    (!all.is_empty()).then(|| all.join(" AND "))
}

fn shown_link(link: &Followed) -> String {
    let (columns, to_columns) = (link.columns.join(", "), link.to_columns.join(", "));
    let seen = shown(link.to.filter.as_deref(), &link.to.links).map(|seen| format!(" WHERE {seen}"));
    format!("({columns}) IN (SELECT {to_columns} FROM {}{})", link.to.relation.called(), seen.unwrap_or_default())
}
