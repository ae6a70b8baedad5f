//! Rights in a running catalogue: gate, core and an engine in memory together.

use std::sync::Arc;

use emporion_authz::gate::CedarGate;
use emporion_authz::keyring::Keyring;
use emporion_authz::sealer::RingSealer;
use emporion_catalog::Problem;
use emporion_catalog::action::Action;
use emporion_catalog::bootstrap::NewAccount;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::{Catalog, Parts};
use emporion_catalog::command::{Command, DoorRules, Draft, How, Outcome, Ref, Target};
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::kind::Visibility;
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_catalog::registry::Registry;
use emporion_catalog::relation::{self, Relation};
use emporion_catalog::testing::Trusting;
use emporion_store::MemoryStore;
use serde_json::{Value, json};

struct House {
    catalog: Catalog,
    made: NewAccount,
}

impl House {
    async fn new() -> House {
        let ring = Keyring::from_environment(&"A".repeat(43)).unwrap();
        let catalog = Catalog::new(Parts {
            store: Arc::new(MemoryStore::default()),
            registry: Registry::standard(),
            gate: Arc::new(CedarGate::default()),
            sealer: Arc::new(RingSealer::new(ring)),
            authenticator: Arc::new(Trusting),
            clock: Millis::now,
        });
        let made = catalog.initialise().await.unwrap();
        House { catalog, made }
    }

    /// The caller as the next request finds him.
    async fn caller(&self, user: RecordId) -> Caller {
        self.catalog.caller(self.made.account, user).await.unwrap()
    }

    async fn admin(&self) -> Caller {
        self.caller(self.made.admin).await
    }

    async fn person(&self, name: &str) -> RecordId {
        self.catalog.create_user(&self.admin().await, name, None, false).await.unwrap().0
    }

    fn name(&self, kind: &str, name: &str) -> Ref {
        Ref::Name(self.catalog.registry().expect(kind), name.to_owned())
    }

    fn user(&self, id: RecordId) -> Ref {
        Ref::Id(self.catalog.registry().expect("user"), id)
    }

    async fn create(
        &self,
        who: RecordId,
        kind: &str,
        parent: Option<Ref>,
        name: &str,
        fields: Value,
        relations: &[(Relation, Ref)],
    ) -> Result<Outcome, Problem> {
        let mut draft = Draft { name: Some(name.to_owned()), ..Draft::default() };
        draft.fields = fields.as_object().cloned().unwrap_or_default();
        for (relation, target) in relations {
            draft.relate(*relation, How::Add, relation.name(), vec![Target::of(target.clone())]);
        }
        let kind = self.catalog.registry().expect(kind);
        let made = Command::Create { kind, parent, draft, id: None, rules: DoorRules::default() };
        self.catalog.execute(&self.caller(who).await, &made).await
    }

    async fn change(&self, who: RecordId, target: Ref, draft: Draft) -> Result<Outcome, Problem> {
        let edit = Arc::new(move |_: &emporion_catalog::record::View| Ok(draft.clone()));
        let change = Command::Change { target, guard: Default::default(), edit, rules: DoorRules::default() };
        self.catalog.execute(&self.caller(who).await, &change).await
    }

    async fn relate(&self, target: Ref, relation: Relation, how: How, to: Ref) -> Outcome {
        let mut draft = Draft::default();
        draft.relate(relation, how, relation.name(), vec![Target::of(to)]);
        self.change(self.made.admin, target, draft).await.unwrap()
    }

    async fn describe(&self, who: RecordId, target: Ref) -> Result<Outcome, Problem> {
        let mut draft = Draft::default();
        draft.set("description", format!("as {} sees it", RecordId::fresh()));
        self.change(who, target, draft).await
    }

    async fn sees(&self, who: RecordId, target: &Ref) -> bool {
        self.catalog.get(&self.caller(who).await, target, States::Alive, &Depth::bare()).await.is_ok()
    }

    async fn domain(&self, name: &str) {
        let fields = json!({"domain_type": "Aggregate"});
        self.create(self.made.admin, "domain", None, name, fields, &[]).await.unwrap();
    }
}

fn is_forbidden<T>(result: &Result<T, Problem>) -> bool {
    matches!(result, Err(Problem::Forbidden { .. }))
}

#[tokio::test]
async fn a_steward_makes_products_in_his_domain_until_he_leaves_the_team() {
    let house = House::new().await;
    let bob = house.person("bob").await;
    house.domain("Sales").await;
    house.domain("Risk").await;
    let (sales, risk) = (house.name("domain", "Sales"), house.name("domain", "Risk"));
    let stewards = house.name("team", "Sales.Stewards");
    let make = |name: &'static str, relations: Vec<(Relation, Ref)>| {
        let (house, sales) = (&house, sales.clone());
        async move { house.create(bob, "data_product", Some(sales), name, json!({}), &relations).await }
    };
    assert!(is_forbidden(&make("a", vec![]).await), "a stranger");

    house.relate(stewards.clone(), relation::MEMBER, How::Add, house.user(bob)).await;
    make("a", vec![]).await.unwrap();
    let product = house.name("data_product", "Sales.a");
    house.describe(bob, product.clone()).await.unwrap();
    let both = vec![(relation::IN_DOMAIN, sales.clone()), (relation::IN_DOMAIN, risk)];
    assert!(is_forbidden(&make("b", both).await), "the other domain is not his");

    house.relate(stewards, relation::MEMBER, How::Remove, house.user(bob)).await;
    assert!(is_forbidden(&make("c", vec![]).await));
    let refused = house.describe(bob, product).await;
    assert!(is_forbidden(&refused), "{refused:?}");
}

#[tokio::test]
async fn to_make_a_team_is_not_to_give_it_roles() {
    let house = House::new().await;
    let bob = house.person("bob").await;
    house.domain("Sales").await;
    let sales = house.name("domain", "Sales");
    house.relate(sales.clone(), relation::OWNER, How::Add, house.user(bob)).await;
    let group = json!({"team_type": "Group"});
    let make = |name: &'static str, relations: Vec<(Relation, Ref)>| {
        let (house, sales, group) = (&house, sales.clone(), group.clone());
        async move { house.create(bob, "team", Some(sales), name, group, &relations).await }
    };
    let above = house.create(house.made.admin, "team", None, "Above", json!({"team_type": "Department"}), &[]).await;
    above.unwrap();
    for (relation, to) in [
        (relation::DEFAULT_ROLE, house.name("role", "IngestionBotRole")),
        (relation::HAS_POLICY, house.name("policy", "IngestionBotRolePolicy")),
        (relation::UNDER_TEAM, house.name("team", "Above")),
    ] {
        let refused = make("escalated", vec![(relation, to)]).await;
        assert!(is_forbidden(&refused), "{relation:?}: {refused:?}");
    }
    make("plain", vec![(relation::UNDER_TEAM, house.name("team", "Organization"))]).await.unwrap();
    let in_domain = (relation::IN_DOMAIN, sales.clone());
    let email = json!({"email": "eve@example.com"});
    assert!(is_forbidden(&house.create(bob, "user", None, "eve", email, &[in_domain]).await));
}

#[tokio::test]
async fn a_role_ends_with_the_command_that_takes_it() {
    let house = House::new().await;
    let ada = house.person("ada").await;
    let terms = house.create(house.made.admin, "glossary", None, "Terms", json!({}), &[]).await.unwrap().view.id();
    let terms = Ref::Id(house.catalog.registry().expect("glossary"), terms);
    assert!(is_forbidden(&house.describe(ada, terms.clone()).await));
    let consumer = house.name("role", "DataConsumer");
    house.relate(house.user(ada), relation::HAS_ROLE, How::Add, consumer.clone()).await;
    house.describe(ada, terms.clone()).await.unwrap();
    house.relate(house.user(ada), relation::HAS_ROLE, How::Remove, consumer.clone()).await;
    assert!(is_forbidden(&house.describe(ada, terms.clone()).await));

    let team = house.create(house.made.admin, "team", None, "Readers", json!({"team_type": "Group"}), &[]).await;
    let team = Ref::Id(house.catalog.registry().expect("team"), team.unwrap().view.id());
    house.relate(team.clone(), relation::DEFAULT_ROLE, How::Add, consumer).await;
    house.relate(team.clone(), relation::MEMBER, How::Add, house.user(ada)).await;
    house.describe(ada, terms.clone()).await.unwrap();
    house.relate(team, relation::MEMBER, How::Remove, house.user(ada)).await;
    assert!(is_forbidden(&house.describe(ada, terms).await));
}

#[tokio::test]
async fn a_lagging_snapshot_brings_no_right_back() {
    let house = House::new().await;
    let ada = house.person("ada").await;
    let consumer = house.name("role", "DataConsumer");
    house.relate(house.user(ada), relation::HAS_ROLE, How::Add, consumer.clone()).await;
    let lagging = house.catalog.unfiltered().await.unwrap();
    house.relate(house.user(ada), relation::HAS_ROLE, How::Remove, consumer).await;

    let access = house.catalog.access();
    let then = access.principal(&*lagging, house.made.account, ada).await.unwrap().unwrap();
    assert_eq!(then.roles, ["DataConsumer"]);
    let now = house.caller(ada).await.principal;
    assert!(now.roles.is_empty() && now.epoch > then.epoch);
    access.principal(&*lagging, house.made.account, ada).await.unwrap().unwrap();
    assert!(house.caller(ada).await.principal.roles.is_empty());
}

#[tokio::test]
async fn what_is_granted_is_seen_by_those_with_standing() {
    let house = House::new().await;
    let (ada, bob, eve) = (house.person("ada").await, house.person("bob").await, house.person("eve").await);
    let dan = house.person("dan").await;
    house.domain("Sales").await;
    house.relate(house.user(eve), relation::HAS_ROLE, How::Add, house.name("role", "DataConsumer")).await;
    let sales = Some(house.name("domain", "Sales"));
    let people =
        [(relation::OWNER, house.user(ada)), (relation::VIEWER, house.user(bob)), (relation::EDITOR, house.user(dan))];
    house.create(house.made.admin, "data_product", sales, "p", json!({}), &people).await.unwrap();
    let product = house.name("data_product", "Sales.p");
    let hide = Draft { visibility: Some(Visibility::Granted), ..Draft::default() };
    for who in [bob, dan] {
        assert!(is_forbidden(&house.change(who, product.clone(), hide.clone()).await));
    }
    house.change(ada, product.clone(), hide).await.unwrap();
    for (who, seen) in [(ada, true), (bob, true), (dan, true), (house.made.admin, true), (eve, false)] {
        assert_eq!(house.sees(who, &product).await, seen);
    }
    house.describe(dan, product.clone()).await.unwrap();
    assert!(is_forbidden(&house.describe(bob, product.clone()).await));
    assert!(matches!(house.describe(eve, product).await, Err(Problem::NotFound { .. })));
}

#[tokio::test]
async fn programs_have_no_roles_of_their_teams() {
    let house = House::new().await;
    let admin = house.made.admin;
    let robot = json!({"email": "crawler@example.com", "is_bot": true});
    let robot = house.create(admin, "user", None, "crawler", robot, &[]).await.unwrap().view.id();
    let ada = house.person("ada").await;
    let role = (relation::DEFAULT_ROLE, house.name("role", "DataSteward"));
    let members = [(relation::MEMBER, house.user(robot)), (relation::MEMBER, house.user(ada)), role];
    house.create(admin, "team", None, "Crew", json!({"team_type": "Group"}), &members).await.unwrap();
    assert_eq!(house.caller(ada).await.principal.roles, ["DataSteward"]);
    assert!(house.caller(robot).await.principal.roles.is_empty());
}

#[tokio::test]
async fn a_hostile_policy_is_not_stored() {
    let house = House::new().await;
    let hostile = json!({"rules": [{"name": "r", "effect": "allow", "resources": ["all"], "operations": ["ViewAll"],
        "condition": "T(java.lang.Runtime).getRuntime().exec('id')"}]});
    let refused = house.create(house.made.admin, "policy", None, "Hostile", hostile, &[]).await;
    let Err(Problem::Invalid(faults)) = refused else { panic!("{refused:?}") };
    assert_eq!(faults[0].field, "rules[0].condition");
    assert!(!house.sees(house.made.admin, &house.name("policy", "Hostile")).await);
    let action = Action::Operate.name();
    let unknown = json!({"rules": [{"name": "r", "effect": "allow", "resources": ["all"], "operations": [action]}]});
    assert!(house.create(house.made.admin, "policy", None, "P", unknown, &[]).await.is_err());
}

#[tokio::test]
async fn a_policy_of_a_team_keeps_others_from_its_records() {
    let house = House::new().await;
    let (ada, bob) = (house.person("ada").await, house.person("bob").await);
    let admin = house.made.admin;
    let only = json!({"rules": [{"name": "members only", "effect": "deny", "resources": ["glossary"],
        "operations": ["All"], "condition": "!matchTeam()"}]});
    house.create(admin, "policy", None, "TeamOnly", only, &[]).await.unwrap();
    let division = json!({"team_type": "Division"});
    let policy = (relation::HAS_POLICY, house.name("policy", "TeamOnly"));
    house.create(admin, "team", None, "Finance", division, &[policy]).await.unwrap();
    let below = [(relation::UNDER_TEAM, house.name("team", "Finance")), (relation::MEMBER, house.user(ada))];
    house.create(admin, "team", None, "Ledger", json!({"team_type": "Group"}), &below).await.unwrap();
    let owner = [(relation::OWNER, house.name("team", "Ledger"))];
    house.create(admin, "glossary", None, "Accounts", json!({}), &owner).await.unwrap();
    house.create(admin, "glossary", None, "Common", json!({}), &[]).await.unwrap();
    let (theirs, common) = (house.name("glossary", "Accounts"), house.name("glossary", "Common"));
    assert!(house.sees(ada, &theirs).await && !house.sees(bob, &theirs).await);
    assert!(!house.sees(ada, &common).await && house.sees(bob, &common).await);
}

fn set(field: &str, value: bool) -> Draft {
    let mut draft = Draft::default();
    draft.set(field, value);
    draft
}

#[tokio::test]
async fn the_last_administrator_of_an_account_stays_one() {
    let house = House::new().await;
    let admin = house.made.admin;
    let delete = |hard| Command::Delete {
        target: house.user(admin),
        guard: Default::default(),
        how: emporion_catalog::command::Deletion { hard, recursive: true, ..emporion_catalog::command::Deletion::SOFT },
    };
    let is_refused = |result: Result<Outcome, Problem>| matches!(result, Err(Problem::Conflict { .. }));
    let caller = house.admin().await;
    assert!(is_refused(house.change(admin, house.user(admin), set("disabled", true)).await));
    assert!(is_refused(house.change(admin, house.user(admin), set("is_admin", false)).await));
    assert!(is_refused(house.catalog.execute(&caller, &delete(false)).await));
    assert!(is_refused(house.catalog.execute(&caller, &delete(true)).await));

    // Neither a bot nor somebody disabled takes his place.
    let (robot, away) = (house.person("robot").await, house.person("away").await);
    for (user, field) in [(robot, "is_bot"), (away, "disabled")] {
        house.change(admin, house.user(user), set("is_admin", true)).await.unwrap();
        house.change(admin, house.user(user), set(field, true)).await.unwrap();
    }
    assert!(is_refused(house.change(admin, house.user(admin), set("is_admin", false)).await));
    house.change(admin, house.user(away), set("disabled", false)).await.unwrap();
    house.catalog.execute(&caller, &delete(false)).await.unwrap();
    assert!(is_refused(house.change(away, house.user(away), set("is_admin", false)).await));
}

#[tokio::test]
async fn of_two_administrators_who_leave_at_once_one_stays() {
    for _ in 0..20 {
        let house = House::new().await;
        let (ada, bob) = (house.made.admin, house.person("bob").await);
        house.change(ada, house.user(bob), set("is_admin", true)).await.unwrap();
        let leave = |user| house.change(user, house.user(user), set("is_admin", false));
        let (first, second) = tokio::join!(leave(ada), leave(bob));
        assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
    }
}

#[tokio::test]
async fn a_team_under_no_team_stands_under_the_team_of_everybody() {
    let house = House::new().await;
    let admin = house.made.admin;
    let parents = |outcome: &Outcome| {
        let parents = outcome.view.targets(relation::UNDER_TEAM).map(|(_, card)| card.fqn.clone());
        parents.collect::<Vec<_>>()
    };
    let department = json!({"team_type": "Department"});
    let above = house.create(admin, "team", None, "Above", department.clone(), &[]).await.unwrap();
    assert_eq!(parents(&above), ["Organization"]);
    let under = [(relation::UNDER_TEAM, house.name("team", "Above"))];
    let below = house.create(admin, "team", None, "Below", department, &under).await.unwrap();
    assert_eq!(parents(&below), ["Above"]);

    // Whoever leaves the last one comes back under it, and to leave that changes nothing.
    let left = house.relate(house.name("team", "Below"), relation::UNDER_TEAM, How::Remove, under[0].1.clone()).await;
    assert_eq!(parents(&left), ["Organization"]);
    let everybody = house.name("team", "Organization");
    let same = house.relate(house.name("team", "Below"), relation::UNDER_TEAM, How::Remove, everybody.clone()).await;
    assert_eq!((parents(&same), same.view.record.version), (parents(&left), left.view.record.version));

    // Whoever joins another leaves it.
    let joined = house.relate(house.name("team", "Below"), relation::UNDER_TEAM, How::Add, under[0].1.clone()).await;
    assert_eq!(parents(&joined), ["Above"]);

    house.domain("Sales").await;
    let stewards = house.describe(admin, house.name("team", "Sales.Stewards")).await.unwrap();
    assert_eq!(parents(&stewards), ["Organization"]);
    let root = house.describe(admin, everybody.clone()).await.unwrap();
    assert!(parents(&root).is_empty());

    let another = house.create(admin, "team", None, "Another", json!({"team_type": "Organization"}), &[]).await;
    assert!(matches!(another, Err(Problem::Invalid(_))), "{another:?}");
    let mut draft = Draft::default();
    draft.set("team_type", "Group");
    assert!(matches!(house.change(admin, everybody, draft).await, Err(Problem::Invalid(_))));
}

#[tokio::test]
async fn to_make_somebody_who_is_there_already_names_him() {
    let house = House::new().await;
    let bob = house.person("bob").await;
    let again = house.catalog.create_user(&house.admin().await, "Bob", None, false).await;
    assert!(matches!(again, Err(Problem::NameTaken { existing: Some(id), .. }) if id == bob), "{again:?}");
    let bot = [(relation::BOT_USER, house.name("user", "ingestion-bot"))];
    let again = house.create(house.made.admin, "bot", None, "ingestion-bot", json!({}), &bot).await;
    assert!(matches!(again, Err(Problem::NameTaken { .. })), "{again:?}");
}
