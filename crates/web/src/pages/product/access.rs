//! Who may do what with a product, and what the visitor himself may.

use std::collections::{HashMap, HashSet};

use askama::Template;
use emporion_catalog::action::Action;
use emporion_catalog::id::RecordId;
use emporion_catalog::kind::Visibility;
use emporion_catalog::query::States;
use emporion_catalog::record::{Edge, View};
use emporion_catalog::relation;
use emporion_catalog::rows::filters;
use emporion_catalog::rows::masks;
use emporion_catalog::rows::role_terms::RoleTerms;
use emporion_catalog::rows::roles::{self, ROLES};

use super::assets::{self, Counts};
use super::filtering;
use super::giving::{self, Giving};
use super::requesting::{self, Asking, Own, Standing};
use super::taking;
use super::warned::{self, Warned};
use crate::access::condition::Condition;
use crate::access::masking::masks_of;
use crate::access::role;
use crate::access::simulator::{self, Simulation};
use crate::access::team_readers;
use crate::fault::Fault;
use crate::forms::expiry;
use crate::layout::shell::Shell;
use crate::pages::requests;
use crate::records::people::Person;
use crate::records::record::{Here, Top};
use crate::records::{address, naming};
use crate::request::headers;
use crate::request::visit::{Shown, Visit};
use crate::text::plain::shown;
use crate::text::texts::Texts;

/// Assets that are counted for what may be asked.
const LOOKED_AT: usize = 500;
const MOST_WAITING: usize = 20;

#[derive(Template)]
#[template(path = "product/access.html")]
struct Access {
    p: Shell,
    top: Top,
    own: Vec<RightsSentence>,
    people: Vec<Holder>,
    team: Option<Person>,
    is_open: bool,
    /// What is masked from everybody with a role, for who may give roles.
    by_role: Vec<RoleMasking>,
    hides_filters: bool,
    has_teams: bool,
    asked: Vec<Own>,
    waiting: Vec<requests::Row>,
    asking: Option<Asking>,
    /// For who may give roles.
    giving: Option<Giving>,
    /// For them, too: what no role opens yet. After one was given, that is the next step.
    closed: Option<Warned>,
    is_given: bool,
    /// What the service warned of when a role or its filters were changed.
    warned: Vec<Warned>,
    /// The same: what somebody can see of it, and why.
    simulation: Option<Simulation>,
}

/// What was typed into the forms of the tab.
#[derive(Default)]
pub struct Typed {
    pub asking: requesting::Typed,
    pub giving: Giving,
}

/// A sentence about the visitor's rights.
struct RightsSentence {
    text: String,
    is_good: bool,
    /// Instead of the text.
    filter: Option<Condition>,
}

/// The masks of a role, a line for each, and the form that changes them.
struct RoleMasking {
    role: String,
    masks: Vec<String>,
    form: String,
    label: String,
}

struct Holder {
    person: Person,
    /// Whose role can be taken here: the id, and what the button is called.
    to_take: Option<(String, String)>,
    /// The same where the filters can be set.
    to_filter: Option<(String, String)>,
    role: String,
    /// He can no longer sign in: he queries nothing.
    is_disabled: bool,
    queries: String,
    /// When it ends by itself.
    until: Option<String>,
    /// Of a team, who reads by it; or that it is deleted.
    team: Option<String>,
    /// Tables and conditions; `None` where they are not for the visitor.
    filters: Option<Vec<(String, Condition)>>,
    /// Whether related tables follow them.
    followed: Option<&'static str>,
    /// Masks of columns, a line for each.
    masks: Vec<String>,
}

pub async fn tab(here: Here<'_>) -> Shown {
    let asking = requesting::Typed::wanting(here.visit.query("wants"));
    // Whoever comes from the page of a person has him in the form.
    let giving = Giving { who: here.visit.query("who"), ..Giving::default() };
    page(here, Typed { asking, giving }, 200).await
}

/// The tab, with what was typed into its form.
pub async fn page(here: Here<'_>, typed: Typed, status: u16) -> Shown {
    let Here { visit, reading, view, .. } = here;
    let user = visit.caller().principal.user;
    let own_ids: HashSet<RecordId> = visit.caller().principal.rows_holders().collect();
    // Who may give roles sees the conditions of others.
    let sees_all = reading.may(Action::for_field(relation::VIEWER.name()), &view.record).await?;
    let teams = ROLES.into_iter().flat_map(|role| view.targets(role)).filter(|(_, card)| card.kind.is("team"));
    let teams: Vec<RecordId> = teams.map(|(edge, _)| edge.to).collect();
    let read_by: HashMap<RecordId, String> = team_readers::of(visit.t, reading, teams).await?.into_iter().collect();
    let disabled = disabled(here).await?;
    let mut people = Vec::new();
    let mut hides_filters = false;
    for role in ROLES {
        for (edge, card) in view.targets(role) {
            let may_see = sees_all || own_ids.contains(&edge.to);
            hides_filters |= !may_see && filters::of_edge(edge).next().is_some();
            let person = Person::of(card);
            let chosen = sees_all.then(|| edge.to.to_string());
            let called = |label| visit.t.with(label, &[("name", &person.name)]);
            let (take, filter) = (called("access.take_from"), called("filtering.of"));
            people.push(Holder {
                person,
                to_take: chosen.clone().map(|user| (user, take)),
                to_filter: chosen.map(|user| (user, filter)),
                role: role::rendered(visit.t, role),
                is_disabled: disabled.contains(&edge.to),
                queries: visit.t.say(if disabled.contains(&edge.to) { "access.disabled" } else { queries(edge) }),
                until: edge.ends_at().map(|until| expiry::rendered(visit.t, until)),
                team: read_by.get(&edge.to).cloned(),
                filters: may_see.then(|| filters_of(visit.t, edge)),
                followed: if may_see { followed(view, edge) } else { None },
                masks: if may_see { masks_on(visit.t, edge) } else { Vec::new() },
            });
        }
    }
    if sees_all {
        people.extend(gone(visit.t, view));
    }
    let team = reading.owning_team(view).await?.map(|card| Person::of(&card));
    let may_query = reading.rows().may_query(view).await?.is_some();
    let (rows, counts) = assets::rows(visit, reading, view, &assets::AssetFilter::first(LOOKED_AT)).await?;
    if sees_all && let Some(taking) = taking::role(here, counts).await {
        return taking;
    }
    if sees_all && let Some(form) = filtering::form(here).await? {
        return Ok(form);
    }
    let top = here.top_of("access").await?;
    let standing = Standing::of(here, may_query, sees_all).await?;
    let asked = requesting::own(visit, reading, view).await?;
    let asking = requesting::form(visit, &top.head.address, &standing, (&rows, &asked), typed.asking);
    let giving = if sees_all { Some(typed.giving.completed(here).await?) } else { None };
    let given = giving.as_ref().and_then(|giving| {
        let given = giving::rendered(visit, view)?;
        Some(std::iter::once(given).chain(giving.personal.clone()).collect::<Vec<_>>().join(" "))
    });
    let mut p = here.shell();
    if let (Some(notice), Some(given)) = (&mut p.notice, &given) {
        notice.push(' ');
        notice.push_str(given);
    }
    let page = Access {
        p,
        has_teams: sees_all && !read_by.is_empty(),
        closed: giving.as_ref().and_then(|_| warned::not_lent(visit.t, view, &top.head.address)),
        is_given: given.is_some(),
        warned: if sees_all { warned::carried(visit, view, &top.head.address, &[]) } else { Vec::new() },
        own: own(visit, view, user, (may_query, counts)),
        top,
        people,
        team,
        is_open: view.record.visibility == Visibility::Open,
        hides_filters,
        asked,
        waiting: requests::waiting(visit, reading, Some(view.id()), MOST_WAITING).await?,
        asking,
        giving,
        by_role: if sees_all { masked_by_role(here) } else { Vec::new() },
        simulation: if sees_all { Some(simulator::about(visit, reading, view).await?) } else { None },
    };
    Ok(headers::page(status, &page))
}

/// Those of who has a role who can no longer sign in.
async fn disabled(here: Here<'_>) -> Result<HashSet<RecordId>, Fault> {
    let holders = ROLES.into_iter().flat_map(|role| here.view.targets(role)).map(|(edge, _)| edge.to);
    let holders: HashSet<RecordId> = holders.collect();
    let records = here.reading.records(&holders.into_iter().collect::<Vec<_>>(), States::Alive).await?;
    Ok(records.iter().filter(|record| naming::is_disabled(record)).map(|record| record.id).collect())
}

/// Teams that are deleted, and have a role again when they are restored: it can be taken before.
fn gone(t: Texts, view: &View) -> impl Iterator<Item = Holder> + '_ {
    let edges = view.edges.iter().filter(|edge| edge.at.is_empty() && ROLES.contains(&edge.relation));
    edges.filter_map(move |edge| {
        let card = view.cards.get(&edge.to).filter(|card| card.kind.is("team") && !card.state.is_alive())?;
        let person = Person { address: String::new(), ..Person::of(card) };
        let label = t.with("access.take_from", &[("name", &person.name)]);
        Some(Holder {
            person,
            to_take: Some((edge.to.to_string(), label)),
            to_filter: None,
            role: role::rendered(t, edge.relation),
            is_disabled: false,
            queries: t.say("access.team_gone"),
            until: edge.ends_at().map(|until| expiry::rendered(t, until)),
            team: None,
            filters: Some(filters_of(t, edge)),
            followed: followed(view, edge),
            masks: masks_on(t, edge),
        })
    })
}

fn followed(view: &View, edge: &Edge) -> Option<&'static str> {
    let is_followed = filters::are_followed(view, edge.to)?;
    Some(if is_followed { "access.filters_followed" } else { "access.filters_not_followed" })
}

fn filters_of(t: Texts, edge: &Edge) -> Vec<(String, Condition)> {
    let conditions =
        filters::of_edge(edge).filter_map(|(table, terms)| Some((table, RoleTerms::read(terms).condition?)));
    conditions.map(|(table, condition)| (shown(table), Condition::of(t, table, &condition))).collect()
}

/// What is masked from everybody with a role.
fn masked_by_role(here: Here<'_>) -> Vec<RoleMasking> {
    let (t, at) = (here.visit.t, here.address());
    let of_role = |relation| {
        let role = role::rendered(t, relation);
        let bearer = format!("role:{}", masks::role_word(relation));
        RoleMasking {
            masks: masks_of(t, masks::of_role(&here.view.record, relation)),
            form: address::with_query(&at, &[("tab", "access"), ("filter", &bearer)]),
            label: t.with("filtering.of_role", &[("role", &role)]),
            role,
        }
    };
    ROLES.into_iter().map(of_role).collect()
}

fn masks_on(t: Texts, edge: &Edge) -> Vec<String> {
    masks_of(t, filters::of_edge(edge).map(|(table, terms)| (table, RoleTerms::read(terms).masks)))
}

fn queries(edge: &Edge) -> &'static str {
    match (edge.is_nominal(), roles::is_denied_rows(edge)) {
        (true, _) => "access.in_name",
        (_, true) => "access.without_rows",
        _ => "access.with_rows",
    }
}

fn own(visit: &Visit, view: &View, user: RecordId, (may_query, counts): (bool, Counts)) -> Vec<RightsSentence> {
    let t = visit.t;
    let mut rendered = Vec::new();
    let mut say = |text: String, is_good| rendered.push(RightsSentence { text, is_good, filter: None });
    let principal = &visit.caller().principal;
    let teams: HashSet<RecordId> = principal.teams.iter().map(|membership| membership.team).collect();
    for role in ROLES {
        for (edge, card) in view.targets(role) {
            let role = role::rendered(t, role);
            if edge.to == user {
                say(
                    match edge.ends_at() {
                        Some(until) => {
                            t.with("access.you_are_until", &[("role", &role), ("until", &expiry::rendered(t, until))])
                        }
                        None if edge.is_nominal() => t.with("access.you_are_in_name", &[("role", &role)]),
                        None => t.with("access.you_are", &[("role", &role)]),
                    },
                    true,
                );
            } else if teams.contains(&edge.to) {
                let is_his = principal.rows_holders().any(|own| own == edge.to);
                let key = if is_his { "access.you_are_by" } else { "access.you_see_by" };
                say(t.with(key, &[("role", &role), ("team", &shown(&card.name))]), true);
            }
        }
    }
    if principal.is_admin {
        say(t.say("access.you_are_admin"), true);
    }
    match may_query {
        true => say(counts.lent_of(t, "access.you_query"), counts.lent > 0),
        false => say(t.say("access.you_do_not_query"), false),
    }
    let own = filters::masks_of_principal(view, principal).into_iter().chain(masks::for_roles_of(view, principal));
    for line in own.flat_map(|(table, masks)| masks_of(t, [(&table, masks)])) {
        say(t.with("masks.yours", &[("mask", &line)]), false);
    }
    if !filters::followed_of_principal(view, principal).is_empty() {
        say(t.say("access.yours_followed"), true);
    }
    let filters = Condition::all_yours(t, view, principal).into_iter();
    rendered.extend(filters.map(|filter| RightsSentence { text: String::new(), is_good: true, filter: Some(filter) }));
    rendered
}
