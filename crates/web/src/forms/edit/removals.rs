//! Removals by an edit: the rows shared with a product, an owner, a member, or who can see the record. The sender is shown
//! them before they are done.

use std::collections::BTreeSet;

use emporion_catalog::kind::Visibility;
use emporion_catalog::query::ListQuery;
use emporion_catalog::record::{Card, Edge, Record};
use emporion_catalog::relation::{self, Relation};
use emporion_catalog::rows::roles::ROLES;
use emporion_catalog::rows::{filters, grants};
use serde_json::Value;

use super::editable::{Editable, What};
use super::listed::Listed;
use crate::access::{bans, naming_policies, readers};
use crate::fault::Fault;
use crate::forms::confirmation::{RENAMED, Removal};
use crate::products::models;
use crate::records::naming;
use crate::records::record::Here;

/// Of what is typed of it.
pub async fn of(here: Here<'_>, editable: &Editable, value: &str, listed: &Listed) -> Result<Vec<Removal>, Fault> {
    match editable.what {
        What::Links(relation, _) if relation == relation::HAS_ASSET => {
            let mut gone = assets(here, listed);
            gone.extend(figures(here, listed).await?);
            Ok(gone)
        }
        What::Links(relation, _) if relation == relation::OWNER => Ok(owners(here, listed)),
        What::Links(relation, _) if relation == relation::MEMBER => members(here, listed).await,
        What::Visibility => sight(here, value).await,
        What::Name if value != here.view.record.name => spoken_of(here).await,
        _ => Ok(Vec::new()),
    }
}

fn gone(card: &Card, rendered: String) -> Removal {
    Removal { id: card.id.to_string(), rendered }
}

fn assets(here: Here<'_>, listed: &Listed) -> Vec<Removal> {
    let (t, view) = (here.visit.t, here.view);
    let going = listed.unticked(view, relation::HAS_ASSET);
    let rendered = |(edge, card): &(&Edge, &Card)| {
        let key = if grants::is_granted(edge) { "leaving.lent" } else { "leaving.asset" };
        gone(card, t.with(key, &[("name", &naming::rendered(card))]))
    };
    let mut all: Vec<Removal> = going.iter().map(rendered).collect();
    if going.iter().any(|(edge, _)| grants::is_granted(edge)) {
        let readers = readers::rendered(t, view).into_iter();
        // They go with the tables, which the form names.
        all.extend(readers.map(|rendered| Removal { id: "readers".to_owned(), rendered }));
    }
    all
}

/// The metrics of the product's models that are computed of tables which go: nobody can ask for them then.
async fn figures(here: Here<'_>, listed: &Listed) -> Result<Vec<Removal>, Fault> {
    let Here { visit, view, .. } = here;
    let going = listed.unticked(view, relation::HAS_ASSET);
    let going: Vec<&str> = going.iter().map(|(_, card)| card.fqn.as_str()).collect();
    if going.is_empty() || !view.record.kind.is("data_product") {
        return Ok(Vec::new());
    }
    let mut gone = Vec::new();
    for (id, model) in models::all(visit, view.id()).await? {
        let metrics = model.metrics_over(|source| going.iter().any(|fqn| filters::means_record(source, fqn)));
        if !metrics.is_empty() {
            let values = [("model", &*model.name), ("metrics", &*metrics.join(", "))];
            gone.push(Removal { id, rendered: visit.t.with("leaving.metrics", &values) });
        }
    }
    Ok(gone)
}

fn owners(here: Here<'_>, listed: &Listed) -> Vec<Removal> {
    let (t, view) = (here.visit.t, here.view);
    let of = naming::rendered_of(&view.record);
    let rendered = |card: &Card, is_in_name: bool| {
        let key = if is_in_name { "leaving.owner_in_name" } else { "leaving.owner" };
        gone(card, t.with(key, &[("name", &naming::rendered(card)), ("of", &of)]))
    };
    let going = listed.unticked(view, relation::OWNER).into_iter();
    let going = going.map(|(edge, card)| rendered(card, edge.is_nominal()));
    going.chain(listed.displaced(view, relation::OWNER).into_iter().map(|card| rendered(card, false))).collect()
}

/// Members, and how much the team owns that they have through it.
async fn members(here: Here<'_>, listed: &Listed) -> Result<Vec<Removal>, Fault> {
    let Here { visit, reading, view, .. } = here;
    let going = listed.unticked(view, relation::MEMBER);
    if going.is_empty() {
        return Ok(Vec::new());
    }
    let product = reading.catalog().kind("data_product");
    let owned = |kind, relations: &[Relation]| ListQuery {
        linked: relations.iter().map(|relation| (*relation, vec![view.id()])).collect(),
        ..ListQuery::of(reading.account(), kind)
    };
    let [by_name, by_team, both] =
        [&[relation::OWNER][..], &[relation::OWNING_TEAM], &[relation::OWNER, relation::OWNING_TEAM]]
            .map(|relations| owned(product, relations));
    let mut products = reading.totals(vec![by_name, by_team, both]).await?;
    // The team that is named as an owner is most often the one that holds it, too.
    let twice = products.pop().unwrap_or(0);
    let products = products.into_iter().sum::<u64>().saturating_sub(twice);
    let tables = reading.count(owned(reading.catalog().kind("table"), &[relation::OWNER])).await?;
    let (products, tables) = (visit.t.count("count.products", products), visit.t.count("count.tables", tables));
    let team = naming::rendered_of(&view.record);
    let bans = bans::of_teams(reading, view.edges.iter()).await?.remove(&view.id());
    let bans = bans.map(|names| visit.t.with("leaving.bans", &[("policies", &names.join(", "))]));
    let rendered = |card: &Card| {
        let name = naming::rendered(card);
        let values = [("name", &*name), ("team", &*team), ("products", &*products), ("tables", &*tables)];
        let mut rendered = visit.t.with("leaving.member", &values);
        if let Some(bans) = &bans {
            rendered = format!("{rendered} {bans}");
        }
        rendered
    };
    Ok(going.iter().map(|(_, card)| gone(card, rendered(card))).collect())
}

/// The policies whose conditions name what is renamed, as far as the visitor sees them: they do not follow.
async fn spoken_of(here: Here<'_>) -> Result<Vec<Removal>, Fault> {
    let Here { visit, reading, view, .. } = here;
    let rendered = |policy: &Record| Removal {
        id: format!("{RENAMED}{}", policy.id),
        rendered: visit.t.with("leaving.named", &[("policy", &naming::rendered_of(policy))]),
    };
    Ok(naming_policies::of(reading, &view.record).await?.iter().map(rendered).collect())
}

/// Who finds it no more once only those with a role see it.
async fn sight(here: Here<'_>, value: &str) -> Result<Vec<Removal>, Fault> {
    let Here { visit, reading, view, .. } = here;
    if value != "granted" || view.record.visibility != Visibility::Open {
        return Ok(Vec::new());
    }
    let t = visit.t;
    // Programs look for nothing, and who is disabled finds nothing as it is.
    let people = ListQuery {
        fields: vec![("is_bot", Value::Bool(false)), ("disabled", Value::Bool(false))],
        ..ListQuery::of(reading.account(), reading.catalog().kind("user"))
    };
    let people = reading.count(people).await?;
    let people = t.count("count.people", people);
    let names: BTreeSet<String> =
        ROLES.into_iter().flat_map(|role| view.targets(role)).map(|(_, card)| naming::rendered(card)).collect();
    let names = readers::some_of(t, &names.into_iter().collect::<Vec<_>>());
    let mut rendered = t.with("leaving.sight", &[("people", &people)]);
    if let Some(names) = names {
        rendered = format!("{rendered} {}", t.with("leaving.stays", &[("names", &names)]));
    }
    Ok(vec![Removal { id: "sight".to_owned(), rendered }])
}
