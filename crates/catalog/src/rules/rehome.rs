//! Deleting a domain takes its products along, except those that stand in a second domain: they move there first.

use async_trait::async_trait;

use crate::change_set::{Event, EventKind, Expect, Write};
use crate::command::Deletion;
use crate::load::{self, Depth};
use crate::plan::Planning;
use crate::problem::Problem;
use crate::query::ListQuery;
use crate::relation::IN_DOMAIN;
use crate::rule::Rule;

pub struct Rehome;

#[async_trait]
impl Rule for Rehome {
    async fn deleting(&self, plan: &mut Planning<'_>, deletion: &Deletion) -> Result<(), Problem> {
        if !deletion.recursive {
            return Ok(());
        }
        let cx = plan.cx;
        let domain = plan.after.record.clone();
        let below = format!("{}.", domain.fqn);
        let kind = cx.registry.expect("data_product");
        let query = ListQuery { within: Some(domain.fqn.clone()), limit: 100_000, ..ListQuery::of(cx.account(), kind) };
        let products = cx.snapshot.list(&query).await?;
        for view in load::views(cx.snapshot, products, &Depth::of(&[IN_DOMAIN], false)).await? {
            let stays = view
                .targets(IN_DOMAIN)
                .find(|(_, card)| card.id != domain.id && !card.fqn.starts_with(&below))
                .map(|(_, card)| card.clone());
            let Some(home) = stays else { continue };
            let before = view.record.revision;
            let mut product = view.record.clone();
            product.parent = Some(home.id);
            product.fqn = kind.fqn(Some(&home.fqn), &product.name, Some(product.id));
            product.revision = before.next();
            product.version += 1;
            product.updated = cx.stamp();
            plan.expect.push(Expect::RevisionIs { id: product.id, revision: before });
            plan.expect.push(Expect::Alive { id: home.id });
            for edge in view.edges.iter().filter(|edge| edge.relation == IN_DOMAIN) {
                let gone = view.cards.get(&edge.to).is_none_or(|c| c.id == domain.id || c.fqn.starts_with(&below));
                if gone {
                    plan.writes.push(Write::Unlink { id: edge.id, until: product.revision });
                }
            }
            plan.events.push(Event {
                account: product.account,
                at: cx.now,
                by: cx.caller.actor(),
                what: EventKind::Updated,
                kind,
                id: product.id,
                fqn: product.fqn.clone(),
                revision: product.revision,
                detail: None,
            });
            plan.writes.push(Write::MovePrefix {
                root: product.id,
                from: view.record.fqn.clone(),
                to: product.fqn.clone(),
            });
            plan.writes.push(Write::Put { record: Box::new(product), replaces: Some(before) });
        }
        Ok(())
    }
}
