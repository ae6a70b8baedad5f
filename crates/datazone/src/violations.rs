//! Prints broken rules in the words of the original service. No value is ever repeated, only where it stands.

use std::fmt::Write;

use emporion_edge::violation::{PathPart, Rule, Violation};

use crate::error::{Code, ServiceError};

/// Keys of maps come from the caller; longer ones are cut so that the answer stays short.
const MAX_KEY_CHARS: usize = 128;

/// The one error for all faults of a request's shape: what cannot be read at all comes before what breaks a limit.
pub fn into_error(violations: &[Violation]) -> ServiceError {
    let unreadable: Vec<&Violation> = violations.iter().filter(|violation| is_unreadable(violation)).collect();
    if unreadable.is_empty() {
        return ServiceError::validation(message(violations));
    }
    let texts: Vec<String> = unreadable.into_iter().map(wrong_type).collect();
    ServiceError::new(Code::Serialization, texts.join("; "))
}

/// `2 validation errors detected: Value at 'name' failed to satisfy constraint: …; Value at …`.
pub fn message(violations: &[Violation]) -> String {
    let count = violations.len();
    let plural = if count == 1 { "" } else { "s" };
    let faults: Vec<String> = violations
        .iter()
        .map(|violation| {
            let at = path(&violation.path);
            format!("Value at '{at}' failed to satisfy constraint: {}", constraint(&violation.rule))
        })
        .collect();
    format!("{count} validation error{plural} detected: {}", faults.join("; "))
}

/// A single fault that no shape expresses, in the same frame; `constraint` starts with "Member must".
pub fn one(member: &str, constraint: &str) -> ServiceError {
    let text = format!("1 validation error detected: Value at '{member}' failed to satisfy constraint: {constraint}");
    ServiceError::validation(text)
}

fn is_unreadable(violation: &Violation) -> bool {
    matches!(violation.rule, Rule::Type { .. })
}

fn wrong_type(violation: &Violation) -> String {
    let expected = match &violation.rule {
        Rule::Type { expected } => expected,
        _ => "",
    };
    let at = path(&violation.path);
    if at.is_empty() {
        format!("The body must be of type {expected}")
    } else {
        format!("Value at '{at}' must be of type {expected}")
    }
}

/// Dotted, entries of lists as `.1.member`, counted from one.
fn path(parts: &[PathPart]) -> String {
    let mut text = String::new();
    for part in parts {
        if !text.is_empty() {
            text.push('.');
        }
        match part {
            PathPart::Key(key) => text.extend(key.chars().take(MAX_KEY_CHARS)),
            PathPart::Index(index) => write!(text, "{}.member", index + 1).expect("a String takes any text"),
        }
    }
    text
}

fn constraint(rule: &Rule) -> String {
    match rule {
        Rule::Required => "Member must not be null".into(),
        Rule::Type { expected } => format!("Member must be of type {expected}"),
        Rule::MinLength(least) | Rule::MinItems(least) => {
            format!("Member must have length greater than or equal to {least}")
        }
        Rule::MaxLength(most) | Rule::MaxItems(most) => format!("Member must have length less than or equal to {most}"),
        Rule::Pattern(source) => format!("Member must satisfy regular expression pattern: {source}"),
        Rule::Enumeration(values) => format!("Member must satisfy enum value set: [{}]", values.join(", ")),
        Rule::Minimum(least) => format!("Member must have value greater than or equal to {least}"),
        Rule::Maximum(most) => format!("Member must have value less than or equal to {most}"),
        Rule::UnionOne => "Member must have exactly one member set".into(),
        Rule::Unknown => "Member must be known to the model".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &[&str], rule: Rule) -> Violation {
        let path = path
            .iter()
            .map(|part| part.parse().map(PathPart::Index).unwrap_or_else(|_| PathPart::Key((*part).into())))
            .collect();
        Violation { path, rule }
    }

    #[test]
    fn a_wrong_domain_id_reads_as_in_the_reference() {
        let violation = at(&["domainIdentifier"], Rule::Pattern("dzd[-_][a-zA-Z0-9_-]{1,36}"));
        assert_eq!(
            into_error(&[violation]).message,
            "1 validation error detected: Value at 'domainIdentifier' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: dzd[-_][a-zA-Z0-9_-]{1,36}"
        );
    }

    #[test]
    fn several_faults_are_counted_and_joined() {
        let error = into_error(&[
            at(&["name"], Rule::Required),
            at(&["formsInput", "0", "formName"], Rule::MaxLength(128)),
            at(&["searchScope"], Rule::Enumeration(&["ASSET", "GLOSSARY"])),
            at(&["maxResults"], Rule::Maximum(50.0)),
        ]);
        assert_eq!((error.code, error.status), (Code::Validation, 400));
        assert_eq!(
            error.message,
            "4 validation errors detected: \
             Value at 'name' failed to satisfy constraint: Member must not be null; \
             Value at 'formsInput.1.member.formName' failed to satisfy constraint: Member must have length less than or equal to 128; \
             Value at 'searchScope' failed to satisfy constraint: Member must satisfy enum value set: [ASSET, GLOSSARY]; \
             Value at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 50"
        );
    }

    #[test]
    fn a_wrong_type_is_a_serialization_error() {
        let error = into_error(&[at(&["name"], Rule::Required), at(&["items"], Rule::Type { expected: "array" })]);
        assert_eq!((error.code, error.status), (Code::Serialization, 400));
        assert_eq!(error.message, "Value at 'items' must be of type array");
        assert_eq!(
            into_error(&[at(&[], Rule::Type { expected: "object" })]).message,
            "The body must be of type object"
        );
    }

    #[test]
    fn endless_keys_are_cut() {
        let key = "k".repeat(100_000);
        assert!(into_error(&[at(&["tags", &key], Rule::MaxLength(256))]).message.len() < 300);
    }
}
