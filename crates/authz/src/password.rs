//! Passwords: argon2id hashes as PHC strings, their verification, and generated passwords.
//!
//! One hash takes tens of milliseconds of CPU by design: callers run `hash` and `verify` on a blocking thread.

use argon2::password_hash::{Output, PasswordHash, PasswordHasher as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};

use sha2::{Digest, Sha256};

use crate::random;
use crate::secret::Secret;

/// 19 MiB, 2 passes, 1 lane: the first choice of the OWASP Password Storage Cheat Sheet for argon2id.
/// Measured on a shared core: 24 ms a hash.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// 16 bytes of salt: the recommendation of RFC 9106 §3.1 for password hashing.
const SALT_BYTES: usize = 16;

/// Longer texts are refused instead of hashed: no person types them, and hashing them is work for an attacker to order.
pub const MAX_PASSWORD_BYTES: usize = 1024;

/// 24 symbols of 55 are 138 bits.
pub const GENERATED_LENGTH: usize = 24;

/// Letters and digits without `0 O o 1 l I i`, which people confuse when they copy from paper or screen.
const READABLE: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789";

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PasswordError {
    #[error("a password must not be empty")]
    Empty,
    #[error("a password has at most {MAX_PASSWORD_BYTES} bytes")]
    TooLong,
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the parameters are within argon2's limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The PHC string to store for `password`. Cost: one hash.
///
/// The salt follows from `name`, what the user logs in with: a login that finds several users of one name then costs the
/// same as one that finds one, and its time does not tell how many there are. Who calls puts into the name what sets it
/// apart from the same name in another installation.
pub fn hash(name: &str, password: &str) -> Result<String, PasswordError> {
    if password.is_empty() {
        return Err(PasswordError::Empty);
    }
    if password.len() > MAX_PASSWORD_BYTES {
        return Err(PasswordError::TooLong);
    }
    let salt = salt_of(name);
    let phc = argon2().hash_password(password.as_bytes(), &salt).expect("the length was checked above");
    Ok(phc.to_string())
}

fn salt_of(name: &str) -> SaltString {
    let digest = Sha256::new().chain_update("emporion password salt\0").chain_update(name).finalize();
    SaltString::encode_b64(&digest[..SALT_BYTES]).expect("16 bytes are a valid salt")
}

/// Which of the stored PHC strings `password` is behind. Cost: one hash for all of the same salt and parameters.
///
/// A string that is no PHC string matches nothing; where there is no other, that takes the time of a hash.
pub fn verify(stored: &[String], password: &str) -> Vec<bool> {
    if password.len() > MAX_PASSWORD_BYTES {
        return vec![false; stored.len()];
    }
    let parsed: Vec<Option<PasswordHash<'_>>> = stored.iter().map(|stored| PasswordHash::new(stored).ok()).collect();
    // What was hashed with, and what came of it.
    let mut computed: Vec<(&str, Option<Output>)> = Vec::new();
    let matches = stored.iter().zip(&parsed).map(|(stored, parsed)| {
        let Some(hash) = parsed else { return false };
        let with = stored.rsplit_once('$').map_or("", |(with, _)| with);
        let output = match computed.iter().find(|(known, _)| *known == with) {
            Some((_, output)) => *output,
            None => {
                let output = compute(hash, password);
                computed.push((with, output));
                output
            }
        };
        // Outputs compare in a time that does not depend on what they hold.
        output.is_some() && output == hash.hash
    });
    let matches = matches.collect();
    if computed.is_empty() {
        verify_nobody(password);
    }
    matches
}

/// The hash of `password` as the stored one was made.
fn compute(stored: &PasswordHash<'_>, password: &str) -> Option<Output> {
    let parameters = Params::try_from(stored).ok()?;
    let made = argon2().hash_password_customized(
        password.as_bytes(),
        Some(stored.algorithm),
        stored.version,
        parameters,
        stored.salt?,
    );
    made.ok()?.hash
}

/// Takes the time of `verify` and says no: for a login name that nobody has, so that the time does not tell.
pub fn verify_nobody(password: &str) -> bool {
    if password.len() <= MAX_PASSWORD_BYTES {
        let mut digest = [0; Params::DEFAULT_OUTPUT_LEN];
        argon2()
            .hash_password_into(password.as_bytes(), &random::bytes::<SALT_BYTES>(), &mut digest)
            .expect("the length was checked above");
        std::hint::black_box(digest);
    }
    false
}

/// Whether the stored hash was made with other parameters than today's, or for another name, so that the next login
/// should replace it.
pub fn is_outdated(stored: &str, name: &str) -> bool {
    let Ok(hash) = PasswordHash::new(stored) else { return true };
    if hash.salt != Some(salt_of(name).as_salt()) {
        return true;
    }
    let parameters = Params::try_from(&hash).ok().map(|p| (p.m_cost(), p.t_cost(), p.p_cost()));
    hash.algorithm != Algorithm::Argon2id.ident() || parameters != Some((MEMORY_KIB, PASSES, LANES))
}

/// A random password that people can copy: it holds an upper-case letter, a lower-case letter and a digit.
pub fn generate() -> Secret {
    loop {
        let candidate = random::text(READABLE, GENERATED_LENGTH);
        let has = |wanted: fn(&u8) -> bool| candidate.as_bytes().iter().any(wanted);
        if has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit) {
            return Secret::new(candidate);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verifies(stored: &str, password: &str) -> bool {
        verify(&[stored.to_owned()], password) == [true]
    }

    #[test]
    fn a_password_verifies_against_its_own_hash_only() {
        let stored = hash("ada", "correct horse").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(verifies(&stored, "correct horse"));
        assert!(!verifies(&stored, "correct hors"));
        assert!(!is_outdated(&stored, "ada"));
        assert!(is_outdated(&stored, "eve"), "the user has another name now");
    }

    #[test]
    fn hashes_of_one_name_share_what_they_cost_and_those_of_others_nothing() {
        let made_with = |stored: &str| stored.rsplit_once('$').unwrap().0.to_owned();
        let (one, other, eves) =
            (hash("ada", "one").unwrap(), hash("ada", "other").unwrap(), hash("eve", "one").unwrap());
        assert_eq!(made_with(&one), made_with(&other));
        assert_ne!(made_with(&one), made_with(&eves));
        assert_ne!(one.rsplit_once('$').unwrap().1, eves.rsplit_once('$').unwrap().1);
        let all = [one, "no hash".to_owned(), other, eves];
        assert_eq!(verify(&all, "one"), [true, false, false, true]);
        assert_eq!(verify(&all, "other"), [false, false, true, false]);
        assert_eq!(verify(&[], "other"), [false; 0]);
    }

    #[test]
    fn empty_and_endless_passwords_are_refused() {
        assert_eq!(hash("ada", ""), Err(PasswordError::Empty));
        assert_eq!(hash("ada", &"x".repeat(MAX_PASSWORD_BYTES + 1)), Err(PasswordError::TooLong));
        assert!(!verifies("whatever", &"x".repeat(MAX_PASSWORD_BYTES + 1)));
    }

    #[test]
    fn a_stored_text_that_is_no_hash_matches_nothing() {
        assert!(!verifies("", ""));
        assert!(!verifies("plain", "plain"));
        assert!(!verify_nobody("anything"));
        assert!(is_outdated("plain", "ada"));
    }

    #[test]
    fn a_hash_with_weaker_parameters_verifies_but_is_outdated() {
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(64, 1, 1, None).unwrap());
        let salt = salt_of("ada");
        let stored = weak.hash_password(b"old", &salt).unwrap().to_string();
        assert!(verifies(&stored, "old"));
        assert!(is_outdated(&stored, "ada"));
    }

    #[test]
    fn a_generated_password_is_long_mixed_and_free_of_look_alikes() {
        for _ in 0..200 {
            let password = generate();
            let text = password.expose();
            assert_eq!(text.len(), GENERATED_LENGTH);
            assert!(!text.contains(['0', 'O', 'o', '1', 'l', 'I', 'i']), "{text}");
            assert!(text.chars().any(|c| c.is_ascii_digit()));
        }
        assert_ne!(generate(), generate());
    }
}
