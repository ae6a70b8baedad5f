//! What all that is known of a product comes to, in one word, with its reasons.

use super::trust::Trust;
use crate::text::texts::Texts;

pub struct Verdict {
    pub rendered: String,
    /// `good`, `fair`, `bad` or `plain`.
    pub mood: &'static str,
    /// What it rests on; nothing where too little is known.
    pub reasons: Vec<String>,
    /// What the visitor is not told, which may speak for it or against.
    pub withheld: Vec<String>,
}

impl Verdict {
    /// What is wrong outweighs what calls for care, and that what is well; that somebody owns it does not make it reliable.
    pub fn of(t: Texts, known: &[Trust]) -> Verdict {
        let of_mood = |mood: &str| known.iter().filter(|one| one.mood == mood).map(Trust::sentence).collect::<Vec<_>>();
        let is_made = known.iter().any(|one| one.is_about_data && one.mood == "good");
        let (mood, reasons) = match (of_mood("bad"), of_mood("fair")) {
            (bad, _) if !bad.is_empty() => ("bad", bad),
            (_, fair) if !fair.is_empty() => ("fair", fair),
            // Of what goes well it is told how old it is: who needs younger data finds it there.
            _ if is_made => {
                let told = known
                    .iter()
                    .filter(|one| one.mood == "good" || one.is_age && one.how.is_none() && !one.is_withheld);
                ("good", told.map(Trust::sentence).collect())
            }
            _ => ("plain", Vec::new()),
        };
        let withheld: Vec<String> = known.iter().filter(|one| one.is_withheld).map(Trust::sentence).collect();
        let key = match mood == "plain" && !withheld.is_empty() {
            true => "verdict.untold".to_owned(),
            false => format!("verdict.{mood}"),
        };
        Verdict { rendered: t.say(&key), mood, reasons, withheld }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(mood: &'static str, is_about_data: bool) -> Trust {
        Trust {
            name: "Name".into(),
            rendered: "said".into(),
            how: None,
            address: String::new(),
            mood,
            is_about_data,
            is_age: false,
            is_withheld: false,
        }
    }

    fn of(moods: &[(&'static str, bool)]) -> (&'static str, usize) {
        let known = moods.iter().map(|(mood, is_about_data)| one(mood, *is_about_data));
        let verdict = Verdict::of(Texts::by_code("en").expect("English"), &known.collect::<Vec<_>>());
        (verdict.mood, verdict.reasons.len())
    }

    #[test]
    fn the_worst_of_what_is_known_decides() {
        assert_eq!(of(&[("good", true), ("fair", false), ("bad", true)]), ("bad", 1));
        assert_eq!(of(&[("good", true), ("fair", false), ("fair", true)]), ("fair", 2));
        assert_eq!(of(&[("good", true), ("good", false), ("plain", true)]), ("good", 2));
    }

    #[test]
    fn what_is_reliable_is_told_with_its_age() {
        let age = Trust { is_age: true, ..one("plain", true) };
        let of =
            |age: Trust| Verdict::of(Texts::by_code("en").expect("English"), &[one("good", true), age]).reasons.len();
        assert_eq!(of(Trust { how: Some("by a profiler".into()), ..one("plain", true) }), 1);
        assert_eq!(of(age), 2);
    }

    #[test]
    fn what_is_withheld_is_no_reason() {
        let withheld = Trust { is_withheld: true, ..one("plain", true) };
        let verdict = Verdict::of(Texts::by_code("en").expect("English"), &[one("fair", true), withheld]);
        assert_eq!((verdict.mood, verdict.reasons.len(), verdict.withheld.len()), ("fair", 1, 1));
    }

    #[test]
    fn an_owner_alone_makes_nothing_reliable() {
        assert_eq!(of(&[("good", false), ("plain", true)]), ("plain", 0));
        assert_eq!(of(&[]), ("plain", 0));
    }
}
