//! What holds back the members of a team, and no more whoever leaves it: policies with a rule that forbids, which the team
//! has itself or by its roles.

use std::collections::{BTreeMap, HashMap, HashSet};

use emporion_catalog::caller::EVERYBODY;
use emporion_catalog::id::RecordId;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::States;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Edge, Record};
use emporion_catalog::relation::{DEFAULT_ROLE, HAS_POLICY, Relation, UNDER_TEAM};
use serde_json::Value;

use crate::records::naming;

/// The names of such policies by their team, of those that the visitor sees; `edges` are those of the teams.
///
/// Cost: a question for each level of teams above, and three at most where any of them has policies or roles.
pub async fn of_teams(
    reading: &Reading<'_>,
    edges: impl Iterator<Item = &Edge>,
) -> Result<HashMap<RecordId, Vec<String>>, Problem> {
    let edges = with_above(reading, edges).await?;
    let (of_policies, of_roles): (Vec<&Edge>, Vec<&Edge>) = edges.iter().partition(|edge| edge.relation == HAS_POLICY);
    let mut brought: Vec<(RecordId, RecordId)> = of_policies.iter().map(|edge| (edge.from, edge.to)).collect();
    if !of_roles.is_empty() {
        let roles: Vec<RecordId> = of_roles.iter().map(|edge| edge.to).collect();
        let mut roles = reading.records(&roles, States::Alive).await?;
        roles.retain(|role| role.body.get("disabled") != Some(&Value::Bool(true)));
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

/// What teams bring their members by what they have themselves, and by the teams that they stand under; each edge is from the
/// team that it is brought by to. What everybody has, nobody leaves.
async fn with_above(reading: &Reading<'_>, edges: impl Iterator<Item = &Edge>) -> Result<Vec<Edge>, Problem> {
    const BRINGS: &[Relation] = &[HAS_POLICY, DEFAULT_ROLE, UNDER_TEAM];
    let mut brought: Vec<Edge> = Vec::new();
    let mut climbed: HashSet<(RecordId, RecordId)> = HashSet::new();
    let mut level: Vec<Edge> = edges.filter(|edge| BRINGS.contains(&edge.relation)).cloned().collect();
    while !level.is_empty() {
        let (under, has): (Vec<Edge>, Vec<Edge>) = level.into_iter().partition(|edge| edge.relation == UNDER_TEAM);
        brought.extend(has);
        let climbing: Vec<Edge> = under.into_iter().filter(|edge| climbed.insert((edge.from, edge.to))).collect();
        let above: Vec<RecordId> = climbing.iter().map(|edge| edge.to).collect();
        if above.is_empty() {
            break;
        }
        let mut above = reading.records(&above, States::Alive).await?;
        above.retain(|team| team.fqn != EVERYBODY);
        let found = reading.edges_from(&above, Some(BRINGS)).await?;
        let to_team = |edge: &Edge| {
            climbing.iter().filter(move |under| under.to == edge.from).map(|under| under.from).collect::<Vec<_>>()
        };
        level = found
            .iter()
            .flat_map(|edge| to_team(edge).into_iter().map(|team| Edge { from: team, ..edge.clone() }))
            .collect();
    }
    Ok(brought)
}

/// Whether a policy is in effect and has a rule that forbids something.
fn forbids(policy: &Record) -> bool {
    let is = |field: &str, value: bool| policy.body.get(field) == Some(&Value::Bool(value));
    let rules = policy.body.get("rules").and_then(Value::as_array).into_iter().flatten();
    let mut effects = rules.filter_map(|rule| rule["effect"].as_str());
    !is("enabled", false) && !is("disabled", true) && effects.any(|effect| effect.eq_ignore_ascii_case("deny"))
}
