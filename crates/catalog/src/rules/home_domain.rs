//! A product stands in at least one domain; the first is its home and its parent. It moves when its home leaves the list.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Map;

use crate::id::{EdgeId, RecordId, Revision};
use crate::load::{self, Depth};
use crate::plan::hooks::Hooks;
use crate::plan::place;
use crate::plan::planning::Planning;
use crate::problem::Problem;
use crate::record::{Card, Edge};
use crate::relation::IN_DOMAIN;

pub struct HomeDomain;

#[async_trait]
impl Hooks for HomeDomain {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        let mut domains: Vec<(u32, RecordId)> =
            plan.after.targets(IN_DOMAIN).map(|(edge, _)| (edge.ord, edge.to)).collect();
        domains.sort_unstable_by_key(|(ord, _)| *ord);
        let parent = plan.after.record.parent;
        match (parent, domains.first()) {
            (None, None) => plan.refuse("domains", "must not be empty"),
            (Some(parent), None) if plan.is_new() => link(plan, parent),
            (Some(_), None) => plan.refuse("domains", "must not be empty"),
            (Some(parent), Some(_)) if domains.iter().any(|(_, id)| *id == parent) => {}
            (_, Some((_, home))) => {
                let home = plan.cx.record(*home).await?.ok_or_else(|| Problem::internal("a domain vanished"))?;
                let above = load::view(plan.cx.snapshot, home.clone(), &Depth::bare()).await?;
                let mut ancestors = vec![Arc::new(Card::of(&home))];
                ancestors.extend(above.ancestors);
                place::move_under(plan, &home, ancestors);
            }
        }
        Ok(())
    }
}

fn link(plan: &mut Planning<'_>, domain: RecordId) {
    plan.after.edges.push(Edge {
        id: EdgeId::fresh(),
        from: plan.after.record.id,
        relation: IN_DOMAIN,
        at: String::new(),
        ord: 0,
        to: domain,
        attributes: Map::new(),
        since: Revision(0),
        until: None,
    });
}
