//! What the caller comes to through a record that he sees, whether or not he sees it by itself: the tables of a product and
//! the data source that they are read from, the people who have roles on it. What he may do with it is asked of its own
//! rights; how it is described goes with the product.

use std::collections::{HashMap, HashSet};
use std::ops::Deref;

use super::{Reading, Seen};
use crate::boxed::Boxed;
use crate::id::RecordId;
use crate::kind::Kind;
use crate::kinds::{DATABASE_SERVICE, TABLE};
use crate::name;
use crate::observation::{Observation, Series};
use crate::problem::Problem;
use crate::record::{Record, View};
use crate::relation::{self, Relation};
use crate::rows::view_sources;

/// How many assets of a product are asked for its data source before it is said to have none.
const FIRST_ASSETS: usize = 16;

/// A record that something visible leads to. It is not [`Seen`]: nothing that belongs to it is asked for with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Through(Record);

impl Deref for Through {
    type Target = Record;

    fn deref(&self) -> &Record {
        &self.0
    }
}

impl From<Record> for Through {
    fn from(seen: Record) -> Through {
        Through(seen)
    }
}

impl Reading<'_> {
    /// The living ones among these assets of a product, one place for each. Who sees a product sees what its assets are
    /// called and which columns they have: everybody's asset is in it, described and listed, if closed.
    pub fn assets_of<'a>(
        &'a self,
        product: &'a View,
        assets: &'a [RecordId],
    ) -> Boxed<'a, Result<Vec<Option<Through>>, Problem>> {
        Box::pin(async move {
            if assets.is_empty() {
                return Ok(Vec::new());
            }
            let own: HashSet<RecordId> = product.targets(relation::HAS_ASSET).map(|(edge, _)| edge.to).collect();
            let found = self.snapshot.by_id(self.account(), assets).await?.into_iter();
            let is_own = |record: &Record| own.contains(&record.id) && record.state.is_alive();
            Ok(found.map(|record| record.filter(is_own).map(Through)).collect())
        })
    }

    /// Those whom a view's edges of these relations lead to: who sees a product sees who has which role on it.
    pub fn people_of<'a>(&'a self, view: &'a View, roles: &'a [Relation]) -> Boxed<'a, Result<Vec<Through>, Problem>> {
        Box::pin(async move {
            let mut people: Vec<RecordId> =
                roles.iter().flat_map(|role| view.targets(*role)).map(|(edge, _)| edge.to).collect();
            people.sort_unstable();
            people.dedup();
            if people.is_empty() {
                return Ok(Vec::new());
            }
            let found = self.snapshot.by_id(self.account(), &people).await?.into_iter().flatten();
            Ok(found.map(Through).collect())
        })
    }

    /// The data source that a table is read from.
    pub fn source_above<'a>(&'a self, table: &'a Through) -> Boxed<'a, Result<Option<Through>, Problem>> {
        Box::pin(async move {
            let Some(fqn) = first_part(&table.fqn) else { return Ok(None) };
            let kind = DATABASE_SERVICE;
            let found = self.snapshot.by_fqn(self.account(), kind, &[fqn.as_str()]).await?;
            Ok(found.into_iter().flatten().next().map(Through))
        })
    }

    /// The data source of a product: who may ask the product has it asked, whoever sees the settings of the source.
    /// `product` holds its `served_by` edges.
    pub fn source_of<'a>(&'a self, product: &'a View) -> Boxed<'a, Result<Option<Through>, Problem>> {
        Box::pin(async move {
            let id = self.sources_of(std::slice::from_ref(product)).await?.remove(&product.id());
            let Some(id) = id else { return Ok(None) };
            let found = self.snapshot.by_id(self.account(), &[id]).await?.into_iter().flatten().next();
            Ok(found.filter(|record| record.state.is_alive()).map(Through))
        })
    }

    /// The data sources of products: the one that each points to, else the one above its first table.
    ///
    /// Shape: the views hold their `served_by` edges; products of which no source is known are left out.
    /// Cost: nothing for products that point to one; else three reads, and one more for each source that is found.
    pub fn sources_of<'a>(&'a self, products: &'a [View]) -> Boxed<'a, Result<HashMap<RecordId, RecordId>, Problem>> {
        Box::pin(async move {
            let mut found = HashMap::new();
            let mut without = Vec::new();
            for product in products {
                match product.targets(relation::SERVED_BY).next() {
                    Some((edge, _)) => drop(found.insert(product.id(), edge.to)),
                    None => without.push(product),
                }
            }
            if without.is_empty() {
                return Ok(found);
            }
            let mut firsts: HashMap<RecordId, Vec<RecordId>> = HashMap::new();
            for edge in self.edges_from(&without, Some(&[relation::HAS_ASSET])).await? {
                let assets = firsts.entry(edge.from).or_default();
                if assets.len() < FIRST_ASSETS {
                    assets.push(edge.to);
                }
            }
            let assets: Vec<RecordId> = firsts.values().flatten().copied().collect();
            if assets.is_empty() {
                return Ok(found);
            }
            let cards = self.snapshot.cards(self.account(), &assets).await?.into_iter().flatten();
            let tables: HashMap<RecordId, String> = cards
                .filter(|card| card.kind == TABLE && card.state.is_alive())
                .filter_map(|card| Some((card.id, first_part(&card.fqn)?)))
                .collect();
            let kind = DATABASE_SERVICE;
            let mut sources: HashMap<&str, Option<RecordId>> = HashMap::new();
            for (product, assets) in firsts {
                let Some(fqn) = assets.iter().find_map(|asset| tables.get(asset)) else { continue };
                let source = match sources.get(fqn.as_str()) {
                    Some(known) => *known,
                    None => {
                        let id = self.id_of_name(kind, fqn).await?;
                        sources.insert(fqn, id);
                        id
                    }
                };
                found.extend(source.map(|source| (product, source)));
            }
            Ok(found)
        })
    }

    async fn id_of_name(&self, kind: Kind, fqn: &str) -> Result<Option<RecordId>, Problem> {
        let record = self.snapshot.by_fqn(self.account(), kind, &[fqn]).await?;
        Ok(record.into_iter().flatten().next().map(|record| record.id))
    }

    /// The newest observations of tables of a product: what a query costs is reckoned by them. Who is shown them, the
    /// rights of the rows say.
    pub fn newest_of_assets<'a>(
        &'a self,
        tables: &'a [&'a Through],
        series: &'a [Series],
    ) -> Boxed<'a, Result<Vec<Observation>, Problem>> {
        Box::pin(async move {
            let mut tables: Vec<RecordId> = tables.iter().map(|table| table.id).collect();
            tables.sort_unstable();
            tables.dedup();
            if tables.is_empty() {
                return Ok(Vec::new());
            }
            Ok(self.snapshot.newest_observations(self.account(), &tables, series).await?)
        })
    }

    /// What views among tables of a product read, and what the views among that read, this many steps far. Ids alone.
    pub fn read_by_views<'a>(
        &'a self,
        tables: &'a [&'a Through],
        steps: usize,
    ) -> Boxed<'a, Result<HashMap<RecordId, Vec<RecordId>>, Problem>> {
        Box::pin(
            async move { Ok(view_sources::of(&*self.snapshot, tables.iter().map(|table| table.id), steps).await?) },
        )
    }

    /// What a document of a product holds, its bytes or its passages: who sees the document sees them.
    pub fn content_of<'a>(&'a self, product: &'a dyn Seen, id: RecordId) -> Boxed<'a, Result<Option<Record>, Problem>> {
        Box::pin(async move {
            let found = self.snapshot.by_id(self.account(), &[id]).await?.pop().flatten();
            Ok(found.filter(|held| held.kind.0.part && held.parent == Some(product.record_id())))
        })
    }
}

/// The FQN of what stands above everything else in a name.
fn first_part(fqn: &str) -> Option<String> {
    Some(name::quote(name::split(fqn)?.first()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_is_the_first_part_of_a_tables_name() {
        assert_eq!(first_part("warehouse.shop.sales.orders").as_deref(), Some("warehouse"));
        assert_eq!(first_part("\"a.b\".shop.sales.orders").as_deref(), Some("\"a.b\""));
        assert_eq!(first_part("broken."), None);
    }
}
