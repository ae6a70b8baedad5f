//! Numbers of JSON, compared by what they say: `1`, `1.0` and `1e0` are one, and two that are far from zero are not one
//! because a floating point cannot tell them apart.

use serde_json::Number;

pub fn is_same(one: &Number, other: &Number) -> bool {
    match (one.as_i128(), other.as_i128()) {
        (Some(one), Some(other)) => one == other,
        (Some(whole), None) => is_whole(other, whole),
        (None, Some(whole)) => is_whole(one, whole),
        (None, None) => one.as_f64() == other.as_f64(),
    }
}

/// Whether a number with a fraction or an exponent is this whole one.
fn is_whole(number: &Number, whole: i128) -> bool {
    // Beyond what is converted exactly, the conversion ends at a value that no `Number` has.
    number.as_f64().is_some_and(|number| number.fract() == 0.0 && number as i128 == whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &str, other: &str) -> bool {
        let read = |text: &str| text.parse::<Number>().expect("a number");
        let found = is_same(&read(one), &read(other));
        assert_eq!(found, is_same(&read(other), &read(one)));
        found
    }

    #[test]
    fn numbers_are_one_by_what_they_say() {
        for (one, other) in [("1", "1.0"), ("100", "1e2"), ("0", "-0.0"), ("9007199254740992", "9007199254740992.0")] {
            assert!(same(one, other), "{one} {other}");
        }
        for (one, other) in [
            ("1", "1.5"),
            ("9007199254740993", "9007199254740992"),
            ("9007199254740993", "9007199254740992.0"),
            ("18446744073709551615", "18446744073709551614"),
            ("18446744073709551615", "18446744073709551616.0"),
            ("95.93638253234273", "95.93638253234272"),
        ] {
            assert!(!same(one, other), "{one} {other}");
        }
    }
}
