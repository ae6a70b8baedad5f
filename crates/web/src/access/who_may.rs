//! Who may do what the visitor may not, in one line: told where he looks for it, before he fills anything in, and again
//! where he asks for its form all the same.

use std::collections::HashSet;

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::action::Action;
use emporion_catalog::id::RecordId;
use emporion_catalog::kind::Kind;
use emporion_catalog::load::Depth;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Card, Record, View};
use emporion_catalog::relation::{self, Relation};
use serde_json::Value;

use crate::records::address;
use crate::records::people::Person;
use crate::text::texts::Texts;

/// Administrators, or editors, that are named at once.
const MOST_NAMED: usize = 5;

#[derive(Template)]
#[template(path = "parts/who_may.html")]
pub struct WhoMay {
    /// Whose it is to do, in a sentence; nothing where names say it.
    pub rule: String,
    /// Those whom the visitor sees, below what they are called.
    pub people: Vec<(String, Vec<Person>)>,
    /// Where he asks for what lets him, and how that is called.
    pub asks: Option<(String, String)>,
}

impl HtmlSafe for WhoMay {}

/// Something that the visitor may not do.
pub struct Refused {
    /// What it is called.
    pub action: &'static str,
    /// A rule forbids it.
    pub is_forbidden: bool,
}

/// What the visitor himself is to a record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Owner,
    Editor,
    None,
}

impl Standing {
    fn of(reading: &Reading<'_>, owners: &[&Card], editors: &[&Card]) -> Standing {
        let principal = &reading.caller().principal;
        let is_he = |card: &&Card| {
            card.id == principal.user || principal.teams.iter().any(|membership| membership.team == card.id)
        };
        match (owners.iter().any(is_he), editors.iter().any(is_he)) {
            (true, _) => Standing::Owner,
            (_, true) => Standing::Editor,
            _ => Standing::None,
        }
    }
}

/// Who may do something to a record by the rules that every account has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Doer {
    Owners,
    Editors,
    /// It depends on other things.
    Others,
}

impl Doer {
    fn of(action: &str, kind: Kind) -> Doer {
        match Action::ALL.iter().find(|one| one.name() == action) {
            _ if !kind.has(relation::OWNER) => Doer::Others,
            Some(Action::EditOwners | Action::EditUsers | Action::EditPolicy | Action::EditRole | Action::Delete) => {
                Doer::Owners
            }
            Some(edit) if edit.is_edit() && kind.has(relation::EDITOR) => Doer::Editors,
            Some(edit) if edit.is_edit() => Doer::Owners,
            _ => Doer::Others,
        }
    }

    /// Of several things: whoever is the least to the record and may do one of them.
    fn of_all(refused: &[Refused], kind: Kind) -> Doer {
        let all: Vec<Doer> = refused.iter().map(|one| Doer::of(one.action, kind)).collect();
        [Doer::Editors, Doer::Owners].into_iter().find(|doer| all.contains(doer)).unwrap_or(Doer::Others)
    }

    fn rule(self) -> Option<&'static str> {
        match self {
            Doer::Editors => Some("fault.editors_may"),
            Doer::Owners => Some("fault.owners_may"),
            Doer::Others => None,
        }
    }
}

impl WhoMay {
    /// What is read of a record to say it.
    pub const READ: &[Relation] = &[relation::OWNER, relation::OWNING_TEAM, relation::EDITOR];

    /// Who may do what the visitor may not do to a record; `keeper` is the team that looks after it where nobody owns it.
    ///
    /// Cost: a question, and another one where nobody who answers for it is seen.
    pub async fn of(
        t: Texts,
        reading: &Reading<'_>,
        refused: &[Refused],
        view: &View,
        keeper: Option<Person>,
    ) -> Result<WhoMay, Problem> {
        let edits = view.targets(relation::EDITOR).filter(|(edge, _)| !edge.is_nominal());
        let answering = view.owners();
        let owners: Vec<&Card> = answering.iter().map(|card| &**card).collect();
        let mut editors: Vec<&Card> = edits.map(|(_, card)| &**card).collect();
        let is_owned = !owners.is_empty();
        let standing = Standing::of(reading, &owners, &editors);
        let is_forbidden = refused.iter().any(|one| one.is_forbidden);
        // Whom a rule holds back from what is his, others who have the same do not help, nor does he himself.
        if standing == Standing::Owner || (standing == Standing::Editor && is_forbidden) {
            let key = if is_forbidden { "fault.policy_forbids" } else { "fault.beyond_owners" };
            return WhoMay::by_account(t, reading, key).await;
        }
        let doer = match Doer::of_all(refused, view.record.kind) {
            // He has that already.
            Doer::Editors if standing == Standing::Editor => Doer::Owners,
            doer => doer,
        };
        if doer != Doer::Editors {
            editors.clear();
        }
        // A record tells whose it is; who of them is to be asked is told of those whom the visitor sees.
        let ids: Vec<RecordId> = owners.iter().chain(&editors).map(|card| card.id).collect();
        let seen: HashSet<RecordId> = match ids.is_empty() {
            true => HashSet::new(),
            // Who is disabled does nothing.
            false => {
                let found = reading.records(&ids, States::Alive).await?;
                let acts = |one: &&Record| one.body.get("disabled").and_then(Value::as_bool) != Some(true);
                found.iter().filter(acts).map(|one| one.id).collect()
            }
        };
        let named = |cards: Vec<&Card>| -> Vec<Person> {
            cards.into_iter().filter(|card| seen.contains(&card.id)).map(Person::of).collect()
        };
        let mut people = Vec::new();
        let mut owners = named(owners);
        owners.extend(keeper.filter(|_| !is_owned));
        let mut editors = named(editors);
        editors.truncate(MOST_NAMED);
        let has_owners = !owners.is_empty();
        if has_owners {
            people.push((t.say("head.owners"), owners));
        }
        if !editors.is_empty() {
            people.push((t.say("fault.editors"), editors));
        }
        if !has_owners {
            people.extend(administrators(t, reading).await?);
        }
        let rule = match doer.rule() {
            _ if !is_owned && !has_owners => Some("fault.administrators"),
            rule => rule,
        };
        let at = address::of(view.record.kind, &view.record.fqn).filter(|_| view.record.kind.is("data_product"));
        let asks = at.and_then(|at| match doer {
            Doer::Editors => Some(address::with_query(&at, &[("tab", "access"), ("wants", "editor")])),
            // Nobody asks for what only owners have.
            Doer::Owners => None,
            Doer::Others => Some(address::with_query(&at, &[("tab", "access")])),
        });
        Ok(WhoMay {
            rule: rule.map(|key| t.say(key)).unwrap_or_default(),
            people,
            asks: asks.map(|at| (t.say("fault.ask"), at)),
        })
    }

    /// Who may let the visitor do what no record's owners can.
    ///
    /// Cost: a list of administrators.
    pub async fn by_account(t: Texts, reading: &Reading<'_>, rule: &str) -> Result<WhoMay, Problem> {
        let rule = if rule.is_empty() { String::new() } else { t.say(rule) };
        Ok(WhoMay { rule, people: administrators(t, reading).await?.into_iter().collect(), asks: None })
    }
}

/// Those who administer the visitor's account, as far as he sees them.
async fn administrators(t: Texts, reading: &Reading<'_>) -> Result<Option<(String, Vec<Person>)>, Problem> {
    let query = ListQuery {
        fields: vec![("is_admin", true.into()), ("is_bot", false.into()), ("disabled", false.into())],
        limit: MOST_NAMED as u32,
        ..ListQuery::of(reading.account(), reading.catalog().kind("user"))
    };
    let found = reading.list(query, &Depth::bare()).await?;
    let people: Vec<Person> = found.views.iter().map(|view| Person::of_record(&view.record)).collect();
    Ok((!people.is_empty()).then(|| (t.say("who.administrators"), people)))
}
