//! How long a token is to live, as requests say it.

use emporion_catalog::caller::Caller;
use emporion_edge::shape::{Member, Shape};

use crate::errors::{OmError, OmResult};

const HOUR_MS: i64 = 60 * 60 * 1000;
/// The numbers are days.
pub const EXPIRIES: &[&str] = &["OneHour", "1", "7", "30", "60", "90", "Unlimited"];
pub const EXPIRY: Member = Member::required("JWTTokenExpiry", Shape::Enumeration(EXPIRIES));

/// When a token made now ends.
///
/// Errors: 400 where that is after the end of the token that asks for it.
pub fn ending(caller: &Caller, expiry: &str, now_ms: i64) -> OmResult<Option<i64>> {
    let expires = expiry_ms(expiry, now_ms);
    caller.may_make_until(expires).map_err(|rule| OmError::violation(EXPIRY.name, rule))?;
    Ok(expires)
}

/// `None` where it has no end.
pub fn expiry_ms(expiry: &str, now_ms: i64) -> Option<i64> {
    match expiry {
        "OneHour" => Some(now_ms + HOUR_MS),
        days => days.parse::<i64>().ok().map(|days| now_ms + days * 24 * HOUR_MS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_lives_as_long_as_the_request_says() {
        assert_eq!(expiry_ms("OneHour", 0), Some(HOUR_MS));
        assert_eq!(expiry_ms("30", 5), Some(30 * 24 * HOUR_MS + 5));
        assert_eq!(expiry_ms("Unlimited", 5), None);
    }
}
