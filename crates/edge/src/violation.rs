//! What is wrong with a value: where it stands and which rule it breaks. Doors turn these into their own words.

use std::fmt;

/// One broken rule at one place of a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// From the root of the checked value; empty when the value itself is wrong.
    pub path: Vec<PathPart>,
    pub rule: Rule,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathPart {
    Key(String),
    /// Counted from zero.
    Index(usize),
}

/// The rule that a value breaks. Lengths count Unicode scalar values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    /// Absent, or an explicit null.
    Required,
    Type {
        expected: &'static str,
    },
    MinLength(usize),
    MaxLength(usize),
    Pattern(&'static str),
    Enumeration(&'static [&'static str]),
    Minimum(f64),
    Maximum(f64),
    MinItems(usize),
    /// Too many entries of a list or a map.
    MaxItems(usize),
    /// Not exactly one member of a union.
    UnionOne,
    /// A member that the shape does not list.
    Unknown,
}

/// A name as JSON Pointers have it (RFC 6901).
pub fn pointer_token(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

impl Violation {
    /// The path as a JSON pointer: `/dataAssets/0/tableName`; empty for the root.
    pub fn pointer(&self) -> String {
        let mut text = String::new();
        for part in &self.path {
            text.push('/');
            match part {
                PathPart::Key(key) => text.push_str(&pointer_token(key)),
                PathPart::Index(index) => text.push_str(&index.to_string()),
            }
        }
        text
    }

    /// The path with dots: `dataAssets.0.tableName`; empty for the root.
    pub fn dotted(&self) -> String {
        let parts: Vec<String> = self.path.iter().map(PathPart::to_string).collect();
        parts.join(".")
    }

    /// The innermost named member of the path; empty for the root.
    pub fn member(&self) -> &str {
        self.path
            .iter()
            .rev()
            .find_map(|part| match part {
                PathPart::Key(key) => Some(key.as_str()),
                PathPart::Index(_) => None,
            })
            .unwrap_or("")
    }
}

/// `dataAssets.0.tableName is required`.
impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.dotted();
        write!(f, "{} {}", if path.is_empty() { "the value" } else { &path }, self.rule)
    }
}

impl fmt::Display for PathPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PathPart::Key(key) => f.write_str(key),
            PathPart::Index(index) => write!(f, "{index}"),
        }
    }
}

impl Rule {
    /// A stable word for the rule, as JSON Schema calls it where it has a word.
    pub fn name(&self) -> &'static str {
        match self {
            Rule::Required => "required",
            Rule::Type { .. } => "type",
            Rule::MinLength(_) => "minLength",
            Rule::MaxLength(_) => "maxLength",
            Rule::Pattern(_) => "pattern",
            Rule::Enumeration(_) => "enum",
            Rule::Minimum(_) => "minimum",
            Rule::Maximum(_) => "maximum",
            Rule::MinItems(_) => "minItems",
            Rule::MaxItems(_) => "maxItems",
            Rule::UnionOne => "oneOf",
            Rule::Unknown => "unknown",
        }
    }
}

/// The rest of a sentence that starts with the path. Never holds the offending value, which may be a secret.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rule::Required => f.write_str("is required"),
            Rule::Type { expected } => {
                let article = if expected.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
                write!(f, "must be {article} {expected}")
            }
            Rule::MinLength(1) => f.write_str("must not be empty"),
            Rule::MinLength(least) => write!(f, "must be at least {least} characters long"),
            Rule::MaxLength(most) => write!(f, "must be at most {most} characters long"),
            Rule::Pattern(source) => write!(f, "must match {source}"),
            Rule::Enumeration(values) => write!(f, "must be one of {}", values.join(", ")),
            Rule::Minimum(least) => write!(f, "must be at least {least}"),
            Rule::Maximum(most) => write!(f, "must be at most {most}"),
            Rule::MinItems(1) => f.write_str("must have at least one entry"),
            Rule::MinItems(least) => write!(f, "must have at least {least} entries"),
            Rule::MaxItems(most) => write!(f, "must have at most {most} entries"),
            Rule::UnionOne => f.write_str("must have exactly one member"),
            Rule::Unknown => f.write_str("is unknown"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: Vec<PathPart>, rule: Rule) -> Violation {
        Violation { path, rule }
    }

    #[test]
    fn paths_print_as_pointer_and_with_dots() {
        let path = vec![PathPart::Key("dataAssets".into()), PathPart::Index(0), PathPart::Key("a/b~c".into())];
        let violation = at(path, Rule::Required);
        assert_eq!(violation.pointer(), "/dataAssets/0/a~1b~0c");
        assert_eq!(violation.dotted(), "dataAssets.0.a/b~c");
        assert_eq!(violation.member(), "a/b~c");
        assert_eq!(violation.to_string(), "dataAssets.0.a/b~c is required");
    }

    #[test]
    fn the_root_has_an_empty_path() {
        let violation = at(vec![], Rule::Type { expected: "object" });
        assert_eq!(violation.pointer(), "");
        assert_eq!(violation.dotted(), "");
        assert_eq!(violation.to_string(), "the value must be an object");
    }

    #[test]
    fn whole_bounds_print_without_a_fraction() {
        assert_eq!(Rule::Maximum(50.0).to_string(), "must be at most 50");
        assert_eq!(Rule::Minimum(0.5).to_string(), "must be at least 0.5");
    }
}
