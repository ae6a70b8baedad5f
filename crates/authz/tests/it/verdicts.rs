//! Who may do what in an account without policies: one table.

use emporion_authz::gate::CedarGate;
use emporion_catalog::action::Action;
use emporion_catalog::caller::{Designation, Principal};
use emporion_catalog::kind::Visibility;
use emporion_catalog::ports::{Facts, Gate, Verdict};

use crate::people::{gate, id, in_team, kind, may, user};

const OWNER: u128 = 10;
const EDITOR: u128 = 11;
const VIEWER: u128 = 12;
const TEAM: u128 = 20;

fn people() -> Vec<(&'static str, Principal)> {
    let member = |number, designation| in_team(user(number), TEAM, "Finance", designation);
    vec![
        ("stranger", user(30)),
        ("viewer", user(VIEWER)),
        ("editor", user(EDITOR)),
        ("owner", user(OWNER)),
        ("team viewer", member(31, Designation::Viewer)),
        ("contributor", member(32, Designation::Contributor)),
        ("team owner", member(33, Designation::Owner)),
        ("admin", Principal { is_admin: true, ..user(34) }),
    ]
}

/// A product with an owner, an owning team, an editor and a viewer.
fn product() -> Facts {
    Facts {
        id: Some(id(40)),
        owners: vec![id(OWNER), id(TEAM)],
        owning_team: Some(id(TEAM)),
        editors: vec![id(EDITOR)],
        viewers: vec![id(VIEWER)],
        ..Facts::default()
    }
}

/// One letter for each of [`people`], in their order: may (`x`) or may not (`.`).
fn row(gate: &CedarGate, action: Action, of: &str, visibility: Visibility, facts: &Facts) -> String {
    let letter = |(_, principal): (_, Principal)| match may(gate, &principal, action, kind(of), visibility, facts) {
        true => 'x',
        false => '.',
    };
    people().into_iter().map(letter).collect()
}

#[test]
fn everyone_has_the_rights_of_his_standing() {
    let gate = gate(&[]);
    //                                      stranger
    //                                      |viewer
    //                                      ||editor
    //                                      |||owner
    //                                      ||||team viewer
    //                                      |||||contributor
    //                                      ||||||team owner
    //                                      |||||||admin
    let table = [
        (Action::View, Visibility::Open, "xxxxxxxx"),
        (Action::View, Visibility::Granted, ".xxxxxxx"),
        (Action::Mark, Visibility::Open, "xxxxxxxx"),
        (Action::Mark, Visibility::Granted, ".xxxxxxx"),
        (Action::EditDescription, Visibility::Open, "..xx.xxx"),
        (Action::EditDescription, Visibility::Granted, "..xx.xxx"),
        (Action::EditDisplayName, Visibility::Open, "..xx.xxx"),
        (Action::EditTags, Visibility::Open, "..xx.xxx"),
        (Action::EditLineage, Visibility::Open, "..xx.xxx"),
        (Action::EditDomains, Visibility::Open, "..xx.xxx"),
        (Action::EditReviewers, Visibility::Open, "..xx.xxx"),
        (Action::EditExtension, Visibility::Open, "..xx.xxx"),
        (Action::EditMembers, Visibility::Open, "..xx.xxx"),
        (Action::EditAll, Visibility::Granted, "..xx.xxx"),
        (Action::EditOwners, Visibility::Granted, "...x.xxx"),
        (Action::EditUsers, Visibility::Granted, "...x.xxx"),
        (Action::Delete, Visibility::Granted, "...x.xxx"),
        (Action::EditRole, Visibility::Open, ".......x"),
        (Action::EditPolicy, Visibility::Open, ".......x"),
        (Action::ManageCredentials, Visibility::Open, ".......x"),
        (Action::Operate, Visibility::Open, ".......x"),
    ];
    for (action, visibility, expected) in table {
        assert_eq!(row(&gate, action, "data_product", visibility, &product()), expected, "{action:?} {visibility:?}");
    }
}

#[test]
fn something_is_made_where_one_owns_the_place_or_works_for_its_team() {
    let gate = gate(&[]);
    let domain = Facts { owners: vec![id(OWNER)], owning_team: Some(id(TEAM)), ..Facts::default() };
    assert_eq!(row(&gate, Action::Create, "data_product", Visibility::Open, &domain), "...x.xxx");
    assert_eq!(row(&gate, Action::Create, "domain", Visibility::Open, &Facts::default()), ".......x");
}

#[test]
fn one_describes_oneself_and_nobody_else() {
    let gate = gate(&[]);
    let ada = user(50);
    let (own, other) = (Facts { is_self: true, ..Facts::default() }, Facts::default());
    let may = |action, of: &str, facts: &Facts| may(&gate, &ada, action, kind(of), Visibility::Open, facts);
    for action in [Action::EditDescription, Action::EditDisplayName, Action::EditAll, Action::ManageCredentials] {
        assert!(may(action, "user", &own) && !may(action, "user", &other), "{action:?}");
        assert!(!may(action, "table", &own), "{action:?}");
    }
    for action in [Action::EditRole, Action::EditDomains, Action::EditOwners, Action::Delete, Action::Operate] {
        assert!(!may(action, "user", &own), "{action:?}");
    }
}

#[test]
fn a_team_is_led_by_its_owners_but_gets_no_roles_from_them() {
    let gate = gate(&[]);
    let team = Facts { id: Some(id(TEAM)), ..Facts::default() };
    for action in [Action::EditDescription, Action::EditMembers, Action::Delete] {
        assert_eq!(row(&gate, action, "team", Visibility::Open, &team), "......xx", "{action:?}");
    }
    for action in [Action::EditRole, Action::EditPolicy, Action::EditAll, Action::EditOwners] {
        assert_eq!(row(&gate, action, "team", Visibility::Open, &team), ".......x", "{action:?}");
    }
    assert_eq!(row(&gate, Action::EditMembers, "team", Visibility::Open, &Facts::default()), ".......x");
}

#[test]
fn who_owns_a_team_still_hands_out_no_roles() {
    let gate = gate(&[]);
    let owned = Facts { id: Some(id(60)), owners: vec![id(OWNER)], ..Facts::default() };
    assert_eq!(row(&gate, Action::EditMembers, "team", Visibility::Open, &owned), "...x...x");
    assert_eq!(row(&gate, Action::EditRole, "team", Visibility::Open, &owned), ".......x");
}

#[test]
fn most_questions_need_no_look_at_the_record() {
    let gate = gate(&[]);
    let product = kind("data_product");
    let light = |principal: &Principal, action, visibility| gate.decide(principal, action, product, visibility, None);
    let (stranger, admin) = (user(30), Principal { is_admin: true, ..user(34) });
    assert_eq!(light(&stranger, Action::View, Visibility::Open), Verdict::Always);
    assert_eq!(light(&stranger, Action::View, Visibility::Granted), Verdict::Depends);
    assert_eq!(light(&stranger, Action::EditRole, Visibility::Open), Verdict::Never { why: None });
    assert_eq!(light(&admin, Action::Delete, Visibility::Granted), Verdict::Always);
}

#[test]
fn an_account_that_was_never_loaded_has_the_same_rules() {
    let gate = CedarGate::default();
    assert_eq!(row(&gate, Action::EditOwners, "data_product", Visibility::Granted, &product()), "...x.xxx");
}
