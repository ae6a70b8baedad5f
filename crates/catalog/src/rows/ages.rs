//! How old the data of tables are: the latest moment in them is a value computed of rows, so it is told to those who see
//! measured values, and to those who may query all of the rows through a product.

use std::collections::HashSet;

use super::observed::Sight;
use super::redaction::Redaction;
use super::{Reader, grants, nominal};
use crate::boxed::Boxed;
use crate::id::RecordId;
use crate::problem::Problem;
use crate::record::{Record, View};
use crate::relation::HAS_ASSET;

/// Why somebody is not told how old the data of a table are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withheld {
    /// Of some rows or columns he sees a part only.
    Partial,
    /// He may not query them.
    Closed,
}

/// What is told of the age of one table: moments that this leaves of its profiles.
pub struct DataAge {
    pub redaction: Redaction,
    /// Why it leaves fewer than there may be.
    pub withheld: Option<Withheld>,
}

impl Reader<'_> {
    /// Of each of the tables, which the principal sees. The products, which he sees as well, have their edges to whoever has a
    /// role on them and to their assets.
    ///
    /// Who reads under a filter or a mask anywhere is told nothing for his roles: a view can be made of what is kept from him.
    pub fn ages<'a>(
        &'a self,
        products: &'a [&'a View],
        tables: &'a [&'a Record],
    ) -> Boxed<'a, Result<Vec<DataAge>, Problem>> {
        Box::pin(async move {
            let mut sights = self.sights(tables).await?;
            let sees_all = |sights: &Sight| sights.values;
            let mut whole: HashSet<RecordId> = HashSet::new();
            let mut is_partial = false;
            if !tables.iter().all(|table| sights.get(&table.id).is_some_and(sees_all)) {
                is_partial = !self.closed().await?.is_empty();
                for product in products {
                    let reads_all = nominal::reads_all(self, product).await?;
                    is_partial |= !reads_all && self.may_query(product).await?.is_some();
                    let lent =
                        product.edges.iter().filter(|edge| edge.relation == HAS_ASSET && grants::is_granted(edge));
                    whole.extend(lent.filter(|_| reads_all).map(|edge| edge.to));
                }
            }
            let personal = self.personal(tables).await?;
            let age = |(table, personal): (&&Record, _)| {
                let sight = sights.remove(&table.id).unwrap_or_default();
                let is_told = !is_partial && sight.counts && whole.contains(&table.id);
                let withheld = if is_partial || !sight.counts { Withheld::Partial } else { Withheld::Closed };
                let values = sight.values || is_told;
                DataAge {
                    redaction: Redaction::new(Sight { values, ..sight }, personal),
                    withheld: (!values).then_some(withheld),
                }
            };
            Ok(tables.iter().zip(personal).map(age).collect())
        })
    }
}
