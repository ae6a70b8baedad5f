//! The text patterns of the service model. Each binds the whole value; `\w` and friends are ASCII, as in Java.

use std::sync::LazyLock;

use emporion_edge::shape::Pattern;
use regex::Regex;

/// Declares patterns: the source text that clients are shown, and the function that decides.
macro_rules! patterns {
    ($($(#[$doc:meta])* $name:ident = $source:expr, $matches:expr;)*) => {
        $($(#[$doc])* pub const $name: Pattern = Pattern { source: $source, matches: $matches };)*
    };
}

patterns! {
    ENTITY = "[a-zA-Z0-9_-]{1,36}", |text| (1..=36).contains(&text.len()) && text.bytes().all(is_id);
    DOMAIN = "dzd[-_][a-zA-Z0-9_-]{1,36}", is_domain;
    DOMAIN_UNIT = r"[a-z0-9_\-]+", |text| some(text, |byte| is_id(byte) && !byte.is_ascii_uppercase());
    REVISION_INPUT = "[a-zA-Z0-9_-]+", |text| some(text, is_id);
    CLIENT_TOKEN = r"[\x21-\x7E]+", |text| some(text, |byte| byte.is_ascii_graphic());
    PLAIN_NAME = r"[\w -]+", |text| some(text, |byte| is_id(byte) || byte == b' ');
    TYPE_IDENTIFIER = r"(?!\.)[\w\.]*\w", is_type_identifier;
    FORM_NAME = r"(?![0-9_])\w+$|^_\w*[a-zA-Z0-9]\w*", is_form_name;
    FORM_TYPE_NAME = r"(amazon.datazone.)?(?![0-9_])\w+$|^_\w*[a-zA-Z0-9]\w*", is_form_type_name;
    TYPE_NAME = r"[^\.]*.*", is_type_name;
    TAG_KEY = r"[\w \.:/=+@-]+", |text| some(text, is_tag);
    TAG_VALUE = r"[\w \.:/=+@-]*", |text| text.bytes().all(is_tag);
    USER_NAME = "[a-zA-Z_0-9+=,.@-]+", |text| some(text, is_user_name);
    USER_IDENTIFIER = USER_IDENTIFIER_SOURCE, is_user_identifier;
    USER_PROFILE = USER_PROFILE_SOURCE, |text| USER_PROFILE_REGEX.is_match(text);
    DATA_POINT = "[a-zA-Z0-9_-]{0,36}", |text| text.len() <= 36 && text.bytes().all(is_id);
    ACCOUNT_NUMBER = r"\d{12}", |text| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    REGION = REGION_SOURCE, |text| REGION_REGEX.is_match(text);
    ROLE_ARN = ROLE_ARN_SOURCE, |text| ROLE_ARN_REGEX.is_match(text);
    KMS_KEY_ARN = KMS_KEY_ARN_SOURCE, |text| KMS_KEY_ARN_REGEX.is_match(text);
    SSO_INSTANCE_ARN = SSO_INSTANCE_ARN_SOURCE, |text| SSO_INSTANCE_ARN_REGEX.is_match(text);
}

const USER_IDENTIFIER_SOURCE: &str = concat!(
    r".*(^([0-9a-f]{10}-|)[A-Fa-f0-9]{8}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{12}$",
    r"|^[a-zA-Z_0-9+=,.@-]+$|^arn:aws:iam::\d{12}:.+$).*"
);
const USER_PROFILE_SOURCE: &str =
    "([0-9a-f]{10}-|)[A-Fa-f0-9]{8}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{12}";
const REGION_SOURCE: &str = r"[a-z]{2}-[a-z]{4,10}-\d";
const ROLE_ARN_SOURCE: &str = r"arn:aws[^:]*:iam::\d{12}:role(/[a-zA-Z0-9+=,.@_-]+)*/[a-zA-Z0-9+=,.@_-]+";
const KMS_KEY_ARN_SOURCE: &str = r"arn:aws(|-cn|-us-gov):kms:[a-zA-Z0-9-]*:[0-9]{12}:key/[a-zA-Z0-9-]{36}";
const SSO_INSTANCE_ARN_SOURCE: &str =
    ".*arn:(aws|aws-us-gov|aws-cn|aws-iso|aws-iso-b):sso:::instance/(sso)?ins-[a-zA-Z0-9-.]{16}.*";

// Rare members; the ids of every request are matched by hand above and below.
static USER_PROFILE_REGEX: LazyLock<Regex> = LazyLock::new(|| whole(USER_PROFILE_SOURCE));
static REGION_REGEX: LazyLock<Regex> = LazyLock::new(|| whole(REGION_SOURCE));
static ROLE_ARN_REGEX: LazyLock<Regex> = LazyLock::new(|| whole(ROLE_ARN_SOURCE));
static KMS_KEY_ARN_REGEX: LazyLock<Regex> = LazyLock::new(|| whole(KMS_KEY_ARN_SOURCE));
static SSO_INSTANCE_ARN_REGEX: LazyLock<Regex> = LazyLock::new(|| whole(SSO_INSTANCE_ARN_SOURCE));

/// The expression anchored at both ends, with ASCII digits.
fn whole(source: &str) -> Regex {
    Regex::new(&format!("^(?:{})$", source.replace(r"\d", "[0-9]"))).expect("a pattern of the service model compiles")
}

fn some(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(allowed)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_id(byte: u8) -> bool {
    is_word(byte) || byte == b'-'
}

fn is_tag(byte: u8) -> bool {
    is_word(byte) || b" .:/=+@-".contains(&byte)
}

fn is_user_name(byte: u8) -> bool {
    is_word(byte) || b"+=,.@-".contains(&byte)
}

fn is_domain(text: &str) -> bool {
    text.strip_prefix("dzd-").or_else(|| text.strip_prefix("dzd_")).is_some_and(ENTITY.matches)
}

/// Words and dots, neither starting nor ending with a dot.
fn is_type_identifier(text: &str) -> bool {
    some(text, |byte| is_word(byte) || byte == b'.') && !text.starts_with('.') && !text.ends_with('.')
}

/// A word that does not start with a digit; after a leading underscore at least one letter or digit.
/// The model says this with a look-ahead, which the regex crate leaves out on purpose.
fn is_form_name(text: &str) -> bool {
    match text.as_bytes() {
        [] | [b'0'..=b'9', ..] => false,
        [b'_', rest @ ..] => rest.iter().all(|byte| is_word(*byte)) && rest.iter().any(u8::is_ascii_alphanumeric),
        word => word.iter().all(|byte| is_word(*byte)),
    }
}

/// A form name, or a word of the managed namespace. (The model's dots are unescaped; only dots are meant.)
fn is_form_type_name(text: &str) -> bool {
    match text.strip_prefix("amazon.datazone.") {
        Some(word) => is_form_name(word) && !word.starts_with('_'),
        None => is_form_name(text),
    }
}

/// Anything, but no line end after the first dot.
fn is_type_name(text: &str) -> bool {
    text.split_once('.').is_none_or(|(_, rest)| !rest.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']))
}

fn is_user_identifier(text: &str) -> bool {
    let is_iam_arn = |rest: &str| {
        let (number, name) = rest.split_at_checked(12).unwrap_or(("", ""));
        (ACCOUNT_NUMBER.matches)(number) && name.len() > 1 && name.starts_with(':') && !name.contains(['\n', '\r'])
    };
    some(text, is_user_name) || text.strip_prefix("arn:aws:iam::").is_some_and(is_iam_arn)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(pattern: &Pattern, good: &[&str], bad: &[&str]) {
        for text in good {
            assert!((pattern.matches)(text), "{} should match {text:?}", pattern.source);
        }
        for text in bad {
            assert!(!(pattern.matches)(text), "{} should not match {text:?}", pattern.source);
        }
    }

    #[test]
    fn ids_of_domains_units_and_entities() {
        all(
            &DOMAIN,
            &["dzd_53ielnpxktdilj", "dzd-0123456789abcdef0123456789abcdef", "dzd_A"],
            &["BAD", "dzd", "dzd-", "dzd.x", "xdzd-1", "dzd-1 ", &format!("dzd-{}", "a".repeat(37))],
        );
        all(&ENTITY, &["a", "c5rerxaqjys59j", "A-_9"], &["", "a b", "é", "a/b", &"a".repeat(37)]);
        all(&DOMAIN_UNIT, &["abc-1_2"], &["", "ABC", "a b"]);
    }

    #[test]
    fn names_of_forms_and_types() {
        all(&FORM_NAME, &["a", "MyForm", "a_1", "_a", "__1", "_1"], &["", "1a", "_", "___", "a-b", "é", "a b"]);
        all(
            &FORM_TYPE_NAME,
            &["MyForm", "amazon.datazone.GlueTableFormType", "_a"],
            &["amazon.datazone.", "amazon.datazone._a", "a.b", "amazon.datazone.1"],
        );
        all(&TYPE_IDENTIFIER, &["a", "dzd_x.My.Type", "1", "_"], &["", ".a", "a.", "a-b", "é"]);
        all(&TYPE_NAME, &["", "a b-c", "a.b", "a\nb", "ü"], &["a.\nb"]);
    }

    #[test]
    fn people_roles_and_keys() {
        let uuid = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
        all(&USER_PROFILE, &[uuid, &format!("0123456789-{uuid}")], &["", "x", &format!("-{uuid}")]);
        all(
            &USER_IDENTIFIER,
            &[uuid, "jane.doe+x@example.org", "arn:aws:iam::123456789012:role/A b"],
            &["", "a b", "arn:aws:iam::12:x", "arn:aws:iam::123456789012:", "arn:aws:iam::é23456789012:x"],
        );
        all(
            &ROLE_ARN,
            &["arn:aws:iam::123456789012:role/Admin", "arn:aws-cn:iam::123456789012:role/a/b/C"],
            &["arn:aws:iam::123456789012:role/", "arn:aws:iam::12345678901:role/A", "x"],
        );
        all(&KMS_KEY_ARN, &[&format!("arn:aws:kms:us-east-1:123456789012:key/{uuid}")], &["arn:aws:kms::1:key/x"]);
        all(
            &SSO_INSTANCE_ARN,
            &["arn:aws:sso:::instance/ssoins-0123456789abcdef"],
            &["arn:aws:sso:::instance/ssoins-0123"],
        );
        all(&REGION, &["us-east-1"], &["us-east-1a", "US-EAST-1", "us-east-१"]);
    }

    #[test]
    fn tokens_tags_and_plain_names() {
        all(&CLIENT_TOKEN, &["a!~"], &["", "a b", "é", "a\u{7f}"]);
        all(&TAG_KEY, &["a b.c:/=+@-_"], &["", "a*"]);
        all(&TAG_VALUE, &["", "a"], &["*"]);
        all(&PLAIN_NAME, &["a-b c_1"], &["", "ä", "a.b", "a/b"]);
        all(&DATA_POINT, &["", "a"], &["é"]);
    }

    proptest! {
        /// Where the model's own expression compiles, the hand-written function decides the same.
        #[test]
        fn functions_agree_with_their_sources(text in "[a-zA-Z0-9_ .:/=+@é\n-]{0,40}|dzd[-_][a-z0-9]{0,38}") {
            for pattern in [ENTITY, DOMAIN, DOMAIN_UNIT, REVISION_INPUT, CLIENT_TOKEN, PLAIN_NAME, TAG_KEY, TAG_VALUE, USER_NAME, DATA_POINT] {
                let regex = Regex::new(&format!("^(?:{})$", pattern.source.replace(r"\w", "a-zA-Z0-9_"))).unwrap();
                prop_assert_eq!((pattern.matches)(&text), regex.is_match(&text), "{} {:?}", pattern.source, text);
            }
        }
    }
}
