//! A query as it was read. What is printed reads as the same query.

use std::fmt::{self, Display, Write};

use super::fields::{PROPERTY, built_in};
use super::{Bound, Expr, Field, Form, Query, Value};

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.as_ref().map_or(Ok(()), |root| root.fmt(f))
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expr::All(parts) => list(f, parts, " ", |part| matches!(part, Expr::Any(_))),
            Expr::Any(parts) => list(f, parts, " OR ", |_| false),
            Expr::Not(inner) => {
                f.write_char('-')?;
                grouped(f, inner, matches!(**inner, Expr::All(_) | Expr::Any(_)))
            }
            Expr::Word { text, prefix } => write!(f, "{text}{}", if *prefix { "*" } else { "" }),
            Expr::Phrase(text) => quoted(f, text, '"'),
            Expr::Is { field, values, .. } => {
                write!(f, "{field}:")?;
                for (index, value) in values.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { "," })?;
                    value.fmt(f)?;
                }
                Ok(())
            }
            Expr::Within { field, from, to, .. } => within(f, field, from.as_ref(), to.as_ref()),
            Expr::Has { field, .. } => write!(f, "has:{field}"),
            Expr::Everything => f.write_char('*'),
        }
    }
}

impl Expr {
    /// The clauses that all have to hold, each as it stands beside others.
    pub fn clauses(&self) -> Vec<String> {
        match self {
            Expr::All(parts) => parts.iter().flat_map(Expr::clauses).collect(),
            Expr::Any(_) => vec![format!("({self})")],
            one => vec![one.to_string()],
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Field::BuiltIn(field) => f.write_str(field.name),
            Field::Property(name) if !is_plain_name(name) => {
                f.write_str(PROPERTY)?;
                quoted(f, name, '"')
            }
            Field::Property(name) if built_in(name).is_some() || name == "has" || name.starts_with(PROPERTY) => {
                write!(f, "{PROPERTY}{name}")
            }
            Field::Property(name) => f.write_str(name),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.alone { "=" } else { "" })?;
        match self.form {
            Form::Plain => f.write_str(&self.text),
            Form::Prefix => write!(f, "{}*", self.text),
            Form::Exact => quoted(f, &self.text, '"'),
            Form::Folded => quoted(f, &self.text, '\''),
        }
    }
}

/// A text as a value that means just itself: `domain:` and this.
pub fn exact(text: &str) -> String {
    let mut printed = String::with_capacity(text.len() + 2);
    quoted(&mut printed, text, '"').expect("a string takes everything");
    printed
}

/// Words in just this order.
pub fn phrase(text: &str) -> String {
    exact(text)
}

fn list(f: &mut fmt::Formatter<'_>, parts: &[Expr], between: &str, needs_group: fn(&Expr) -> bool) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        f.write_str(if index == 0 { "" } else { between })?;
        grouped(f, part, needs_group(part))?;
    }
    Ok(())
}

fn grouped(f: &mut fmt::Formatter<'_>, part: &Expr, is_group: bool) -> fmt::Result {
    if is_group { write!(f, "({part})") } else { Display::fmt(part, f) }
}

fn within(f: &mut fmt::Formatter<'_>, field: &Field, from: Option<&Bound>, to: Option<&Bound>) -> fmt::Result {
    let plain = |bound: &Bound| {
        !bound.text.is_empty() && bound.text.chars().all(|c| c.is_alphanumeric() || "-:+".contains(c) || c == '.')
    };
    match (from, to) {
        (Some(from), Some(to)) => write!(f, "{field}:{}..{}", from.text, to.text),
        (Some(one), None) | (None, Some(one)) => {
            let sign = if from.is_some() { '>' } else { '<' };
            match one.inclusive {
                true if plain(one) && from.is_some() => write!(f, "{field}:{}..", one.text),
                true if plain(one) => write!(f, "{field}:..{}", one.text),
                true => write!(f, "{field}{sign}={}", exact(&one.text)),
                false if plain(one) => write!(f, "{field}{sign}{}", one.text),
                false => write!(f, "{field}{sign}{}", exact(&one.text)),
            }
        }
        (None, None) => write!(f, "has:{field}"),
    }
}

fn quoted(f: &mut impl Write, text: &str, quote: char) -> fmt::Result {
    f.write_char(quote)?;
    for c in text.chars() {
        if c == quote || c == '\\' {
            f.write_char('\\')?;
        }
        f.write_char(c)?;
    }
    f.write_char(quote)
}

fn is_plain_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-'))
}
