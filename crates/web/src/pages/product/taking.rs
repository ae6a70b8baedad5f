//! Taking a role or rows back, or another part of a product away: what goes is shown first, by name and number, and taken
//! with the next step.

use emporion_catalog::id::RecordId;
use emporion_catalog::relation;
use emporion_catalog::rows::grants::Grant;
use emporion_catalog::rows::role_terms::RoleTerms;
use emporion_catalog::rows::{filters, grants, nominal, roles};

use super::assets::Counts;
use super::giving;
use crate::access::{condition, readers, role};
use crate::forms::confirmation::Confirmation;
use crate::forms::expiry;
use crate::records::record::Here;
use crate::records::{address, naming};
use crate::request::visit::Shown;
use crate::text::texts::Texts;

/// What is taken, and how.
pub struct Taking {
    pub tab: &'static str,
    pub title: String,
    pub goes: Vec<String>,
    pub action: String,
    pub fields: Vec<(&'static str, String)>,
    pub button: &'static str,
    pub obstacle: Option<&'static str>,
}

fn page(here: Here<'_>, taking: Taking) -> Shown {
    asked(here, taking, Vec::new(), 200)
}

/// The step before something goes; anew, with what was wrong with the last one.
pub fn asked(here: Here<'_>, taking: Taking, faults: Vec<String>, status: u16) -> Shown {
    let fields = taking.fields.into_iter().map(|(name, value)| (name.to_owned(), value));
    let confirmation = Confirmation {
        p: here.shell(),
        title: taking.title,
        heading: None,
        goes: taking.goes,
        action: taking.action,
        fields: fields.collect(),
        button: here.visit.t.say(taking.button),
        more: None,
        instead: None,
        obstacle: taking.obstacle.map(|why| here.visit.t.say(why)),
        back: address::with_query(&here.address(), &[("tab", taking.tab)]),
        faults,
    };
    confirmation.shown_as(status)
}

/// The roles of the person that the address names, or of the team, deleted or not; `None` where it names nobody who has one.
pub async fn role(here: Here<'_>, counts: Counts) -> Option<Shown> {
    let Here { visit, reading, view, .. } = here;
    let t = visit.t;
    let user: RecordId = visit.query("take").parse().ok()?;
    let (mut goes, mut name, mut queries) = (Vec::new(), String::new(), false);
    for role in roles::ROLES {
        let edges = view.edges.iter().filter(|edge| edge.relation == role && edge.to == user && edge.at.is_empty());
        for (edge, card) in edges.filter_map(|edge| Some((edge, view.cards.get(&edge.to)?))) {
            name = naming::rendered(card);
            queries |= roles::opens_rows(edge);
            let role = role::rendered(t, role);
            goes.push(match edge.ends_at() {
                Some(until) => t.with("taking.role_until", &[("role", &role), ("until", &expiry::rendered(t, until))]),
                None => t.with("taking.role", &[("role", &role)]),
            });
            let filters =
                filters::of_edge(edge).filter_map(|(table, kept)| Some((table, RoleTerms::read(kept).condition?)));
            goes.extend(filters.map(|(table, kept)| condition::goes(t, table, &kept)));
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
        button: "access.take",
        obstacle,
    };
    Some(page(here, taking))
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
    let mut goes = vec![lent_no_more(t, &naming::rendered_of(&view.record), grant)];
    goes.extend(readers::rendered(t, view));
    let taking = Taking {
        tab: "assets",
        title: t.with("taking.rows_of", &[("name", &naming::rendered(card))]),
        goes,
        action: here.address(),
        fields: vec![("edit", "rows".into()), ("asset", asset.to_string()), ("rows", "closed".into())],
        button: "taking.rows",
        obstacle: None,
    };
    Some(page(here, taking))
}

/// Of a product with this name, that it is lent rows no longer.
pub fn lent_no_more(t: Texts, product: &str, grant: Grant) -> String {
    match grant.until {
        Some(until) => t.with("taking.lent_until", &[("product", product), ("until", &expiry::rendered(t, until))]),
        None => t.with("taking.lent", &[("product", product)]),
    }
}
