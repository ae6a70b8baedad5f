//! What comes back with a record that was deleted.

use std::collections::BTreeSet;

use emporion_catalog::id::RecordId;
use emporion_catalog::kind::Kind;
use emporion_catalog::load::Depth;
use emporion_catalog::query::{DeletedWith, ListQuery, States};
use emporion_catalog::read::Count;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Edge, View};
use emporion_catalog::relation;
use emporion_catalog::rows::grants;
use emporion_catalog::rows::roles::ROLES;
use emporion_catalog::tracking::ReadSet;

use crate::access::effects::Effects;
use crate::access::readers;
use crate::fault::Fault;
use crate::forms::checked;
use crate::forms::confirmation::Way;
use crate::pages::admin::policies::held::Held;
use crate::pages::labels::touched::Touched;
use crate::records::{kind_names, naming};
use crate::request::visit::Visit;
use crate::text::texts::Texts;

/// By what the record is.
pub enum Restoration {
    Label(Touched),
    Rights(Box<Held>),
    Record(RestoreScope),
}

/// Of anything else: what stood below it, and who has what on it again.
pub struct RestoreScope {
    below: Vec<(Kind, Count)>,
    /// Who has a role on it again.
    holders: BTreeSet<String>,
    assets: usize,
    /// Assets whose rows are lent to it again, and who reads them by it.
    lent: usize,
    /// Assets whose rows were lent to it and are not any more, since they are not the visitor's: those that he sees, and how
    /// many others.
    closed: BTreeSet<String>,
    closed_others: usize,
    readers: Vec<String>,
    is_product: bool,
}

impl Restoration {
    /// What is read of the record itself.
    pub fn depth() -> Depth {
        Depth::of(&[&ROLES[..], &[relation::HAS_POLICY, relation::HAS_ASSET]].concat(), false)
    }

    pub async fn of(visit: &Visit, reading: &Reading<'_>, view: &View) -> Result<Restoration, Fault> {
        Ok(match view.record.kind.name() {
            "policy" | "role" => Restoration::Rights(Box::new(Held::of(reading, view.clone()).await?)),
            "tag" | "classification" | "glossary_term" | "glossary" => {
                Restoration::Label(Touched::of(visit, reading, view).await?)
            }
            // What is below comes back as it went, whoever changes something beside it.
            _ => Restoration::Record(ReadSet::apart(RestoreScope::of(reading, view)).await?),
        })
    }

    pub fn sentences(&self, t: Texts, view: &View) -> Vec<String> {
        match self {
            Restoration::Label(touched) => touched.sentences(t, view, Way::Back),
            Restoration::Rights(held) => held.sentences(t, Way::Back),
            Restoration::Record(whole) => whole.sentences(t, view),
        }
    }

    pub async fn effects(&self, visit: &Visit, reading: &Reading<'_>) -> Result<Option<Effects>, Fault> {
        match self {
            Restoration::Rights(held) => held.effects(visit, reading, Way::Back).await,
            Restoration::Label(_) | Restoration::Record(_) => Ok(None),
        }
    }

    /// What is sent proves that this much was shown.
    pub fn checked(&self) -> String {
        match self {
            Restoration::Label(touched) => touched.checked(),
            Restoration::Rights(held) => held.checked(),
            Restoration::Record(whole) => {
                let below: Vec<(&str, u64)> =
                    whole.below.iter().map(|(kind, count)| (kind.name(), count.number)).collect();
                let closed = (&whole.closed, whole.closed_others);
                checked::word(&(below, &whole.holders, whole.assets, whole.lent, closed, &whole.readers))
            }
        }
    }
}

impl RestoreScope {
    async fn of(reading: &Reading<'_>, view: &View) -> Result<RestoreScope, Fault> {
        let mut below = Vec::new();
        let is_counted = |kind: &&Kind| !kind.0.part && !kind.0.asks && !kind.0.personal;
        for kind in reading.catalog().registry().kinds_below(view.record.kind).iter().filter(is_counted) {
            let along = ListQuery {
                states: States::Dead,
                deleted_with: Some(DeletedWith::Record(view.id())),
                ..ListQuery::of(reading.account(), *kind)
            };
            let count = reading.counts(vec![along]).await?.pop().unwrap_or(Count::NONE);
            if count != Count::NONE {
                below.push((*kind, count));
            }
        }
        let assets: Vec<_> = view.targets(relation::HAS_ASSET).filter(|(_, card)| card.state.is_alive()).collect();
        let closed = reading.closed_by_restoring(view).await?;
        let is_lent = |edge: &Edge| grants::is_granted(edge) && !closed.contains(&edge.to);
        let lent = assets.iter().filter(|(edge, _)| is_lent(edge)).count();
        let ids: Vec<RecordId> =
            assets.iter().map(|(edge, _)| edge.to).filter(|asset| closed.contains(asset)).collect();
        let seen: BTreeSet<String> =
            reading.records(&ids, States::Alive).await?.iter().map(naming::rendered_of).collect();
        let closed_others = ids.len().saturating_sub(seen.len());
        let readers = if lent > 0 { readers::by_role(view).into_values().collect() } else { Vec::new() };
        let holders = ROLES.into_iter().flat_map(|role| view.targets(role));
        let holders = holders.map(|(_, card)| naming::rendered(card)).collect();
        let is_product = view.record.kind.is("data_product");
        Ok(RestoreScope {
            below,
            holders,
            assets: assets.len(),
            lent,
            closed: seen,
            closed_others,
            readers,
            is_product,
        })
    }

    fn sentences(&self, t: Texts, view: &View) -> Vec<String> {
        let name = naming::rendered_of(&view.record);
        let mut all = vec![match self.is_product {
            true => t.with("restoring.product", &[("name", &name)]),
            false => t.with("restoring.record", &[("name", &name)]),
        }];
        for (kind, count) in &self.below {
            let values = [("kinds", &*kind_names::several(t, kind.name())), ("number", &*t.amount(*count))];
            all.push(t.with("restoring.below", &values));
        }
        let holders: Vec<String> = self.holders.iter().cloned().collect();
        let named = readers::some_of(t, &holders);
        all.extend(named.map(|names| t.with("restoring.holders", &[("names", &names)])));
        if self.assets > 0 {
            all.push(t.with("restoring.holds", &[("assets", &t.count("count.assets", self.assets))]));
        }
        if self.lent > 0 {
            all.push(t.with("restoring.lent", &[("assets", &t.count("count.assets", self.lent))]));
        }
        let named = readers::some_of(t, &self.readers);
        all.extend(named.map(|names| t.with("restoring.readers", &[("names", &names)])));
        let closed: Vec<String> = self.closed.iter().cloned().collect();
        let named = readers::some_of(t, &closed);
        all.extend(named.map(|names| t.with("restoring.closed", &[("names", &names)])));
        if self.closed_others > 0 {
            let assets = t.count("count.assets", self.closed_others);
            all.push(t.with("restoring.closed_others", &[("assets", &assets)]));
        }
        all
    }
}
