//! Row filters at the moment when they are written: each is a condition over the columns of a table that is there.

use std::collections::HashMap;

use emporion_catalog::name;
use emporion_semantic::guard::{Dialect, Policy};

use super::asset::Aspect;
use super::relations::{self, Relation};
use super::row_filters::means;
use crate::asking;
use crate::error::{Failure, Violation};
use crate::message::Message;
use crate::parts::part::Look;
use crate::problems::RULE_EXISTS;
use crate::user_list::{UserOperation, Verb};

/// Everything that is wrong with the filters of a request, each with its place there.
pub async fn broken(look: &Look<'_>, operations: &[UserOperation]) -> Result<Vec<Violation>, Failure> {
    let given: Vec<(String, &str, &str)> = operations.iter().flat_map(filters).collect();
    if given.is_empty() {
        return Ok(Vec::new());
    }
    // A filter may be for a table that the next deploy brings, or takes away.
    let mut tables = relations::of_product(look, Aspect::Drafted).await?;
    tables.extend(relations::of_product(look, Aspect::Live).await?);
    let mut dialects = Dialects { look, known: HashMap::new() };
    let mut broken = Vec::new();
    for (path, table, condition) in given {
        let meant: Vec<&Relation> = tables.iter().filter(|relation| means(table, relation)).collect();
        if meant.is_empty() {
            let message = Message::with("\"{}\" is no table of the {product}", [table]);
            broken.push(Violation::new(path, RULE_EXISTS, message));
            continue;
        }
        for relation in meant {
            let columns = asking::columns(&relation.column_names());
            let columns = Some(columns.as_slice()).filter(|columns| !columns.is_empty());
            let dialect = dialects.of(relation).await?;
            if let Err(refusal) = Policy::check_filter(dialect, columns, condition) {
                broken.push(Violation::new(path, refusal.rule.code(), Message::verbatim(refusal.message)));
                break;
            }
        }
    }
    Ok(broken)
}

/// Place, table and condition of each filter that an operation gives.
fn filters(operation: &UserOperation) -> Vec<(String, &str, &str)> {
    let (Verb::Set { terms, .. } | Verb::Change { terms, .. }) = &operation.verb else { return Vec::new() };
    let given = terms.row_filters.as_set().into_iter().flatten();
    let placed = given.filter_map(|(table, condition)| {
        let mut path = format!("{}/rowFilters", operation.path);
        crate::mount::push_segment(&mut path, table);
        Some((path, table.as_str(), condition.as_str()?))
    });
    placed.collect()
}

/// What the sources of tables speak.
struct Dialects<'a> {
    look: &'a Look<'a>,
    known: HashMap<Option<String>, Dialect>,
}

impl Dialects<'_> {
    async fn of(&mut self, relation: &Relation) -> Result<Dialect, Failure> {
        if let Some(dialect) = self.known.get(&relation.service) {
            return Ok(*dialect);
        }
        let Look { door, caller, snapshot, .. } = self.look;
        let service = match &relation.service {
            None => None,
            Some(service) => {
                let kind = door.catalog.kind("database_service");
                let found = snapshot.by_fqn(caller.account(), kind, &[name::quote(service).as_str()]).await?;
                found.into_iter().flatten().next()
            }
        };
        let dialect = asking::speech(door, service.as_ref()).dialect;
        self.known.insert(relation.service.clone(), dialect);
        Ok(dialect)
    }
}
