//! Changes of the tables that a product holds: which are added, changed and removed.

use uuid::Uuid;

use crate::message::Message;
use crate::patch::Patch;
use crate::warning::Warning;

/// A table that a product shall hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AssetInput {
    /// Only in a full replacement: the asset that this entry was read from.
    pub id: Option<Uuid>,
    pub external_id: Option<String>,
    pub database_name: Option<String>,
    pub schema_name: Option<String>,
    pub table_name: String,
    pub description: Option<String>,
    /// Only in an addition: whether it shall lend its rows, where the entry says so.
    pub is_lent: Option<bool>,
}

/// A merge patch of one asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetChange {
    pub id: Uuid,
    pub external_id: Patch<String>,
    pub database_name: Patch<String>,
    pub schema_name: Patch<String>,
    pub table_name: Option<String>,
    pub description: Patch<String>,
    /// Whether the table shall lend its rows from now on.
    pub is_lent: Option<bool>,
}

impl AssetChange {
    /// Nothing but whether rows are lent, which is no matter of the product's editors.
    pub fn only_lends(&self) -> bool {
        let texts = [&self.external_id, &self.database_name, &self.schema_name, &self.description];
        self.is_lent.is_some() && self.table_name.is_none() && texts.iter().all(|text| **text == Patch::Keep)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssetEdit {
    Change {
        add: Vec<AssetInput>,
        update: Vec<AssetChange>,
        remove: Vec<Uuid>,
    },
    /// These and no others.
    Replace(Vec<AssetInput>),
}

impl AssetEdit {
    /// The assets whose rows are to be lent or taken back, where nothing else is asked for.
    pub fn only_lends(&self) -> Option<&[AssetChange]> {
        match self {
            AssetEdit::Change { add, update, remove } => {
                let is_all = add.is_empty() && remove.is_empty() && !update.is_empty();
                (is_all && update.iter().all(AssetChange::only_lends)).then_some(update)
            }
            AssetEdit::Replace(_) => None,
        }
    }
}

impl AssetInput {
    /// What makes a table the same one within a product.
    pub fn full_name(&self) -> (Option<&str>, Option<&str>, &str) {
        (self.database_name.as_deref(), self.schema_name.as_deref(), &self.table_name)
    }
}

/// The warning that adding a table changed nothing, because the product (or the request) has it already.
pub fn already_there(input: &AssetInput, path: String) -> Warning {
    let (database, schema, table) = input.full_name();
    let name = [database, schema, Some(table)].into_iter().flatten().collect::<Vec<_>>().join(".");
    Warning::new("DUPLICATE_ASSET", Message::with("{} is in the {product} already", [name]), Some(path))
}
