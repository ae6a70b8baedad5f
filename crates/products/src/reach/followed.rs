//! The links by which tables follow the caller's row filters, as statements are written with them: over all tables that he
//! reaches, those of the products that one is composed of, too.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use emporion_catalog::caller::Principal;
use emporion_catalog::id::RecordId;
use emporion_catalog::query::States;
use emporion_catalog::reading::SeenId;
use emporion_catalog::record::{Record, View};
use emporion_catalog::rows::cross_product_links::CrossProductLink;
use emporion_catalog::rows::filters;
use emporion_catalog::rows::role_terms::{Link, MOST_DRAWN};
use emporion_semantic::guard::MAX_LINKS;
use emporion_semantic::model::{Dataset, Model, Reference as Naming};

use super::following::{self, Reference, own_column};
use super::row_filters::means;
use super::{Reach, held};
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

impl Followed {
    /// This one, and all that stand in its target.
    pub fn all(&self) -> Vec<&Followed> {
        let mut all = vec![self];
        all.extend(self.to.links.iter().flat_map(Followed::all));
        all
    }
}

/// Why a table that follows filters is closed: without the link it would show what these hide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkRefusal {
    /// A table on the way, or a column of it, is not there.
    Gone,
    /// The rows of a table on the way are nobody's to read here: whoever draws a relation would look things up in it.
    NotLent,
    /// By a column that is masked from the caller, and that a model alone names: whoever edits it would ask it out.
    Masked,
    /// The model says by more than columns how the rows belong together.
    Expression,
    TooMany,
}

impl LinkRefusal {
    /// The failure of a call that asks for the table; without its name for who does not see it.
    pub fn failure(self, table: Option<&str>) -> Failure {
        let table = table.map_or_else(|| "a table that it names".to_owned(), |name| format!("\"{name}\""));
        let message = match self {
            LinkRefusal::Gone => "your row filters reach {} by a relation that is not there any more",
            LinkRefusal::NotLent => {
                "your row filters reach {} through a table whose rows were not granted to the {product}"
            }
            LinkRefusal::Masked => {
                "your row filters reach {} by a column that is masked from you: somebody to whom it is shown is to save them again"
            }
            LinkRefusal::Expression => {
                "your row filters reach {} by a relation that cannot be followed: its keys are no columns"
            }
            LinkRefusal::TooMany => "your row filters reach {} by too many relations",
        };
        Failure::forbidden(Message::with(message, [table.as_str()]))
    }
}

/// What the products on the way say of how their tables follow the caller's filters.
#[derive(Debug, Default)]
pub struct Following {
    products: Vec<SeenId>,
    /// The tables of each.
    tables: HashMap<RecordId, HashSet<RecordId>>,
    /// By which alias one names another.
    aliases: HashMap<(RecordId, String), RecordId>,
    kept: Vec<Kept>,
    followed: HashSet<RecordId>,
    /// Columns of tables, each with the product that masks it.
    masked: Vec<(RecordId, String, RecordId)>,
    refused: HashMap<RecordId, LinkRefusal>,
    /// Of products that are composed of others, relations that their models have or had.
    beyond: Vec<(RecordId, CrossProductLink)>,
}

/// What as many relations draw as are kept of one table is followed by nobody.
const _: () = assert!(MOST_DRAWN > MAX_LINKS);

/// A link that is kept with a filter, which nobody takes off who edits the model.
#[derive(Debug)]
struct Kept {
    /// Unless a model drew it, after the filter was given.
    given_by: Option<RecordId>,
    from: RecordId,
    to: RecordId,
    columns: Vec<String>,
    to_columns: Vec<String>,
}

/// A link between two of the tables, by their places.
struct Between {
    from: usize,
    to: usize,
    columns: Vec<String>,
    to_columns: Vec<String>,
    /// The products that keep it with a filter.
    kept_by: Vec<RecordId>,
}

impl Following {
    /// Notes a product with the tables that the caller has of it. Whether any of them follows his filters on it.
    ///
    /// Errors: 403 where a kept link leads to what is not there any more.
    pub fn note(&mut self, view: &View, principal: &Principal, tables: &[Reach]) -> Result<bool, Failure> {
        let product = view.record.id;
        let known = || tables.iter().filter_map(|reach| Some((reach.relation.record.as_ref()?.id, reach)));
        self.products.push(SeenId::from(view));
        self.beyond.extend(CrossProductLink::of(&view.record).into_iter().map(|link| (product, link)));
        self.tables.entry(product).or_default().extend(known().map(|(id, _)| id));
        self.masked.extend(known().flat_map(|(id, reach)| {
            reach.masked.iter().map(move |(column, masked)| (id, column.clone(), masked.product))
        }));
        let links = filters::links_of_principal(view, principal);
        let followed = filters::followed_of_principal(view, principal);
        let is_followed = |reach: &Reach| followed.iter().any(|name| means(name, &reach.relation));
        self.followed.extend(known().filter(|(_, reach)| is_followed(reach)).map(|(id, _)| id));
        for (table, link) in &links {
            let (mut is_there, mut lost) = (false, Vec::new());
            for (from, reach) in known().filter(|(_, reach)| means(table, &reach.relation)) {
                match kept(&reach.relation, link, known()) {
                    Some((to, columns, to_columns)) => {
                        is_there = true;
                        let given_by = (!link.is_drawn).then_some(product);
                        self.kept.push(Kept { given_by, from, to, columns, to_columns });
                    }
                    None => lost.push((from, &reach.relation.name)),
                }
            }
            // What a model drew closes its own table: else who edits it would close all others with it.
            if let (false, false, Some((_, name))) = (link.is_drawn, is_there, lost.first()) {
                return Err(LinkRefusal::Gone.failure(Some(name.as_str())));
            }
            // It was for a table of this name in another source; whether for this one as well, nobody knows.
            let why = if link.columns.is_empty() { LinkRefusal::Expression } else { LinkRefusal::Gone };
            self.refused.extend(lost.into_iter().map(|(from, _)| (from, why)));
        }
        Ok(!links.is_empty() || !followed.is_empty())
    }

    /// Notes that a product has another one as its source, under an alias.
    pub fn name(&mut self, product: RecordId, alias: &str, source: RecordId) {
        self.aliases.insert((product, alias.to_owned()), source);
    }

    /// Has the tables follow the filters: by what is kept with these, and by the relations of the models as they are now.
    /// A table that should follow, and cannot, is refused.
    ///
    /// Cost: nothing where no filter is followed; else a read of the models of each product.
    pub async fn follow(&self, cx: &ReadContext<'_>, tables: &mut [Reach]) -> Result<(), Failure> {
        let is_none = self.kept.is_empty() && self.followed.is_empty() && self.refused.is_empty();
        if is_none && self.beyond.is_empty() {
            return Ok(());
        }
        let relations: Vec<Relation> = tables.iter().map(|reach| reach.relation.clone()).collect();
        let ids: Vec<Option<RecordId>> =
            relations.iter().map(|relation| relation.record.as_ref().map(|record| record.id)).collect();
        let at = |id: RecordId| ids.iter().position(|own| *own == Some(id));
        let mut refused: BTreeMap<usize, LinkRefusal> = BTreeMap::new();
        refused.extend(self.refused.iter().filter_map(|(id, why)| Some((at(*id)?, *why))));
        let mut between: Vec<Between> = Vec::new();
        for kept in &self.kept {
            let Some((from, to)) = at(kept.from).zip(at(kept.to)) else { continue };
            add(&mut between, from, to, (&kept.columns, &kept.to_columns), kept.given_by);
        }
        if !self.followed.is_empty() {
            let mut references = self.references(cx, &relations, &ids).await?;
            let beyond = self.beyond.iter().filter_map(|(_, link)| {
                let CrossProductLink { columns, to_columns, .. } = link.clone();
                Some(Reference { from: at(link.from)?, to: at(link.to)?, columns, to_columns })
            });
            let beyond: Vec<Reference> = beyond.filter(|one| !references.contains(one)).collect();
            references.extend(beyond);
            let filtered: BTreeSet<usize> = self.followed.iter().filter_map(|id| at(*id)).collect();
            for one in following::towards(&references, &filtered) {
                if one.is_by_columns() {
                    add(&mut between, one.from, one.to, (&one.columns, &one.to_columns), None);
                } else {
                    refused.entry(one.from).or_insert(LinkRefusal::Expression);
                }
            }
        }
        for from in self.left(cx, tables, &between, &at).await? {
            refused.entry(from).or_insert(LinkRefusal::Gone);
        }
        let held =
            if between.iter().any(|one| !relations[one.to].is_lent) { held(cx, tables).await? } else { HashSet::new() };
        for one in &between {
            if !relations[one.to].is_lent && ids[one.to].is_none_or(|id| !held.contains(&id)) {
                refused.entry(one.from).or_insert(LinkRefusal::NotLent);
            }
            let ends = [(one.from, &one.columns), (one.to, &one.to_columns)];
            let reads = |(table, column, product): &(RecordId, String, RecordId)| {
                !one.kept_by.contains(product)
                    && ends.iter().any(|(at, columns)| ids[*at] == Some(*table) && columns.contains(column))
            };
            if self.masked.iter().any(reads) {
                refused.entry(one.from).or_insert(LinkRefusal::Masked);
            }
        }
        let filters: Vec<Option<String>> = tables.iter().map(|reach| reach.filter.clone()).collect();
        let made = LinkBuilder { relations: &relations, filters: &filters, between: &between, refused: &refused };
        for (at, reach) in tables.iter_mut().enumerate() {
            match made.of(at, &mut vec![at], &mut 0) {
                Ok(links) => reach.links = links,
                Err(why) => reach.refused = Some(why),
            }
        }
        Ok(())
    }

    /// The tables that refer, or did, to one of which the caller sees a part elsewhere, and which is neither filtered here nor
    /// follows, or is not reached at all, and which the product does not lend him itself: whoever takes out the product that
    /// his filters are in, or puts another in its place, would read what they hide.
    async fn left(
        &self,
        cx: &ReadContext<'_>,
        tables: &[Reach],
        between: &[Between],
        at: impl Fn(RecordId) -> Option<usize>,
    ) -> Result<Vec<usize>, Failure> {
        let follows = |at: usize| between.iter().any(|one| one.from == at);
        let is_filtered = |at: usize| tables[at].filter.is_some() || follows(at);
        let is_open = |to: RecordId| at(to).is_none_or(|at| !is_filtered(at) && !self.followed.contains(&to));
        let is_lent = |to: RecordId| at(to).is_some_and(|at| tables[at].relation.is_lent);
        let is_its_own = |product: &RecordId, to: RecordId| {
            self.tables.get(product).is_some_and(|own| own.contains(&to)) && is_lent(to)
        };
        let beyond = self.beyond.iter().filter(|(product, link)| !is_its_own(product, link.to));
        let left = beyond.filter_map(|(_, link)| Some((at(link.from)?, link.to)));
        let left: Vec<(usize, RecordId)> = left.filter(|(_, to)| is_open(*to)).collect();
        if left.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<RecordId> = left.iter().map(|(_, to)| *to).collect();
        let records = cx.reading.records(&ids, States::Alive).await?;
        let records: Vec<&Record> = records.iter().collect();
        let filtered = cx.reading.rows().uncounted(&records).await?;
        Ok(left.into_iter().filter(|(_, to)| filtered.contains(to)).map(|(from, _)| from).collect())
    }

    /// How the tables refer to each other, as the models of the products say it.
    async fn references(
        &self,
        cx: &ReadContext<'_>,
        relations: &[Relation],
        ids: &[Option<RecordId>],
    ) -> Result<Vec<Reference>, Failure> {
        let mut models: Vec<(RecordId, Model)> = Vec::new();
        for product in &self.products {
            let cx = ReadContext { product: *product, ..*cx };
            models.extend(following::models(&cx).await?.into_iter().map(|model| (cx.product_id(), model)));
        }
        let mut places = Places { relations, of: HashMap::new() };
        for (product, tables) in &self.tables {
            let is_its = |at: &usize| ids[*at].is_some_and(|id| tables.contains(&id));
            let its: Vec<usize> = (0..relations.len()).filter(is_its).collect();
            let own = its.iter().map(|at| relations[*at].clone()).collect();
            places.of.insert(*product, (its, own));
        }
        let mut found = Vec::new();
        for (product, model) in &models {
            let place = |dataset: &Dataset| match Naming::parse(&dataset.source) {
                None => places.find(*product, &dataset.source),
                Some(named) => {
                    let source = *self.aliases.get(&(*product, named.alias.to_owned()))?;
                    let its = models.iter().filter(|(of, _)| *of == source).flat_map(|(_, model)| &model.datasets);
                    let mut called = its.filter(|one| one.common.name.eq_ignore_ascii_case(named.table));
                    let behind = called.find_map(|one| places.find(source, &one.source));
                    behind.or_else(|| places.find(source, named.table))
                }
            };
            following::add_references(relations, model, &place, &mut found);
        }
        Ok(found)
    }
}

/// The tables of each product, with their places among all.
struct Places<'a> {
    relations: &'a [Relation],
    of: HashMap<RecordId, (Vec<usize>, Vec<Relation>)>,
}

impl Places<'_> {
    /// A table that a product names: its own one, or any that it reaches.
    fn find(&self, product: RecordId, name: &str) -> Option<usize> {
        let own = self.of.get(&product).and_then(|(places, own)| Some(places[following::place(own, name)?]));
        own.or_else(|| following::place(self.relations, name))
    }
}

/// The table that a kept link leads to, in the same database of the same source, and the columns of both.
fn kept<'t>(
    from: &Relation,
    link: &Link,
    mut tables: impl Iterator<Item = (RecordId, &'t Reach)>,
) -> Option<(RecordId, Vec<String>, Vec<String>)> {
    let is_near = |to: &Relation| (&to.service, &to.database) == (&from.service, &from.database);
    let (id, to) = tables.find(|(_, reach)| is_near(&reach.relation) && means(&link.to, &reach.relation))?;
    let own = |relation: &Relation, names: &[String]| -> Option<Vec<String>> {
        let all = relation.column_names();
        names.iter().map(|name| own_column(&all, name)).collect()
    };
    let (columns, to_columns) = (own(from, &link.columns)?, own(&to.relation, &link.to_columns)?);
    (!columns.is_empty() && columns.len() == to_columns.len()).then_some((id, columns, to_columns))
}

fn add(
    between: &mut Vec<Between>,
    from: usize,
    to: usize,
    (columns, to_columns): (&Vec<String>, &Vec<String>),
    kept_by: Option<RecordId>,
) {
    let is_it =
        |one: &&mut Between| (one.from, one.to, &one.columns, &one.to_columns) == (from, to, columns, to_columns);
    match between.iter_mut().find(is_it) {
        Some(known) => known.kept_by.extend(kept_by),
        None => between.push(Between {
            from,
            to,
            columns: columns.clone(),
            to_columns: to_columns.clone(),
            kept_by: kept_by.into_iter().collect(),
        }),
    }
}

struct LinkBuilder<'a> {
    relations: &'a [Relation],
    filters: &'a [Option<String>],
    between: &'a [Between],
    refused: &'a BTreeMap<usize, LinkRefusal>,
}

impl LinkBuilder<'_> {
    /// The links of a table; those that would come back to one on the way are left out there. They are counted as they are
    /// written: a table to which several lead is written for each.
    fn of(&self, at: usize, way: &mut Vec<usize>, written: &mut usize) -> Result<Vec<Followed>, LinkRefusal> {
        if let Some(why) = self.refused.get(&at) {
            return Err(*why);
        }
        let mut links = Vec::new();
        for one in self.between.iter().filter(|one| one.from == at) {
            if way.contains(&one.to) {
                continue;
            }
            *written += 1;
            if *written > MAX_LINKS {
                return Err(LinkRefusal::TooMany);
            }
            way.push(one.to);
            let inner = self.of(one.to, way, written);
            way.pop();
            let to = Target {
                relation: self.relations[one.to].clone(),
                filter: self.filters[one.to].clone(),
                links: inner?,
            };
            links.push(Followed { columns: one.columns.clone(), to, to_columns: one.to_columns.clone() });
        }
        Ok(links)
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
