//! What the policies of an account change, and how soon.

use emporion_catalog::Problem;
use emporion_catalog::action::Action;
use emporion_catalog::caller::{Designation, Principal};
use emporion_catalog::kind::Visibility::{Granted, Open};
use emporion_catalog::ports::{Facts, Gate, PolicySource, Verdict};
use emporion_catalog::registry::Registry;
use serde_json::{Value, json};

use crate::people::{account, decide, gate, id, in_team, kind, may, policy, user, with_role};

fn rule(effect: &str, resources: &[&str], operations: &[&str], condition: Option<&str>) -> Value {
    json!([{
        "name": "r", "effect": effect, "resources": resources, "operations": operations, "condition": condition,
    }])
}

fn allow(resources: &[&str], operations: &[&str]) -> Value {
    rule("allow", resources, operations, None)
}

fn nothing() -> Facts {
    Facts::default()
}

#[test]
fn a_role_gives_its_bearer_what_it_names_and_nothing_more() {
    let gate = gate(&[policy("P", &["Steward"], allow(&["dataProduct"], &["Create", "EditTier", "EditDescription"]))]);
    let steward = with_role(user(1), "Steward");
    for action in [Action::Create, Action::EditTier, Action::EditDescription] {
        assert!(may(&gate, &steward, action, kind("data_product"), Open, &nothing()), "{action:?}");
        assert!(!may(&gate, &steward, action, kind("table"), Open, &nothing()), "{action:?}");
        assert!(!may(&gate, &user(2), action, kind("data_product"), Open, &nothing()), "{action:?}");
    }
    for action in [Action::EditTags, Action::EditCertification, Action::EditOwners, Action::EditAll, Action::Delete] {
        assert!(!may(&gate, &steward, action, kind("data_product"), Open, &nothing()), "{action:?}");
    }
}

#[test]
fn operations_without_an_action_never_widen() {
    let operations = ["EditLifeCycle", "EditTests", "EditQueries", "EditSampleData", "ViewUsage", "Trigger"];
    let gate = gate(&[policy("P", &["Bot"], allow(&["all"], &operations))]);
    let bot = with_role(user(1), "Bot");
    for action in Action::ALL.iter().filter(|action| action.is_edit()) {
        assert!(!may(&gate, &bot, *action, kind("table"), Open, &nothing()), "{action:?}");
    }
    let deny = policy("P", &["Bot"], rule("deny", &["all"], &operations, None));
    assert!(may(&super::people::gate(&[deny]), &bot, Action::View, kind("table"), Open, &nothing()));
}

#[test]
fn everything_is_everything_but_the_server_itself() {
    let gate = gate(&[policy("P", &["Bot"], allow(&["all"], &["All"]))]);
    let bot = with_role(Principal { is_bot: true, ..user(1) }, "Bot");
    for action in Action::ALL {
        let expected = !matches!(action, Action::Operate | Action::ManageCredentials | Action::GrantRows);
        assert_eq!(may(&gate, &bot, *action, kind("table"), Granted, &nothing()), expected, "{action:?}");
    }
}

#[test]
fn handing_out_rights_has_to_be_named() {
    let editing = gate(&[policy("P", &["R"], allow(&["all"], &["EditAll"]))]);
    let named = gate(&[policy("P", &["R"], allow(&["all"], &["EditRole", "EditPolicy"]))]);
    let bearer = with_role(user(1), "R");
    for action in [Action::EditRole, Action::EditPolicy] {
        assert!(!may(&editing, &bearer, action, kind("team"), Open, &nothing()));
        assert!(may(&named, &bearer, action, kind("team"), Open, &nothing()));
    }
    let both = [
        policy("P", &["R"], allow(&["all"], &["All"])),
        policy("Q", &["R"], rule("deny", &["all"], &["EditAll"], None)),
    ];
    for action in [Action::EditRole, Action::EditPolicy, Action::EditAll, Action::EditTags] {
        assert!(!may(&gate(&both), &bearer, action, kind("team"), Open, &nothing()), "{action:?}");
    }
}

#[test]
fn what_was_granted_to_a_few_is_not_opened_by_reading_everything() {
    let reading =
        PolicySource { everybody: true, ..policy("P", &["Reader"], allow(&["all"], &["ViewAll", "EditTags"])) };
    let gate = gate(&[reading]);
    let reader = with_role(user(1), "Reader");
    let (foreign, seen) = (nothing(), Facts { viewers: vec![id(1)], ..nothing() });
    let may = |action, visibility, facts: &Facts| may(&gate, &reader, action, kind("data_product"), visibility, facts);
    assert!(may(Action::View, Open, &foreign) && may(Action::EditTags, Open, &foreign));
    assert!(!may(Action::View, Granted, &foreign) && !may(Action::EditTags, Granted, &foreign));
    assert!(may(Action::View, Granted, &seen) && may(Action::EditTags, Granted, &seen));
}

#[test]
fn a_denial_names_the_rule_with_and_without_facts() {
    let why = |verdict| match verdict {
        Verdict::Never { why } => why,
        other => panic!("{other:?}"),
    };
    let gate = gate(&[
        policy("Closed", &["Guest"], rule("deny", &["table"], &["EditOwners"], None)),
        policy("Private", &["Guest"], rule("deny", &["table"], &["ViewAll"], Some("matchAnyTag('PII.Sensitive')"))),
    ]);
    let guest = with_role(user(1), "Guest");
    let light = gate.decide(&guest, Action::EditOwners, kind("table"), Open, None);
    assert_eq!(why(light).as_deref(), Some("role Guest, policy Closed, rule r"));
    let personal = Facts { tags: vec!["PII.Sensitive".into()], ..nothing() };
    for action in [Action::View, Action::Mark] {
        let full = decide(&gate, &guest, action, kind("table"), Open, &personal);
        assert_eq!(why(full).as_deref(), Some("role Guest, policy Private, rule r"));
        assert!(may(&gate, &guest, action, kind("table"), Open, &nothing()));
    }
    assert_eq!(why(decide(&gate, &user(2), Action::Delete, kind("table"), Open, &nothing())), None);
}

#[test]
fn administrators_cannot_be_locked_out() {
    let everyone = PolicySource { everybody: true, ..policy("P", &[], rule("deny", &["all"], &["All"], None)) };
    let gate = gate(&[everyone]);
    let admin = Principal { is_admin: true, ..user(1) };
    assert!(may(&gate, &admin, Action::Delete, kind("policy"), Granted, &nothing()));
    let owned = Facts { owners: vec![id(2)], ..nothing() };
    assert!(!may(&gate, &user(2), Action::View, kind("table"), Open, &owned));
}

#[test]
fn domains_keep_data_apart_and_people_together() {
    let apart = rule("deny", &["all"], &["All"], Some("!hasDomain()"));
    let gate = gate(&[PolicySource { everybody: true, ..policy("P", &[], apart) }]);
    let seller = Principal { domains: vec!["sales".into()], ..user(1) };
    let of = |domain: &str| Facts { domains: vec![domain.into()], ..nothing() };
    let sees = |of_kind: &str, facts: &Facts| may(&gate, &seller, Action::View, kind(of_kind), Open, facts);
    assert!(sees("table", &of("sales")) && sees("table", &of("sales.emea")) && sees("domain", &of("sales.emea")));
    assert!(!sees("table", &of("risk")) && !sees("table", &nothing()) && !sees("table", &of("salesforce")));
    assert!(sees("user", &nothing()) && sees("team", &of("risk")));
}

#[test]
fn a_policy_of_a_team_holds_for_its_members_and_its_records() {
    let only = rule("deny", &["all"], &["All"], Some("!matchTeam()"));
    let team_only = PolicySource { teams: vec!["Finance".into()], ..policy("TeamOnly", &[], only) };
    let gate = gate(&[team_only]);
    assert!(gate.asks_owner_teams(account()) && !crate::people::gate(&[]).asks_owner_teams(account()));
    let member = in_team(user(1), 20, "Finance", Designation::Contributor);
    let finance = vec!["Finance".to_owned()];
    let theirs = Facts { owner_teams: finance.clone(), owner_in_teams: finance, ..nothing() };
    let sees = |who: &Principal, facts: &Facts| may(&gate, who, Action::View, kind("table"), Open, facts);
    assert!(sees(&member, &theirs) && !sees(&member, &nothing()));
    assert!(!sees(&user(2), &theirs) && sees(&user(2), &nothing()));
    assert!(sees(&Principal { is_bot: true, user: id(3), ..member }, &nothing()), "bots have their own rights only");
}

#[test]
fn what_a_team_is_allowed_strangers_are_not() {
    let own = PolicySource { teams: vec!["Finance".into()], ..policy("P", &[], allow(&["table"], &["EditTags"])) };
    let gate = gate(&[own]);
    assert!(!gate.asks_owner_teams(account()));
    let theirs = Facts { owner_teams: vec!["Finance".into()], ..nothing() };
    let member = in_team(user(1), 20, "Finance", Designation::Viewer);
    assert!(may(&gate, &member, Action::EditTags, kind("table"), Open, &nothing()));
    assert!(!may(&gate, &user(2), Action::EditTags, kind("table"), Open, &theirs));
}

#[test]
fn a_certification_can_be_asked_for() {
    let gold = rule("allow", &["table"], &["EditTags"], Some("matchAnyCertification('Certification.Gold')"));
    let gate = gate(&[policy("P", &["R"], gold)]);
    let bearer = with_role(user(1), "R");
    let certified = Facts { certification: Some("Certification.Gold".into()), ..nothing() };
    assert!(may(&gate, &bearer, Action::EditTags, kind("table"), Open, &certified));
    assert!(!may(&gate, &bearer, Action::EditTags, kind("table"), Open, &nothing()));
}

#[test]
fn a_role_that_is_taken_away_is_gone_with_the_next_epoch() {
    let policies = [policy("P", &["Steward"], allow(&["table"], &["EditTags"]))];
    let gate = gate(&policies);
    let table = kind("table");
    let steward = with_role(user(1), "Steward");
    for _ in 0..2 {
        assert_eq!(gate.decide(&steward, Action::EditTags, table, Open, None), Verdict::Always);
    }
    gate.load(account(), 2, &policies);
    let before = Principal { epoch: 2, ..user(1) };
    assert!(!may(&gate, &before, Action::EditTags, table, Open, &nothing()));
    assert!(may(
        &gate,
        &Principal { epoch: 2, user: id(9), ..steward.clone() },
        Action::EditTags,
        table,
        Open,
        &nothing()
    ));

    gate.load(account(), 3, &[]);
    for epoch in [2, 3] {
        // A request that began under the old epoch meets the new policies unless it was answered before.
        let late = Principal { epoch, user: id(epoch.into()), ..steward.clone() };
        assert!(!may(&gate, &late, Action::EditTags, table, Open, &nothing()), "{epoch}");
    }
}

#[test]
fn a_decision_by_facts_is_forgotten_with_its_epoch() {
    let owners = |operations: &[&str]| {
        [PolicySource { everybody: true, ..policy("P", &[], rule("deny", &["table"], operations, Some("isOwner()"))) }]
    };
    let gate = gate(&owners(&["EditTags"]));
    let owned = Facts { owners: vec![id(1)], ..nothing() };
    for (epoch, denied, expected) in [(1, "EditTags", false), (2, "Delete", true), (3, "EditTags", false)] {
        gate.load(account(), epoch, &owners(&[denied]));
        let owner = Principal { epoch, ..user(1) };
        for _ in 0..2 {
            assert_eq!(may(&gate, &owner, Action::EditTags, kind("table"), Open, &owned), expected, "epoch {epoch}");
        }
    }
}

#[test]
fn an_older_epoch_never_replaces_a_newer_one() {
    let gate = gate(&[]);
    gate.load(account(), 5, &[policy("P", &["R"], allow(&["table"], &["Delete"]))]);
    gate.load(account(), 4, &[]);
    let bearer = Principal { epoch: 5, ..with_role(user(1), "R") };
    assert!(may(&gate, &bearer, Action::Delete, kind("table"), Open, &nothing()));
    assert!(gate.is_loaded(account(), 5) && gate.is_loaded(account(), 4) && !gate.is_loaded(account(), 6));
}

#[test]
fn hostile_rules_are_refused_before_they_are_stored() {
    let gate = gate(&[]);
    let hostile = json!([
        {"name": "a", "effect": "allow", "resources": ["all"], "operations": ["Fly"]},
        {"name": "b", "effect": "deny", "resources": ["all"], "operations": ["All"],
         "condition": "isOwner() || T(java.lang.Runtime).getRuntime().exec('id')"},
    ]);
    let Err(Problem::Invalid(faults)) = gate.check_rules(&hostile, &Registry::standard()) else { panic!("taken") };
    let told: Vec<_> = faults.iter().map(|fault| format!("{} {}", fault.field, fault.rule)).collect();
    assert_eq!(told[0], "rules[0].operations names the unknown operation \"Fly\"");
    assert!(told[1].starts_with("rules[1].condition is wrong at character 14: unknown function \"T\""), "{}", told[1]);
    assert_eq!(told.len(), 2);
    gate.load(account(), 2, &[PolicySource { everybody: true, ..policy("P", &[], hostile) }]);
    let anyone = Principal { epoch: 2, ..user(1) };
    let Verdict::Never { why } = gate.decide(&anyone, Action::View, kind("table"), Open, None) else { panic!("open") };
    assert_eq!(why.as_deref(), Some("policy P, rule b"), "a denying rule that is not understood denies");
}
