//! Passwords as this protocol sends and demands them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::errors::{OmError, OmResult};

/// Longer ones are not typed by anybody.
const MOST: usize = 128;
const RULE: &str =
    "Password must be of minimum 8 characters, with one special, one Upper, one lower case character, and one Digit";

/// The plain text of a password that was sent in base64.
pub fn decode(sent: &str) -> OmResult<String> {
    let bytes = STANDARD.decode(sent).map_err(|_| OmError::password_not_base64())?;
    // What is no text is nobody's password.
    String::from_utf8(bytes).map_err(|_| OmError::wrong_password())
}

/// Checks a new password and its repetition.
pub fn check_new(password: &str, confirmation: Option<&str>) -> OmResult<()> {
    if confirmation.is_some_and(|again| again != password) {
        return Err(OmError::bad_request("Password and Confirm Password should be same"));
    }
    if obeys_rule(password) { Ok(()) } else { Err(OmError::bad_request(RULE)) }
}

fn obeys_rule(password: &str) -> bool {
    let length = password.chars().count();
    let has = |test: fn(char) -> bool| password.chars().any(test);
    (8..=MOST).contains(&length)
        && has(|c| c.is_uppercase())
        && has(|c| c.is_lowercase())
        && has(|c| c.is_ascii_digit())
        && has(|c| !c.is_alphanumeric() && !c.is_whitespace())
}

/// Makes a random text into a password that obeys the rule. `None`: it has no digit or is all in one case, take another.
pub fn generated(random: &str) -> Option<String> {
    let (front, back) = random.split_at_checked(random.len() / 2)?;
    Some(format!("{front}-{back}")).filter(|password| obeys_rule(password))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_has_letters_of_both_cases_a_digit_and_a_sign() {
        assert_eq!(check_new("Correct-horse-7", Some("Correct-horse-7")), Ok(()));
        for weak in ["", "Aa1!", "correct-horse-7", "CORRECT-HORSE-7", "Correct-horse", "Correcthorse7"] {
            assert_eq!(check_new(weak, None).expect_err(weak).message, RULE);
        }
        assert_eq!(check_new("Correct-horse-7", Some("Correct-horse-8")).expect_err("differs").status, 400);
        assert!(check_new(&format!("Aa1!{}", "x".repeat(MOST)), None).is_err());
    }

    #[test]
    fn logins_send_base64() {
        assert_eq!(decode("YWRtaW4="), Ok("admin".into()));
        assert_eq!(decode("not/base64!").expect_err("refused").message, "Password needs to be encoded in Base-64.");
        assert_eq!(decode("//79").expect_err("not UTF-8").status, 401);
    }

    #[test]
    fn generated_passwords_obey_the_rule() {
        assert!(generated("abcdefghJK23mnpq").is_some_and(|password| obeys_rule(&password)));
        assert_eq!(generated("abcdefgh"), None);
    }
}
