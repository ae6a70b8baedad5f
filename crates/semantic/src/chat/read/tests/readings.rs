//! Readings that were looked through one by one: `r` the shop, `s` the subscriptions, `h` the hospital, `m` the market,
//! `g` the sports clubs, `l` the lifts. What follows `>` goes on from what stands before it.

use super::{ask, grounds, line, thread};
use crate::chat::reading::Reading;

#[test]
fn readings_stay_as_they_were_checked() {
    stay(include_str!("readings.txt"), "\n");
}

#[test]
fn dialogues_stay_as_they_were_checked() {
    stay(include_str!("dialogues.txt"), " > ");
}

fn stay(rows: &str, between: &str) {
    let grounds = [
        ("r", grounds::retail()),
        ("s", grounds::subscriptions()),
        ("h", grounds::hospital()),
        ("m", grounds::market()),
        ("g", grounds::clubs()),
        ("l", grounds::lifts()),
    ];
    let stored = [("customers.city", "Berlin"), ("accounts.name", "Acme")];
    let mut wrong = Vec::new();
    for row in rows.lines() {
        let (questions, wanted) = row.split_once(" => ").unwrap_or_else(|| panic!("{row}"));
        let (of, questions) = questions.split_once(' ').unwrap_or_else(|| panic!("{row}"));
        let ground = grounds.iter().find(|(name, _)| *name == of).map(|(_, ground)| ground);
        let ground = ground.unwrap_or_else(|| panic!("{row}"));
        let (mut last, mut got) = (None, String::new());
        for question in questions.split(between) {
            let reading = ask(ground, &stored, &thread(last.clone(), &[]), question);
            got = line(ground, &reading);
            if let Reading::Query { query, .. } = reading {
                last = Some(*query);
            }
        }
        if got != wanted {
            wrong.push(format!("{questions}\n  got    {got}\n  wanted {wanted}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
