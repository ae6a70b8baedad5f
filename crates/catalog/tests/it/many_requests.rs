//! Requests by the hundred: pages, and those that are few among them.

use emporion_catalog::command::{Decision, How};
use emporion_catalog::id::RecordId;
use emporion_catalog::relation::OWNER;
use emporion_catalog::requests::{Ask, Asked, Wanted, Which};

use crate::requests::World;

const PEOPLE: usize = 26;
const PRODUCTS: usize = 20;

/// A page, and whether there is more.
async fn page(world: &World, who: RecordId, asked: &Asked<'_>) -> (Vec<RecordId>, bool) {
    let caller = world.house.caller(who).await;
    let page = world.house.catalog.reading(&caller).await.unwrap().access_requests(asked).await.unwrap();
    (page.requests.iter().map(|request| request.id).collect(), page.more)
}

/// All pages, one after the other.
async fn pages(world: &World, who: RecordId, which: Which, limit: usize) -> Vec<Vec<RecordId>> {
    let mut pages: Vec<Vec<RecordId>> = Vec::new();
    loop {
        let after = pages.last().and_then(|page| page.last()).copied();
        let (found, more) = page(world, who, &Asked { which, product: None, state: None, after, limit }).await;
        pages.push(found);
        if !more {
            return pages;
        }
    }
}

fn waiting(after: Option<RecordId>) -> Asked<'static> {
    Asked { which: Which::Waiting, product: None, state: None, after, limit: 1 }
}

#[tokio::test]
async fn what_somebody_sees_is_found_behind_more_than_is_looked_at_together() {
    let world = World::new().await;
    let house = &world.house;
    let mut askers = vec![world.asker];
    for number in 1..PEOPLE {
        askers.push(house.person(&format!("p{number}")).await);
    }
    let mut own = Vec::new();
    for asker in &askers[..3] {
        own.push(world.ask(*asker, Wanted::Viewer).await.unwrap().id);
    }
    own.reverse();
    // Of products that are nothing to the owner of the first, and newer.
    let stranger = house.person("stranger").await;
    let mut others = Vec::new();
    for number in 0..PRODUCTS {
        let product = house.product("Sales", &format!("Other {number}")).await;
        let product = house.id("data_product", product);
        house.relate(&product, OWNER, How::Add, vec![house.id("user", stranger)]).await;
        for asker in &askers {
            let ask = Ask { product: product.clone(), wanted: Wanted::Viewer, reason: "a report".into(), until: None };
            others.push(house.catalog.ask_for_access(&house.caller(*asker).await, &ask).await.unwrap().id);
        }
    }
    others.reverse();

    assert_eq!(pages(&world, world.owner, Which::Waiting, 2).await, [own[..2].to_vec(), own[2..].to_vec()]);
    assert_eq!(pages(&world, world.owner, Which::All, 3).await, [own.clone()]);
    let theirs = pages(&world, stranger, Which::Waiting, 100).await;
    assert_eq!(theirs.iter().map(Vec::len).collect::<Vec<_>>(), [100, 100, 100, 100, 100, 20]);
    assert_eq!(theirs.concat(), others);
    let all = [others.clone(), own.clone()].concat();
    assert_eq!(pages(&world, house.admin(), Which::All, 500).await.concat(), all);

    // Whatever begins a page: who sees nothing of it learns nothing from it.
    let behind = |after| Asked { which: Which::All, product: None, state: None, after: Some(after), limit: 9 };
    for after in [all[7], world.product, RecordId::fresh()] {
        assert_eq!(page(&world, world.owner, &behind(after)).await, (Vec::new(), false));
    }
    // Decided meanwhile: what waits goes on behind where it stood.
    let (first, _) = page(&world, stranger, &waiting(None)).await;
    world.decide(stranger, first[0], Decision::Reject).await.unwrap();
    assert_eq!(page(&world, stranger, &waiting(Some(first[0]))).await.0, others[1..2]);
    let caller = house.caller(world.owner).await;
    let reading = house.catalog.reading(&caller).await.unwrap();
    assert_eq!(reading.number_of_requests(&waiting(Some(own[0]))).await.unwrap(), 3, "from the first page on");
    drop(reading);
    assert_eq!(pages(&world, world.owner, Which::Decided, 9).await, [Vec::<RecordId>::new()]);
    world.approve(world.owner, own[0]).await.unwrap();
    assert_eq!(pages(&world, world.owner, Which::Decided, 9).await, [own[..1].to_vec()]);
    assert_eq!(pages(&world, askers[2], Which::Decided, 9).await, [Vec::<RecordId>::new()], "it is his own");
}
