//! What is done at times wakes at them, and for what may bring an earlier one.

use std::sync::Arc;
use std::time::Duration;

use emporion_catalog::alarm::Alarm;
use emporion_catalog::id::Millis;
use emporion_catalog::log_watch::Interest;
use emporion_store::MemoryStore;
use tokio::time::Instant;

use crate::house::House;

const NOW: Millis = Millis(1_000_000);

/// For how many hundredths of a second it waits.
async fn waits(alarm: &mut Alarm<'_>, time: Option<i64>) -> u128 {
    let begun = Instant::now();
    alarm.wait_until(time.map(|after| Millis(NOW.0 + after))).await;
    (begun.elapsed().as_millis() + 5) / 10
}

#[tokio::test(start_paused = true)]
async fn an_alarm_wakes_at_its_time_and_for_what_is_of_interest() {
    let house = House::at(Arc::new(MemoryStore::default()), || NOW).await;
    let products = Interest { account: None, kinds: Some(vec!["data_product"]) };
    let mut alarm = house.catalog.alarm(products);
    house.domain("Sales").await;
    assert_eq!(waits(&mut alarm, Some(5_000)).await, 500, "a domain does not wake it");
    assert_eq!(waits(&mut alarm, Some(-5_000)).await, 0, "a time that has passed");
    assert_eq!(waits(&mut alarm, None).await, 3_000, "clocks are set");
    assert_eq!(waits(&mut alarm, Some(3_600_000)).await, 3_000);

    house.product("Sales", "Before").await;
    assert_eq!(waits(&mut alarm, None).await, 10, "what came before it waits wakes it");
    assert_eq!(waits(&mut alarm, Some(1_000)).await, 100, "and only once");
    let coming = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        house.product("Sales", "Meanwhile").await;
    };
    assert_eq!(tokio::join!(waits(&mut alarm, None), coming).0, 210);
    house.product("Sales", "Late").await;
    assert_eq!(waits(&mut alarm, Some(40)).await, 4, "a time that is known comes first");
}
