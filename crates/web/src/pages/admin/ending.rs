//! Before somebody gets a new password, is let in no more, or again, and before a program is deleted: what of his ends or comes
//! back with it, and what stays; and what was done with what he owned.

use std::collections::HashSet;
use std::sync::Arc;

use askama::Template;
use emporion_catalog::change_set::{Credential, CredentialClass};
use emporion_catalog::command::{Command, Deletion, DoorRules, Draft, Guard, How, Ref, Target};
use emporion_catalog::id::{RecordId, Revision};
use emporion_catalog::kind::Kind;
use emporion_catalog::load::Depth;
use emporion_catalog::problem::Problem;
use emporion_catalog::reading::{Reading, Sources};
use emporion_catalog::record::{Edge, Record};
use emporion_catalog::relation;

use serde_json::Value;

use super::frame::admitted;
use crate::fault::{Fault, wording};
use crate::forms::checked;
use crate::forms::saving::TRIES;
use crate::layout::rest::Rest;
use crate::layout::shell::Shell;
use crate::records::link::Link;
use crate::records::naming::{self, OWNERS, Suggested, named_record};
use crate::records::people::Person;
use crate::records::{address, resolver};
use crate::request::headers;
use crate::request::visit::{Shown, Visit};
use crate::sign_in::credentials;
use crate::text::plain::shown;
use crate::text::texts::Texts;

/// Things that are handed over at once, and those that are named before.
const MOST: u32 = 2_000;
const FIRST: usize = 10;

/// What is asked about, as the form calls it.
pub const ACTIONS: [&str; 5] = ["reset", "disable", "enable", HAND_OVER, DELETE];
/// Doing away with a program; people stay, whose history it is.
pub const DELETE: &str = "delete";
/// Giving away what somebody owns who can no longer sign in.
pub const HAND_OVER: &str = "hand_over";

#[derive(Template)]
#[template(path = "admin/ending.html")]
struct Page {
    p: Shell,
    person: Person,
    user: String,
    action: &'static str,
    title: String,
    /// Above what ends, or comes back.
    heading: String,
    ends: Vec<String>,
    stays: Vec<String>,
    then: String,
    /// He can no longer sign in.
    is_gone: bool,
    to_hint: String,
    owns_nothing: String,
    /// What he owns that can be handed over, as he is disabled, or since.
    owned: Option<Owned>,
    to: String,
    revision: u64,
    faults: Vec<String>,
}

/// What somebody owns: how many things, the first of them, and to whom they may be given.
struct Owned {
    count: String,
    /// All of them, as the form says again that they were seen.
    checked: String,
    first: Vec<Link>,
    rest: Option<Rest>,
    suggested: Suggested,
}

/// What is wrong: the status, and sentences.
pub type Refusal = (u16, Vec<String>);

/// What was done.
pub enum Ended {
    /// As a notice of every page says it.
    Done(&'static str),
    /// In sentences of its own.
    Told(String),
}

/// Where it is asked.
pub fn at(action: &str, user: &str) -> String {
    address::with_query("/admin/users", &[("ask", action), ("user", user)])
}

pub async fn ask(visit: &Visit, action: &'static str, status: u16, faults: Vec<String>) -> Shown {
    let (p, _) = admitted(visit, "users")?;
    let sent = visit.form();
    let named = visit.request.query_value("user").unwrap_or_else(|| sent.trimmed("user").to_owned());
    let reading = visit.reading().await?;
    let target = resolver::target(reading.catalog().kind("user"), &named);
    let record = reading.find(&target).await?.ok_or(Problem::NotFound { kind: "user", what: named })?;
    let t = visit.t;
    let is_bot = naming::is_bot(&record);
    // Who can sign in hands over himself, or loses his access with it.
    if (action == HAND_OVER && !naming::is_disabled(&record))
        || !fits(action, is_bot)
        || (action == DELETE && !lasting(&reading, &[&record]).await?.is_empty())
    {
        return Err(Fault::NoSuchPage);
    }
    let is_handing = ["disable", HAND_OVER, DELETE].contains(&action);
    let owned = if is_handing { owned(t, &reading, &record).await? } else { None };
    let left = if is_handing { deleted_ones(visit, &reading, &record).await? } else { None };
    let roles = if is_handing && is_bot { roles(t, &reading, &record).await? } else { Vec::new() };
    drop(reading);
    let (mut ends, mut stays) = told(visit, action, &record, owned.is_some()).await?;
    if action == DELETE { &mut ends } else { &mut stays }.extend(roles);
    stays.extend(left);
    let title = t.say(&format!("admin.{action}"));
    let page = Page {
        p: p.below(title.clone(), None),
        person: Person::of_record(&record),
        user: shown(&record.name),
        action,
        heading: t.say(if action == "enable" { "ending.back" } else { "ending.ends" }),
        is_gone: naming::is_disabled(&record) && action != DELETE,
        title,
        ends,
        stays,
        then: said(t, &format!("then_{action}"), is_bot),
        to_hint: said(t, if naming::is_disabled(&record) { "to_hint_gone" } else { "to_hint" }, is_bot),
        owns_nothing: said(t, "owns_nothing", is_bot),
        owned,
        to: sent.trimmed("to").to_owned(),
        revision: record.revision.0,
        faults,
    };
    Ok(headers::page(status, &page))
}

/// A program has no password, and a person is not deleted here.
fn fits(action: &str, is_bot: bool) -> bool {
    match action {
        "reset" => !is_bot,
        DELETE => is_bot,
        _ => true,
    }
}

/// A sentence about a person, or about a program.
fn said(t: Texts, key: &str, is_bot: bool) -> String {
    let of_program = t.find(&format!("ending.program.{key}")).filter(|_| is_bot);
    of_program.map_or_else(|| t.say(&format!("ending.{key}")), str::to_owned)
}

/// What of somebody's ends by it, and what stays. What a program holds is named one by one: it stops working by that.
async fn told(
    visit: &Visit,
    action: &str,
    record: &Record,
    is_owner: bool,
) -> Result<(Vec<String>, Vec<String>), Fault> {
    let t = visit.t;
    let is_bot = naming::is_bot(record);
    let held = visit.catalog().credentials(visit.caller(), record.id).await?;
    let lasting = |one: &&Credential| one.expires.is_none_or(|at| at > visit.now);
    let count = |class| held.iter().filter(lasting).filter(|one| one.class == class).count();
    let some = |key: &str, class| Some(count(class)).filter(|n| *n > 0).map(|n| t.count(key, n));
    let password = (count(CredentialClass::Password) > 0).then(|| t.say("ending.password"));
    let logins = some("ending.logins", CredentialClass::Session);
    let tokens = some("ending.tokens", CredentialClass::Token);
    let keys = some("ending.keys", CredentialClass::AccessKey);
    let held = match is_bot {
        true => credentials::endings(visit, record, &held),
        false => tokens.into_iter().chain(keys).collect(),
    };
    let one = |key: &str| vec![said(t, key, is_bot)];
    Ok(match action {
        "enable" => (one("coming_back"), Vec::new()),
        "reset" => (password.into_iter().chain(logins).collect(), held),
        HAND_OVER => (Vec::new(), one("given")),
        _ => {
            let all = one("coming_in").into_iter().chain(logins).chain(held);
            (all.collect(), one(if is_owner { "given" } else { "owned" }))
        }
    })
}

/// The roles that a program has, of the account and on products.
async fn roles(t: Texts, reading: &Reading<'_>, program: &Record) -> Result<Vec<String>, Fault> {
    let view = reading.view(program.clone(), &Depth::of(&[relation::HAS_ROLE], false)).await?;
    let of_account: Vec<String> = view.targets(relation::HAS_ROLE).map(|(_, card)| naming::rendered(card)).collect();
    let found = reading.sources(&[program], &[relation::VIEWER, relation::EDITOR], MOST).await?;
    let mut on_products: Vec<String> = found.records.values().map(naming::rendered_of).collect();
    on_products.sort();
    let sentence =
        |key: &str, names: Vec<String>| (!names.is_empty()).then(|| t.with(key, &[("names", &first_of(t, &names))]));
    Ok(sentence("ending.roles", of_account).into_iter().chain(sentence("ending.product_roles", on_products)).collect())
}

/// The first of these names, and how many there are besides.
fn first_of(t: Texts, names: &[String]) -> String {
    let first = names.iter().take(FIRST).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(FIRST) {
        0 => first,
        rest => t.with("ending.and_more", &[("names", &first), ("rest", &t.number(rest as u64))]),
    }
}

async fn owned(t: Texts, reading: &Reading<'_>, person: &Record) -> Result<Option<Owned>, Fault> {
    let found = reading.sources(&[person], &[relation::OWNER], MOST).await?;
    let things = things(&found.edges);
    let first = things.iter().take(FIRST).filter_map(|id| found.records.get(id));
    let first = first.map(|record| Link { name: naming::with_statement(record), ..Link::of_record(record) });
    let owned = Owned {
        count: t.count("ending.things", things.len() as u64),
        checked: checked(&found),
        first: first.collect(),
        rest: Rest::of_all(t, things.len().min(FIRST), things.len()),
        suggested: Suggested::of(reading, OWNERS).await?,
    };
    Ok((!things.is_empty()).then_some(owned))
}

/// What he owns that is deleted and can be brought back stays his: how much that is, and where it is found.
async fn deleted_ones(visit: &Visit, reading: &Reading<'_>, person: &Record) -> Result<Option<String>, Fault> {
    let found = reading.deleted_sources(&[person], &[relation::OWNER], MOST).await?;
    let records: Vec<&Record> = found.records.values().collect();
    let number = reading.may_restore_each(&records).await?.into_iter().filter(|is_kept| *is_kept).count();
    Ok((number > 0).then(|| visit.t.count("ending.deleted", number)))
}

/// Each once.
fn things(edges: &[Edge]) -> Vec<RecordId> {
    let mut known = HashSet::new();
    edges.iter().map(|edge| edge.from).filter(|id| known.insert(*id)).collect()
}

/// What tells one state of what he owns from another: each thing, and whether it bears his name alone.
fn checked(found: &Sources) -> String {
    let in_name = in_name_only(found);
    let mut things: Vec<(RecordId, bool)> = things(&found.edges).iter().map(|id| (*id, in_name.contains(id))).collect();
    things.sort_unstable();
    checked::word(&things)
}

/// What was handed over.
struct Handed {
    person: String,
    heir: String,
    /// He is deleted, not only kept out.
    is_deleted: bool,
    /// What each thing is called: given, or only taken off his name.
    given: Vec<String>,
    in_name: Vec<String>,
}

impl Handed {
    fn of(person: &Record, heir: &Record, is_deleted: bool) -> Handed {
        let (person, heir) = (naming::rendered_of(person), naming::rendered_of(heir));
        Handed { person, heir, is_deleted, given: Vec::new(), in_name: Vec::new() }
    }

    fn add(&mut self, found: &Sources, in_name: &HashSet<RecordId>) {
        for record in things(&found.edges).iter().filter_map(|id| found.records.get(id)) {
            let of = if in_name.contains(&record.id) { &mut self.in_name } else { &mut self.given };
            of.push(naming::with_statement(record));
        }
    }

    /// In a sentence or two.
    fn rendered(&self, t: Texts) -> String {
        let (person, heir) = (self.person.as_str(), self.heir.as_str());
        let key = |kept_out, deleted| if self.is_deleted { deleted } else { kept_out };
        let mut told = vec![match self.given.is_empty() {
            true => t.with(key("ending.handed_nothing", "ending.deleted_nothing"), &[("person", person)]),
            false => {
                let count = t.count("count.things", self.given.len());
                let values =
                    [("person", person), ("heir", heir), ("count", &*count), ("names", &*first_of(t, &self.given))];
                t.with(key("ending.handed", "ending.deleted_handed"), &values)
            }
        }];
        if !self.in_name.is_empty() {
            told.push(t.with("ending.handed_in_name", &[("heir", heir), ("names", &*first_of(t, &self.in_name))]));
        }
        told.join(" ")
    }
}

/// The person; `None` where another administrator has changed him since he was seen.
async fn as_seen(reading: &Reading<'_>, user: &str, seen: Revision) -> Result<Option<Record>, Fault> {
    let person = reading.find(&resolver::target(reading.catalog().kind("user"), user)).await?;
    let person = person.ok_or_else(|| Problem::NotFound { kind: "user", what: user.to_owned() })?;
    Ok((person.revision == seen).then_some(person))
}

/// Lets somebody in no more, as he was seen, and leaves what he owns with him; or what is wrong with that.
pub async fn keep_out(visit: &Visit, user: &str, seen: Revision) -> Result<Result<Ended, Refusal>, Fault> {
    let changed = || (409, vec![visit.t.say("ending.changed")]);
    let reading = visit.reading().await?;
    let Some(person) = as_seen(&reading, user, seen).await? else { return Ok(Err(changed())) };
    Ok(match reading.execute(&keeping_out(&person)).await {
        Ok(_) => Ok(Ended::Done(if naming::is_bot(&person) { "program_disabled" } else { "disabled" })),
        Err(Problem::Stale { .. } | Problem::Overtaken) => Err(changed()),
        Err(problem) => Err(wording::in_form(visit.t, problem)?),
    })
}

/// Deletes a program as it was seen, and gives what it owns to another one where one is named: its user with the name under which it
/// is known, and what lets it in ends with it; all of it or nothing. Answers what was done, or what is wrong with that.
pub async fn delete(
    visit: &Visit,
    user: &str,
    to: &str,
    seen: Revision,
    listed: &str,
) -> Result<Result<Ended, Refusal>, Fault> {
    let t = visit.t;
    let changed = || (409, vec![t.say("ending.changed")]);
    let reading = visit.reading().await?;
    let Some(program) = as_seen(&reading, user, seen).await? else { return Ok(Err(changed())) };
    if !naming::is_bot(&program) || !lasting(&reading, &[&program]).await?.is_empty() {
        return Err(Fault::NoSuchPage);
    }
    let mut together = Vec::new();
    let mut handed = None;
    if !to.is_empty() {
        let (kind, heir) = match heir(t, &reading, &program, to).await? {
            Ok(found) => found,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let found = reading.sources(&[&program], &[relation::OWNER], MOST).await?;
        if let Some(refusal) = refused(t, &found, Some(listed)) {
            return Ok(Err(refusal));
        }
        let in_name = in_name_only(&found);
        together = handing_over(&reading, &program, (&found, &in_name), (kind, heir.id), true);
        let mut told = Handed::of(&program, &heir, true);
        told.add(&found, &in_name);
        handed = Some(told);
    }
    let names = reading.sources(&[&program], &[relation::BOT_USER], MOST).await?;
    let deletion = |record: &Record| Command::Delete {
        target: Ref::Id(record.kind, record.id),
        guard: Guard::None,
        how: Deletion::SOFT,
    };
    // Brought back, it is let in no more than one that is disabled.
    together.push(keeping_out(&program));
    together.extend(names.records.values().map(deletion));
    together.push(deletion(&program));
    Ok(match reading.execute(&Command::Together(together)).await {
        Ok(_) => Ok(handed.map_or(Ended::Done("deleted"), |handed| Ended::Told(handed.rendered(t)))),
        Err(Problem::Stale { .. } | Problem::Overtaken) => Err(changed()),
        Err(problem) => Err(wording::in_form(t, problem)?),
    })
}

/// Those of the programs that came with the catalogue: they are not deleted.
pub async fn lasting(reading: &Reading<'_>, programs: &[&Record]) -> Result<HashSet<RecordId>, Fault> {
    if programs.is_empty() {
        return Ok(HashSet::new());
    }
    let names = reading.sources(programs, &[relation::BOT_USER], MOST).await?;
    let is_system = |name: &Record| name.body.get("provider").and_then(Value::as_str) == Some("system");
    let of_system = names.edges.iter().filter(|edge| names.records.get(&edge.from).is_some_and(is_system));
    Ok(of_system.map(|edge| edge.to).collect())
}

/// Whom it is given to; or what is wrong with him.
async fn heir(
    t: Texts,
    reading: &Reading<'_>,
    person: &Record,
    to: &str,
) -> Result<Result<(Kind, Record), Refusal>, Fault> {
    let (kind, id) = match named_record(reading, OWNERS, to).await? {
        Ok(found) => found,
        Err(unnamed) => return Ok(Err((400, vec![unnamed.rendered(t)]))),
    };
    let heir = reading.record(id).await?.filter(|record| id != person.id && !naming::is_disabled(record));
    Ok(heir.map(|heir| (kind, heir)).ok_or_else(|| (400, vec![t.say("ending.no_heir")])))
}

/// Why not all that somebody owns is given away: it is too much, or not what the form showed, where it is asked about.
fn refused(t: Texts, found: &Sources, listed: Option<&str>) -> Option<Refusal> {
    if found.is_cut {
        return Some((409, vec![t.say("ending.too_many")]));
    }
    // Who owns nothing is shown no list.
    let present = if found.edges.is_empty() { String::new() } else { checked(found) };
    listed.is_some_and(|listed| present != listed).then(|| (409, vec![t.say("ending.owns_others")]))
}

/// Lets somebody in no more, and gives what he owns to another one, or to a team: in one commit, and in another one what he
/// was given meanwhile. Answers what was done, in a sentence; or what is wrong with that. `seen` is the revision of the person
/// that the form was made of: what another administrator has done with him since is not done again in another way. `listed` is
/// what the form showed of what he owns: nothing else is given.
pub async fn hand_over(
    visit: &Visit,
    user: &str,
    to: &str,
    seen: Revision,
    listed: &str,
) -> Result<Result<Ended, Refusal>, Fault> {
    let t = visit.t;
    let reading = visit.reading().await?;
    let changed = || (409, vec![t.say("ending.changed")]);
    let Some(mut person) = as_seen(&reading, user, seen).await? else { return Ok(Err(changed())) };
    let (kind_of_heir, heir) = match heir(t, &reading, &person, to).await? {
        Ok(found) => found,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let mut handed = Handed::of(&person, &heir, false);
    drop(reading);
    // Once he is out, nothing more is given to him by what he does; what others gave him meanwhile goes after the rest.
    let mut is_last = false;
    let is_out = naming::is_disabled(&person);
    for _ in 0..TRIES {
        let reading = visit.reading().await?;
        let found = reading.sources(&[&person], &[relation::OWNER], MOST).await?;
        if let Some(refusal) = refused(t, &found, (!is_last).then_some(listed)) {
            return Ok(Err(refusal));
        }
        if (is_out || is_last) && things(&found.edges).is_empty() {
            is_last = true;
            break;
        }
        let in_name = in_name_only(&found);
        let together = handing_over(&reading, &person, (&found, &in_name), (kind_of_heir, heir.id), is_out || is_last);
        match reading.execute(&Command::Together(together)).await {
            Ok(_) => {}
            // Somebody has changed one of the things, or the person.
            Err(Problem::Stale { .. } | Problem::Overtaken) => {
                let now = visit.reading().await?.record(person.id).await?;
                match now.filter(|now| is_last || now.revision == seen) {
                    Some(now) => person = now,
                    None => return Ok(Err(changed())),
                }
                continue;
            }
            Err(problem) => return Ok(Err(wording::in_form(t, problem)?)),
        }
        handed.add(&found, &in_name);
        is_last = true;
    }
    // What kept changing all the time is not handed over, and is not said to be.
    Ok(if is_last { Ok(Ended::Told(handed.rendered(t))) } else { Err(changed()) })
}

/// What bears his name alone: it held no rows, and hands over none.
fn in_name_only(found: &Sources) -> HashSet<RecordId> {
    found.edges.iter().filter(|edge| edge.is_nominal()).map(|edge| edge.from).collect()
}

/// What gives these things to another one, and, unless it is so already, lets him in no more.
fn handing_over(
    reading: &Reading<'_>,
    person: &Record,
    (found, in_name_only): (&Sources, &HashSet<RecordId>),
    (kind_of_heir, heir): (Kind, RecordId),
    is_out: bool,
) -> Vec<Command> {
    let kind = reading.catalog().kind("user");
    let given = things(&found.edges).into_iter().filter_map(|id| found.records.get(&id)).map(|record| {
        let mut draft = Draft::default();
        let target = |kind, id| vec![Target::of(Ref::Id(kind, id))];
        if !in_name_only.contains(&record.id) {
            draft.relate(relation::OWNER, How::Add, "owners", target(kind_of_heir, heir));
        }
        draft.relate(relation::OWNER, How::Remove, "owners", target(kind, person.id));
        change(record, draft)
    });
    given.chain((!is_out).then(|| keeping_out(person))).collect()
}

/// As the record was read.
fn change(record: &Record, draft: Draft) -> Command {
    Command::Change {
        target: Ref::Id(record.kind, record.id),
        guard: Guard::Revisions(vec![record.revision.0]),
        edit: Arc::new(move |_| Ok(draft.clone())),
        rules: DoorRules::default(),
    }
}

fn keeping_out(person: &Record) -> Command {
    let mut disabled = Draft::default();
    disabled.set("disabled", true);
    change(person, disabled)
}
