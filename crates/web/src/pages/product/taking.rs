//! Taking a role or rows back, or another part of a product away: what goes is shown first, by name and number, and taken
//! with the next step.

use std::collections::BTreeSet;

use askama::Template;
use emporion_catalog::id::RecordId;
use emporion_catalog::relation;
use emporion_catalog::rows::{filters, grants, nominal, roles};

use super::assets::Counts;
use super::giving;
use crate::plain::shown;
use crate::record::{Here, Top};
use crate::shell::Shell;
use crate::visit::Shown;
use crate::{address, headers, naming, role, term};

/// People who are named.
const MOST_NAMED: usize = 5;

#[derive(Template)]
#[template(path = "product/taking.html")]
struct Page {
    p: Shell,
    top: Top,
    title: String,
    /// What goes, in sentences.
    goes: Vec<String>,
    /// Where it is sent, and what is sent.
    action: String,
    fields: Vec<(&'static str, String)>,
    deed: String,
    /// Why it cannot be taken here.
    obstacle: Option<String>,
    back: String,
    faults: Vec<String>,
}

/// What is taken, and how.
pub struct Taking {
    pub tab: &'static str,
    pub title: String,
    pub goes: Vec<String>,
    pub action: String,
    pub fields: Vec<(&'static str, String)>,
    pub deed: &'static str,
    pub obstacle: Option<&'static str>,
}

async fn page(here: Here<'_>, taking: Taking) -> Shown {
    asked(here, taking, Vec::new(), 200).await
}

/// The step before something goes; anew, with what was wrong with the last one.
pub async fn asked(here: Here<'_>, taking: Taking, faults: Vec<String>, status: u16) -> Shown {
    let page = Page {
        p: here.shell(),
        top: here.top_of(taking.tab).await?,
        title: taking.title,
        goes: taking.goes,
        action: taking.action,
        fields: taking.fields,
        deed: here.visit.t.say(taking.deed),
        obstacle: taking.obstacle.map(|why| here.visit.t.say(why)),
        back: address::with_query(&here.address(), &[("tab", taking.tab)]),
        faults,
    };
    Ok(headers::page(status, &page))
}

/// The roles of the person that the address names; `None` where it names nobody who has one.
pub async fn role(here: Here<'_>, counts: Counts) -> Option<Shown> {
    let Here { visit, reading, view, .. } = here;
    let t = visit.t;
    let user: RecordId = visit.query("take").parse().ok()?;
    let (mut goes, mut name, mut queries) = (Vec::new(), String::new(), false);
    for role in roles::ROLES {
        for (edge, card) in view.targets(role).filter(|(edge, card)| edge.to == user && card.kind.is("user")) {
            name = naming::said(card);
            queries |= roles::opens_rows(edge);
            let role = role::said(t, role);
            goes.push(match edge.ends_at() {
                Some(until) => t.with("taking.role_until", &[("role", &role), ("until", &term::said(t, until))]),
                None => t.with("taking.role", &[("role", &role)]),
            });
            goes.extend(filters::of_edge(edge).map(|(table, condition)| {
                let condition = shown(condition.as_str().unwrap_or_default());
                t.with("taking.filter", &[("table", &shown(table)), ("condition", &condition)])
            }));
        }
    }
    if goes.is_empty() {
        return None;
    }
    if queries {
        goes.push(counts.lent_of(t, "taking.tables"));
    }
    let others = || view.targets(relation::OWNER).any(|(edge, _)| edge.to != user);
    let owns = view.edges.iter().any(|edge| edge.relation == relation::OWNER && edge.to == user);
    let is_filtered = user != visit.caller().principal.user && !filters::of_user(view, user).is_empty();
    let obstacle = match nominal::reads_all(&reading.rows(), view).await {
        Ok(false) if is_filtered => Some("taking.filtered"),
        Ok(_) => (owns && !others()).then_some("taking.last_owner"),
        Err(problem) => return Some(Err(problem.into())),
    };
    let taking = Taking {
        tab: "access",
        title: t.with("access.take_from", &[("name", &name)]),
        goes,
        action: format!("{}/roles", here.address()),
        fields: vec![("take", user.to_string()), ("roles", giving::roles_of(view, user))],
        deed: "access.take",
        obstacle,
    };
    Some(page(here, taking).await)
}

/// The rows of the asset that the address names; `None` where it names none that is lent, or whose rows are not the
/// visitor's.
pub async fn rows(here: Here<'_>) -> Option<Shown> {
    let Here { visit, reading, view, .. } = here;
    let t = visit.t;
    let asset: RecordId = visit.query("take").parse().ok()?;
    let (edge, card) = view.targets(relation::HAS_ASSET).find(|(edge, _)| edge.to == asset)?;
    let grant = grants::of(edge)?;
    if !reading.rows().held(&[asset]).await.ok()?.contains(&asset) {
        return None;
    }
    let people = roles::ROLES.into_iter().flat_map(|role| view.targets(role));
    let people = people.filter(|(edge, _)| roles::opens_rows(edge)).map(|(_, card)| naming::said(card));
    let people: BTreeSet<String> = people.collect();
    let mut named: Vec<&str> = people.iter().take(MOST_NAMED).map(String::as_str).collect();
    let others = people.len().saturating_sub(named.len());
    let others = (others > 0).then(|| t.count("count.more_people", others));
    named.extend(others.as_deref());
    let product = naming::said_of(&view.record);
    let mut goes = vec![match grant.until {
        Some(until) => t.with("taking.lent_until", &[("product", &product), ("until", &term::said(t, until))]),
        None => t.with("taking.lent", &[("product", &product)]),
    }];
    if !named.is_empty() {
        goes.push(t.with("taking.people", &[("names", &named.join(", "))]));
    }
    goes.push(t.say("taking.team"));
    let taking = Taking {
        tab: "assets",
        title: t.with("taking.rows_of", &[("name", &naming::said(card))]),
        goes,
        action: here.address(),
        fields: vec![("edit", "rows".into()), ("asset", asset.to_string()), ("rows", "closed".into())],
        deed: "taking.rows",
        obstacle: None,
    };
    Some(page(here, taking).await)
}
