//! Readings that were looked through one by one: `r` the shop, `s` the subscriptions, `h` the hospital.

use super::{ask, grounds, line};
use crate::chat::reading::Thread;

#[test]
fn readings_stay_as_they_were_checked() {
    let grounds = [("r", grounds::retail()), ("s", grounds::subscriptions()), ("h", grounds::hospital())];
    let stored = [("customers.city", "Berlin"), ("accounts.name", "Acme")];
    let mut wrong = Vec::new();
    for row in include_str!("readings.txt").lines() {
        let (question, wanted) = row.split_once(" => ").unwrap_or_else(|| panic!("{row}"));
        let (of, question) = question.split_once(' ').unwrap_or_else(|| panic!("{row}"));
        let ground = grounds.iter().find(|(name, _)| *name == of).map(|(_, ground)| ground);
        let ground = ground.unwrap_or_else(|| panic!("{row}"));
        let got = line(ground, &ask(ground, &stored, &Thread::default(), question));
        if got != wanted {
            wrong.push(format!("{question}\n  got    {got}\n  wanted {wanted}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
