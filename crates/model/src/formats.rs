//! Texts with a form of their own: e-mail addresses, URLs, points in time.
//!
//! Clients parse them in whatever they read, and one that they cannot parse makes a whole list unreadable for them. So
//! what they would not read is not taken in.

/// Schemes that links may have in texts which people write, wherever these are kept or shown.
pub const LINKED: [&str; 3] = ["http", "https", "mailto"];

/// The form of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// An absolute URL.
    Url,
    /// ISO 8601, with or without a time.
    DateTime,
    Uuid,
}

impl Form {
    pub fn is_met_by(self, text: &str) -> bool {
        match self {
            Form::Url => is_url(text),
            Form::DateTime => is_date_time(text),
            Form::Uuid => uuid::Uuid::parse_str(text).is_ok(),
        }
    }

    pub const fn noun(self) -> &'static str {
        match self {
            Form::Url => "an absolute URL",
            Form::DateTime => "a date, or a date and a time",
            Form::Uuid => "a UUID",
        }
    }
}

/// One `@` with something before it, and a dot inside what follows; no blanks.
pub fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.rsplit_once('@') else { return false };
    let dotted = host.rsplit_once('.').is_some_and(|(left, right)| !left.is_empty() && !right.is_empty());
    !local.is_empty() && dotted && !text.contains(char::is_whitespace)
}

/// An absolute URL: a scheme and something behind it; a host where the scheme is one of the web.
pub fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let mut letters = scheme.chars();
    let scheme_is_fine = letters.next().is_some_and(|c| c.is_ascii_alphabetic())
        && letters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    if !scheme_is_fine || rest.is_empty() || text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return false;
    }
    if !["http", "https", "ws", "wss", "ftp"].contains(&scheme.to_ascii_lowercase().as_str()) {
        return true;
    }
    let Some(rest) = rest.strip_prefix("//") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host_and_port = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = match host_and_port.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) => (address, rest.strip_prefix(':')),
        None => host_and_port.split_once(':').map_or((host_and_port, None), |(host, port)| (host, Some(port))),
    };
    let host_is_fine = !host.is_empty() && !host.contains(['<', '>', '^', '|', '%', '\\', '[', ']', '@']);
    host_is_fine && port.is_none_or(|port| port.is_empty() || port.parse::<u16>().is_ok())
}

/// A date, or a date and a time, in the form of ISO 8601 with or without an offset.
pub fn is_date_time(text: &str) -> bool {
    if !text.is_ascii() {
        return false;
    }
    let Some((date, rest)) = text.split_at_checked(10) else { return false };
    is_date(date) && (rest.is_empty() || rest.strip_prefix(['T', 't', ' ', '_']).is_some_and(is_time_of_day))
}

fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(year), Some(month), Some(day)) = (number(text, 0, 4), number(text, 5, 7), number(text, 8, 10)) else {
        return false;
    };
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    bytes[4] == b'-' && bytes[7] == b'-' && year >= 1 && (1..=12).contains(&month) && (1..=days).contains(&day)
}

/// `HH:MM[:SS[.f]]` with `Z` or `±HH[:]MM` behind it, or nothing.
fn is_time_of_day(text: &str) -> bool {
    let split = text.find(['Z', 'z', '+', '-']).unwrap_or(text.len());
    let (time, offset) = text.split_at(split);
    let (clock, fraction) = time.split_once('.').map_or((time, None), |(clock, fraction)| (clock, Some(fraction)));
    let below = |from: usize, limit: u32| number(clock, from, from + 2).is_some_and(|n| n < limit);
    let colon = |at: usize| clock.as_bytes().get(at) == Some(&b':');
    let clock_is_fine = match clock.len() {
        5 => below(0, 24) && colon(2) && below(3, 60) && fraction.is_none(),
        8 => below(0, 24) && colon(2) && below(3, 60) && colon(5) && below(6, 60),
        _ => false,
    };
    let digits = |fraction: &str| (1..=9).contains(&fraction.len()) && fraction.bytes().all(|b| b.is_ascii_digit());
    clock_is_fine && fraction.is_none_or(digits) && is_offset(offset)
}

fn is_offset(text: &str) -> bool {
    let Some(sign) = text.chars().next() else { return true };
    let rest = &text[1..];
    if matches!(sign, 'Z' | 'z') {
        return rest.is_empty();
    }
    let minutes_at = match rest.len() {
        4 => 2,
        5 if rest.as_bytes()[2] == b':' => 3,
        _ => return false,
    };
    number(rest, 0, 2).is_some_and(|hours| hours < 24)
        && number(rest, minutes_at, minutes_at + 2).is_some_and(|minutes| minutes < 60)
}

/// The number in a range of an ASCII text, if it is all digits.
fn number(text: &str, from: usize, to: usize) -> Option<u32> {
    let digits = text.get(from..to)?;
    if digits.bytes().all(|b| b.is_ascii_digit()) { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_need_an_at_sign_and_a_dotted_host() {
        for good in ["admin@open-metadata.org", "a.b+c@x.y", "\"a@b\"@x.yz"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["", "@", "a@", "@x.y", "a@x", "a b@x.y", "a@.y", "a@x."] {
            assert!(!is_email(bad), "{bad}");
        }
    }

    #[test]
    fn urls_are_absolute() {
        for good in
            ["http://h/x", "https://u:p@h:8080/a?b#c", "urn:isbn:1", "http://[::1]:80/", "mailto:a@b.c", "ftp://h"]
        {
            assert!(is_url(good), "{good}");
        }
        for bad in
            ["", "x", "/v1/x", "http:/x", "http://", "http:///x", "1a:b", "http://h:99999", "http://a b/", ":x", "x:"]
        {
            assert!(!is_url(bad), "{bad}");
        }
    }

    #[test]
    fn points_in_time_are_dates_with_or_without_a_time() {
        for good in [
            "2024-02-29",
            "2024-01-31T23:59",
            "2024-01-31 23:59:59.123456",
            "2024-01-31T00:00:00+00:00",
            "2024-01-31T00:00:00-0530",
            "2024-01-31T00:00:00.5Z",
        ] {
            assert!(is_date_time(good), "{good}");
        }
        for bad in [
            "",
            "x",
            "2023-02-29",
            "2024-13-01",
            "2024-01-32",
            "24-01-01",
            "2024-01-31T24:00",
            "2024-01-31T00:00:00+25:00",
            "2024-01-31T",
            "2024-01-31T00:00:00.Z",
            "2024-01-31X00:00",
            "2024-01-3١",
            "2024-01-31T00:00Zx",
        ] {
            assert!(!is_date_time(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_judged_without_a_panic(text in "\\PC{0,40}", near in "[0-9TZ:+. -]{0,32}") {
            let _ = (is_email(&text), is_url(&text), is_date_time(&text), is_date_time(&near));
        }
    }
}
