//! What people hold, and what ends with what it was made with.

use emporion_catalog::Problem;
use emporion_catalog::id::Millis;

use crate::house::House;

const HOUR_MS: i64 = 3_600_000;

#[tokio::test]
async fn an_access_key_ends_with_what_its_maker_proved_himself_with() {
    let house = House::new().await;
    let (catalog, admin) = (&house.catalog, house.caller(house.admin()).await);
    let now = catalog.now().0;
    for (ends, is_taken) in [(None, true), (Some(Millis(now + HOUR_MS)), true), (Some(Millis(now - 1)), false)] {
        let maker = admin.clone().ending(ends);
        let made = catalog.create_access_key(&maker, house.admin(), "k").await.unwrap();
        let (id, secret) = (made.public, made.secret);
        // The second time it is remembered.
        for _ in 0..2 {
            let key = catalog.access_key(&id).await.unwrap();
            assert_eq!(key.is_some(), is_taken, "{ends:?}");
            let Some(key) = key else { continue };
            assert_eq!((&*key.secret, key.expires), (secret.as_str(), ends));
            assert_eq!(catalog.key_holder(&key).await.unwrap().ends, ends);
        }
    }
}

#[tokio::test]
async fn no_token_outlives_the_one_that_asks_for_it() {
    let house = House::new().await;
    let (catalog, admin) = (&house.catalog, house.caller(house.admin()).await);
    let ends = catalog.now().0 + HOUR_MS;
    let short = admin.clone().ending(Some(Millis(ends)));
    let of_a_bot = admin.clone().made_by(&short);
    let other = house.person("ann").await;
    for user in [house.admin(), other] {
        for later in [None, Some(ends + 1)] {
            let Err(problem) = catalog.create_token(&short, user, "t", later).await else { panic!("{later:?}") };
            assert!(matches!(&problem, Problem::Invalid(list) if list[0].field == "expires"), "{problem:?}");
        }
        let made = catalog.create_token(&short, user, "t", short.bounded(None)).await.unwrap();
        assert_eq!(made.expires_ms, Some(ends));
        // A program makes none of those it acts for, and sees and ends none.
        let made_through = catalog.create_token(&of_a_bot, user, "t", of_a_bot.bounded(None)).await;
        assert!(matches!(made_through, Err(Problem::Forbidden { .. })));
        assert!(matches!(catalog.credentials(&of_a_bot, user).await, Err(Problem::Forbidden { .. })));
        assert!(matches!(catalog.revoke(&of_a_bot, made.id).await, Err(Problem::Forbidden { .. })));
    }
    for maker in [&short, &of_a_bot] {
        assert!(catalog.create_account(maker, "other", None).await.is_err());
    }
    assert_eq!(admin.bounded(None), None);
    catalog.create_token(&admin, other, "t", None).await.unwrap();
}
