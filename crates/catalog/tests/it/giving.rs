//! Roles that are given by hand for a time, and what is asked for that somebody has already.

use emporion_catalog::Problem;
use emporion_catalog::command::{Command, Deletion, Draft, How, Ref, Target};
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::relation::{EDITOR, IN_DOMAIN, MEMBER, OWNER, OWNING_TEAM, Relation, VIEWER};
use emporion_catalog::requests::{Ask, Asked, Wanted, Which};
use emporion_catalog::rows::roles::ALLOW_SQL;
use serde_json::json;

use crate::house::{field, is_forbidden, is_missing};
use crate::requests::World;

const LONG: i64 = 9_000_000_000_000;

async fn give(
    world: &World,
    who: RecordId,
    to: RecordId,
    role: Relation,
    until: impl Into<Option<i64>>,
) -> Result<(), Problem> {
    let (caller, until) = (world.house.caller(who).await, until.into());
    world.house.catalog.give_role(&caller, (world.product, to), role, until.map(Millis)).await.map(drop)
}

async fn ends(world: &World, who: RecordId) -> Vec<(&'static str, Option<Millis>)> {
    let view = world.house.get(world.house.admin(), &world.target()).await.unwrap();
    let roles = view.edges.iter().filter(|edge| [EDITOR, VIEWER].contains(&edge.relation) && edge.to == who);
    roles.map(|edge| (edge.relation.name(), edge.ends_at())).collect()
}

#[tokio::test]
async fn who_gives_roles_gives_them_for_a_time_and_nobody_else_does() {
    let world = World::new().await;
    for who in [world.asker, world.holder] {
        assert!(is_forbidden(&give(&world, who, world.asker, VIEWER, LONG).await));
    }
    let past = give(&world, world.owner, world.asker, VIEWER, 1).await;
    assert!(matches!(&past, Err(Problem::Invalid(all)) if all[0].field == "until"), "{past:?}");
    give(&world, world.owner, world.asker, VIEWER, LONG).await.unwrap();
    assert_eq!(ends(&world, world.asker).await, [("viewer", Some(Millis(LONG)))]);
    for until in [LONG - 1, LONG + 1] {
        give(&world, world.owner, world.asker, VIEWER, until).await.unwrap();
        assert_eq!(ends(&world, world.asker).await, [("viewer", Some(Millis(until)))], "the newest end counts");
    }
    give(&world, world.owner, world.asker, EDITOR, LONG).await.unwrap();
    let both = [("editor", Some(Millis(LONG))), ("viewer", Some(Millis(LONG + 1)))];
    assert_eq!(ends(&world, world.asker).await, both, "what he had stays beside what he gets");
    assert!(matches!(give(&world, world.owner, world.owner, EDITOR, LONG).await, Err(Problem::Conflict { .. })));
    let lower = give(&world, world.owner, world.asker, VIEWER, LONG - 1).await;
    assert!(matches!(lower, Err(Problem::Conflict { .. })), "the higher one is there for as long: {lower:?}");
    give(&world, world.owner, world.asker, VIEWER, None).await.unwrap();
    assert_eq!(ends(&world, world.asker).await, [("editor", Some(Millis(LONG))), ("viewer", None)]);
    let endless = give(&world, world.owner, world.asker, VIEWER, LONG + 1).await;
    assert!(matches!(endless, Err(Problem::Conflict { .. })), "it has no end: {endless:?}");
    world.house.grant(&world.target()).await;
    assert!(is_missing(&give(&world, world.other, world.other, VIEWER, LONG).await));
}

#[tokio::test]
async fn who_owns_a_product_through_a_team_is_its_editor_already() {
    let world = World::new().await;
    let house = &world.house;
    let team = house.make("team", None, "Desk", json!({"team_type": "Group"})).await;
    let mut members = Draft::default();
    let member = Target::of(house.id("user", world.asker)).with("designation", "contributor");
    members.relate(MEMBER, How::Add, "members", vec![member]);
    house.run(house.admin(), house.change(house.id("team", team), members)).await.unwrap();
    house.relate(&world.target(), OWNER, How::Add, vec![house.id("team", team)]).await;
    let asked = world.ask(world.asker, Wanted::Editor).await;
    assert!(matches!(asked, Err(Problem::Conflict { .. })), "{asked:?}");
    world.ask(world.other, Wanted::Editor).await.unwrap();
}

/// More than are read at once.
const MANY: usize = 130;

/// All that is open in the account, as the administrator counts it.
async fn open(world: &World) -> usize {
    let admin = world.house.caller(world.house.admin()).await;
    let asked = Asked { which: Which::All, product: None, state: Some("open"), after: None, limit: 1 };
    world.house.catalog.reading(&admin).await.unwrap().number_of_requests(&asked).await.unwrap()
}

#[tokio::test]
async fn what_a_team_is_given_decides_the_requests_of_all_its_members_however_many() {
    let world = World::new().await;
    let house = &world.house;
    let team = house.make("team", None, "Desk", json!({"team_type": "Group"})).await;
    let mut people = Vec::new();
    for number in 0..MANY {
        let person = house.person(&format!("m{number}")).await;
        world.ask(person, Wanted::Viewer).await.unwrap();
        people.push(house.id("user", person));
    }
    world.ask(world.other, Wanted::Viewer).await.unwrap();
    house.relate(&house.id("team", team), MEMBER, How::Add, people.clone()).await;
    assert_eq!(open(&world).await, MANY + 1, "the team has nothing yet");
    house.relate(&world.target(), OWNER, How::Add, vec![house.id("team", team)]).await;
    assert_eq!(open(&world).await, 1);
}

#[tokio::test]
async fn whoever_joins_a_team_has_what_he_asked_for_however_many_join_and_ask() {
    let world = World::new().await;
    let house = &world.house;
    let team = house.make("team", None, "Desk", json!({"team_type": "Group"})).await;
    let second = house.product("Sales", "Returns").await;
    for product in [world.product, second] {
        house.relate(&house.id("data_product", product), OWNER, How::Add, vec![house.id("team", team)]).await;
    }
    let mut people = Vec::new();
    for number in 0..MANY {
        let person = house.person(&format!("m{number}")).await;
        world.ask(person, Wanted::Viewer).await.unwrap();
        people.push(house.id("user", person));
    }
    for person in [&people[0], &people[1]] {
        let Ref::Id(_, person) = person else { panic!("people are named by their ids") };
        let ask = Ask {
            product: house.id("data_product", second),
            wanted: Wanted::Viewer,
            reason: "a report".into(),
            until: None,
        };
        house.catalog.ask_for_access(&house.caller(*person).await, &ask).await.unwrap();
    }
    assert_eq!(open(&world).await, MANY + 2);
    let join = async |who: &[Ref]| {
        house.relate(&house.id("team", team), MEMBER, How::Add, who.to_vec()).await;
    };
    join(&people[..1]).await;
    assert_eq!(open(&world).await, MANY, "his, of both products, and nobody else's");
    join(&people[1..3]).await;
    assert_eq!(open(&world).await, MANY - 3);
    join(&people[3..]).await;
    assert_eq!(open(&world).await, 0);
}

/// A team with these people in it.
async fn team(world: &World, name: &str, team_type: &str, people: &[RecordId]) -> Ref {
    let house = &world.house;
    let team = house.make("team", None, name, json!({"team_type": team_type})).await;
    let team = house.id("team", team);
    house.relate(&team, MEMBER, How::Add, people.iter().map(|person| house.id("user", *person)).collect()).await;
    team
}

#[tokio::test]
async fn a_team_that_comes_back_brings_its_members_what_they_have_asked_for_meanwhile() {
    let world = World::new().await;
    let house = &world.house;
    let desk = team(&world, "Desk", "Group", &[world.asker]).await;
    team(&world, "Elsewhere", "Group", &[world.other]).await;
    house.relate(&world.target(), OWNER, How::Add, vec![desk.clone()]).await;
    world.ask(world.other, Wanted::Viewer).await.unwrap();
    let restore = Command::Restore { target: desk.clone() };
    let put = house.upsert("team", None, "Desk", Draft::default());
    for (wanted, back) in [(Wanted::Viewer, restore), (Wanted::Editor, put)] {
        house.run(house.admin(), house.delete(desk.clone(), Deletion::SOFT)).await.unwrap();
        world.ask(world.asker, wanted).await.unwrap();
        assert_eq!(open(&world).await, 2);
        house.run(house.admin(), back).await.unwrap();
        assert_eq!(open(&world).await, 1, "his, and not those of another team");
        assert!(world.may_query(world.asker).await);
    }
}

#[tokio::test]
async fn a_viewers_place_in_a_team_that_comes_back_is_less_than_what_he_asked_for() {
    let world = World::new().await;
    let house = &world.house;
    let desk = team(&world, "Desk", "Group", &[]).await;
    let mut viewer = Draft::default();
    let place = Target::of(house.id("user", world.asker)).with("designation", "viewer");
    viewer.relate(MEMBER, How::Add, "members", vec![place]);
    house.run(house.admin(), house.change(desk.clone(), viewer)).await.unwrap();
    house.relate(&world.target(), OWNER, How::Add, vec![desk.clone()]).await;
    world.ask(world.asker, Wanted::Viewer).await.unwrap();
    house.run(house.admin(), house.delete(desk.clone(), Deletion::SOFT)).await.unwrap();
    house.run(house.admin(), Command::Restore { target: desk }).await.unwrap();
    assert_eq!(open(&world).await, 1);
}

#[tokio::test]
async fn who_is_let_in_again_has_what_he_was_given_meanwhile() {
    let world = World::new().await;
    let house = &world.house;
    let people = [world.asker, world.other].map(|person| house.id("user", person));
    let shut_out = async |is_out: bool| {
        for person in &people {
            let change = house.change(person.clone(), field("disabled", is_out));
            house.run(house.admin(), change).await.unwrap();
        }
    };
    for person in [world.asker, world.other] {
        world.ask(person, Wanted::Editor).await.unwrap();
    }
    shut_out(true).await;
    house.relate(&world.target(), EDITOR, How::Add, vec![people[0].clone()]).await;
    house.relate(&world.target(), VIEWER, How::Add, vec![people[1].clone()]).await;
    assert_eq!(open(&world).await, 2);
    shut_out(false).await;
    assert_eq!(open(&world).await, 1, "a viewer is no editor");
}

#[tokio::test]
async fn what_ends_gives_what_it_stood_before() {
    let world = World::new().await;
    let (house, target) = (&world.house, world.target());
    let desk = team(&world, "Desk", "Group", &[world.asker]).await;
    house.domain("Finance").await;
    let late = house.person("late").await;
    for (domain, person) in [("Sales", world.other), ("Finance", late)] {
        let stewards = house.name("team", &format!("{domain}.Stewards"));
        house.relate(&stewards, MEMBER, How::Add, vec![house.id("user", person)]).await;
    }
    house.relate(&target, OWNING_TEAM, How::Replace, vec![desk.clone()]).await;
    let people = [world.asker, world.other, late].map(|person| house.id("user", person));
    let mut denied = Draft::default();
    let without_rows = |person: &Ref| Target::of(person.clone()).with(ALLOW_SQL, false);
    denied.relate(VIEWER, How::Add, "users", people[..1].iter().map(without_rows).collect());
    house.run(house.admin(), house.change(target.clone(), denied)).await.unwrap();
    for person in [world.asker, world.other, late] {
        world.ask(person, Wanted::Viewer).await.unwrap();
    }
    assert_eq!(open(&world).await, 3);
    house.relate(&target, VIEWER, How::Remove, people[..1].to_vec()).await;
    assert_eq!(open(&world).await, 2, "his team has the rows");
    house.relate(&target, OWNING_TEAM, How::Remove, vec![desk]).await;
    assert_eq!(open(&world).await, 1, "the stewards have what no other team holds");
    house.relate(&target, IN_DOMAIN, How::Replace, vec![house.name("domain", "Finance")]).await;
    assert_eq!(open(&world).await, 0, "so have those of the domain that it comes to");
}

#[tokio::test]
async fn what_a_program_gives_nobody_has_approved() {
    for is_robot in [true, false] {
        let world = World::new().await;
        let house = &world.house;
        let asked = world.ask(world.asker, Wanted::Viewer).await.unwrap();
        let robot = json!({"email": "robot@x.example", "is_bot": true, "is_admin": true});
        let robot = house.caller(house.make("user", None, "robot", robot).await).await;
        let caller = if is_robot { robot } else { house.caller(world.owner).await.made_by(&robot) };
        house.catalog.give_role(&caller, (world.product, world.asker), VIEWER, None).await.unwrap();
        let admin = house.caller(house.admin()).await;
        let request = house.catalog.reading(&admin).await.unwrap().access_request(asked.id).await.unwrap();
        assert_eq!(request.state, "withdrawn", "by a robot: {is_robot}");
    }
}
