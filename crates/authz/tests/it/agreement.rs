//! What is said without the record, what is said with it, and what is remembered are one.

use emporion_authz::gate::CedarGate;
use emporion_catalog::action::Action;
use emporion_catalog::caller::{Designation, Membership, Principal};
use emporion_catalog::id::RecordId;
use emporion_catalog::kind::Visibility;
use emporion_catalog::ports::{Facts, Gate, PolicySource, Verdict};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::people::{account, id, kind, user};

const NAMES: [&str; 3] = ["a", "b", "a.c"];
const CONDITIONS: [&str; 12] = [
    "true",
    "isOwner()",
    "noOwner()",
    "!isOwner() && hasAnyRole('a')",
    "hasDomain()",
    "!hasDomain() || isReviewer()",
    "noDomain()",
    "matchAnyTag('a', 'b')",
    "!matchAllTags('a', 'b')",
    "matchTeam()",
    "inAnyTeam('b') && !matchAnyTag('a')",
    "matchAnyCertification('a')",
];

fn names() -> impl Strategy<Value = Vec<String>> {
    prop::sample::subsequence(NAMES.to_vec(), 0..=NAMES.len())
        .prop_map(|names| names.into_iter().map(str::to_owned).collect())
}

/// Users and teams from one small set, so that they meet.
fn ids() -> impl Strategy<Value = Vec<RecordId>> {
    prop::sample::subsequence(vec![1u128, 2, 20, 21], 0..=4).prop_map(|ids| ids.into_iter().map(id).collect())
}

fn any_rule() -> impl Strategy<Value = Value> {
    let operation =
        prop::sample::select(vec!["All", "EditAll", "EditTags", "ViewAll", "ViewBasic", "Delete", "Create"]);
    let resource = prop::sample::select(vec!["all", "table", "dataProduct", "team"]);
    (any::<bool>(), operation, resource, prop::option::of(prop::sample::select(CONDITIONS.to_vec()))).prop_map(
        |(allow, operation, resource, condition)| {
            let effect = if allow { "allow" } else { "deny" };
            json!({"name": "r", "effect": effect, "resources": [resource], "operations": [operation], "condition": condition})
        },
    )
}

fn any_policy() -> impl Strategy<Value = PolicySource> {
    (names(), names(), any::<bool>(), prop::collection::vec(any_rule(), 1..4)).prop_map(
        |(roles, teams, everybody, rules)| PolicySource {
            name: "P".into(),
            roles,
            teams,
            everybody,
            rules: rules.into(),
        },
    )
}

fn any_principal() -> impl Strategy<Value = Principal> {
    let designation = prop::sample::select(vec![Designation::Viewer, Designation::Contributor, Designation::Owner]);
    let membership =
        (prop::sample::select(vec![(20u128, "a"), (21, "b")]), designation).prop_map(|((team, fqn), designation)| {
            Membership { team: id(team), fqn: fqn.into(), designation, nominal: false }
        });
    (names(), prop::option::of(membership), names(), prop::bool::weighted(0.1), any::<bool>()).prop_map(
        |(roles, membership, domains, is_admin, is_bot)| Principal {
            roles,
            teams: membership.into_iter().collect(),
            domains,
            is_admin,
            is_bot,
            ..user(1)
        },
    )
}

fn any_facts() -> impl Strategy<Value = Facts> {
    let people = (ids(), ids(), ids(), ids(), prop::option::of(ids()));
    let texts = (names(), names(), names(), names(), prop::option::of(prop::sample::select(NAMES.to_vec())));
    (people, texts, any::<[bool; 2]>()).prop_map(|(people, texts, [is_self, in_place])| Facts {
        id: in_place.then(|| id(20)),
        owners: people.0,
        reviewers: people.1,
        editors: people.2,
        viewers: people.3,
        owning_team: people.4.and_then(|teams| teams.last().copied()),
        owner_teams: texts.0,
        owner_in_teams: texts.1,
        domains: texts.2,
        tags: texts.3,
        certification: texts.4.map(str::to_owned),
        is_self,
        visibility: None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_verdict_without_the_record_holds_for_every_record(
        policies in prop::collection::vec(any_policy(), 0..4),
        principal in any_principal(),
        records in prop::collection::vec(any_facts(), 1..4),
        of in prop::sample::select(vec!["table", "data_product", "team", "user", "domain"]),
        granted in any::<bool>(),
    ) {
        let gate = CedarGate::default();
        gate.load(account(), 1, &policies);
        let forgetful = CedarGate::default();
        // An epoch that is not the principal's is never remembered.
        forgetful.load(account(), 2, &policies);
        let visibility = if granted { Visibility::Granted } else { Visibility::Open };
        for action in Action::ALL.iter().copied() {
            let light = gate.decide(&principal, action, kind(of), visibility, None);
            for facts in &records {
                let full = gate.decide(&principal, action, kind(of), visibility, Some(facts));
                prop_assert!(full != Verdict::Depends);
                if light != Verdict::Depends {
                    prop_assert_eq!(&full, &light);
                }
                prop_assert_eq!(&gate.decide(&principal, action, kind(of), visibility, Some(facts)), &full);
                prop_assert_eq!(&forgetful.decide(&principal, action, kind(of), visibility, Some(facts)), &full);
            }
            prop_assert_eq!(gate.decide(&principal, action, kind(of), visibility, None), light);
        }
    }

    #[test]
    fn whoever_sees_a_record_may_mark_it_and_nobody_else(
        policies in prop::collection::vec(any_policy(), 0..4),
        principal in any_principal(),
        facts in any_facts(),
        granted in any::<bool>(),
    ) {
        let gate = CedarGate::default();
        gate.load(account(), 1, &policies);
        let visibility = if granted { Visibility::Granted } else { Visibility::Open };
        let may = |action| gate.decide(&principal, action, kind("table"), visibility, Some(&facts)) == Verdict::Always;
        prop_assert_eq!(may(Action::Mark), may(Action::View));
    }
}
