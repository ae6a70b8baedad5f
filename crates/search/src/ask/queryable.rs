//! What the caller may ask with SQL now.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use emporion_catalog::finder::{Listed, Test};
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::record::View;
use emporion_catalog::relation::{self, Relation};
use emporion_catalog::rows::{composed, grants};
use emporion_catalog::spelling::decode;

use super::{Asking, BATCH};
use crate::document::FieldName;

/// What is read of a product to know who may ask it.
const OF_ASKED: &[Relation] =
    &[relation::HAS_ASSET, relation::OWNER, relation::OWNING_TEAM, relation::EDITOR, relation::VIEWER];

/// So much is read of each, with the team that it falls to.
const READS_OF_ASKED: usize = 5;

/// The names of the tables that products were lent, as their sources have them.
type Lent = HashMap<RecordId, Vec<String>>;

impl Asking<'_> {
    /// The products on which the caller may run statements now, and the tables that they read: their own, and those of
    /// products that they are composed of and that he may ask as well.
    pub(super) async fn queryable(&self) -> Result<Listed, Problem> {
        let is_lent = Test::Exact { field: FieldName::Borrowed("rows"), text: "granted".to_owned() }.into();
        let mut queryable = HashSet::new();
        let mut lent = Lent::new();
        for view in self.asked(&self.products(is_lent).await?).await? {
            let tables = view.targets(relation::HAS_ASSET);
            for (edge, card) in tables.filter(|(edge, card)| grants::is_granted(edge) && card.kind.is("table")) {
                queryable.insert(edge.to);
                lent.entry(view.id()).or_default().push(decode(&card.name).into_owned());
            }
        }
        queryable.extend(lent.keys());
        // From the products that something is composed of to those that are composed of them.
        let mut opened: HashSet<RecordId> = HashSet::new();
        let mut level: Vec<RecordId> = lent.keys().copied().collect();
        for _ in 0..composed::MAX_DEPTH {
            if level.is_empty() {
                break;
            }
            let mut above = Vec::new();
            for whole in self.asked(&self.reading.composing(&level).await?).await? {
                if !opened.contains(&whole.id()) && self.takes_over(&whole, &lent, &opened).await? {
                    above.push(whole.id());
                }
            }
            opened.extend(&above);
            level = above;
        }
        queryable.extend(opened);
        let yes: Arc<str> = "yes".into();
        Ok(Arc::new(queryable.into_iter().map(|id| (id, yes.clone())).collect()))
    }

    /// Those of the products that the caller may ask.
    async fn asked(&self, products: &[RecordId]) -> Result<Vec<View>, Problem> {
        let mut asked = Vec::new();
        for ids in products.chunks(BATCH) {
            self.take_reads(ids.len() * READS_OF_ASKED)?;
            let products = self.reading.records(ids, States::Alive).await?;
            let views = self.reading.views(products, &Depth::of(OF_ASKED, true)).await?;
            let may = self.reading.rows().may_query_each(&views.iter().collect::<Vec<_>>()).await?;
            asked.extend(views.into_iter().zip(may).filter_map(|(view, may)| may.map(|_| view)));
        }
        Ok(asked)
    }

    /// Whether a product is composed of one that lends it a table, or that takes one over itself.
    async fn takes_over(&self, whole: &View, lent: &Lent, opened: &HashSet<RecordId>) -> Result<bool, Problem> {
        let kind = self.engine.catalog().registry().expect(composed::COMPOSITION);
        let all = ListQuery::of(self.reading.account(), kind);
        let compositions = self.reading.all_parts(whole, all).await?;
        Ok(compositions.iter().any(|composition| {
            let Some(source) = composed::source_of(composition) else { return false };
            let include = composition.body.get("include");
            let lends = |tables: &Vec<String>| tables.iter().any(|table| composed::includes(include, table));
            opened.contains(&source) || lent.get(&source).is_some_and(lends)
        }))
    }
}
