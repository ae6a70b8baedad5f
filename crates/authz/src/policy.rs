//! Translates policy rules into Cedar policies.

use std::fmt;

use cedar_policy::Policy;

use crate::condition::{Condition, Test, entity_list, quoted, text_list};
use crate::expression::{self, ExpressionError, Vocabulary};
use crate::facts::group_of;

/// The name that covers every resource or every operation.
const ALL: &str = "All";

/// More names than there are kinds or operations; a longer list is a mistake or an attack.
const MAX_NAMES: usize = 512;
const MAX_NAME_BYTES: usize = 256;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    Allow,
    /// Overrides every allowing rule, except for administrators.
    Deny,
}

/// A rule as a policy holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub name: String,
    pub effect: Effect,
    /// Kinds, or `All`.
    pub resources: Vec<String>,
    /// Operations; `All`, `EditAll` and `ViewAll` cover their groups.
    pub operations: Vec<String>,
    /// An expression; none means always.
    pub condition: Option<String>,
}

/// Whom a policy reaches: what it is attached to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Binding {
    /// Every active user of the account: the catalogue's own rules and the account's base policies.
    Everyone,
    /// Those who hold the role of this name.
    Role(String),
    /// The members of the team of this name and of the teams below it, bots excepted. Denying rules also reach whoever
    /// wants something of a record that this team or one below it owns.
    Team(String),
}

/// Which records a rule speaks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All that its resources name.
    Everything,
    /// Of these the open ones, and the granted ones in which the principal has standing anyway.
    Visible,
}

/// Where a rule comes from: the identity of a translated policy, and the answer to "why".
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RuleId {
    pub binding: Binding,
    pub policy: String,
    pub rule: String,
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.binding {
            Binding::Everyone => {}
            Binding::Role(role) => write!(f, "role {role}, ")?,
            Binding::Team(team) => write!(f, "team {team}, ")?,
        }
        write!(f, "policy {}, rule {}", self.policy, self.rule)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    #[error("rule {rule:?} names no {what}")]
    NamesNothing { rule: String, what: &'static str },
    #[error("rule {rule:?} has an empty or over-long name among its {what}")]
    BadName { rule: String, what: &'static str },
    #[error("rule {rule:?} names more than {MAX_NAMES} {what}")]
    TooManyNames { rule: String, what: &'static str },
    #[error("the condition of rule {rule:?} is wrong {error}")]
    Condition { rule: String, error: ExpressionError },
    #[error("rule {rule:?} cannot be turned into a policy: {reason}")]
    Untranslatable { rule: String, reason: String },
}

/// Which names a rule covers.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Scope {
    All,
    Only(Vec<String>),
}

impl Scope {
    fn new(rule: &str, what: &'static str, names: &[String]) -> Result<Self, RuleError> {
        if names.is_empty() {
            return Err(RuleError::NamesNothing { rule: rule.to_owned(), what });
        }
        if names.len() > MAX_NAMES {
            return Err(RuleError::TooManyNames { rule: rule.to_owned(), what });
        }
        if names.iter().any(|name| name.is_empty() || name.len() > MAX_NAME_BYTES) {
            return Err(RuleError::BadName { rule: rule.to_owned(), what });
        }
        if names.iter().any(|name| name.eq_ignore_ascii_case(ALL)) {
            return Ok(Self::All);
        }
        Ok(Self::Only(names.to_vec()))
    }

    fn covers(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.iter().any(|covered| covered == name),
        }
    }
}

/// A rule that was understood: what it covers, and the whole condition under which it matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompiledRule {
    pub id: RuleId,
    pub effect: Effect,
    resources: Scope,
    operations: Scope,
    /// Binding, exemption of administrators and the rule's own condition in one.
    pub(crate) guard: Condition,
    pub(crate) policy: Policy,
}

impl CompiledRule {
    /// Understands one rule of the policy named `policy`, attached as `binding` says.
    ///
    /// Errors name the rule and, for conditions, the place.
    pub fn new(
        binding: Binding,
        policy: &str,
        rule: &Rule,
        vocabulary: Vocabulary,
        reach: Reach,
    ) -> Result<Self, RuleError> {
        let condition = match &rule.condition {
            None => Condition::Constant(true),
            Some(source) => expression::parse(source, vocabulary)
                .map_err(|error| RuleError::Condition { rule: rule.name.clone(), error })?,
        };
        let resources = Scope::new(&rule.name, RESOURCES, &rule.resources)?;
        let operations = Scope::new(&rule.name, OPERATIONS, &rule.operations)?;
        let guard = guard(&binding, reach, rule.effect, condition);
        let id = RuleId { binding, policy: policy.to_owned(), rule: rule.name.clone() };
        let text = cedar_text(&id, rule.effect, &resources, &operations, &guard);
        let policy = Policy::parse(None, text)
            .map_err(|error| RuleError::Untranslatable { rule: rule.name.clone(), reason: error.to_string() })?;
        Ok(Self { id, effect: rule.effect, resources, operations, guard, policy })
    }

    /// Stands in for a stored rule that is no longer understood: it covers at least as much, unconditionally. Only a
    /// denying rule may be replaced by it.
    pub(crate) fn without_condition(binding: Binding, policy: &str, rule: &Rule) -> Self {
        let scope = |what, names: &[String]| Scope::new(&rule.name, what, names).unwrap_or(Scope::All);
        let (resources, operations) = (scope(RESOURCES, &rule.resources), scope(OPERATIONS, &rule.operations));
        let guard = guard(&binding, Reach::Everything, rule.effect, Condition::Constant(true));
        let id = RuleId { binding, policy: policy.to_owned(), rule: rule.name.clone() };
        let text = cedar_text(&id, rule.effect, &resources, &operations, &guard);
        let policy =
            Policy::parse(None, text).expect("a rule without condition is a flat Cedar policy of quoted names");
        Self { id, effect: rule.effect, resources, operations, guard, policy }
    }

    /// Whether the rule speaks about this operation on this kind at all.
    pub fn covers(&self, operation: &str, kind: &str) -> bool {
        let in_group = || group_of(operation).is_some_and(|group| self.operations.covers(group));
        (self.operations.covers(operation) || in_group()) && self.resources.covers(kind)
    }

    /// The Cedar policy that says the same.
    pub fn to_cedar(&self) -> String {
        cedar_text(&self.id, self.effect, &self.resources, &self.operations, &self.guard)
    }
}

fn cedar_text(id: &RuleId, effect: Effect, resources: &Scope, operations: &Scope, guard: &Condition) -> String {
    let origin = match &id.binding {
        Binding::Everyone => String::new(),
        Binding::Role(role) => format!("@role({}) ", quoted(role)),
        Binding::Team(team) => format!("@team({}) ", quoted(team)),
    };
    let effect = match effect {
        Effect::Allow => "permit",
        Effect::Deny => "forbid",
    };
    let action = match operations {
        Scope::All => "action".to_owned(),
        Scope::Only(names) => format!("action in {}", entity_list("Action", names)),
    };
    let kind = match resources {
        Scope::All => String::new(),
        Scope::Only(names) => format!("{}.contains(resource.kind) && ", text_list(names)),
    };
    format!(
        "{origin}@policy({}) @rule({})\n{effect}(principal, {action}, resource)\nwhen {{ {kind}{} }};",
        quoted(&id.policy),
        quoted(&id.rule),
        guard.to_cedar(),
    )
}

const RESOURCES: &str = "resources";
const OPERATIONS: &str = "operations";

fn guard(binding: &Binding, reach: Reach, effect: Effect, condition: Condition) -> Condition {
    let whom = match binding {
        Binding::Everyone => Condition::Constant(true),
        Binding::Role(role) => Condition::Test(Test::HasAnyRole(vec![role.clone()])),
        Binding::Team(team) => {
            let members = Condition::all([
                Condition::Test(Test::InAnyTeam(vec![team.clone()])),
                Condition::negated(Condition::Test(Test::IsBot)),
            ]);
            match effect {
                Effect::Allow => members,
                Effect::Deny => Condition::any([members, Condition::Test(Test::IsOwnedByTeam(team.clone()))]),
            }
        }
    };
    let team = match binding {
        Binding::Team(team) => Some(team.as_str()),
        _ => None,
    };
    // Administrators are asked by no policy: a deny rule that locked them out could not be taken back.
    let exempt = match effect {
        Effect::Deny => Condition::negated(Condition::Test(Test::IsAdmin)),
        Effect::Allow => Condition::Constant(true),
    };
    let visible = match reach {
        Reach::Everything => Condition::Constant(true),
        Reach::Visible => Condition::any([Condition::Test(Test::IsOpen), Condition::standing()]),
    };
    let parts = [whom, exempt, visible, condition.bind_team(team)];
    Condition::all(parts.into_iter().filter(|part| *part != Condition::Constant(true)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::expression::tests::any_condition;

    fn rule(effect: Effect, resources: &[&str], operations: &[&str], condition: Option<&str>) -> Rule {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Rule {
            name: "R".into(),
            effect,
            resources: owned(resources),
            operations: owned(operations),
            condition: condition.map(str::to_owned),
        }
    }

    fn compile(binding: Binding, rule: &Rule) -> CompiledRule {
        CompiledRule::new(binding, "P", rule, Vocabulary::Policy, Reach::Everything).unwrap()
    }

    #[test]
    fn a_role_rule_becomes_a_permit() {
        let rule = rule(Effect::Allow, &["table", "topic"], &["EditTags", "ViewAll"], Some("!noOwner()"));
        let text = compile(Binding::Role("Data \"Consumer\"".into()), &rule).to_cedar();
        assert_eq!(
            text,
            "@role(\"Data \\\"Consumer\\\"\") @policy(\"P\") @rule(\"R\")\n\
             permit(principal, action in [Action::\"EditTags\", Action::\"ViewAll\"], resource)\n\
             when { [\"table\", \"topic\"].contains(resource.kind) && (principal in [Role::\"Data \\\"Consumer\\\"\"] && \
             !(resource.owners.isEmpty())) };"
        );
        Policy::parse(None, text).unwrap();
    }

    #[test]
    fn a_deny_rule_spares_administrators() {
        let text = compile(Binding::Everyone, &rule(Effect::Deny, &["all"], &["All"], None)).to_cedar();
        assert_eq!(
            text,
            "@policy(\"P\") @rule(\"R\")\nforbid(principal, action, resource)\nwhen { !(principal.admin) };"
        );
        Policy::parse(None, text).unwrap();
    }

    #[test]
    fn a_team_rule_reaches_its_members_and_its_records() {
        let text =
            compile(Binding::Team("Finance".into()), &rule(Effect::Deny, &["All"], &["All"], Some("!matchTeam()")))
                .to_cedar();
        assert!(text.contains("principal in [Team::\"Finance\"] && !(principal.bot)"), "{text}");
        assert!(text.contains("resource.owner_teams.contains(\"Finance\")"), "{text}");
        assert!(text.contains("resource.owner_in_teams.contains(\"Finance\")"), "{text}");
        Policy::parse(None, text).unwrap();
    }

    #[test]
    fn groups_of_operations_cover_their_members_only() {
        let covers = |listed: &str, asked: &str| {
            compile(Binding::Everyone, &rule(Effect::Allow, &["All"], &[listed], None)).covers(asked, "table")
        };
        assert!(!covers("EditAll", "EditRole") && !covers("EditAll", "EditPolicy") && covers("EditRole", "EditRole"));
        assert!(covers("EditAll", "EditOwners") && covers("EditAll", "EditAll") && covers("All", "Delete"));
        assert!(covers("ViewAll", "ViewSampleData") && covers("ViewBasic", "ViewBasic"));
        assert!(!covers("EditOwners", "EditAll") && !covers("EditAll", "ViewAll") && !covers("EditAll", "Create"));
    }

    #[test]
    fn kinds_are_matched_exactly() {
        let only = compile(Binding::Everyone, &rule(Effect::Allow, &["table"], &["All"], None));
        assert!(only.covers("Create", "table") && !only.covers("Create", "Table") && !only.covers("Create", "topic"));
    }

    #[test]
    fn a_rule_that_names_nothing_or_too_much_is_refused() {
        let check = |rule: Rule| {
            CompiledRule::new(Binding::Everyone, "P", &rule, Vocabulary::Policy, Reach::Everything).unwrap_err()
        };
        let long = "x".repeat(MAX_NAME_BYTES + 1);
        assert!(matches!(check(rule(Effect::Allow, &[], &["All"], None)), RuleError::NamesNothing { .. }));
        assert!(matches!(check(rule(Effect::Allow, &["All"], &[], None)), RuleError::NamesNothing { .. }));
        assert!(matches!(check(rule(Effect::Allow, &[&long], &["All"], None)), RuleError::BadName { .. }));
        assert!(matches!(check(rule(Effect::Allow, &["All"], &[""], None)), RuleError::BadName { .. }));
        assert!(matches!(
            check(rule(Effect::Allow, &["a"; MAX_NAMES + 1], &["All"], None)),
            RuleError::TooManyNames { .. }
        ));
        let error = check(rule(Effect::Allow, &["All"], &["All"], Some("isOwner() && T(x)"))).to_string();
        assert!(error.contains("rule \"R\"") && error.contains("at character 14"), "{error}");
    }

    #[test]
    fn the_identity_of_a_rule_reads_as_a_reason() {
        let id = |binding| compile(binding, &rule(Effect::Allow, &["All"], &["All"], None)).id.to_string();
        assert_eq!(id(Binding::Role("Steward".into())), "role Steward, policy P, rule R");
        assert_eq!(id(Binding::Team("Finance".into())), "team Finance, policy P, rule R");
        assert_eq!(id(Binding::Everyone), "policy P, rule R");
    }

    proptest! {
        #[test]
        fn every_rule_that_is_understood_is_one_valid_cedar_policy(
            condition in any_condition(),
            name in "\\PC{1,12}",
            kind in "\\PC{1,12}",
            operation in "\\PC{1,12}",
        ) {
            let rule = Rule {
                name: name.clone(),
                effect: Effect::Deny,
                resources: vec![kind],
                operations: vec![operation],
                condition: Some(condition.to_string()),
            };
            let compiled = CompiledRule::new(
                Binding::Role(name.clone()), &name, &rule, Vocabulary::Core, Reach::Visible,
            ).unwrap();
            let policy = Policy::parse(None, compiled.to_cedar()).unwrap();
            prop_assert_eq!(policy.annotation("rule"), Some(name.as_str()));
            prop_assert_eq!(policy.annotation("role"), Some(name.as_str()));
        }
    }
}
