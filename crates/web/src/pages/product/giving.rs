//! Giving somebody, or a team, a role on a product, and taking it back. What may be given by whom, and that somebody is left who answers for
//! the product, the service says.

use std::sync::Arc;

use emporion_catalog::command::Guard;
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::problem::Problem;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Edge, View};
use emporion_catalog::relation::{self, Relation};
use emporion_catalog::rows::nominal;
use emporion_catalog::rows::roles::{self, ROLES};
use emporion_edge::answer::Answer;
use emporion_edge::route::Route;
use emporion_products::failure::Failure;
use emporion_products::users::operation::{Role, RoleMasks, UserOperation, Verb, Who};
use emporion_products::users::update::{self, Updated};
use emporion_products::warning::Warning;

use super::{access, filtering, lending, personal, warned};
use crate::access::{readers, role};
use crate::door::Door;
use crate::fault::{Fault, wording};
use crate::forms::expiry;
use crate::records::naming::{OWNERS, Suggested, named_record};
use crate::records::record::{Here, RecordPage, back, change};
use crate::records::{address, naming};
use crate::request::headers;
use crate::request::internal_client::Refusal;
use crate::request::visit::{Shown, Visit};
use crate::text::plain::shown;

/// What a role is called there.
fn called(role: Relation) -> &'static str {
    if role == relation::OWNER { "admin" } else { role.name() }
}

/// The roles that can be given, the least first: what each is called there, and its name.
pub fn offered() -> impl Iterator<Item = (&'static str, &'static str)> {
    ROLES.into_iter().rev().map(|role| (called(role), role.name()))
}

/// The form, with what was typed into it.
#[derive(Default)]
pub struct Giving {
    pub who: String,
    pub role: String,
    pub until: String,
    /// The table on whose page the form stood; empty where it was the product's.
    pub table: String,
    pub faults: Vec<String>,
    /// Names that are suggested.
    pub people: Suggested,
    /// What a role opens: the tables whose rows are lent, in a sentence.
    pub opens: String,
    /// What of personal data is read by it, in a sentence.
    pub personal: Option<String>,
    /// The visitor reads not all of the rows himself, and gives a role in name only.
    pub in_name: bool,
    pub today: String,
}

impl Giving {
    pub fn is_chosen(&self, role: &str) -> bool {
        self.role == role
    }

    /// With what the form says beside what is typed.
    pub async fn completed(mut self, here: Here<'_>) -> Result<Giving, Fault> {
        let Here { visit, reading, view, .. } = here;
        self.people = Suggested::of(reading, OWNERS).await?;
        self.opens = opened(visit, view);
        self.personal = personal::of(visit, reading, view).await?;
        self.in_name = !nominal::reads_all(&reading.rows(), view).await?;
        self.today = expiry::day(visit.now);
        Ok(self)
    }
}

/// What a role on a product opens: the tables that are lent to it.
pub fn opened(visit: &Visit, view: &View) -> String {
    match lending::tables(visit.t, view, true) {
        Some(names) => visit.t.with("access.opens", &[("names", &names)]),
        None => visit.t.say("access.opens_none"),
    }
}

/// The team whose owners and contributors read the rows, too: the one that was named, or that of the domain's stewards.
pub async fn reading_team(reading: &Reading<'_>, view: &View) -> Result<Option<String>, Problem> {
    let team = match view.targets(relation::OWNING_TEAM).next() {
        Some((edge, team)) => (!edge.is_nominal()).then(|| naming::rendered(team)),
        None => {
            let stewards = reading.owning_team(view).await?;
            let stewards = stewards.filter(|team| nominal::has_stewards(&view.record, team.id));
            stewards.map(|team| naming::rendered(&team))
        }
    };
    Ok(team)
}

/// What whoever was just given a role may query by it; of what the product says: nothing is believed of an address.
pub fn rendered(visit: &Visit, view: &View) -> Option<String> {
    let t = visit.t;
    let to: RecordId = visit.query("to").parse().ok()?;
    let name = readers::by_role(view).remove(&to).filter(|_| visit.query("done") == "given")?;
    Some(match lending::tables(t, view, true) {
        Some(names) => t.with("done.may_query", &[("name", &name), ("names", &names)]),
        None => t.with("done.may_query_nothing", &[("name", &name)]),
    })
}

pub fn routes(page: &'static RecordPage) -> Vec<Route<Door>> {
    vec![
        change(page, "roles", "give_role", move |visit, view| give(page, visit, view)),
        back(page, "roles", "product_roles", "access"),
    ]
}

async fn give(page: &'static RecordPage, visit: Arc<Visit>, view: Box<View>) -> Shown {
    let sent = visit.form();
    // His own role everybody gives up.
    if sent.text("take") != visit.caller().principal.user.to_string() {
        visit.reading().await?.ask_change(&view.record, &[relation::VIEWER.name()]).await?;
    }
    let mut giving = Giving {
        who: sent.trimmed("who").to_owned(),
        role: sent.text("role").to_owned(),
        until: sent.trimmed("until").to_owned(),
        table: sent.text("table").to_owned(),
        ..Giving::default()
    };
    let until = match expiry::typed(visit.t, &giving.until, visit.now) {
        Ok(until) => until,
        Err(fault) => {
            giving.faults.push(fault);
            return again(page, &visit, &view, giving, 400).await;
        }
    };
    let (holder, role) = match sent.text("take") {
        "" => (named(&visit, &giving.who).await?, Some(giving.role.clone())),
        taken => {
            let taken = taken.parse().map(|id| role::who(&view, id));
            (taken.map_err(|_| visit.t.with("access.nobody_called", &[("name", &shown(sent.text("take")))])), None)
        }
    };
    let (user, holder) = match holder {
        Ok(holder) => holder,
        Err(fault) => {
            giving.faults.push(fault);
            return again(page, &visit, &view, giving, 400).await;
        }
    };
    if let Some(fault) = obstacle(&visit, &view, user, role.as_deref().map(|role| (role, until))) {
        giving.faults.push(fault);
        return again(page, &visit, &view, giving, 409).await;
    }
    if let (Some(role), "filter") = (&role, sent.text("do")) {
        let is_endless = until.is_some() && role == called(relation::OWNER);
        if is_endless || of_user(&view, user).next().is_some() {
            let key = if is_endless { "access.endless_owner" } else { "access.has_a_role" };
            giving.faults.push(visit.t.say(key));
            return again(page, &visit, &view, giving, 400).await;
        }
        // It is given with what is kept back, by one step.
        return Ok(headers::see_other(&filtering::giving(&view, user, role, &giving.until)));
    }
    if role.is_some() && (until.is_some() || ends(&view, user)) {
        return give_until(page, &visit, &view, giving, (user, until)).await;
    }
    match update(&visit, &view, holder, role.as_deref()).await {
        Ok(warnings) if role.is_none() => Ok(done(&view, "taken", "", &warned::sealed(&visit, &view, &warnings))),
        Ok(warnings) => given(&visit, &view, (&giving.table, user), &warnings).await,
        Err(refusal) => {
            let (status, faults) = refusal.in_form(visit.t)?;
            giving.faults = faults;
            again(page, &visit, &view, giving, status).await
        }
    }
}

/// Gives somebody the role, or takes those that he has.
async fn update(visit: &Visit, view: &View, who: Who, role: Option<&str>) -> Result<Vec<Warning>, Refusal> {
    let request = visit.about(view.id());
    let updating = async {
        let unknown = || Failure::invalid_field("/users/0/role", "enum", "must be one of admin, editor, viewer");
        let verb = match role {
            Some(role) => Verb::Set { role: Role::parse(role).ok_or_else(unknown)?, terms: Default::default() },
            None => Verb::Remove,
        };
        let operation = UserOperation { who, beside: None, verb, path: "/users/0".to_owned() };
        update::update(&visit.door.calls.products, &request, vec![operation], RoleMasks::new(), Guard::None).await
    };
    visit.serve("users_update", updating).await.map(|Updated { warnings, .. }| warnings)
}

/// The tab of the product that says what was done, to whom, and what the service warned of.
fn done(view: &View, done: &str, to: &str, warned: &str) -> Answer {
    let pairs = [("tab", "access"), ("done", done), ("to", to), ("warned", warned)];
    headers::see_other(&address::with_query(&address::of_record(&view.record), &pairs))
}

/// Back to where the form stood: on the page of a table of the product, or on the product's own, which alone says warnings.
async fn given(visit: &Visit, view: &View, (table, user): (&str, RecordId), warnings: &[Warning]) -> Shown {
    let reads_all = nominal::reads_all(&visit.reading().await?.rows(), view).await?;
    let of_table = view.targets(relation::HAS_ASSET).find(|(edge, _)| edge.to.to_string() == table);
    let of_table = of_table.and_then(|(edge, card)| Some((address::of(card.kind, &card.fqn)?, edge.id.to_string())));
    let given = if reads_all { "given" } else { "given_in_name" };
    let (to, warned) = (user.to_string(), warned::sealed(visit, view, warnings));
    Ok(match of_table.filter(|_| warned.is_empty()) {
        Some((at, loan)) => {
            let pairs = [("tab", "access"), ("done", given), ("to", &*to), ("loan", &*loan)];
            headers::see_other(&address::with_query(&at, &pairs))
        }
        None => done(view, given, &to, &warned),
    })
}

/// What keeps a role from being given, or those that were shown from being taken: a higher one that is there for as long, or
/// that they are others by now.
fn obstacle(visit: &Visit, view: &View, user: RecordId, given: Option<(&str, Option<Millis>)>) -> Option<String> {
    let Some((role, until)) = given else {
        let form = visit.form();
        let shown = form.text("roles");
        return (!shown.is_empty() && shown != roles_of(view, user)).then(|| visit.t.say("access.other_roles"));
    };
    let rank = ROLES.iter().position(|known| called(*known) == role)?;
    let stays = |role: &&Relation| of_user(view, user).any(|edge| edge.relation == **role && edge.lives_until(until));
    let higher = ROLES[..rank].iter().rev().find(stays)?;
    Some(visit.t.with("access.higher_role", &[("role", &role::rendered(visit.t, *higher))]))
}

/// The edges that give somebody a role in person, or a team.
fn of_user(view: &View, user: RecordId) -> impl Iterator<Item = &Edge> {
    view.edges.iter().filter(move |edge| edge.to == user && ROLES.contains(&edge.relation))
}

/// The roles that somebody has in person, in a text.
pub fn roles_of(view: &View, user: RecordId) -> String {
    let names: Vec<&str> = of_user(view, user).map(|edge| edge.relation.name()).collect();
    names.join(",")
}

/// Whether a role of somebody's ends.
fn ends(view: &View, user: RecordId) -> bool {
    of_user(view, user).any(|edge| edge.ends_at().is_some())
}

/// The service gives and lifts no ends: the core does, as where somebody has asked for the role.
async fn give_until(
    page: &'static RecordPage,
    visit: &Visit,
    view: &View,
    mut giving: Giving,
    (user, until): (RecordId, Option<Millis>),
) -> Shown {
    let role = ROLES.into_iter().find(|role| called(*role) == giving.role);
    let Some(role) = role.filter(|role| *role != relation::OWNER) else {
        giving.faults.push(visit.t.say("access.endless_owner"));
        return again(page, visit, view, giving, 400).await;
    };
    match visit.catalog().give_role(visit.caller(), (view.id(), user), role, until).await {
        Ok(_) => given(visit, view, (&giving.table, user), &[]).await,
        Err(problem) => {
            let (status, faults) = wording::in_form(visit.t, problem)?;
            giving.faults = faults;
            again(page, visit, view, giving, status).await
        }
    }
}

/// A person or a team that the visitor sees; or what the form says where nobody is meant.
async fn named(visit: &Visit, name: &str) -> Result<Result<(RecordId, Who), String>, Fault> {
    let reading = visit.reading().await?;
    Ok(match named_record(&reading, OWNERS, name).await? {
        Ok((kind, id)) if kind.is("team") => match reading.record(id).await?.filter(roles::may_bear) {
            Some(_) => Ok((id, Who::Team(id))),
            None => Err(visit.t.with("access.everybody_called", &[("name", &shown(name))])),
        },
        Ok((_, id)) => Ok((id, Who::Id(id.to_string()))),
        Err(unnamed) => Err(unnamed.of_people().rendered(visit.t)),
    })
}

async fn again(page: &'static RecordPage, visit: &Visit, view: &View, giving: Giving, status: u16) -> Shown {
    let reading = visit.reading().await?;
    let here = Here { page, visit, reading: &reading, view };
    access::page(here, access::Typed { giving, ..Default::default() }, status).await
}
