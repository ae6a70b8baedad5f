use super::*;

fn who(name: &str) -> Try {
    Try::to_log_in(name, &[], None)
}

fn user(number: u128) -> RecordId {
    RecordId::from_uuid(uuid::Uuid::from_u128(number))
}

#[test]
fn after_some_failures_a_name_waits_and_others_do_not() {
    let throttle = Throttle::default();
    for _ in 0..FREE {
        assert_eq!(throttle.judge(&who("a"), 0), Verdict::Allowed);
        throttle.failed(&who("a"), 0);
    }
    assert_eq!(throttle.judge(&who("A"), WAIT_MS), Verdict::Waits);
    assert_eq!(throttle.judge(&who("b"), 0), Verdict::Allowed);
    assert_eq!(throttle.judge(&who("a"), WAIT_MS + 1), Verdict::Allowed);
    throttle.failed(&who("a"), WAIT_MS + 1);
    assert_eq!(throttle.judge(&who("a"), WAIT_MS + 1), Verdict::Allowed, "after the wait the count begins anew");
}

/// Whether there is such a user plays no part in it: none of these tries means anybody.
#[test]
fn the_spellings_of_one_name_are_counted_together() {
    let throttle = Throttle::default();
    let spellings = ["Ada", "ADA", " ada ", "ada@x.example", "default/ADA", "acme/Ada@x.example", "nobody/ada"];
    for spelled in &spellings[..FREE as usize] {
        assert_eq!(throttle.judge(&who(spelled), 0), Verdict::Allowed, "{spelled}");
        throttle.failed(&who(spelled), 0);
    }
    for spelled in spellings {
        assert_eq!(throttle.judge(&who(spelled), 0), Verdict::Waits, "{spelled}");
    }
    assert_eq!(throttle.judge(&who("adam"), 0), Verdict::Allowed);
}

#[test]
fn names_of_one_user_share_his_guesses_and_nobody_is_told() {
    let throttle = Throttle::default();
    let by = |name: &str| Try::to_log_in(name, &[user(1)], None);
    for name in ["ada", "lovelace@x.example", "ada", "lovelace@x.example", "ada"] {
        assert_eq!(throttle.judge(&by(name), 0), Verdict::Allowed);
        throttle.failed(&by(name), 0);
    }
    assert_eq!(throttle.judge(&by("lovelace@x.example"), 0), Verdict::Unheard);
    assert_eq!(throttle.judge(&who("lovelace@x.example"), 0), Verdict::Allowed, "as it would be for nobody");
    assert_eq!(throttle.judge(&Try::again(user(1), None), 0), Verdict::Waits, "he knows who he is");
    let elsewhere = Try::to_log_in("ada", &[user(1)], Some("192.0.2.1".parse().expect("an address")));
    assert_eq!(throttle.judge(&elsewhere, 0), Verdict::Allowed, "nobody is locked out from elsewhere");
}

#[test]
fn a_success_forgets_the_failures_of_who_succeeded() {
    let throttle = Throttle::default();
    // One address in two accounts; the guesser has the second.
    let shared = Try::to_log_in("ada@x.example", &[user(1), user(2)], None);
    (0..FREE).for_each(|_| throttle.failed(&shared, 0));
    throttle.succeeded(&shared, user(2));
    assert_eq!(throttle.judge(&Try::to_log_in("ada@x.example", &[user(2)], None), 0), Verdict::Allowed);
    assert_eq!(throttle.judge(&shared, 0), Verdict::Unheard);
    throttle.succeeded(&shared, user(1));
    assert_eq!(throttle.judge(&shared, 0), Verdict::Allowed);
}

/// Guesses of one name that are compared, in a second each, where the store answers this of it.
fn compared(nodes: &[Throttle], seconds: i64, in_store: impl Fn(i64) -> Option<Failures>) -> usize {
    let (tried, mut compared) = (who("a"), 0);
    for now_ms in (1..=seconds).map(|second| second * 1_000) {
        for node in nodes {
            let counted = in_store(now_ms).map(|failures| (tried.shared()[0], failures));
            node.take_in(counted.into_iter().collect());
            if node.judge(&tried, now_ms) == Verdict::Allowed {
                node.failed(&tried, now_ms);
                compared += 1;
            }
        }
    }
    compared
}

#[test]
fn a_store_that_stands_still_or_forgets_gives_no_guesses() {
    let nodes = || [Throttle::default(), Throttle::default()];
    let free = FREE as usize;
    assert_eq!(compared(&nodes(), 60, |_| None), 2 * free);
    for count in 1..=FREE {
        // It cannot be written: what it has is of a time before, or of before the last pause.
        for last_ms in [0, 30_000, -WAIT_MS, -2 * WAIT_MS] {
            let standing = |now_ms| Some(Failures::of(count, last_ms.min(now_ms)));
            let most = compared(&nodes(), 600, standing);
            assert!(most <= 2 * free * 10, "{most} guesses in ten minutes beside {count} of {last_ms}");
        }
    }
    // Other names push this one out again and again.
    for ago in [0, 1, WAIT_MS] {
        let pushed_out = |now_ms| Some(Failures::of(1, now_ms - ago));
        assert!(compared(&nodes(), 60, pushed_out) <= 2 * free, "{ago}");
    }
}

#[test]
fn nodes_tell_what_they_count_and_a_success_goes_round() {
    let (a, b, tried) = (Throttle::default(), Throttle::default(), who("a"));
    let guesser = tried.shared()[0];
    let mut stored = None;
    for now_ms in 1..=4 {
        a.failed(&tried, now_ms);
        stored = Some(a.counted(guesser, stored, now_ms));
    }
    // It was thrown out: with the next failure it is there again.
    a.failed(&tried, 5);
    let stored = a.counted(guesser, None, 5);
    assert_eq!((stored.count, stored.last_ms), (FREE, 5));
    b.take_in(vec![(guesser, stored)]);
    assert_eq!(b.judge(&tried, 6), Verdict::Waits);
    b.take_in(vec![(guesser, Failures::of(0, 4))]);
    assert_eq!(b.judge(&tried, 6), Verdict::Waits, "that was before");
    b.take_in(vec![(guesser, Failures::of(0, 7))]);
    assert_eq!(b.judge(&tried, 7), Verdict::Allowed);
    assert!(b.known().is_empty(), "nothing is left to be told");
}

#[tokio::test]
async fn tries_at_one_user_take_turns_whatever_he_is_called() {
    let throttle = Throttle::default();
    let by = |name: &str| Try::to_log_in(name, &[user(1)], None);
    let held = throttle.turn(&by("ada")).await;
    let (other, nobody) = (by("lovelace"), who("somebody else"));
    let second = throttle.turn(&other);
    tokio::pin!(second);
    assert!(poll_once(second.as_mut()).is_pending());
    throttle.turn(&nobody).await;
    drop(held);
    second.await;
}

fn poll_once<F: Future>(future: std::pin::Pin<&mut F>) -> std::task::Poll<F::Output> {
    future.poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
}

#[test]
fn names_are_kept_as_hashes_and_no_more_than_so_many() {
    let throttle = Throttle::default();
    assert_eq!(size_of::<(Guesser, Failures)>(), 32);
    (0..FREE).for_each(|_| throttle.failed(&who("first"), 0));
    for number in 0..2 * MOST {
        throttle.failed(&who(&format!("other {number}")), 1);
    }
    assert!(throttle.known().len() <= MOST);
    assert_eq!(throttle.judge(&who("first"), 1), Verdict::Waits, "a flood of other names frees nobody who waits");
    // Not even one of names that all wait.
    for number in 0..MOST {
        (0..FREE).for_each(|_| throttle.failed(&who(&format!("waiting {number}")), 2));
    }
    assert_eq!(throttle.known().len(), MOST);
    assert_eq!(throttle.judge(&who(&format!("waiting {}", MOST - 1)), 2), Verdict::Waits);
}

#[test]
fn a_place_is_an_address_or_the_network_of_one_subscriber() {
    let at = |text: &str| Guesser::of("a", Some(text.parse().expect("an address")));
    assert_ne!(at("192.0.2.1"), at("192.0.2.2"));
    assert_eq!(at("2001:db8::1"), at("2001:db8::2"));
    assert_ne!(at("2001:db8::1"), at("2001:db8:0:1::1"));
}
