//! The roles that every account has from the start, and what their policies gain when a later version has more kinds.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::boxed::Boxed;
use crate::caller::Caller;
use crate::catalog::Catalog;
use crate::command::{Command, DoorRules, Draft, Effect, Guard, Ref};
use crate::id::AccountId;
use crate::kinds::{POLICY, TEST_DEFINITION, USER};
use crate::problem::Problem;
use crate::query::ListQuery;
use crate::record::View;
use crate::registry::Registry;
use crate::test_definitions;

/// The field of a policy that says which rules it was seeded with. It tells them from what people have written since.
const SEEDED: &str = "seeded";
/// What stewards could make before policies kept that.
const MADE_OF_OLD: &[&str] = &[
    "domain",
    "dataProduct",
    "databaseService",
    "pipelineService",
    "database",
    "databaseSchema",
    "table",
    "pipeline",
    "classification",
    "tag",
    "glossary",
    "glossaryTerm",
    "formType",
    "assetType",
    "asset",
];

/// People, and what they may.
const RIGHTS: &[&str] = &["user", "team", "role", "policy", "bot"];

/// A role with the rules of its policy.
pub struct Role {
    pub name: &'static str,
    pub description: &'static str,
    pub rules: Value,
}

impl Role {
    pub fn policy(&self) -> String {
        format!("{}Policy", self.name)
    }

    /// The body of its policy.
    pub fn fields(&self) -> Value {
        json!({
            "description": self.description,
            "rules": self.rules,
            SEEDED: self.rules,
            "enabled": true,
            "provider": "system",
        })
    }
}

/// The roles of an account. Stewards make what kinds say that they make.
pub fn roles(registry: &Registry) -> Vec<Role> {
    let made: Vec<String> = registry.iter().filter(|kind| kind.0.stewarded).map(|kind| camel(kind.name())).collect();
    roles_that_make(&made)
}

fn roles_that_make<T: AsRef<str>>(made: &[T]) -> Vec<Role> {
    let made: Vec<&str> = made.iter().map(AsRef::as_ref).collect();
    let completes = ["ViewAll", "EditDescription", "EditTags", "EditGlossaryTerms", "EditTier", "EditCertification"];
    let describes = [
        "ViewAll",
        "EditDescription",
        "EditDisplayName",
        "EditLineage",
        "EditOwners",
        "EditTags",
        "EditGlossaryTerms",
        "EditTier",
        "EditCertification",
    ];
    vec![
        Role {
            name: "DataConsumer",
            description: "Reads everything and completes descriptions and tags.",
            rules: json!([rule("edit", "allow", &["all"], &completes)]),
        },
        Role {
            name: "DataSteward",
            description: "Keeps the catalogue: makes and describes what it holds.",
            rules: json!([
                rule("edit", "allow", &["all"], &describes),
                rule("create", "allow", &made, &["Create", "EditAll"])
            ]),
        },
        Role {
            name: "IngestionBotRole",
            description: "What a crawler does: everything but deleting people and rights.",
            rules: json!([rule("all", "allow", &["all"], &["All"]), rule("rights", "deny", RIGHTS, &["Delete"])]),
        },
        Role {
            name: "LineageBotRole",
            description: "Says what is made of what, and keeps the queries that say so.",
            rules: json!([
                rule("queries", "allow", &["query"], &["Create", "EditAll", "ViewAll"]),
                rule("edit", "allow", &["all"], &["EditAll", "ViewAll"]),
                unentitled()
            ]),
        },
        Role {
            name: "ProfilerBotRole",
            description: "Keeps profiles and samples.",
            rules: json!([rule("edit", "allow", &["all"], &["EditAll", "ViewAll"]), unentitled()]),
        },
        Role {
            name: "QualityBotRole",
            description: "Keeps what tests of data come to.",
            rules: json!([
                rule("tests", "allow", &["testDefinition", "testSuite"], &["Create"]),
                rule("edit", "allow", &["all"], &["EditAll", "ViewAll"]),
                unentitled()
            ]),
        },
        Role {
            name: "UsageBotRole",
            description: "Keeps queries, and how much of what is used.",
            rules: json!([
                rule("queries", "allow", &["query", "table"], &["Create", "EditAll", "ViewAll"]),
                rule("edit", "allow", &["all"], &["EditAll", "ViewAll"]),
                rule("names", "deny", &["all"], &["EditDisplayName"]),
                unentitled()
            ]),
        },
        Role {
            name: "AutoClassificationBotRole",
            description: "Keeps samples of tables, and tags what is personal.",
            rules: json!([
                rule("tables", "allow", &["table"], &["EditAll", "ViewAll"]),
                rule("view", "allow", &["all"], &["ViewAll"])
            ]),
        },
    ]
}

/// A program that acts from the start.
pub struct Bot {
    pub name: &'static str,
    pub display_name: &'static str,
    pub description: &'static str,
    pub role: &'static str,
}

/// The bots of an account: those that clients look for by name. Whoever runs them makes their tokens.
pub const BOTS: &[Bot] = &[
    Bot {
        name: INGESTION_BOT,
        display_name: "Ingestion bot",
        description: "Writes what crawlers find.",
        role: "IngestionBotRole",
    },
    Bot {
        name: "lineage-bot",
        display_name: "Lineage bot",
        description: "Writes what is made of what.",
        role: "LineageBotRole",
    },
    Bot {
        name: "profiler-bot",
        display_name: "Profiler bot",
        description: "Writes profiles and samples.",
        role: "ProfilerBotRole",
    },
    Bot {
        name: "testsuite-bot",
        display_name: "Test suite bot",
        description: "Writes what tests of data come to.",
        role: "QualityBotRole",
    },
    Bot {
        name: "usage-bot",
        display_name: "Usage bot",
        description: "Writes how much of what is used.",
        role: "UsageBotRole",
    },
    Bot {
        name: "autoClassification-bot",
        display_name: "Auto classification bot",
        description: "Writes samples, and tags what is personal.",
        role: "AutoClassificationBotRole",
    },
];

/// The bot that has a token from the start, for the server's own crawls.
pub const INGESTION_BOT: &str = "ingestion-bot";

fn rule(name: &str, effect: &str, resources: &[&str], operations: &[&str]) -> Value {
    json!({"name": name, "effect": effect, "resources": resources, "operations": operations})
}

/// Whatever else a program may edit, people and rights it may not.
fn unentitled() -> Value {
    rule("rights", "deny", RIGHTS, &["Create", "EditAll", "Delete"])
}

/// `database_schema` as `databaseSchema`: rules speak the words that people see.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |told, word| {
        let mut letters = word.chars();
        let capital = letters.next().map(|letter| letter.to_ascii_uppercase());
        told.chars().chain(capital).chain(letters).collect()
    })
}

impl Catalog {
    /// Brings the policies of seeded roles up to what this version seeds, in every account. A rule that somebody has
    /// changed or taken away stays as it is. Answers how many policies have changed.
    pub fn renew_roles(&self) -> Boxed<'_, Result<u64, Problem>> {
        Box::pin(async move {
            let mut renewed = 0;
            for account in self.accounts().await? {
                renewed += self.renew_roles_of(account).await?;
            }
            Ok(renewed)
        })
    }

    /// Somebody in whose name an account is given what this version has from the start.
    async fn administrator(&self, account: AccountId) -> Result<Option<Caller>, Problem> {
        let admins =
            ListQuery { fields: vec![("is_admin", Value::Bool(true))], limit: 1, ..ListQuery::of(account, USER) };
        let found = self.store.snapshot().await?.list(&admins).await?.into_iter().next();
        match found {
            Some(admin) => Ok(Some(self.caller(account, admin.id).await?)),
            None => Ok(None),
        }
    }

    /// Gives every account the definitions of tests that came after it. Answers how many were made.
    pub fn provide_test_definitions(&self) -> Boxed<'_, Result<u64, Problem>> {
        Box::pin(async move {
            let mut made = 0;
            for account in self.accounts().await? {
                let names: Vec<&str> = test_definitions::ALL.iter().map(|definition| definition.name).collect();
                let known = self.store.snapshot().await?.by_fqn(account, TEST_DEFINITION, &names).await?;
                let missing = test_definitions::ALL.iter().zip(known).filter(|(_, known)| known.is_none());
                let commands: Vec<Command> = missing.map(|(definition, _)| definition.command()).collect();
                if commands.is_empty() {
                    continue;
                }
                let Some(caller) = self.administrator(account).await? else { continue };
                made += commands.len() as u64;
                self.execute(&caller, &Command::Together(commands)).await?;
            }
            Ok(made)
        })
    }

    async fn renew_roles_of(&self, account: AccountId) -> Result<u64, Problem> {
        let roles = roles(&self.registry);
        let names: Vec<String> = roles.iter().map(Role::policy).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let snapshot = self.store.snapshot().await?;
        let policies = snapshot.by_fqn(account, POLICY, &names).await?;
        let stale: Vec<_> = policies
            .into_iter()
            .zip(roles)
            .filter_map(|(policy, role)| Some((policy?, role)))
            .filter(|(policy, role)| policy.state.is_alive() && policy.body.get(SEEDED) != Some(&role.rules))
            .collect();
        if stale.is_empty() {
            return Ok(0);
        }
        drop(snapshot);
        let Some(caller) = self.administrator(account).await? else { return Ok(0) };
        let mut renewed = 0;
        for (policy, role) in stale {
            let edit = move |view: &View| {
                let mut draft = Draft::default();
                let now = view.field("rules").cloned().unwrap_or_default();
                draft.set("rules", renewed_rules(&role, &now, view.field(SEEDED)));
                draft.set(SEEDED, role.rules.clone());
                Ok(draft)
            };
            let command = Command::Change {
                target: Ref::Id(policy.kind, policy.id),
                guard: Guard::None,
                edit: Arc::new(edit),
                rules: DoorRules::default(),
            };
            let outcome = self.execute(&caller, &command).await?;
            renewed += u64::from(
                outcome.effect != Effect::Unchanged && outcome.view.field("rules") != policy.body.get("rules"),
            );
        }
        Ok(renewed)
    }
}

/// The rules of a role's policy: those that are as they were seeded become what they are seeded as now, and new ones come.
fn renewed_rules(role: &Role, present: &Value, seeded: Option<&Value>) -> Value {
    let of_old = roles_that_make(MADE_OF_OLD).into_iter().find(|old| old.name == role.name).map(|old| old.rules);
    let seeded = seeded.cloned().or(of_old).unwrap_or_default();
    let mut rules: Vec<Value> = present.as_array().cloned().unwrap_or_default();
    for rule in role.rules.as_array().into_iter().flatten() {
        let before = named(&seeded, rule);
        match rules.iter_mut().find(|known| known["name"] == rule["name"]) {
            Some(known) if before.is_some_and(|before| says_the_same(before, known)) => *known = rule.clone(),
            None if before.is_none() => rules.push(rule.clone()),
            _ => {}
        }
    }
    Value::Array(rules)
}

fn named<'r>(rules: &'r Value, like: &Value) -> Option<&'r Value> {
    rules.as_array()?.iter().find(|rule| rule["name"] == like["name"])
}

fn says_the_same(one: &Value, other: &Value) -> bool {
    ["effect", "resources", "operations", "condition"].iter().all(|part| one[*part] == other[*part])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steward(made: &[&str]) -> Role {
        roles_that_make(made).into_iter().find(|role| role.name == "DataSteward").expect("a seeded role")
    }

    #[test]
    fn stewards_make_what_kinds_say() {
        let rules = roles(&Registry::standard())[1].rules.clone();
        let made: Vec<&str> = rules[1]["resources"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert!(MADE_OF_OLD.iter().all(|kind| made.contains(kind)), "{made:?}");
        assert!(!made.contains(&"user") && !made.contains(&"policy"), "{made:?}");
    }

    #[test]
    fn a_rule_follows_its_seed_until_somebody_changes_it() {
        let (old, new) = (steward(&["table"]), steward(&["table", "metric"]));
        assert_eq!(renewed_rules(&new, &old.rules, Some(&old.rules)), new.rules);
        // Of what was seeded before the seed was kept, the rules of then are known.
        let first = steward(MADE_OF_OLD);
        assert_eq!(renewed_rules(&new, &first.rules, None), new.rules);
        let mut changed = old.rules.clone();
        changed[1]["resources"] = json!(["tag"]);
        assert_eq!(renewed_rules(&new, &changed, Some(&old.rules)), changed);
        let taken_away = json!([old.rules[0]]);
        assert_eq!(renewed_rules(&new, &taken_away, Some(&old.rules)), taken_away);
        let own = json!({"name": "own", "effect": "deny", "resources": ["metric"], "operations": ["Create"]});
        let with_own = json!([own, old.rules[0], old.rules[1]]);
        assert_eq!(renewed_rules(&new, &with_own, Some(&old.rules)), json!([own, new.rules[0], new.rules[1]]));
    }
}
