//! How long a token lives.

use emporion_catalog::id::Millis;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// A hundred years.
const MOST_DAYS: i64 = 36_500;

/// How long a token lives: a number of days (`90d`), or `never` until it is revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime(Option<i64>);

impl Default for Lifetime {
    fn default() -> Lifetime {
        Lifetime(Some(90))
    }
}

impl Lifetime {
    /// Of a token that nothing ends but its being revoked.
    pub const ENDLESS: Lifetime = Lifetime(None);

    /// When it is over, of a token made now.
    pub fn ends(self, now: Millis) -> Option<i64> {
        self.0.map(|days| now.0 + days * DAY_MS)
    }
}

impl std::str::FromStr for Lifetime {
    type Err = String;

    fn from_str(text: &str) -> Result<Lifetime, String> {
        let days = text.strip_suffix('d').and_then(|days| days.parse().ok());
        match days.filter(|days| (1..=MOST_DAYS).contains(days)) {
            Some(days) => Ok(Lifetime(Some(days))),
            None if text == "never" => Ok(Lifetime(None)),
            None => Err(format!("must be a number of days from 1d to {MOST_DAYS}d, or never")),
        }
    }
}

impl std::fmt::Display for Lifetime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(days) => write!(f, "{days}d"),
            None => f.write_str("never"),
        }
    }
}
