//! Numbers as people type them, in the notation of their language. `3.000` is three thousand in German, and `3,000` in English;
//! what the two would read otherwise, and does not stand as thousands do in the reader's own language, is asked for again.

use super::texts::Texts;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TypedNumber {
    Is(f64),
    /// It can be two numbers.
    Unsure,
    IsNone,
}

impl TypedNumber {
    /// Of a hundred: `25 %`.
    pub fn read(t: Texts, text: &str) -> TypedNumber {
        let text = text.trim();
        let (digits, of) = text.strip_suffix('%').map_or((text, 1.0), |digits| (digits.trim_end(), 100.0));
        let (thousands, point) = t.separators();
        let own = plain(digits, thousands, point);
        let other = plain(digits, point, thousands);
        let number = match (own, other) {
            // Grouped as the reader's language does it.
            (Some(own), Some(other)) if own != other && !digits.contains(thousands) => {
                let (own, other): (Option<f64>, Option<f64>) = (own.parse().ok(), other.parse().ok());
                match own == other {
                    true => own,
                    false => return TypedNumber::Unsure,
                }
            }
            (Some(number), _) | (None, Some(number)) => number.parse().ok(),
            (None, None) => None,
        };
        number.filter(|number| number.is_finite()).map_or(TypedNumber::IsNone, |number| TypedNumber::Is(number / of))
    }
}

/// The digits without what groups them, and with a dot before the fraction; `None` where they do not stand so.
fn plain(text: &str, thousands: char, point: char) -> Option<String> {
    let unsigned = text.trim_start_matches(['-', '+']);
    let (sign, text) = text.split_at(text.len() - unsigned.len());
    let (text, exponent) = text.find(['e', 'E']).map_or((text, ""), |at| text.split_at(at));
    let (whole, fraction) = text.split_once(point).map_or((text, ""), |(whole, fraction)| (whole, fraction));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let groups: Vec<&str> = whole.split(|c: char| c == thousands || c == '\'' || c.is_whitespace()).collect();
    let (first, rest) = groups.split_first()?;
    let is_grouped =
        || matches!(first.len(), 1..=3) && !first.starts_with('0') && rest.iter().all(|one| one.len() == 3);
    let is_read = groups.iter().all(|group| are_digits(group)) && are_digits(fraction);
    (sign.len() <= 1 && is_read && (rest.is_empty() || is_grouped()))
        .then(|| format!("{sign}{}.{fraction}{exponent}", groups.concat()))
}

#[cfg(test)]
mod tests {
    use super::TypedNumber::{Is, IsNone, Unsure};
    use super::*;

    fn of<const N: usize>(language: &str, texts: [&str; N]) -> [TypedNumber; N] {
        let t = Texts::by_code(language).expect("a language");
        texts.map(|text| TypedNumber::read(t, text))
    }

    #[test]
    fn thousands_stand_as_the_language_groups_them() {
        let texts = ["3.000", "3,5", "-1.234.567,5", "0,250", "3000", "25 %", "2,5%"];
        assert_eq!(
            of("de", texts),
            [Is(3_000.0), Is(3.5), Is(-1_234_567.5), Is(0.25), Is(3_000.0), Is(0.25), Is(0.025)]
        );
        let texts = ["3,000", "3.5", "-1,234,567.5", "0.250", "1e3", ".5", "1 234.5"];
        assert_eq!(
            of("en", texts),
            [Is(3_000.0), Is(3.5), Is(-1_234_567.5), Is(0.25), Is(1_000.0), Is(0.5), Is(1_234.5)]
        );
    }

    #[test]
    fn what_can_be_two_numbers_is_none_and_what_can_be_one_is_that() {
        assert_eq!(
            of("en", ["3.000", "-12.500", "3,5", "1.000,5", "0,25"]),
            [Unsure, Unsure, Is(3.5), Is(1_000.5), Is(0.25)]
        );
        assert_eq!(of("de", ["3,000", "165,846", "3.5", "1,000,000"]), [Unsure, Unsure, Is(3.5), Is(1_000_000.0)]);
    }

    #[test]
    fn the_rest_is_no_number() {
        for language in ["en", "de"] {
            let texts = ["", "x", "1,2,3", "nan", "inf", "1e999", "%", "--5", "1.2,3.4", "-", ".", "e5", "5 00"];
            assert_eq!(of(language, texts), [IsNone; 13], "{language}");
        }
    }
}
