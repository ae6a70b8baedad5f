//! How long a token lives, and how long an access key for a while.

use emporion_catalog::id::Millis;
use emporion_catalog::timestamp::DAY_MILLIS;

const MINUTE_MS: i64 = 60 * 1000;
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
        self.0.map(|days| now.0 + days * DAY_MILLIS)
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

/// How long an access key for a while lives: minutes (`90m`) or hours (`12h`), as long as one of AWS may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLifetime {
    minutes: i64,
}

impl SessionLifetime {
    const LEAST: i64 = 15;
    const MOST: i64 = 36 * 60;

    /// When it is over, of a key made now.
    pub fn ends(self, now: Millis) -> Millis {
        Millis(now.0 + self.minutes * MINUTE_MS)
    }
}

impl Default for SessionLifetime {
    fn default() -> SessionLifetime {
        SessionLifetime { minutes: 60 }
    }
}

impl std::str::FromStr for SessionLifetime {
    type Err = String;

    fn from_str(text: &str) -> Result<SessionLifetime, String> {
        let number = |unit: char, minutes: i64| -> Option<i64> {
            let digits = text.strip_suffix(unit).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
            digits.parse::<i64>().ok()?.checked_mul(minutes)
        };
        let minutes = number('m', 1).or_else(|| number('h', 60));
        match minutes.filter(|minutes| (Self::LEAST..=Self::MOST).contains(minutes)) {
            Some(minutes) => Ok(SessionLifetime { minutes }),
            None => Err("must be minutes or hours from 15m to 36h, such as 90m or 12h".into()),
        }
    }
}

impl std::fmt::Display for SessionLifetime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}m", self.minutes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_for_a_while_lives_for_minutes_or_hours_within_bounds() {
        for (text, minutes) in [("15m", 15), ("90m", 90), ("1h", 60), ("36h", 2_160), ("2160m", 2_160)] {
            let read: SessionLifetime = text.parse().unwrap();
            assert_eq!(read.ends(Millis(7)), Millis(7 + minutes * MINUTE_MS), "{text}");
            assert_eq!(read.to_string().parse(), Ok(read));
        }
        let huge = format!("{}h", i64::MAX);
        for text in ["", "h", "14m", "0h", "37h", "2161m", "1d", "1", "1.5h", "-1h", "+1h", "never", " 1h", &huge] {
            assert!(text.parse::<SessionLifetime>().is_err(), "{text}");
        }
        assert_eq!(SessionLifetime::default().ends(Millis(0)), Millis(60 * MINUTE_MS));
    }
}
