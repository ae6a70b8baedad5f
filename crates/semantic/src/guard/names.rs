//! Names of columns and of what stands before their dots.

use sqlparser::ast::{Ident, ObjectName, Spanned};

use super::refusal::{Refusal, Rule, brief, unsupported};
use super::scope::OutColumn;
use super::walk::Walk;

impl Walk<'_> {
    pub fn named(&self, ident: &Ident) -> OutColumn {
        OutColumn { key: self.policy.dialect().key(ident), name: ident.value.clone() }
    }

    /// What stands before a dot: an alias, or a table by its full name, which is then rewritten to its alias.
    pub fn qualifier(&self, name: &mut ObjectName) -> Result<(usize, usize), Refusal> {
        let parts = idents(name)?;
        let (at, ident) = self.qualifier_of(&parts)?;
        if let Some(ident) = ident {
            *name = ObjectName::from(vec![ident]);
        }
        Ok(at)
    }

    /// The source that `parts` name, and the alias to print instead of them where they are not the alias itself.
    pub fn qualifier_of(&self, parts: &[&Ident]) -> Result<((usize, usize), Option<Ident>), Refusal> {
        let dialect = self.policy.dialect();
        let unknown = |ident: &Ident| {
            Refusal::at(Rule::UnknownColumn, ident.span, format!("nothing here is called `{}`", brief(&ident.value)))
        };
        let Some(last) = parts.last() else { return Err(unsupported("a column without a name")) };
        if parts.len() == 1 {
            return self.scope.source(&dialect.key(last)).map(|at| (at, None)).ok_or_else(|| unknown(last));
        }
        let table = self.policy.find(parts).map_err(|_| unknown(last))?;
        let at = self.scope.alias_of(table).ok_or_else(|| unknown(last))?;
        // Only a table without an alias of its own may be named in full.
        let alias = self.scope.source_at(at).alias.clone();
        if alias.as_deref() != Some(dialect.key(last).as_str()) {
            return Err(unknown(last));
        }
        Ok((at, Some((*last).clone())))
    }
}

pub(super) fn idents(name: &ObjectName) -> Result<Vec<&Ident>, Refusal> {
    name.0
        .iter()
        .map(|part| part.as_ident().ok_or_else(|| unsupported("a function as part of a name").or_at(name.span())))
        .collect()
}
