//! What people are told of the access that others give them and take from them.

use emporion_catalog::command::{Decision, Draft, How, Target, Term};
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::reading::news::What;
use emporion_catalog::relation::{EDITOR, OWNER, VIEWER};
use emporion_catalog::requests::Wanted;

use crate::requests::World;

/// Each in a word, with whoever did it, and whether the product is named; the newest first.
async fn told(world: &World, who: RecordId) -> Vec<(String, Option<RecordId>, bool)> {
    let caller = world.house.caller(who).await;
    let news = world.house.catalog.reading(&caller).await.unwrap().news().await.unwrap();
    assert!(news.windows(2).all(|two| two[0].at >= two[1].at), "the newest first");
    let word = |what: What| match what {
        What::Decided(request) => request.state,
        What::Given(role) => format!("{} given", role.name()),
        What::Taken(role) => format!("{} taken", role.name()),
        What::Ended(role) => format!("{} ended", role.name()),
    };
    news.into_iter().map(|one| (word(one.what), one.by.map(|card| card.id), one.product.is_some())).collect()
}

#[tokio::test]
async fn whoever_asked_is_told_what_became_of_it_and_nobody_of_what_he_did_himself() {
    let world = World::new().await;
    let made = world.ask(world.asker, Wanted::Viewer).await.unwrap();
    let rows = world.ask(world.asker, Wanted::Rows(world.tables.clone())).await.unwrap();
    let back = world.ask(world.asker, Wanted::Editor).await.unwrap();
    assert_eq!(told(&world, world.asker).await, [], "nothing is decided");
    world.approve(world.owner, made.id).await.unwrap();
    world.decide(world.holder, rows.id, Decision::Reject).await.unwrap();
    world.decide(world.asker, back.id, Decision::Withdraw).await.unwrap();
    let mut heard = told(&world, world.asker).await;
    heard.sort();
    let expected = [("approved".into(), Some(world.owner), true), ("rejected".into(), Some(world.holder), true)];
    assert_eq!(heard, expected, "the role that was asked for is told once, as the decision");
    for who in [world.holder, world.other] {
        assert_eq!(told(&world, who).await, [], "it is no news of others");
    }
    let owner = world.house.caller(world.owner).await;
    world.ask(world.other, Wanted::Viewer).await.unwrap();
    world.house.catalog.give_role(&owner, (world.product, world.other), VIEWER, None).await.unwrap();
    let expected = [("approved".to_owned(), Some(world.owner), true)];
    assert_eq!(told(&world, world.other).await, expected, "given by hand, it is told as the decision as well");
    let by_program = world.house.caller(world.asker).await.made_by(&owner);
    assert_eq!(world.house.catalog.reading(&by_program).await.unwrap().news().await.unwrap().len(), 0);
}

#[tokio::test]
async fn whoever_is_given_a_role_or_loses_it_is_told_of_what_he_may_know() {
    let world = World::new().await;
    let (house, target) = (&world.house, world.target());
    let run = |who: RecordId, relation, how| {
        let mut draft = Draft::default();
        draft.relate(relation, how, "users", vec![Target::of(house.id("user", world.other))]);
        house.run(who, house.change(target.clone(), draft))
    };
    run(world.owner, VIEWER, How::Add).await.unwrap();
    assert_eq!(told(&world, world.other).await, [("viewer given".into(), Some(world.owner), true)]);
    // Another role instead is that other role.
    run(world.owner, EDITOR, How::Add).await.unwrap();
    run(world.owner, VIEWER, How::Remove).await.unwrap();
    assert_eq!(told(&world, world.other).await, [("editor given".into(), Some(world.owner), true)]);
    run(world.owner, EDITOR, How::Remove).await.unwrap();
    assert_eq!(told(&world, world.other).await, [("editor taken".into(), Some(world.owner), true)]);
    // What he gives up himself is no news to him.
    run(house.admin(), OWNER, How::Add).await.unwrap();
    run(world.other, OWNER, How::Remove).await.unwrap();
    let heard = told(&world, world.other).await;
    assert!(heard.iter().all(|(word, by, _)| word != "owner taken" && *by != Some(world.other)), "{heard:?}");
    // Of a product that he no longer sees he is not told which, nor by whom.
    house.grant(&target).await;
    run(world.owner, VIEWER, How::Add).await.unwrap();
    run(world.owner, VIEWER, How::Remove).await.unwrap();
    let heard = told(&world, world.other).await;
    assert_eq!(heard[0], ("viewer taken".into(), None, false));
    assert!(heard.iter().all(|(_, by, names)| by.is_none() && !names), "{heard:?}");
}

#[tokio::test]
async fn the_end_of_a_role_is_told_and_bears_nobodys_name() {
    let world = World::new().await;
    let made = world.ask(world.asker, Wanted::Viewer).await.unwrap();
    let soon = Millis(Millis::now().0 + 200);
    world.decide(world.owner, made.id, Decision::Approve(Term::Until(soon))).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    world.house.catalog.end_expired().await.unwrap();
    let heard = told(&world, world.asker).await;
    assert_eq!(heard, [("viewer ended".into(), None, true), ("approved".into(), Some(world.owner), true)]);
}

#[tokio::test]
async fn the_loss_of_a_higher_role_is_told_though_a_lower_one_stays_and_other_records_hide_none() {
    let world = World::new().await;
    let (house, target) = (&world.house, world.target());
    let run = |relation, how| {
        let mut draft = Draft::default();
        draft.relate(relation, how, "users", vec![Target::of(house.id("user", world.other))]);
        house.run(world.owner, house.change(target.clone(), draft))
    };
    run(VIEWER, How::Add).await.unwrap();
    run(EDITOR, How::Add).await.unwrap();
    run(EDITOR, How::Remove).await.unwrap();
    let expected =
        [("editor taken".to_owned(), Some(world.owner), true), ("viewer given".into(), Some(world.owner), true)];
    assert_eq!(told(&world, world.other).await, expected);
    for n in 0..25 {
        let domain =
            house.make("domain", None, &format!("Owned{n}"), serde_json::json!({"domain_type": "Aggregate"})).await;
        house.relate(&house.id("domain", domain), OWNER, How::Add, vec![house.id("user", world.other)]).await;
    }
    assert_eq!(told(&world, world.other).await, expected, "what else he owns is no role on a product");
}
