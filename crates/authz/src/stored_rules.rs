//! Reads the rules of a policy as its record holds them: checks them before they are stored, binds them when they are
//! loaded.

use emporion_model::ports::PolicySource;
use emporion_model::problem::Violation;
use emporion_model::registry::Registry;
use serde_json::Value;

use crate::condition::Condition;
use crate::engine::BoundRule;
use crate::expression::{self, Vocabulary};
use crate::operations;
use crate::policy::{Binding, CompiledRule, Effect, Reach, Rule, RuleError};
use crate::resources::{self, kind_named};

/// Every rule is looked at in every decision about what it names; a policy of thousands is a mistake or an attack.
const MAX_RULES: usize = 256;

/// Everything that is wrong with the rules, each fault with its place.
pub fn faults(rules: &Value, registry: &Registry) -> Vec<Violation> {
    let Some(rules) = rules.as_array() else { return vec![Violation::new("rules", "must be a list of rules")] };
    if rules.len() > MAX_RULES {
        return vec![Violation::new("rules", format!("must be at most {MAX_RULES}"))];
    }
    let faults_of = |(index, rule)| faults_of_rule(&format!("rules[{index}]"), rule, registry);
    rules.iter().enumerate().flat_map(faults_of).collect()
}

fn faults_of_rule(place: &str, value: &Value, registry: &Registry) -> Vec<Violation> {
    let read = read(value);
    let at = |member: &str| if member.is_empty() { place.to_owned() } else { format!("{place}.{member}") };
    let mut found: Vec<Violation> =
        read.faults.into_iter().map(|(member, fault)| Violation::new(at(member), fault)).collect();
    // Rules that older servers took are bound with what they name; it is nothing.
    found.extend(unknown_resources(value, registry).map(|name| {
        let (name, known) = (shortened(name), resources::known(registry));
        Violation::new(at("resources"), format!("names the unknown resource {name:?}: must be one of [{known}]"))
    }));
    if found.is_empty()
        && let Err(error) = CompiledRule::new(Binding::Everyone, "", &read.rule, Vocabulary::Policy, read.reach)
    {
        found.push(match error {
            RuleError::Condition { error, .. } => Violation::new(at("condition"), format!("is wrong {error}")),
            RuleError::NamesNothing { what, .. } => Violation::new(at(what), "must not be empty"),
            RuleError::BadName { what, .. } => Violation::new(at(what), "holds an empty or over-long name"),
            RuleError::TooManyNames { what, .. } => Violation::new(at(what), "holds too many names"),
            RuleError::Untranslatable { reason, .. } => {
                Violation::new(place, format!("cannot be decided by: {reason}"))
            }
        });
    }
    found
}

/// The rules of a policy, once for everything that carries it.
///
/// They were checked when they were stored, so a fault comes from another version. It never widens access: an allowing
/// rule with a fault is left out, a denying one denies what is understood of it.
pub fn bind(source: &PolicySource) -> Vec<BoundRule> {
    let everybody = source.everybody.then_some(Binding::Everyone);
    let roles = source.roles.iter().cloned().map(Binding::Role);
    let teams = source.teams.iter().cloned().map(Binding::Team);
    let bindings: Vec<Binding> = everybody.into_iter().chain(roles).chain(teams).collect();
    let mut bound = Vec::new();
    for value in source.rules.as_array().into_iter().flatten() {
        let Read { rule, reach, faults } = read(value);
        let unusable = rule.effect == Effect::Allow || rule.operations.is_empty();
        if !faults.is_empty() {
            let left_out = if unusable { "left out" } else { "read as far as possible" };
            tracing::warn!(policy = source.name, rule = rule.name, ?faults, "a stored rule has faults: {left_out}");
            if unusable {
                continue;
            }
        }
        bound.extend(bindings.iter().map(|binding| BoundRule {
            binding: binding.clone(),
            policy: source.name.clone(),
            rule: rule.clone(),
            vocabulary: Vocabulary::Policy,
            reach,
        }));
    }
    bound
}

/// The full names of labels that conditions of the rules name, as far as they are understood.
pub fn labels_named(rules: &Value) -> Vec<String> {
    understood(rules).flat_map(|condition| condition.labels()).collect()
}

/// The roles and teams that conditions of the rules name, as far as they are understood.
pub fn holders_named(rules: &Value) -> Vec<String> {
    understood(rules).flat_map(|condition| condition.holders()).collect()
}

fn understood(rules: &Value) -> impl Iterator<Item = Condition> {
    let conditions = rules.as_array().into_iter().flatten().filter_map(|rule| rule.get("condition")?.as_str());
    conditions.filter_map(|condition| expression::parse(condition, Vocabulary::Core).ok())
}

/// A rule as far as it is understood.
struct Read {
    rule: Rule,
    reach: Reach,
    /// Member and what is wrong with it.
    faults: Vec<(&'static str, String)>,
}

fn read(value: &Value) -> Read {
    let mut faults = Vec::new();
    if !value.is_object() {
        faults.push(("", "must be a rule".to_owned()));
    }
    let name = value.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    if name.is_empty() {
        faults.push(("name", "must not be empty".to_owned()));
    }
    let effect = match value.get("effect").and_then(Value::as_str) {
        Some("allow") => Effect::Allow,
        Some("deny") => Effect::Deny,
        _ => {
            faults.push(("effect", "must be \"allow\" or \"deny\"".to_owned()));
            Effect::Allow
        }
    };
    let resources = names(value, "resources", &mut faults).iter().map(|name| kind_named(name)).collect();
    let listed = names(value, "operations", &mut faults);
    let mut operations: Vec<String> = Vec::new();
    for name in &listed {
        match operations::meant_by(name, effect) {
            Some(meant) => operations.extend(meant.iter().map(|&name| name.to_owned())),
            None => faults.push(("operations", format!("names the unknown operation {:?}", shortened(name)))),
        }
    }
    operations.sort_unstable();
    operations.dedup();
    let condition = match value.get("condition") {
        None | Some(Value::Null) => None,
        // Forms send the empty text where nothing was typed.
        Some(Value::String(text)) if text.is_empty() => None,
        Some(Value::String(text)) => Some(text.clone()),
        Some(_) => {
            faults.push(("condition", "must be a text".to_owned()));
            None
        }
    };
    // What was granted to a few stays theirs when a rule opens a kind to be read or described: only a rule that gives
    // everything means it too.
    let reach = match effect {
        Effect::Allow if listed.iter().all(|name| *name != "All") => Reach::Visible,
        _ => Reach::Everything,
    };
    Read { rule: Rule { name, effect, resources, operations, condition }, reach, faults }
}

fn unknown_resources<'a>(rule: &'a Value, registry: &'a Registry) -> impl Iterator<Item = &'a str> {
    let named = rule.get("resources").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    named.filter(|name| !name.is_empty() && !resources::is_known(name, registry))
}

fn names<'a>(rule: &'a Value, member: &'static str, faults: &mut Vec<(&'static str, String)>) -> Vec<&'a str> {
    let Some(list) = rule.get(member).and_then(Value::as_array) else {
        faults.push((member, "must be a list of names".to_owned()));
        return Vec::new();
    };
    let names: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
    if names.len() < list.len() {
        faults.push((member, "must be a list of names".to_owned()));
    }
    names
}

/// Errors quote a name, not a kilobyte.
fn shortened(name: &str) -> &str {
    name.char_indices().nth(64).map_or(name, |(end, _)| &name[..end])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rule(operations: &[&str], condition: Option<&str>) -> Value {
        json!({"name": "r", "effect": "allow", "resources": ["all"], "operations": operations, "condition": condition})
    }

    fn found(rules: &Value) -> Vec<(String, String)> {
        faults(rules, &Registry::standard()).into_iter().map(|violation| (violation.field, violation.rule)).collect()
    }

    #[test]
    fn the_rules_that_people_write_are_in_order() {
        let rules = json!([
            rule(&["ViewAll", "EditLineage", "EditTier"], None),
            rule(&["EditAll", "Delete"], Some("isOwner() || noOwner()")),
            rule(&["All"], Some("")),
            {"name": "d", "effect": "deny", "resources": ["dataProduct", "table"], "operations": ["EditOwners"],
             "description": "why", "fullyQualifiedName": "P.d"},
        ]);
        assert_eq!(found(&rules), []);
        assert_eq!(found(&json!([])), []);
    }

    #[test]
    fn an_unknown_operation_is_named() {
        let faults = found(&json!([rule(&["ViewAll"], None), rule(&["ViewAll", "Fly", "Operate"], None)]));
        assert_eq!(
            faults,
            [
                ("rules[1].operations".into(), "names the unknown operation \"Fly\"".into()),
                ("rules[1].operations".into(), "names the unknown operation \"Operate\"".into()),
            ]
        );
    }

    #[test]
    fn an_unknown_resource_is_named_with_those_that_there_are_and_older_rules_hold() {
        let slips = json!([
            {"name": "a", "effect": "allow", "resources": ["table", "tabel"], "operations": ["ViewAll"]},
            {"name": "d", "effect": "deny", "resources": ["testCase", "Dashbord"], "operations": ["Delete"]},
        ]);
        let faults = found(&slips);
        let fields: Vec<&str> = faults.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["rules[0].resources", "rules[1].resources"]);
        assert!(faults[0].1.starts_with("names the unknown resource \"tabel\": must be one of [all, "), "{faults:?}");
        assert_eq!(bind(&source(slips))[0].rule.resources, ["table", "tabel"], "it gives what it gave before");
    }

    #[test]
    fn a_hostile_condition_is_refused_with_its_position() {
        for (condition, position) in [
            ("T(java.lang.Runtime).getRuntime().exec('id')", 1),
            ("isOwner() && T(x)", 14),
            ("isOwner(); drop", 10),
            ("isAdmin()", 1),
            ("#root", 1),
            ("matchAnyTag('x", 13),
            ("   ", 4),
        ] {
            let faults = found(&json!([rule(&["ViewAll"], Some(condition))]));
            let [(field, fault)] = &faults[..] else { panic!("{condition}: {faults:?}") };
            assert_eq!(field, "rules[0].condition");
            assert!(fault.starts_with(&format!("is wrong at character {position}: ")), "{condition}: {fault}");
        }
        let deep = found(&json!([rule(&["ViewAll"], Some(&"(".repeat(4000)))]));
        assert_eq!(deep.len(), 1);
    }

    #[test]
    fn every_fault_of_a_shapeless_rule_is_told_and_none_is_a_panic() {
        let members: Vec<_> = found(&json!([{}])).into_iter().map(|(field, _)| field).collect();
        assert_eq!(members, ["rules[0].name", "rules[0].effect", "rules[0].resources", "rules[0].operations"]);
        for shapeless in [json!(null), json!("x"), json!({}), json!([1]), json!([{"name": 1, "condition": {}}])] {
            assert!(!found(&shapeless).is_empty(), "{shapeless}");
        }
        let empty = json!([{"name": "r", "effect": "allow", "resources": [], "operations": ["All"]}]);
        assert_eq!(found(&empty), [("rules[0].resources".into(), "must not be empty".into())]);
        assert_eq!(found(&json!(vec![rule(&["All"], None); MAX_RULES + 1])).len(), 1);
    }

    fn source(rules: Value) -> PolicySource {
        let (name, roles, teams) = ("P".into(), vec!["R".into()], vec!["T".into()]);
        PolicySource { name, roles, teams, everybody: true, rules }
    }

    #[test]
    fn a_policy_is_bound_to_all_that_carries_it() {
        let bound = bind(&source(json!([rule(&["ViewBasic"], None)])));
        let bindings: Vec<_> = bound.iter().map(|rule| rule.binding.clone()).collect();
        assert_eq!(bindings, [Binding::Everyone, Binding::Role("R".into()), Binding::Team("T".into())]);
        assert_eq!(bound[0].rule.operations, ["Mark", "View"]);
        assert_eq!(bound[0].reach, Reach::Visible);
        assert_eq!(bind(&source(json!([rule(&["All"], None)])))[0].reach, Reach::Everything);
        let nobodys = PolicySource { roles: vec![], teams: vec![], everybody: false, ..source(json!([])) };
        assert_eq!(bind(&PolicySource { rules: json!([rule(&["All"], None)]), ..nobodys }), []);
    }

    #[test]
    fn the_labels_that_conditions_name_are_found_in_either_quotes() {
        let rules = json!([
            rule(&["ViewAll"], Some("isOwner() || !matchAnyTag('A.One', \"A.Two\")")),
            rule(&["ViewAll"], Some("matchAllTags('B.It''s') && matchAnyCertification('C.Gold') && inAnyTeam('A')")),
            rule(&["ViewAll"], Some("matchAnyTag('cut")),
            rule(&["ViewAll"], None),
            7,
        ]);
        assert_eq!(labels_named(&rules), ["A.One", "A.Two", "B.It's", "C.Gold"]);
        assert!(labels_named(&json!("no list")).is_empty());
        assert_eq!(holders_named(&rules), ["A"]);
    }

    #[test]
    fn a_stored_rule_with_a_fault_grants_nothing_and_still_denies() {
        let deny = json!({"name": "d", "effect": "deny", "resources": ["all"], "operations": ["Fly", "Delete"]});
        let bound = bind(&source(json!([rule(&["ViewAll", "Fly"], None), deny, {"name": "x"}, 7])));
        assert_eq!(bound.len(), 3);
        assert!(bound.iter().all(|rule| rule.rule.name == "d" && rule.rule.operations == ["Delete"]));
        assert_eq!(bind(&source(json!("no list"))), []);
    }
}
