//! Patterns of texts, in SQLite's words.

use sqlparser::ast::Expr;

use super::{filled, literal, not_offered, text};
use crate::guard::Refusal;

/// SQLite's LIKE knows no case, and GLOB does.
pub fn like(of: &Expr, pattern: &Expr, escape: &str) -> Result<Expr, Refusal> {
    let x = ("x", of.clone());
    let Some(pattern) = literal(pattern) else {
        if escape != "\\" {
            return Err(not_offered("an ESCAPE of a pattern that is no literal"));
        }
        return Ok(filled(
            "CASE WHEN instr(p, '\\') > 0 THEN x LIKE p ESCAPE '\\' ELSE glob(replace(replace(replace(replace(\
             replace(p, '[', '[[]'), '*', '[*]'), '?', '[?]'), '%', '*'), '_', '?'), x) END",
            &[x, ("p", pattern.clone())],
        ));
    };
    let (mut globbed, mut chars) = (String::new(), pattern.chars());
    while let Some(c) = chars.next() {
        let (c, is_plain) = match escape.chars().next() {
            Some(escape) if escape == c => (chars.next().unwrap_or(c), true),
            _ => (c, false),
        };
        match c {
            '%' if !is_plain => globbed.push('*'),
            '_' if !is_plain => globbed.push('?'),
            '*' | '?' | '[' => globbed.extend(['[', c, ']']),
            c => globbed.push(c),
        }
    }
    Ok(filled("glob(p, x)", &[x, ("p", text(&globbed))]))
}
