//! Names and texts of made-up words, as uneven as those of people: few words stand everywhere, most in few places.

use serde_json::{Map, Value};

const WORDS: u64 = 20_000;
const SYLLABLES: [&str; 20] = [
    "ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu", "va", "we", "xi", "yo",
    "zu",
];

/// The same words for the same number.
pub struct Words(u64);

impl Words {
    pub fn of(number: u64) -> Words {
        Words(number)
    }

    /// A number as if at random (splitmix64).
    fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn word(&mut self) -> String {
        let share = (self.draw() >> 11) as f64 / (1u64 << 53) as f64;
        let mut left = (share.powi(3) * WORDS as f64) as u64;
        let mut word = String::new();
        for _ in 0..4 {
            word.push_str(SYLLABLES[usize::try_from(left % 20).unwrap_or_default()]);
            left /= 20;
        }
        word
    }

    fn several(&mut self, count: usize, between: &str) -> String {
        (0..count).map(|_| self.word()).collect::<Vec<_>>().join(between)
    }

    /// A display name, a description, and names and descriptions of the columns, where there are any.
    pub fn describe(&mut self, body: &mut Map<String, Value>) {
        body.insert("display_name".into(), self.several(3, " ").into());
        body.insert("description".into(), self.several(12, " ").into());
        let Some(Value::Array(columns)) = body.get_mut("columns") else { return };
        for column in columns.iter_mut().filter_map(Value::as_object_mut) {
            column.insert("name".into(), self.several(2, "_").into());
            column.insert("description".into(), self.several(4, " ").into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_words_of_its_own_and_always_the_same() {
        assert_eq!(Words::of(7).several(5, " "), Words::of(7).several(5, " "));
        assert_ne!(Words::of(7).several(5, " "), Words::of(8).several(5, " "));
    }

    #[test]
    fn few_words_stand_in_many_places() {
        let mut counts = std::collections::HashMap::new();
        for number in 0..2_000 {
            let mut words = Words::of(number);
            for _ in 0..10 {
                *counts.entry(words.word()).or_insert(0) += 1;
            }
        }
        assert!(counts.len() > 5_000 && counts.values().max() > Some(&200), "{}", counts.len());
    }
}
