//! Of which tables somebody sees a part only, in whichever product: what is measured of these is kept from him as well.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::Reader;
use super::composed::MAX_DEPTH;
use super::cross_product_links::CrossProductLink;
use super::filters::{self, BEARING, means, means_asset, means_record, of_edge};
use super::personal;
use super::role_terms::RoleTerms;
use crate::boxed::Boxed;
use crate::id::RecordId;
use crate::kinds::TABLE;
use crate::name;
use crate::problem::Problem;
use crate::record::{Card, Edge, Record};
use crate::relation::{self, REFERS_BEYOND, ROW_FILTERS};
use crate::spelling::{decode, encode};

/// Of which tables somebody sees a part only.
#[derive(Debug, Default)]
pub struct Closed {
    /// Paths of columns that are masked from him in some product, as personal ones are compared.
    masked: HashMap<RecordId, BTreeSet<String>>,
    /// Assets of products, with their FQNs.
    assets: HashMap<RecordId, String>,
    /// Tables that follow assets of products by models of products above, with their FQNs.
    following: HashMap<RecordId, String>,
    /// Filters that are for none of their product's tables, which may be meant for whatever bears the name.
    lost: Vec<String>,
}

impl Closed {
    pub fn is_empty(&self) -> bool {
        self.assets.is_empty() && self.following.is_empty() && self.lost.is_empty() && self.masked.is_empty()
    }

    pub(super) fn holds(&self, table: &Record) -> bool {
        self.assets.contains_key(&table.id)
            || self.following.contains_key(&table.id)
            || self.lost.iter().any(|given| means_record(given, &table.fqn))
    }

    /// Columns of a table that are masked.
    pub fn masked(&self, table: RecordId) -> BTreeSet<String> {
        self.masked.get(&table).cloned().unwrap_or_default()
    }

    /// The assets that a filter closes, or a mask in part, by what their product holds.
    pub fn assets(&self) -> Vec<RecordId> {
        self.assets.keys().chain(self.masked.keys()).copied().collect()
    }

    /// Whether a table that a source offers may be one of them. Sources spell databases in other ways than the catalogue,
    /// so that one of the same schema and name counts as the same.
    pub fn may_be(&self, service: &str, database: &str, schema: &str, table: &str) -> bool {
        let is = |part: &str, name: &str| name::fold(&decode(part)) == name::fold(name);
        let is_same = |fqn: &String| match name::split(fqn).unwrap_or_default().as_slice() {
            [of, .., in_schema, own] => name::quote(of) == service && is(in_schema, schema) && is(own, table),
            _ => false,
        };
        self.assets.values().chain(self.following.values()).any(is_same)
            || self.lost.iter().any(|given| means(given, Some(database), Some(schema), table))
    }
}

/// Tables that others follow, and names of filters of which it is not known for which they are.
#[derive(Debug, Default)]
struct FollowedTables {
    tables: HashSet<RecordId>,
    lost: Vec<String>,
}

/// Tables of one name that are looked at.
const MOST_NAMED: u32 = 1_000;

impl Reader<'_> {
    /// Those of the tables of which the principal sees only a part in some product.
    ///
    /// Cost: as of [`Reader::closed`].
    pub fn filtered<'a>(&'a self, tables: &'a [&'a Record]) -> Boxed<'a, Result<HashSet<RecordId>, Problem>> {
        Box::pin(async move {
            if tables.is_empty() {
                return Ok(HashSet::new());
            }
            let closed = self.closed().await?;
            Ok(tables.iter().filter(|table| closed.holds(table)).map(|table| table.id).collect())
        })
    }

    /// All tables of which the principal sees only a part in some product.
    ///
    /// A filter that is for none of a product's tables may be meant for any of them, so it closes them all, and whatever
    /// else bears its name. A link closes what bears the name of its table. What refers to a table that is followed is closed
    /// where models of products above say so, too.
    ///
    /// Cost: one question where he has no filters, however many roles he has; three more for the products where he has, and
    /// one where filters are followed. Two more for each level of products whose models refer to these.
    pub fn closed(&self) -> Boxed<'_, Result<Closed, Problem>> {
        Box::pin(async move {
            let himself: Vec<RecordId> = self.principal.rows_holders().collect();
            let mut roles = self.snapshot.edges_bearing(ROW_FILTERS, &himself, &BEARING).await?;
            roles.retain(|edge| of_edge(edge).next().is_some());
            if roles.is_empty() {
                return Ok(Closed::default());
            }
            let products: Vec<RecordId> = roles.iter().map(|edge| edge.from).collect();
            let cards = self.snapshot.cards(self.principal.account, &products).await?;
            let alive: HashSet<RecordId> =
                cards.into_iter().flatten().filter(|card| card.state.is_alive()).map(|card| card.id).collect();
            let assets = self.assets(&products).await?;
            let mut closed = Closed::default();
            let mut followed = FollowedTables::default();
            for role in roles.iter().filter(|role| alive.contains(&role.from)) {
                let own = assets.get(&role.from).map_or(&[][..], Vec::as_slice);
                closed.take_role(role, own, &mut followed);
            }
            let followed = self.all_followed(followed).await?;
            self.close_what_refers(&mut closed, followed).await?;
            Ok(closed)
        })
    }

    /// The assets of products.
    async fn assets(&self, products: &[RecordId]) -> Result<HashMap<RecordId, Vec<Arc<Card>>>, Problem> {
        let edges = self.snapshot.edges_from(products, Some(&[relation::HAS_ASSET])).await?;
        let ids: Vec<RecordId> = edges.iter().map(|edge| edge.to).collect();
        let cards = self.snapshot.cards(self.principal.account, &ids).await?;
        let mut assets: HashMap<RecordId, Vec<Arc<Card>>> = HashMap::new();
        for (edge, card) in edges.iter().zip(cards) {
            assets.entry(edge.from).or_default().extend(card);
        }
        Ok(assets)
    }

    /// The followed tables, also those that a filter may be for which is for none of its product's.
    async fn all_followed(&self, followed: FollowedTables) -> Result<HashSet<RecordId>, Problem> {
        let FollowedTables { mut tables, lost } = followed;
        let folded: BTreeSet<String> = lost.iter().flat_map(|given| filters::names(given)).collect();
        for name in &folded {
            let named = self.snapshot.by_folded_name(self.principal.account, TABLE, name, MOST_NAMED).await?;
            let is_meant = |table: &&Record| lost.iter().any(|given| means_record(given, &table.fqn));
            tables.extend(named.iter().filter(is_meant).map(|table| table.id));
        }
        Ok(tables)
    }

    /// Closes the tables that refer to followed ones by models of products above, also of such as are deleted.
    async fn close_what_refers(&self, closed: &mut Closed, mut followed: HashSet<RecordId>) -> Result<(), Problem> {
        let account = self.principal.account;
        let mut last: Vec<RecordId> = followed.iter().copied().collect();
        let mut all: Vec<RecordId> = Vec::new();
        for _ in 0..=MAX_DEPTH {
            if last.is_empty() {
                break;
            }
            let edges = self.snapshot.edges_to(&last, &[REFERS_BEYOND], u32::MAX).await?;
            let above: BTreeSet<RecordId> = edges.iter().map(|edge| edge.from).collect();
            if above.is_empty() {
                break;
            }
            let above: Vec<RecordId> = above.into_iter().collect();
            let products = self.snapshot.by_id(account, &above).await?;
            last = products.iter().flatten().flat_map(|product| referring(product, &mut followed)).collect();
            all.extend(&last);
        }
        if !all.is_empty() {
            let cards = self.snapshot.cards(account, &all).await?;
            closed.following.extend(cards.into_iter().flatten().map(|card| (card.id, card.fqn.clone())));
        }
        Ok(())
    }
}

impl Closed {
    /// Takes up what a role closes of the assets of its product, and which of them others follow.
    fn take_role(&mut self, role: &Edge, own: &[Arc<Card>], followed: &mut FollowedTables) {
        for (given, terms) in of_edge(role) {
            let meant: Vec<&Arc<Card>> = own.iter().filter(|card| means_asset(given, card)).collect();
            let RoleTerms { condition, masks, links, is_followed } = RoleTerms::read(terms);
            if meant.is_empty() {
                self.lost.push(given.clone());
                // Links name their tables in full, as they were found: they are meant for no other.
                if condition.is_some() || !masks.is_empty() || links.is_empty() {
                    self.close(own.iter());
                }
            }
            if condition.is_some() || !links.is_empty() {
                self.close(meant.iter().copied());
            }
            if is_followed || !links.is_empty() {
                followed.tables.extend(meant.iter().map(|card| card.id));
                followed.lost.extend(meant.is_empty().then(|| given.clone()));
            }
            let paths: BTreeSet<String> =
                masks.keys().map(|column| personal::folded(&name::quote(&encode(column)))).collect();
            if !paths.is_empty() {
                meant.iter().for_each(|card| self.masked.entry(card.id).or_default().extend(paths.iter().cloned()));
            }
        }
    }

    fn close<'c>(&mut self, cards: impl Iterator<Item = &'c Arc<Card>>) {
        self.assets.extend(cards.map(|card| (card.id, card.fqn.clone())));
    }
}

/// The tables that refer to followed ones, and to those that do, by the models of a product that is composed of others. They
/// are followed then.
fn referring(product: &Record, followed: &mut HashSet<RecordId>) -> Vec<RecordId> {
    let links = CrossProductLink::of(product);
    let mut found = Vec::new();
    loop {
        let is_new = |link: &&CrossProductLink| followed.contains(&link.to) && !followed.contains(&link.from);
        let new: BTreeSet<RecordId> = links.iter().filter(is_new).map(|link| link.from).collect();
        if new.is_empty() {
            return found;
        }
        followed.extend(&new);
        found.extend(new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_source_offers_may_be_a_closed_table() {
        let assets = HashMap::from([(RecordId::fresh(), "pg.shop.sales.orders".to_owned())]);
        let closed = Closed { assets, lost: vec!["hr.wages".to_owned()], ..Closed::default() };
        for (service, database, schema, table) in [
            ("pg", "shop", "sales", "orders"),
            ("pg", "main", "Sales", "ORDERS"),
            ("pg", "shop", "hr", "wages"),
            ("other", "shop", "hr", "wages"),
        ] {
            assert!(closed.may_be(service, database, schema, table), "{service}.{database}.{schema}.{table}");
        }
        assert!(!closed.may_be("other", "shop", "sales", "orders") && !closed.may_be("pg", "shop", "hr", "orders"));
    }
}
