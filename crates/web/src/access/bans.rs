//! What holds back the members of a team, and no more whoever leaves it: policies with a rule that forbids, which the team
//! has itself or by its roles.

use std::collections::{BTreeMap, HashMap};

use emporion_catalog::id::RecordId;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::States;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Edge, Record};
use emporion_catalog::relation::{DEFAULT_ROLE, HAS_POLICY};
use serde_json::Value;

use crate::records::naming;

/// The names of such policies by their team, of those that the visitor sees; `edges` are those of the teams.
///
/// Cost: none where the teams have neither policies nor roles; else three questions at most.
pub async fn of_teams(
    reading: &Reading<'_>,
    edges: impl Iterator<Item = &Edge>,
) -> Result<HashMap<RecordId, Vec<String>>, Problem> {
    let (of_policies, of_roles): (Vec<&Edge>, Vec<&Edge>) = edges
        .filter(|edge| [HAS_POLICY, DEFAULT_ROLE].contains(&edge.relation))
        .partition(|edge| edge.relation == HAS_POLICY);
    let mut brought: Vec<(RecordId, RecordId)> = of_policies.iter().map(|edge| (edge.from, edge.to)).collect();
    if !of_roles.is_empty() {
        let roles: Vec<RecordId> = of_roles.iter().map(|edge| edge.to).collect();
        let roles = reading.records(&roles, States::Alive).await?;
        let held = reading.edges_from(&roles, Some(&[HAS_POLICY])).await?;
        for edge in of_roles {
            brought.extend(held.iter().filter(|held| held.from == edge.to).map(|held| (edge.from, held.to)));
        }
    }
    if brought.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<RecordId> = brought.iter().map(|(_, policy)| *policy).collect();
    let policies = reading.records(&ids, States::Alive).await?;
    let forbidding: BTreeMap<RecordId, String> =
        policies.iter().filter(|one| forbids(one)).map(|one| (one.id, naming::rendered_of(one))).collect();
    let mut found: HashMap<RecordId, Vec<String>> = HashMap::new();
    for (team, policy) in brought {
        let Some(name) = forbidding.get(&policy) else { continue };
        let names = found.entry(team).or_default();
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    Ok(found)
}

/// Whether a policy is in effect and has a rule that forbids something.
fn forbids(policy: &Record) -> bool {
    let is = |field: &str, value: bool| policy.body.get(field) == Some(&Value::Bool(value));
    let rules = policy.body.get("rules").and_then(Value::as_array).into_iter().flatten();
    let mut effects = rules.filter_map(|rule| rule["effect"].as_str());
    !is("enabled", false) && !is("disabled", true) && effects.any(|effect| effect.eq_ignore_ascii_case("deny"))
}
