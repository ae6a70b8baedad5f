//! People and teams: who there is, who answers for what.

mod giving;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use askama::Template;
use emporion_catalog::caller::Designation;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::read::Count;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Edge, Record};
use emporion_catalog::relation;
use emporion_edge::route::Route;
use serde_json::Value;

use crate::access::who_may::WhoMay;
use crate::door::Door;
use crate::fault::Fault;
use crate::forms::edit;
use crate::forms::edit_menu::Offer;
use crate::forms::new_record;
use crate::layout::listing::{List, Listed, Listing};
use crate::layout::rest::Rest;
use crate::layout::shell::Shell;
use crate::pages::admin::ending;
use crate::records::head::Head;
use crate::records::link::Link;
use crate::records::people::Person;
use crate::records::record::{Here, RecordPage};
use crate::records::{address, kind_names, naming};
use crate::request::handlers::page;
use crate::request::visit::{Shown, Visit, answer};
use crate::search::query;
use crate::text::markdown;
use crate::text::plain::{first_line, shown};
use crate::text::texts::Texts;

const LIST: List =
    List { at: "/people", kind: "user", counted: "count.people", limit: 60, new: Some(&new_record::TEAM) };
const MOST_TEAMS: u32 = 100;
const ALL_TEAMS: &str = "kind:team";
/// Edges that are looked at for what somebody answers for.
const MOST_OWNED: u32 = 200;
const MOST_MEMBERS: u32 = 500;

#[derive(Template)]
#[template(path = "people.html")]
struct People {
    p: Shell,
    list: Listed,
    people: Vec<Row>,
    teams: Vec<Row>,
    /// Where all of them are, if there are more.
    more_teams: Option<String>,
}

struct Row {
    person: Person,
    rendered: String,
    is_disabled: bool,
}

#[derive(Template)]
#[template(path = "person.html")]
struct Page {
    p: Shell,
    head: Head,
    offers: Vec<Offer>,
    others: Option<WhoMay>,
    face: Person,
    description: Option<String>,
    email: Option<String>,
    is_admin: bool,
    is_bot: bool,
    is_disabled: bool,
    /// Where what he owns is handed over, for who may, once he can no longer sign in.
    hand_over: Option<String>,
    /// Ways of who administers the account: what they are called, and where they lead.
    administered: Vec<(String, String)>,
    is_own: bool,
    /// Of a team, who answers for it.
    owned_by: Vec<Person>,
    teams: Vec<Row>,
    members: Vec<Row>,
    members_rest: Option<Rest>,
    teams_rest: Option<Rest>,
    owned: Vec<Group>,
    owned_rest: Option<Rest>,
    /// Products on which the visitor gives roles: each leads to the form that gives this person a role.
    giving: Vec<Link>,
    /// They are all products, not the visitor's own.
    is_everything: bool,
    giving_rest: Option<Rest>,
}

/// What somebody answers for, of one kind.
struct Group {
    title: String,
    links: Vec<Link>,
}

/// Kinds of what is answered for that stand before the others, in their order.
const KINDS: &[&str] = &[
    "data_product",
    "domain",
    "glossary",
    "glossary_term",
    "table",
    "pipeline",
    "dashboard",
    "database_service",
    "pipeline_service",
    "dashboard_service",
    "database",
    "database_schema",
];

impl Group {
    /// Where not all was looked at, there are at least as many.
    fn of(t: Texts, kind: &str, links: Vec<Link>, is_cut: bool) -> Group {
        let name = kind_names::several(t, kind);
        let number = t.number(links.len() as u64);
        let number = if is_cut { t.with("count.or_more", &[("many", &number)]) } else { number };
        Group { title: format!("{name} · {number}"), links }
    }
}

pub fn routes() -> Vec<Route<Door>> {
    let mut rows = vec![page("/people", "people", list)];
    rows.extend(PERSON.routes());
    rows.extend(TEAM.routes());
    rows
}

static PERSON: RecordPage = RecordPage {
    name: "person",
    folder: "people",
    section: "people",
    tab: |here, _| Box::pin(person(here)),
    is_edited: true,
    ..RecordPage::PLAIN
};

static TEAM: RecordPage = RecordPage { name: "team", folder: "teams", tab: |here, _| Box::pin(team(here)), ..PERSON };

async fn list(visit: Arc<Visit>) -> Shown {
    if let Some(form) = new_record::asked(&visit, "people").await? {
        return Ok(form);
    }
    let listing = Listing::narrowed(&visit, LIST).await?;
    let reading = visit.reading().await?;
    let teams = ListQuery { limit: MOST_TEAMS, ..listing.narrow(&reading, "team").await? };
    let query = ListQuery { fields: vec![("is_bot", Value::Bool(false))], ..listing.query(&reading).await? };
    let (people, list) = listing.page(&reading, query, &Depth::bare(), &[]).await?;
    let row = |record: &Record, rendered: String| Row {
        person: Person::of_record(record),
        rendered,
        is_disabled: naming::is_disabled(record),
    };
    let email = |record: &Record| record.body.get("email").and_then(Value::as_str).map(shown).unwrap_or_default();
    let teams = reading.list(teams, &Depth::bare()).await?.views;
    let line = |record: &Record| first_line(record.body.get("description").and_then(Value::as_str).unwrap_or_default());
    answer(&People {
        p: visit.shell("people").below(visit.t.say("place.people"), None),
        list,
        people: people.iter().map(|view| row(&view.record, email(&view.record))).collect(),
        teams: teams.iter().map(|view| row(&view.record, line(&view.record))).collect(),
        more_teams: (teams.len() >= MOST_TEAMS as usize).then(|| query::address_of(ALL_TEAMS)),
    })
}

async fn person(here: Here<'_>) -> Shown {
    let Here { visit, reading, view, .. } = here;
    let of_teams = reading.sources(&[view], &[relation::MEMBER], MOST_MEMBERS).await?;
    let teams = of_teams.edges.iter().filter_map(|edge| {
        let team = of_teams.records.get(&edge.from)?;
        Some(Row { person: Person::of_record(team), rendered: designation(visit, edge), is_disabled: false })
    });
    let rest = Rest::of_more(visit.t, of_teams.edges.len(), of_teams.is_cut);
    whole(here, (teams.collect(), rest), (Vec::new(), None)).await
}

async fn team(here: Here<'_>) -> Shown {
    let Here { visit, reading, view, .. } = here;
    let from: usize = visit.query("from").parse().unwrap_or(0);
    let all = view.targets(relation::MEMBER).count();
    let page = view.targets(relation::MEMBER).skip(from).take(MOST_MEMBERS as usize);
    let page: Vec<_> = page.collect();
    let ids: Vec<RecordId> = page.iter().map(|(edge, _)| edge.to).collect();
    let records = reading.records(&ids, States::Alive).await?;
    let disabled: HashSet<RecordId> =
        records.iter().filter(|record| naming::is_disabled(record)).map(|record| record.id).collect();
    let members = page.into_iter().map(|(edge, card)| Row {
        person: Person::of(card),
        rendered: designation(visit, edge),
        is_disabled: disabled.contains(&edge.to),
    });
    let members: Vec<Row> = members.collect();
    let rest = Rest::of_part(visit.t, (from, members.len()), Count::of(all as u64), |from| match from {
        0 => here.address(),
        from => address::with_query(&here.address(), &[("from", &from.to_string())]),
    });
    let above = view.targets(relation::UNDER_TEAM).map(|(_, card)| Row {
        person: Person::of(card),
        rendered: String::new(),
        is_disabled: false,
    });
    whole(here, (above.collect(), None), (members, rest)).await
}

/// What somebody is in a team.
fn designation(visit: &Visit, edge: &Edge) -> String {
    let role = Designation::parse(edge.attributes.get("designation").and_then(Value::as_str));
    visit.t.say(&format!("designation.{}", role.name()))
}

/// The page, with the teams that it belongs to and its members.
async fn whole(
    here: Here<'_>,
    (teams, teams_rest): (Vec<Row>, Option<Rest>),
    (members, members_rest): (Vec<Row>, Option<Rest>),
) -> Shown {
    let Here { visit, reading, view, .. } = here;
    let is = |field: &str| view.field(field) == Some(&Value::Bool(true));
    let (owned, owned_rest) = owned(visit, reading, &view.record).await?;
    let (giving, giving_rest) = giving::offered(here).await?;
    let (offers, refused) = edit::offers(here).await?;
    answer(&Page {
        p: here.shell(),
        head: Head::of(visit, view),
        offers,
        others: here.others(&refused, None).await?,
        face: Person::of_record(&view.record),
        description: markdown::shown(view.text("description")).await?,
        email: view.text("email").map(shown),
        is_admin: is("is_admin"),
        is_bot: is("is_bot"),
        is_disabled: naming::is_disabled(&view.record),
        hand_over: (naming::is_disabled(&view.record) && visit.caller().principal.is_admin)
            .then(|| ending::at(ending::HAND_OVER, &view.record.name)),
        administered: administered(here).await?,
        is_own: view.id() == visit.caller().principal.user,
        owned_by: Person::owners(view),
        teams,
        members,
        members_rest,
        teams_rest,
        owned,
        owned_rest,
        giving,
        is_everything: visit.caller().principal.is_admin,
        giving_rest,
    })
}

/// What who administers the account does with a person or a program beside editing: giving roles, looking at what was read and
/// changed, and doing away with a program.
async fn administered(here: Here<'_>) -> Result<Vec<(String, String)>, Fault> {
    let Here { visit, reading, view, .. } = here;
    let (record, t) = (&view.record, visit.t);
    if !visit.caller().principal.is_admin || !record.kind.is("user") {
        return Ok(Vec::new());
    }
    let by = |at: &str, whom: &str| address::with_query(at, &[("by", whom)]);
    let reads = by(address::READS, &record.id.to_string());
    let mut ways = vec![("person.reads", reads), ("person.changes", by("/admin/audit", &record.name))];
    if naming::is_bot(record) {
        ways.push(("person.tokens", address::with_query("/admin/tokens", &[("q", &record.name)])));
        let is_out = naming::is_disabled(record);
        let (key, action) = if is_out { ("admin.enable", "enable") } else { ("admin.disable", "disable") };
        ways.push((key, ending::at(action, &record.name)));
        if ending::lasting(reading, &[record]).await?.is_empty() {
            ways.push(("admin.delete", ending::at(ending::DELETE, &record.name)));
        }
    }
    let account = giving::of_account(here).map(|at| ("person.give_role", at));
    Ok(account.into_iter().chain(ways).map(|(key, at)| (t.say(key), at)).collect())
}

/// What is known to be answered for, as far as the visitor sees it, by kind.
async fn owned(visit: &Visit, reading: &Reading<'_>, owner: &Record) -> Result<(Vec<Group>, Option<Rest>), Fault> {
    let relations = [relation::OWNER, relation::OWNING_TEAM];
    let sources = reading.sources(&[owner], &relations, MOST_OWNED).await?;
    let mut records: Vec<&Record> = sources.records.values().filter(|record| States::Alive.holds(record)).collect();
    records.sort_by(|a, b| a.fqn.cmp(&b.fqn));
    // Those that come first by their place in the list, the others after them.
    let mut by_kind: BTreeMap<(usize, &str), Vec<Link>> = BTreeMap::new();
    for record in records {
        let kind = record.kind.name();
        let place = KINDS.iter().position(|known| *known == kind).unwrap_or(KINDS.len());
        let link = Link::of_record(record);
        // What has no page is part of something that is listed.
        if link.address.is_some() {
            by_kind.entry((place, kind)).or_default().push(link);
        }
    }
    let groups: Vec<Group> =
        by_kind.into_iter().map(|((_, kind), links)| Group::of(visit.t, kind, links, sources.is_cut)).collect();
    let shown: usize = groups.iter().map(|group| group.links.len()).sum();
    let rest = Rest::of_more(visit.t, shown, sources.is_cut);
    let of_owner = visit.door.finder.clause("owner", &owner.name);
    Ok((groups, rest.map(|rest| rest.by(visit.t, "rest.search", query::address_of(&of_owner)))))
}
