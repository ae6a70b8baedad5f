//! What somebody may do to something, and why: the gate's own answers, asked as him.

use emporion_catalog::action::Action;
use emporion_catalog::command::Ref;
use emporion_catalog::kind::Kind;
use emporion_catalog::load::Depth;
use emporion_catalog::ports::Verdict;
use emporion_catalog::query::States;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::relation;
use emporion_catalog::rows::filters;
use emporion_catalog::rows::observed::Sight;
use emporion_catalog::rows::roles::ROLES;
use emporion_products::failure::{Code, Failure};
use emporion_products::reach::queryable::{self, QueryableTables};

use crate::access::access_paths::{self, AccessPath, RowAccess};
use crate::access::condition::Condition;
use crate::access::reading_ways::{self, ReadingWay};
use crate::access::{action_labels, product_reading, role};
use crate::fault::Fault;
use crate::records::link::Link;
use crate::records::naming::{PEOPLE, Suggested, named_record};
use crate::records::people::Person;
use crate::request::visit::Visit;
use crate::text::plain::shown;
use crate::text::texts::Texts;

/// What can be asked about.
const KINDS: &[&str] = &[
    "data_product",
    "table",
    "domain",
    "glossary_term",
    "glossary",
    "pipeline",
    "dashboard",
    "database_service",
    "user",
    "team",
];
/// What is asked of the gate, in the order of the page; of each kind, what it can be about.
const ASKED: &[Action] = &[
    Action::View,
    Action::EditDescription,
    Action::EditDisplayName,
    Action::EditTags,
    Action::EditTier,
    Action::EditGlossaryTerms,
    Action::EditCertification,
    Action::EditOwners,
    Action::EditDomains,
    Action::EditLineage,
    Action::EditReviewers,
    Action::EditMembers,
    Action::EditUsers,
    Action::EditAll,
    Action::Delete,
    Action::ViewSampleData,
    Action::ViewDataProfile,
    Action::ManageCredentials,
];

/// What comes of asking a product for rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RowsVerdict {
    Read,
    /// No role of his brings him rows.
    NoRole,
    /// A row filter or a mask of his fits none of its tables.
    Refused,
    /// No table of it is in a source that can be asked.
    Unconnected,
}

impl RowsVerdict {
    /// The text that says why.
    fn reason(self) -> &'static str {
        match self {
            RowsVerdict::Read => "admin.by_role",
            RowsVerdict::NoRole => "admin.no_rows",
            RowsVerdict::Refused => "admin.rows_refused",
            RowsVerdict::Unconnected => "admin.no_connection",
        }
    }
}

/// The form, and what it came to where it was sent.
pub struct Simulation {
    pub who: String,
    pub kind: String,
    pub what: String,
    pub kinds: Vec<(String, String)>,
    pub people: Suggested,
    pub fault: Option<String>,
    pub found: Option<Found>,
}

pub struct Found {
    pub person: Person,
    pub link: Link,
    pub kind: String,
    /// What it comes to in words, and whether that allows something.
    pub verdict: Vec<(String, bool)>,
    /// What he holds: that is what the gate goes by.
    pub holds: Vec<String>,
    /// Tables of which he reads some rows alone, where whoever asks may see that.
    pub filters: Vec<(String, Condition)>,
    /// What comes to him by each way; of what has rows.
    pub ways: Vec<AccessPath>,
    pub answers: Vec<Answer>,
}

pub struct Answer {
    pub action: String,
    pub is_allowed: bool,
    pub why: String,
}

pub async fn of(visit: &Visit, reading: &Reading<'_>) -> Result<Simulation, Fault> {
    let t = visit.t;
    let mut simulation = Simulation {
        who: visit.query("who"),
        kind: visit.query("kind"),
        what: visit.query("what"),
        kinds: kinds(t),
        people: Suggested::of(reading, PEOPLE).await?,
        fault: None,
        found: None,
    };
    if simulation.who.is_empty() || simulation.what.is_empty() {
        return Ok(simulation);
    }
    match pair(t, reading, &simulation.who, &simulation.kind, &simulation.what).await? {
        Ok((who, what)) => simulation.found = Some(simulated(visit, reading, &who, &what).await?),
        Err(fault) => simulation.fault = Some(fault),
    }
    Ok(simulation)
}

/// The kinds that can be asked about, and what they are called.
pub fn kinds(t: Texts) -> Vec<(String, String)> {
    KINDS.iter().map(|kind| ((*kind).to_owned(), t.say(&format!("kind.{kind}")))).collect()
}

/// The person and the record that are typed; or what is wrong with them.
pub async fn pair(
    t: Texts,
    reading: &Reading<'_>,
    who: &str,
    kind: &str,
    what: &str,
) -> Result<Result<(Ref, Ref), String>, Fault> {
    let unknown = |name: &str| t.with("edit.unknown", &[("name", &shown(name))]);
    let Some(kind) = KINDS.iter().copied().find(|known| *known == kind) else { return Ok(Err(unknown(kind))) };
    let person = async |text: &str| {
        let found = named_record(reading, PEOPLE, text.trim()).await?;
        Ok::<_, Fault>(found.map(|(kind, id)| Ref::Id(kind, id)).map_err(|unnamed| unnamed.rendered(t)))
    };
    let who = person(who).await?;
    let what = match kind {
        "user" => person(what).await?,
        _ => named(reading, kind, what.trim()).await?.ok_or_else(|| unknown(what)),
    };
    Ok(who.and_then(|who| Ok((who, what?))))
}

/// The same of one record, for who may give rights to it; whom he asks about stands in the address.
pub async fn about(visit: &Visit, reading: &Reading<'_>, view: &View) -> Result<Simulation, Fault> {
    let mut simulation = Simulation {
        who: visit.query("about"),
        kind: view.record.kind.name().to_owned(),
        what: view.record.fqn.clone(),
        kinds: Vec::new(),
        people: Suggested::of(reading, PEOPLE).await?,
        fault: None,
        found: None,
    };
    if !simulation.who.trim().is_empty() {
        match named_record(reading, &["user"], simulation.who.trim()).await? {
            Ok((kind, id)) => {
                let (who, what) = (Ref::Id(kind, id), Ref::Id(view.record.kind, view.id()));
                simulation.found = Some(simulated(visit, reading, &who, &what).await?);
            }
            Err(unnamed) => simulation.fault = Some(unnamed.rendered(visit.t)),
        }
    }
    Ok(simulation)
}

/// Whether records of the kind have what the action is about.
pub fn is_about(action: Action, kind: Kind) -> bool {
    match action {
        Action::ManageCredentials => kind.is("user"),
        Action::ViewSampleData | Action::ViewDataProfile => kind.is("table"),
        Action::EditTags | Action::EditTier | Action::EditGlossaryTerms => kind.has(relation::TAGGED),
        Action::EditCertification => kind.has(relation::CERTIFIED_BY),
        Action::EditOwners => kind.has(relation::OWNER),
        Action::EditDomains => kind.has(relation::IN_DOMAIN),
        Action::EditLineage => kind.has(relation::DERIVED_FROM),
        Action::EditReviewers => kind.has(relation::REVIEWER),
        Action::EditMembers => kind.has(relation::MEMBER),
        _ => true,
    }
}

/// What it comes to: whether it is seen and its rows are queried, where it has any, or else why not, and what else is allowed.
fn verdict(
    t: Texts,
    sees: bool,
    queries: Option<RowsVerdict>,
    ways: &[ReadingWay],
    others: &[Answer],
) -> Vec<(String, bool)> {
    let ways = ways.iter().map(|way| (way.said.clone(), way.is_open));
    if !sees {
        let blind = if ways.len() == 0 { "admin.verdict_blind" } else { "admin.verdict_unseen" };
        return std::iter::once((t.say(blind), false)).chain(ways).collect();
    }
    let rows = match queries {
        Some(RowsVerdict::Read) => t.say("admin.verdict_queries"),
        Some(RowsVerdict::Unconnected) => t.say("admin.verdict_unconnected"),
        Some(RowsVerdict::NoRole | RowsVerdict::Refused) => t.say("admin.verdict_no_rows"),
        None => t.say("admin.verdict_sees"),
    };
    let allowed: Vec<&str> = others.iter().filter(|one| one.is_allowed).map(|one| &*one.action).collect();
    let more = match allowed.len() {
        0 => t.say("admin.verdict_no_more"),
        all if all == others.len() => t.say("admin.verdict_all_else"),
        _ => t.with("admin.verdict_also", &[("actions", &allowed.join(", "))]),
    };
    let more = (more, !allowed.is_empty());
    std::iter::once((rows, true)).chain(ways).chain([more]).collect()
}

/// What the gate alone does not say of samples and profiles: that the rows are held, or that a filter holds back.
fn beside(t: Texts, action: Action, sees: bool, sight: Option<&Sight>, verdict: &Verdict) -> Option<(bool, String)> {
    let sight = sight?;
    let is_shown = match action {
        Action::ViewSampleData => sight.sample,
        Action::ViewDataProfile => sight.values,
        _ => return None,
    };
    let by_gate = !matches!(verdict, Verdict::Never { .. });
    match (sees && is_shown, sees && by_gate) {
        (true, false) => Some((true, t.say("admin.by_holding"))),
        (false, true) => Some((false, t.say("admin.held_back"))),
        _ => None,
    }
}

/// What no rule of a policy says of a table: whether its rows are read, and what else is told of them.
fn of_rows(t: Texts, sees: bool, sight: &Sight, rows: &RowAccess) -> [Answer; 3] {
    let answer = |action: &str, is_allowed, why: String| Answer { action: t.say(action), is_allowed, why };
    let counts = match (sees, sight.counts) {
        (true, true) => "admin.counts_seen",
        (true, false) => "admin.held_back",
        (false, _) => "admin.verdict_unseen",
    };
    let holds = sees && sight.holds;
    [
        answer("admin.read_rows", rows.is_open, rows.said.clone()),
        answer("admin.read_counts", sees && sight.counts, t.say(counts)),
        answer("admin.read_queries", holds, t.say(if holds { "admin.by_holding" } else { "admin.not_held" })),
    ]
}

/// What is read of a product, of which some tables are filtered, and some columns masked.
fn read_of_product(t: Texts, (filtered, masked): &(Vec<String>, Vec<String>)) -> String {
    let filtered = (!filtered.is_empty()).then(|| t.with("ways.filtered", &[("tables", &filtered.join(", "))]));
    let masked = (!masked.is_empty()).then(|| t.with("ways.masked", &[("columns", &masked.join(", "))]));
    let said: Vec<String> = filtered.into_iter().chain(masked).collect();
    if said.is_empty() { t.say("ways.shared") } else { said.join(" ") }
}

/// What is read of a table, by the products that are ways to it.
fn read_of_table(t: Texts, ways: &[ReadingWay]) -> RowAccess {
    let said: Vec<&str> = ways.iter().map(|way| &*way.said).collect();
    let said = if said.is_empty() { t.say("admin.reads_by_none") } else { said.join(" ") };
    RowAccess { is_open: ways.iter().any(|way| way.is_open), said }
}

/// Why it is allowed: the rules, those of the catalogue itself in words.
fn allowed(t: Texts, rules: &[String], is_admin: bool, names_rules: bool) -> String {
    const OWN: &str = "policy Catalogue, rule ";
    let rendered = |rule: &String| match rule.strip_prefix(OWN) {
        Some(own) => t.find(&format!("ground.{}", own.replace(' ', "_"))).map_or_else(|| shown(rule), str::to_owned),
        None if names_rules => t.with("fault.forbidden_rule", &[("rule", &shown(rule))]),
        None => t.say("ground.account"),
    };
    match rules {
        [] if is_admin => t.say("ground.administrators"),
        [] => t.say("ground.own"),
        rules => rules.iter().map(rendered).collect::<Vec<_>>().join("; "),
    }
}

async fn named(reading: &Reading<'_>, kind: &'static str, text: &str) -> Result<Option<Ref>, Fault> {
    let kind = reading.catalog().kind(kind);
    let target = text.parse().map_or_else(|_| Ref::Name(kind, text.to_owned()), |id| Ref::Id(kind, id));
    match reading.find(&target).await {
        Ok(found) => Ok(found.filter(|record| States::Alive.holds(record)).map(|record| Ref::Id(kind, record.id))),
        Err(emporion_catalog::problem::Problem::Ambiguous { .. }) => Ok(None),
        Err(problem) => Err(problem.into()),
    }
}

/// Whether somebody reads rows of a product; or why he reads none. Where its sources cannot be asked, that holds for everybody.
fn queries(may_query: bool, lists: Result<&QueryableTables, &Failure>) -> RowsVerdict {
    match lists {
        _ if !may_query => RowsVerdict::NoRole,
        Err(failure) if failure.code == Code::FORBIDDEN => RowsVerdict::Refused,
        Ok(lists) if !lists.tables.is_empty() && lists.tables.iter().all(|table| !table.is_connected) => {
            RowsVerdict::Unconnected
        }
        _ => RowsVerdict::Read,
    }
}

async fn simulated(visit: &Visit, reading: &Reading<'_>, who: &Ref, what: &Ref) -> Result<Found, Fault> {
    let (t, catalog) = (visit.t, reading.catalog());
    let person = reading.get(who, States::Alive, &Depth::bare()).await?;
    let view = reading.get(what, States::Alive, &Depth::full()).await?;
    let them = catalog.caller(reading.account(), person.id()).await;
    let mut holds = Vec::new();
    let mut answers = Vec::new();
    let mut comes_to = Vec::new();
    let mut kept = Vec::new();
    let mut doors = Vec::new();
    match them {
        // Nobody comes in as one who is disabled.
        Err(emporion_catalog::problem::Problem::Unauthenticated { .. }) => {
            comes_to.push((t.say("admin.verdict_disabled"), false));
        }
        Err(problem) => return Err(problem.into()),
        Ok(them) => {
            let principal = &them.principal;
            if principal.is_admin {
                holds.push(t.say("person.admin"));
            }
            for relation in ROLES {
                let role = role::rendered(t, relation);
                if view.targets(relation).any(|(edge, _)| edge.to == principal.user) {
                    holds.push(t.with("admin.is_role", &[("role", &role)]));
                }
                let teams =
                    principal.teams.iter().filter(|team| view.targets(relation).any(|(edge, _)| edge.to == team.team));
                holds.extend(teams.map(|team| {
                    let key = if team.brings_rows() { "admin.is_role_by" } else { "admin.is_role_by_without_rows" };
                    t.with(key, &[("team", &shown(&team.fqn)), ("role", &role)])
                }));
            }
            // Which roles somebody has in the account, and so which of its rules hold for him, is a matter of who administers it.
            let names_rules = visit.caller().principal.is_admin;
            if !principal.roles.is_empty() && names_rules {
                let roles = principal.roles.iter().map(|role| shown(role)).collect::<Vec<_>>().join(", ");
                holds.push(t.with("admin.holds_roles", &[("roles", &roles)]));
            }
            let theirs = catalog.reading(&them).await?;
            let sees = theirs.sees(&view.record).await?;
            let asked: Vec<Action> =
                ASKED.iter().copied().filter(|action| is_about(*action, view.record.kind)).collect();
            let verdicts = theirs.verdicts(&asked, &view.record).await?;
            let grounds = theirs.grounds(&asked, &view.record).await?;
            // What lies beside a table is shown by more than policies say: whoever holds its rows sees it, whoever sees a part
            // of them in some product does not.
            let table = [&view.record].into_iter().filter(|record| record.kind.is("table")).collect::<Vec<_>>();
            let sight = theirs.rows().sights(&table).await?.remove(&view.id());
            for ((action, verdict), rules) in asked.iter().zip(verdicts).zip(grounds) {
                if let Some((is_allowed, why)) = beside(t, *action, sees, sight.as_ref(), &verdict) {
                    answers.push(Answer { action: action_labels::rendered(t, action.name()), is_allowed, why });
                    continue;
                }
                let is_ruled = *action != Action::View && !matches!(verdict, Verdict::Never { .. });
                let (is_allowed, why) = match verdict {
                    Verdict::Never { why } => (false, why),
                    // Whoever does not see it does nothing to it.
                    _ => (sees, None),
                };
                let why = match (is_allowed, why) {
                    (true, _) => allowed(t, &rules, principal.is_admin, names_rules),
                    (false, Some(rule)) if names_rules => t.with("fault.forbidden_rule", &[("rule", &shown(&rule))]),
                    (false, Some(_)) => t.say("ground.account_not"),
                    // A rule allows it, of what he sees.
                    (false, None) if !sees && is_ruled => t.say("admin.unseen_first"),
                    (false, None) => t.say("admin.no_rule"),
                };
                answers.push(Answer { action: action_labels::rendered(t, action.name()), is_allowed, why });
            }
            let (queries, lists) = match view.record.kind.is("data_product") {
                true => {
                    let lists = queryable::list_in(&visit.door.calls.products, &theirs, &view, None).await;
                    let may_query = theirs.rows().may_query(&view).await?.is_some();
                    (Some(queries(may_query, lists.as_ref())), lists.ok())
                }
                false => (None, None),
            };
            let mut restricted = (Vec::new(), Vec::new());
            if queries == Some(RowsVerdict::Read)
                && reading.may(Action::for_field(relation::VIEWER.name()), &view.record).await?
            {
                let all = queryable::list_in(&visit.door.calls.products, reading, &view, None).await;
                let all = all.map_or(0, |all| all.tables.len() + all.closed);
                let read = lists.map(|tables| product_reading::of(visit, &view, &tables, all, principal));
                let read = read.unwrap_or_default();
                let tables: Vec<String> = read.filters.iter().map(|(table, _)| table.clone()).collect();
                restricted = (tables, read.masked.clone());
                kept.extend(read.filters);
                holds.extend(read.masked.into_iter().chain(read.closed));
                if !filters::followed_of_principal(&view, principal).is_empty() {
                    holds.push(t.say("access.filters_followed"));
                }
            }
            let ways = match view.record.kind.is("table") {
                true => reading_ways::of(visit, reading, &theirs, &view).await?,
                false => Vec::new(),
            };
            if let Some((sight, others)) = answers.split_first() {
                comes_to = verdict(t, sight.is_allowed, queries, &ways, others);
            }
            if let Some(queries) = queries {
                let is_allowed = queries == RowsVerdict::Read;
                let why = t.say(queries.reason());
                let said = if is_allowed { read_of_product(t, &restricted) } else { why.clone() };
                doors = access_paths::all(visit, sees, None, &RowAccess { is_open: is_allowed, said });
                answers.push(Answer { action: t.say("admin.query_rows"), is_allowed, why });
            }
            if let Some(sight) = sight {
                let rows = read_of_table(t, &ways);
                doors = access_paths::all(visit, sees, Some(&sight), &rows);
                answers.extend(of_rows(t, sees, &sight, &rows));
            }
        }
    }
    let card = emporion_catalog::record::Card::of(&view.record);
    Ok(Found {
        person: Person::of_record(&person.record),
        link: Link::of(&card),
        kind: t.say(&format!("kind.{}", view.record.kind.name())),
        verdict: comes_to,
        holds,
        filters: kept,
        ways: doors,
        answers,
    })
}

#[cfg(test)]
mod tests {
    use emporion_catalog::registry::Registry;

    use super::*;

    #[test]
    fn of_each_kind_it_is_asked_what_it_is_about() {
        let registry = Registry::standard();
        let asked = |kind: &str| -> Vec<Action> {
            let kind = registry.expect(kind);
            ASKED.iter().copied().filter(|action| is_about(*action, kind)).collect()
        };
        for kind in KINDS.iter().filter(|kind| **kind != "user") {
            assert_eq!(asked(kind)[0], Action::View);
            assert!(!asked(kind).contains(&Action::ManageCredentials), "{kind}");
        }
        assert!(asked("user").contains(&Action::ManageCredentials));
        assert!(asked("team").contains(&Action::EditMembers) && !asked("table").contains(&Action::EditMembers));
        assert!(asked("table").contains(&Action::ViewSampleData) && !asked("domain").contains(&Action::ViewSampleData));
        assert!(asked("data_product").contains(&Action::EditLineage) && !asked("team").contains(&Action::EditLineage));
    }

    #[test]
    fn what_it_comes_to_is_said_first() {
        let t = Texts::by_code("en").expect("English");
        let others = |allowed: [bool; 2]| -> Vec<Answer> {
            let asked = ["delete", "give roles"].into_iter().zip(allowed);
            asked.map(|(action, is_allowed)| Answer { action: action.into(), is_allowed, why: String::new() }).collect()
        };
        let rendered = |sees, queries, allowed| {
            let lines = verdict(t, sees, queries, &[], &others(allowed));
            lines.into_iter().map(|(line, _)| line).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            rendered(true, Some(RowsVerdict::Read), [false, true]),
            "Can see it, and query what is shared with it. Can also: give roles."
        );
        assert_eq!(
            rendered(true, Some(RowsVerdict::NoRole), [false; 2]),
            "Can see it, but not query its rows. Can do nothing else with it."
        );
        assert_eq!(rendered(true, None, [true; 2]), "Can see it. Can do everything else with it, too.");
        assert_eq!(
            rendered(false, Some(RowsVerdict::Read), [true; 2]),
            "Cannot see it, so cannot do anything with it."
        );
        let ways = [ReadingWay { said: "Reads its rows through Sales.".to_owned(), is_open: true }];
        let lines = |sees| verdict(t, sees, None, &ways, &others([false; 2])).into_iter().map(|(line, _)| line);
        let whole = "Can see it. Reads its rows through Sales. Can do nothing else with it.";
        assert_eq!(lines(true).collect::<Vec<_>>().join(" "), whole);
        assert_eq!(
            lines(false).collect::<Vec<_>>().join(" "),
            "Cannot see the table itself. Reads its rows through Sales."
        );
    }
}
