//! What is counted of all that was found. Each value is a clause that can be typed; people, teams, domains and terms are
//! called by their names beside it.

use std::collections::HashMap;

use emporion_catalog::finder::{Clauses, FacetCounts, Found};
use emporion_catalog::name;
use emporion_catalog::problem::Problem;
use emporion_catalog::read::Count;
use emporion_catalog::reading::Reading;

use crate::forms::choice;
use crate::records::{kind_names, naming};
use crate::request::visit::Visit;
use crate::search::query::{is_little_lent, sorted, without};
use crate::text::plain::shown;
use crate::text::texts::Texts;

/// Values of a facet that are seen at once; the others unfold.
const FIRST_VALUES: usize = 7;
/// How long ago something changed: what is newer than each, and what is older than the last.
const FRESH: [(&str, &str); 3] = [("day", "updated:1d"), ("week", "updated:7d"), ("month", "updated:30d")];
const STALE: (&str, &str) = ("older", "-updated:30d");
/// What he may ask with SQL.
const QUERYABLE: &str = "queryable:yes";
/// Kinds of records that the values of a field name.
const NAMED: [(&str, &str); 4] = [("owner", "user"), ("team", "team"), ("domain", "domain"), ("term", "glossary_term")];

pub struct Facet {
    /// For the id of its heading.
    pub field: &'static str,
    pub name: String,
    pub first: Vec<Choice>,
    pub rest: Vec<Choice>,
    pub others: Option<String>,
}

pub struct Choice {
    pub name: String,
    pub count: String,
    pub address: String,
    pub is_chosen: bool,
}

/// Clauses of which it is counted, with the search itself, how much of what is found fits them, too.
pub struct Beside(Vec<&'static str>);

impl Beside {
    /// Those that the query has not itself.
    pub async fn of(visit: &Visit, clauses: &Clauses) -> Beside {
        let queryable = matches!(is_little_lent(visit).await, Ok(true)).then_some(QUERYABLE);
        let all = FRESH.iter().map(|(_, clause)| *clause).chain(queryable);
        Beside(all.filter(|clause| !clauses.all.iter().any(|known| known == clause)).collect())
    }

    pub fn queries(&self) -> Vec<String> {
        self.0.iter().map(|clause| (*clause).to_owned()).collect()
    }
}

/// A query that choices are added to and taken off.
struct Narrowing<'a> {
    visit: &'a Visit,
    clauses: &'a Clauses,
    sort: &'a str,
    beside: &'a Beside,
    found: &'a Found,
}

pub async fn of(
    visit: &Visit,
    found: &Found,
    beside: &Beside,
    clauses: &Clauses,
    sort: &str,
) -> Result<Vec<Facet>, Problem> {
    let (t, finder) = (visit.t, &*visit.door.finder);
    let narrowing = Narrowing { visit, clauses, sort, beside, found };
    let reading = visit.catalog().reading(visit.caller()).await?;
    let names = Names::of(&reading, &found.facets).await?;
    let mut facets = Vec::new();
    for counts in &found.facets {
        let Some(field) = finder.counted().iter().copied().find(|field| *field == counts.field) else { continue };
        let choices = counts.values.iter().map(|(value, count)| {
            let called = names.get(field, value).unwrap_or_else(|| value_name(t, field, value));
            narrowing.choice(called, &finder.clause(field, value), *count)
        });
        let others = (counts.others > 0).then(|| match found.total_is_exact {
            true => t.count("search.others", counts.others),
            false => t.say("search.others_uncounted"),
        });
        facets.extend(facet(t, field, choices.collect(), others));
    }
    // An index of an older form may not know what would be counted.
    if found.total > 0 && found.also.len() < beside.0.len() {
        return Ok(facets);
    }
    facets.extend(facet(t, "updated", narrowing.fresh(), None));
    facets.extend(facet(t, "queryable", narrowing.queryable(), None));
    Ok(facets)
}

fn facet(t: Texts, field: &'static str, mut choices: Vec<Choice>, others: Option<String>) -> Option<Facet> {
    let rest = choices.split_off(choices.len().min(FIRST_VALUES));
    (!choices.is_empty()).then(|| Facet { field, name: field_name(t, field), first: choices, rest, others })
}

impl Narrowing<'_> {
    fn place(&self, clause: &str) -> Option<usize> {
        self.clauses.all.iter().position(|known| known == clause)
    }

    /// The query with a clause more.
    fn with(&self, clause: &str) -> String {
        self.clauses.all.iter().map(String::as_str).chain([clause]).collect::<Vec<_>>().join(" ")
    }

    fn choice(&self, name: String, clause: &str, count: u64) -> Choice {
        let place = self.place(clause);
        let wanted = place.map_or_else(|| self.with(clause), |place| without(self.clauses, place));
        let count = Count { number: count, is_exact: self.found.total_is_exact };
        let (count, address) = (self.visit.t.amount(count), sorted(&wanted, self.sort));
        Choice { name, count, address, is_chosen: place.is_some() }
    }

    /// How much of what was found fits a clause, too; `None` where that was not counted.
    fn count(&self, clause: &str) -> Option<u64> {
        if self.found.total == 0 || self.place(clause).is_some() {
            return Some(self.found.total);
        }
        let place = self.beside.0.iter().position(|known| *known == clause)?;
        self.found.also.get(place).copied()
    }

    fn fresh(&self) -> Vec<Choice> {
        let mut choices = Vec::new();
        let mut newer = 0;
        for (name, clause) in FRESH {
            newer = self.count(clause).unwrap_or(0);
            choices.extend(self.counted(&format!("search.fresh.{name}"), clause, newer));
        }
        let (name, clause) = STALE;
        let key = format!("search.fresh.{name}");
        let older = if self.place(clause).is_some() { Some(self.found.total) } else { older(self.found, newer) };
        match older {
            Some(older) => choices.extend(self.counted(&key, clause, older)),
            None => choices.push(self.uncounted(&key, clause)),
        }
        choices
    }

    fn queryable(&self) -> Vec<Choice> {
        match self.count(QUERYABLE) {
            Some(count) => self.counted("search.queryable", QUERYABLE, count).into_iter().collect(),
            None => vec![self.uncounted("search.queryable", QUERYABLE)],
        }
    }

    fn uncounted(&self, key: &str, clause: &str) -> Choice {
        Choice { count: String::new(), ..self.choice(self.visit.t.say(key), clause, 0) }
    }

    /// What nothing fits is no choice. Where not everything was counted, something may fit that none was found of.
    fn counted(&self, key: &str, clause: &str, count: u64) -> Option<Choice> {
        match count {
            0 if self.found.total_is_exact || self.found.total == 0 => None,
            0 => Some(self.uncounted(key, clause)),
            _ => Some(self.choice(self.visit.t.say(key), clause, count)),
        }
    }
}

/// How much of what was found is not among the newer; `None` where not everything was counted.
fn older(found: &Found, newer: u64) -> Option<u64> {
    (found.total_is_exact || found.total == 0).then(|| found.total.saturating_sub(newer))
}

/// What values are called that stand for records.
struct Names(HashMap<(&'static str, String), String>);

impl Names {
    async fn of(reading: &Reading<'_>, facets: &[FacetCounts]) -> Result<Names, Problem> {
        let mut names = Names(HashMap::new());
        for (field, kind) in NAMED {
            let counted = facets.iter().filter(|counts| counts.field == field).flat_map(|counts| &counts.values);
            let values: Vec<&str> = counted.map(|(value, _)| value.as_str()).collect();
            if values.is_empty() {
                continue;
            }
            // Owners are counted by their names, and users' names are their FQNs but for quotes.
            let fqn = |value: &&str| if field == "owner" { name::quote(value) } else { (*value).to_owned() };
            let fqns: Vec<String> = values.iter().map(fqn).collect();
            let fqns: Vec<&str> = fqns.iter().map(String::as_str).collect();
            let found = reading.by_fqn(reading.catalog().kind(kind), &fqns).await?;
            for (value, record) in values.into_iter().zip(found) {
                if let Some(record) = record {
                    names.0.insert((field, value.to_owned()), naming::rendered_of(&record));
                }
            }
        }
        names.report_owners(facets);
        names.distinguish();
        Ok(names)
    }

    /// A team that owns is counted as an owner, by its name, and as a team, by its FQN. What a user and a team bear, several
    /// teams, or perhaps teams that are not told, stays as it is written.
    fn report_owners(&mut self, facets: &[FacetCounts]) {
        let Some(teams) = facets.iter().find(|counts| counts.field == "team") else { return };
        let mut bearers: HashMap<String, Vec<&str>> = HashMap::new();
        for (fqn, _) in &teams.values {
            if let Some(name) = name::split(fqn).and_then(|mut names| names.pop()) {
                bearers.entry(name).or_default().push(fqn);
            }
        }
        let owners = facets.iter().filter(|counts| counts.field == "owner").flat_map(|counts| &counts.values);
        for (owner, _) in owners {
            let key = ("owner", owner.clone());
            match bearers.get(owner).map(Vec::as_slice) {
                _ if teams.others > 0 => drop(self.0.remove(&key)),
                None => {}
                Some([fqn]) if !self.0.contains_key(&key) => {
                    if let Some(called) = self.get("team", fqn) {
                        self.0.insert(key, called);
                    }
                }
                Some(_) => drop(self.0.remove(&key)),
            }
        }
    }

    /// Of those that are called alike, what is written stands beside the name.
    fn distinguish(&mut self) {
        let mut bearers: HashMap<(&str, String), usize> = HashMap::new();
        for ((field, _), called) in &self.0 {
            *bearers.entry((field, called.clone())).or_default() += 1;
        }
        for ((field, value), called) in &mut self.0 {
            if bearers.get(&(*field, called.clone())).is_some_and(|bearers| *bearers > 1) {
                *called = format!("{called} ({})", shown(value));
            }
        }
    }

    fn get(&self, field: &'static str, value: &str) -> Option<String> {
        self.0.get(&(field, value.to_owned())).cloned()
    }
}

/// What people call a field of the language.
pub fn field_name(t: Texts, field: &str) -> String {
    t.find(&format!("search.field.{field}")).map_or_else(|| shown(field), str::to_owned)
}

fn value_name(t: Texts, field: &str, value: &str) -> String {
    match field {
        "kind" => kind_names::many(t, value),
        "certified" if value == "no" => t.say("search.uncertified"),
        "status" => choice::rendered(t, value),
        _ => shown(value),
    }
}

#[cfg(test)]
mod tests {
    use emporion_catalog::id::Seq;

    use super::*;

    #[test]
    fn of_what_was_not_all_counted_nobody_knows_how_much_is_older() {
        let found = |total, total_is_exact| Found {
            query: String::new(),
            total,
            total_is_exact,
            seq: Seq(0),
            corrected: None,
            spellings: None,
            hits: Vec::new(),
            facets: Vec::new(),
            also: Vec::new(),
            after: None,
        };
        assert_eq!(older(&found(1_000, true), 400), Some(600));
        assert_eq!(older(&found(1_000, false), 400), None);
        assert_eq!(older(&found(0, false), 0), Some(0), "what was not found is no choice");
    }
}
