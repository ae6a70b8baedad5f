//! Passwords: argon2id hashes as PHC strings, their verification, and generated passwords.
//!
//! One hash takes tens of milliseconds of CPU by design: callers run `hash` and `verify` on a blocking thread.

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};

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
pub fn hash(password: &str) -> Result<String, PasswordError> {
    if password.is_empty() {
        return Err(PasswordError::Empty);
    }
    if password.len() > MAX_PASSWORD_BYTES {
        return Err(PasswordError::TooLong);
    }
    let salt = SaltString::encode_b64(&random::bytes::<SALT_BYTES>()).expect("16 bytes are a valid salt");
    let phc = argon2().hash_password(password.as_bytes(), &salt).expect("the length was checked above");
    Ok(phc.to_string())
}

/// Whether `password` is the one behind the stored PHC string. Cost: one hash, with the parameters of the stored one.
///
/// A string that is no PHC string matches nothing, after the time of a hash.
pub fn verify(stored: &str, password: &str) -> bool {
    if password.len() > MAX_PASSWORD_BYTES {
        return false;
    }
    match PasswordHash::new(stored) {
        Ok(hash) => argon2().verify_password(password.as_bytes(), &hash).is_ok(),
        Err(_) => verify_nobody(password),
    }
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

/// Whether the stored hash was made with other parameters than today's, so that the next login should replace it.
pub fn is_outdated(stored: &str) -> bool {
    let Ok(hash) = PasswordHash::new(stored) else { return true };
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

    #[test]
    fn a_password_verifies_against_its_own_hash_only() {
        let stored = hash("correct horse").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(verify(&stored, "correct horse"));
        assert!(!verify(&stored, "correct hors"));
        assert!(!is_outdated(&stored));
    }

    #[test]
    fn two_hashes_of_one_password_differ() {
        assert_ne!(hash("same").unwrap(), hash("same").unwrap());
    }

    #[test]
    fn empty_and_endless_passwords_are_refused() {
        assert_eq!(hash(""), Err(PasswordError::Empty));
        assert_eq!(hash(&"x".repeat(MAX_PASSWORD_BYTES + 1)), Err(PasswordError::TooLong));
        assert!(!verify("whatever", &"x".repeat(MAX_PASSWORD_BYTES + 1)));
    }

    #[test]
    fn a_stored_text_that_is_no_hash_matches_nothing() {
        assert!(!verify("", ""));
        assert!(!verify("plain", "plain"));
        assert!(!verify_nobody("anything"));
        assert!(is_outdated("plain"));
    }

    #[test]
    fn a_hash_with_weaker_parameters_verifies_but_is_outdated() {
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(64, 1, 1, None).unwrap());
        let salt = SaltString::encode_b64(&[7; SALT_BYTES]).unwrap();
        let stored = weak.hash_password(b"old", &salt).unwrap().to_string();
        assert!(verify(&stored, "old"));
        assert!(is_outdated(&stored));
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
