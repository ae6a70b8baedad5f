//! The domains that are the visitor's: those that he stands in, owns or is an expert of, and those of the products that he
//! owns; with all below them.

use std::collections::HashSet;

use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::{ListQuery, Order};
use emporion_catalog::reading::Reading;
use emporion_catalog::reading::log::Line;
use emporion_catalog::record::View;
use emporion_catalog::relation::{self, Relation};

use crate::access::own::{Products, owners};
use crate::fault::Fault;
use crate::request::visit::Visit;

/// Domains of his that are looked at, and products whose domains count: of each, those that changed last.
const MOST: u32 = 200;

/// By their FQNs.
pub struct OwnDomains(Vec<String>);

impl OwnDomains {
    pub async fn of(visit: &Visit, reading: &Reading<'_>) -> Result<OwnDomains, Fault> {
        let (account, catalog) = (reading.account(), reading.catalog());
        let linked = |kind: &str, relation: Relation, to: Vec<RecordId>| ListQuery {
            linked: vec![(relation, to)],
            order: Order::Updated,
            descending: true,
            limit: MOST,
            ..ListQuery::of(account, catalog.kind(kind))
        };
        let mut domains = visit.caller().principal.domains.clone();
        let led = [
            linked("domain", relation::OWNER, owners(visit)),
            linked("domain", relation::EXPERT, vec![visit.caller().principal.user]),
        ];
        for query in led {
            let led = reading.first(query, &Depth::bare()).await?.views;
            domains.extend(led.into_iter().map(|view| view.record.fqn));
        }
        let products = Products::of(visit, reading, MOST, &Depth::of(&[relation::IN_DOMAIN], true)).await?.views;
        domains.extend(products.iter().flat_map(View::domains).map(|domain| domain.fqn.clone()));
        domains.sort_unstable();
        domains.dedup();
        Ok(OwnDomains(domains))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn holds(&self, fqn: &str) -> bool {
        self.0
            .iter()
            .any(|own| fqn.strip_prefix(own.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
    }

    /// Those of the lines that tell of what is in them now. Where all that changed is, is asked for at once; what is gone
    /// for ever is nowhere.
    pub async fn of_lines(&self, reading: &Reading<'_>, lines: Vec<Line>) -> Result<Vec<Line>, Fault> {
        let mut met = HashSet::new();
        let changed: Vec<&Line> = lines.iter().filter(|line| met.insert(line.event.id)).collect();
        let records = reading.again(&changed).await?;
        let views = reading.views(records, &Depth::of(&[relation::IN_DOMAIN], true)).await?;
        let is_own = |view: &View| {
            view.domains().iter().any(|domain| self.holds(&domain.fqn))
                || view.record.kind.is("domain") && self.holds(&view.record.fqn)
        };
        let own: HashSet<RecordId> = views.iter().filter(|view| is_own(view)).map(View::id).collect();
        Ok(lines.into_iter().filter(|line| own.contains(&line.event.id)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_below_an_own_domain_is_own() {
        let own = OwnDomains(vec!["sales".to_owned(), "risk.\"e.u\"".to_owned()]);
        for fqn in ["sales", "sales.emea", "risk.\"e.u\".nord"] {
            assert!(own.holds(fqn), "{fqn}");
        }
        for fqn in ["salesforce", "risk", "risk.\"e.u\"2", ""] {
            assert!(!own.holds(fqn), "{fqn}");
        }
    }
}
