//! Row filters at the moment when they are written: each is a condition over the columns of a table that is there.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use emporion_catalog::rows::masks::Masks;
use emporion_catalog::rows::role_terms::{Link, Links};
use emporion_semantic::guard::{Dialect, Policy};
use serde_json::{Map, Value};

use super::mask_check;
use super::operation::{RoleMasks, UserOperation, Verb};
use crate::asking;
use crate::assets::relations::{self, Relation};
use crate::content_state::ContentState;
use crate::failure::{Failure, Violation};
use crate::message::Message;
use crate::patch::Patch;
use crate::problems::RULE_EXISTS;
use crate::reach::following::{self, Reference};
use crate::reach::row_filters::means;
use crate::read_context::ReadContext;
use crate::warning::Warning;

/// What is to be said of the filters of a request.
#[derive(Default)]
pub struct Checked {
    /// Everything that is wrong with them, each with its place in the request.
    pub broken: Vec<Violation>,
    /// The tables that they were held against; none where there are no filters.
    pub tables: Vec<Relation>,
    /// The same, each once, and how they refer to each other.
    pub related: Related,
}

/// Tables, and how they refer to each other, as far as models say it.
#[derive(Default)]
pub struct Related {
    tables: Vec<Relation>,
    references: Vec<Reference>,
}

impl Related {
    pub async fn of(cx: &ReadContext<'_>, tables: &[Relation]) -> Result<Related, Failure> {
        let mut each: Vec<Relation> = Vec::new();
        for table in tables {
            let is_known = each.iter().any(|known| {
                known.service == table.service && following::full_name(known) == following::full_name(table)
            });
            if !is_known {
                each.push(table.clone());
            }
        }
        let references = following::references(&each, &following::models(cx).await?);
        Ok(Related { tables: each, references })
    }

    fn meant<'n>(&self, names: impl Iterator<Item = &'n String>) -> BTreeSet<usize> {
        let names: Vec<&String> = names.collect();
        (0..self.tables.len()).filter(|at| names.iter().any(|name| means(name, &self.tables[*at]))).collect()
    }

    /// By which links tables follow filters on those of these names.
    pub fn links<'n>(&self, names: impl Iterator<Item = &'n String>) -> Links {
        following::links(&self.tables, &self.references, &self.meant(names))
    }

    /// The tables that show, or total, rows of others that filters on those of these names hide: each with the filtered one.
    pub fn uncovered<'n>(&self, names: impl Iterator<Item = &'n String>) -> Vec<(&Relation, &Relation)> {
        let uncovered = following::uncovered(&self.references, &self.meant(names));
        uncovered.into_iter().map(|(table, filtered)| (&self.tables[table], &self.tables[filtered])).collect()
    }
}

/// What is warned of where filters are not followed.
pub fn not_followed(related: &Related, path: &str, conditions: &Map<String, Value>) -> Vec<Warning> {
    let uncovered = related.uncovered(conditions.keys());
    let more = uncovered.len() > MOST_WARNINGS;
    let told = uncovered.into_iter().take(MOST_WARNINGS).map(|(table, filtered)| {
        let message = "\"{}\" refers to \"{}\" and does not follow its row filter: all its rows are read, and joined with it, those of hidden rows are one group, \"(none)\", with their totals";
        let message = Message::with(message, [table.called(), filtered.called()]);
        Warning::new(FILTER_NOT_FOLLOWED, message, Some(format!("{path}/rowFilters")))
    });
    let others = "other tables do not follow the row filter of the one that they refer to, either";
    told.chain(more.then(|| Warning::new(FILTER_NOT_FOLLOWED, others, None))).collect()
}

/// What is warned of where tables followed a filter by relations that were kept with it, and do so no more.
pub fn follow_no_more(path: &str, lost: &[(String, Link)]) -> Vec<Warning> {
    let told = lost.iter().take(MOST_WARNINGS).map(|(table, link)| {
        let message = "\"{}\" followed the row filters of \"{}\" by a relation that was kept with them, and does so no more: all its rows are read, if no other filter is for it";
        let message = Message::with(message, [table.as_str(), link.to.as_str()]);
        Warning::new(FILTER_NOT_FOLLOWED, message, Some(format!("{path}/rowFilters")))
    });
    told.collect()
}

const FILTER_NOT_FOLLOWED: &str = "FILTER_NOT_FOLLOWED";
/// A request that leaves more is told of these, and that there are others.
const MOST_WARNINGS: usize = 20;

/// Those that are good are printed anew in the request, so that what is kept holds nothing but the condition.
pub async fn check(
    cx: &ReadContext<'_>,
    operations: &mut [UserOperation],
    role_masks: &mut RoleMasks,
) -> Result<Checked, Failure> {
    let is_masked = !role_masks.is_empty() || operations.iter().any(|operation| masks(operation).is_some());
    let is_filtered = operations.iter_mut().any(|operation| !filters(operation).is_empty());
    let is_followed = operations.iter().any(says_follows);
    if !is_filtered && !is_masked && !is_followed {
        return Ok(Checked::default());
    }
    // A filter may be for a table that the next deploy brings, or takes away.
    let mut tables = relations::of_product(cx, ContentState::Drafted).await?;
    tables.extend(relations::of_product(cx, ContentState::Live).await?);
    let related = if is_filtered || is_followed { Related::of(cx, &tables).await? } else { Related::default() };
    let mut dialects = Dialects { cx, known: HashMap::new() };
    let mut broken = Vec::new();
    for operation in operations.iter_mut() {
        let path = format!("{}/columnMasks", operation.path);
        if let Some(masks) = masks_mut(operation) {
            mask_check::check(&tables, &path, masks, &mut broken);
        }
    }
    for (role, masks) in role_masks {
        mask_check::check(&tables, &format!("/roleMasks/{}", role.word()), masks, &mut broken);
    }
    for (path, table, kept) in operations.iter_mut().flat_map(filters) {
        let Some(condition) = kept.as_str() else { continue };
        let meant: Vec<&Relation> = tables.iter().filter(|relation| means(table, relation)).collect();
        if meant.is_empty() {
            let message = Message::with("\"{}\" is no table of the {product}", [table]);
            broken.push(Violation::new(path, RULE_EXISTS, message));
            continue;
        }
        let mut printed: Option<String> = None;
        for relation in meant {
            let columns = asking::columns(&relation.column_names());
            let columns = Some(columns.as_slice()).filter(|columns| !columns.is_empty());
            let dialect = dialects.of(relation).await?;
            match Policy::check_filter(dialect, columns, &booleans(relation), condition) {
                Ok(text) if printed.as_ref().is_none_or(|before| *before == text) => printed = Some(text),
                Ok(_) => {
                    let message = "means several tables that read the condition in different ways";
                    broken.push(Violation::new(path, "unique", message));
                    printed = None;
                    break;
                }
                Err(refusal) => {
                    broken.push(Violation::new(path, refusal.rule.code(), Message::verbatim(refusal.message)));
                    printed = None;
                    break;
                }
            }
        }
        if let Some(text) = printed {
            *kept = text.into();
        }
    }
    Ok(Checked { broken, tables, related })
}

/// Place, table and condition of each filter that an operation gives.
fn filters(operation: &mut UserOperation) -> Vec<(String, &str, &mut Value)> {
    let (Verb::Set { terms, .. } | Verb::Change { terms, .. }) = &mut operation.verb else { return Vec::new() };
    let Patch::Set(given) = &mut terms.row_filters else { return Vec::new() };
    let placed = given.iter_mut().map(|(table, condition)| {
        let mut path = format!("{}/rowFilters", operation.path);
        crate::failure::push_segment(&mut path, table);
        (path, table.as_str(), condition)
    });
    placed.collect()
}

/// Whether it is said of conditions that are there already that others follow them, or not.
fn says_follows(operation: &UserOperation) -> bool {
    let (Verb::Set { terms, .. } | Verb::Change { terms, .. }) = &operation.verb else { return false };
    terms.follows.is_some() && terms.row_filters.is_keep()
}

fn masks(operation: &UserOperation) -> Option<&BTreeMap<String, Masks>> {
    let (Verb::Set { terms, .. } | Verb::Change { terms, .. }) = &operation.verb else { return None };
    terms.column_masks.as_set()
}

fn masks_mut(operation: &mut UserOperation) -> Option<&mut BTreeMap<String, Masks>> {
    let (Verb::Set { terms, .. } | Verb::Change { terms, .. }) = &mut operation.verb else { return None };
    if let Patch::Set(masks) = &mut terms.column_masks { Some(masks) } else { None }
}

/// The columns that the catalogue knows to be true or false.
fn booleans(relation: &Relation) -> Vec<String> {
    let is_boolean = |column: &&Value| {
        let word = column.get("data_type").and_then(Value::as_str).unwrap_or_default();
        ["BOOLEAN", "BOOL"].iter().any(|known| known.eq_ignore_ascii_case(word))
    };
    let names = relation.columns().filter(is_boolean).filter_map(|column| column.get("name")?.as_str());
    names.map(str::to_owned).collect()
}

/// What the sources of tables speak.
struct Dialects<'a> {
    cx: &'a ReadContext<'a>,
    known: HashMap<Option<String>, Dialect>,
}

impl Dialects<'_> {
    async fn of(&mut self, relation: &Relation) -> Result<Dialect, Failure> {
        if let Some(dialect) = self.known.get(&relation.service) {
            return Ok(*dialect);
        }
        let service = match &relation.record {
            Some(table) => self.cx.reading.source_above(table).await?,
            None => None,
        };
        let dialect = asking::speech(self.cx.products, service.as_deref()).dialect;
        self.known.insert(relation.service.clone(), dialect);
        Ok(dialect)
    }
}
