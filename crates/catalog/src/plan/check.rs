//! The rules of every kind for the state that is planned.

use super::planning::Planning;
use crate::facet::Facet;
use crate::field::{self, Field};
use crate::kind::Naming;
use crate::name;
use crate::problem::{Problem, Violation};

/// Longest name.
const MAX_NAME: usize = 256;

/// Everything that can be said against the planned state, at once.
pub fn check(plan: &mut Planning<'_>) -> Result<(), Problem> {
    let kind = plan.kind;
    let record = &plan.after.record;
    let mut violations = std::mem::take(&mut plan.violations);
    if record.name.is_empty() {
        violations.push(Violation::new("name", "must not be null"));
    } else if plan.before.as_ref().is_none_or(|before| before.record.name != record.name) {
        let own = kind.own_name(&record.name);
        if own.chars().nth(MAX_NAME).is_some() {
            violations.push(Violation::new("name", format!("must have at most {MAX_NAME} characters")));
        }
        if kind.0.naming == Naming::Path && name::canonical(&record.name).as_deref() != Some(&record.name) {
            violations.push(Violation::new("name", "must be the path below what it belongs to"));
        }
        if record.name.contains('\0') {
            violations.push(Violation::new("name", "must not hold a NUL character"));
        }
        // Others refer to it by this name: in one line, and clients part names at `::`.
        if !kind.0.part && kind.0.naming != Naming::ById {
            if record.name.contains(name::LINE_BREAKS) {
                violations.push(Violation::new("name", "must not hold a line break"));
            }
            if record.name.contains("::") {
                violations.push(Violation::new("name", "must not hold `::`"));
            }
        }
    }
    if kind.0.parent_required && record.parent.is_none() {
        violations.push(Violation::new("parent", "must not be null"));
    }
    let fields: Vec<Field> = kind
        .fields()
        .chain(kind.has_facet(Facet::Extension).then_some(&field::EXTENSION))
        .chain(kind.has_facet(Facet::Forms).then_some(&field::FORMS))
        .copied()
        .collect();
    violations.extend(field::check_body(&fields, &record.body));
    if let Some(before) = &plan.before {
        for field in fields.iter().filter(|field| field.fixed) {
            if before.field(field.name).is_some() && before.field(field.name) != plan.after.field(field.name) {
                violations.push(Violation::new(field.name, "cannot be changed"));
            }
        }
    }
    if violations.is_empty() { Ok(()) } else { Err(Problem::Invalid(violations)) }
}
