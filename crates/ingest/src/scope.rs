//! Which schemas and tables of a source are looked at.

use std::fmt;
use std::str::FromStr;

use emporion_catalog::spelling::decode;

/// `schema` or `schema.table`, with `*` for any text and `?` for any character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    schema: String,
    table: Option<String>,
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Pattern, String> {
        let (schema, table) = match text.split_once('.') {
            Some((schema, table)) => (schema, Some(table)),
            None => (text, None),
        };
        if schema.is_empty() || table == Some("") {
            return Err(format!("{text:?} is no pattern; say schema or schema.table, with * and ?"));
        }
        Ok(Pattern { schema: schema.to_owned(), table: table.map(str::to_owned) })
    }
}

impl Pattern {
    pub fn table(schema: impl Into<String>, table: impl Into<String>) -> Pattern {
        Pattern { schema: schema.into(), table: Some(table.into()) }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.schema)?;
        self.table.as_ref().map_or(Ok(()), |table| write!(f, ".{table}"))
    }
}

/// What is included (everything, where nothing is named), less what is excluded. What a scope leaves out is left as the
/// catalogue has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    pub include: Vec<Pattern>,
    pub exclude: Vec<Pattern>,
}

impl Scope {
    /// Whether tables of the schema may be looked at. Patterns speak of the source's names, whatever the spelling here.
    pub fn has_schema(&self, schema: &str) -> bool {
        let schema = &*decode(schema);
        let includes = self.include.is_empty() || self.include.iter().any(|pattern| fits(&pattern.schema, schema));
        let excludes = |pattern: &Pattern| {
            fits(&pattern.schema, schema) && pattern.table.as_deref().is_none_or(|table| table == "*")
        };
        includes && !self.exclude.iter().any(excludes)
    }

    pub fn has_table(&self, schema: &str, table: &str) -> bool {
        let (schema, table) = (&*decode(schema), &*decode(table));
        let is_named = |pattern: &Pattern| {
            fits(&pattern.schema, schema) && pattern.table.as_deref().is_none_or(|wanted| fits(wanted, table))
        };
        (self.include.is_empty() || self.include.iter().any(is_named)) && !self.exclude.iter().any(is_named)
    }
}

fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut here) = (0, 0);
    // Where the last star stood, and how much of the text it takes so far.
    let mut star: Option<(usize, usize)> = None;
    while here < text.len() {
        if at < pattern.len() && pattern[at] == '*' {
            star = Some((at, here));
            at += 1;
        } else if at < pattern.len() && (pattern[at] == '?' || pattern[at] == text[here]) {
            at += 1;
            here += 1;
        } else if let Some((place, taken)) = star {
            star = Some((place, taken + 1));
            at = place + 1;
            here = taken + 1;
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(include: &[&str], exclude: &[&str]) -> Scope {
        let read = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        Scope { include: read(include), exclude: read(exclude) }
    }

    #[test]
    fn patterns_fit_as_shells_do() {
        for (pattern, text, is_fit) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abcb", false),
            ("tmp_?", "tmp_1", true),
            ("tmp_?", "tmp_12", false),
            ("*_old_*", "a_old_b", true),
            ("a", "A", false),
            ("**", "x", true),
        ] {
            assert_eq!(fits(pattern, text), is_fit, "{pattern} {text}");
        }
        assert!(".a".parse::<Pattern>().is_err() && "a.".parse::<Pattern>().is_err() && "".parse::<Pattern>().is_err());
    }

    #[test]
    fn what_is_named_is_in_less_what_is_excluded() {
        let all = scope(&[], &[]);
        assert!(all.has_schema("s") && all.has_table("s", "t"));
        let some = scope(&["sales", "hr.staff"], &["*.tmp_*", "sales.secret"]);
        assert!(some.has_schema("sales") && some.has_schema("hr") && !some.has_schema("other"));
        assert!(some.has_table("sales", "orders") && some.has_table("hr", "staff"));
        assert!(
            !some.has_table("hr", "wages") && !some.has_table("sales", "tmp_1") && !some.has_table("sales", "secret")
        );
        let without = scope(&[], &["hr"]);
        assert!(!without.has_schema("hr") && !without.has_table("hr", "staff") && without.has_schema("sales"));
    }
}
