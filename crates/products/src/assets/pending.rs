//! Parts of a product that are not deployed yet: `draft` records below it, and the commands that write them.

use emporion_catalog::Catalog;
use emporion_catalog::command::{Command, Draft, Guard};
use emporion_catalog::id::{RecordId, Revision};
use emporion_catalog::query::{ListQuery, Order};
use emporion_catalog::reading::{Reading, Seen};
use emporion_catalog::record::Record;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::assets::input::AssetInput;
use crate::failure::Failure;
use crate::{commands, refs};

/// The list of the product that these drafts belong to.
const PART: &str = "data_assets";
/// The field of a draft that names who added the asset, and what it says where nobody knows.
const ADDED_BY: &str = "added_by";
const NOBODY: &str = "-";
const MEANT: &str = "meant";
const MEANT_IN: &str = "meant_in";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    New,
    Edit,
    Delete,
}

/// One asset's draft. Its record has the id that the asset has, or will have once it is live.
#[derive(Debug, Clone, PartialEq)]
pub struct Pending {
    pub id: Uuid,
    pub intent: Intent,
    /// What the asset shall be; nothing for a deletion.
    pub fields: AssetInput,
    pub updated_ms: i64,
    /// Who named the table: the rows are lent in his name. Of drafts that older versions kept and changed nobody knows.
    pub added_by: Option<RecordId>,
    pub meant: Meant,
}

/// What the names of a draft meant when it was written: they can come to mean another table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Meant {
    /// The table, where the catalogue had it.
    pub table: Option<RecordId>,
    /// The data source in which it was looked for.
    pub service: Option<RecordId>,
}

impl Intent {
    pub fn word(self) -> &'static str {
        match self {
            Intent::New => "new",
            Intent::Edit => "edit",
            Intent::Delete => "delete",
        }
    }

    pub fn parse(word: &str) -> Option<Intent> {
        [Intent::New, Intent::Edit, Intent::Delete].into_iter().find(|intent| intent.word() == word)
    }
}

impl Pending {
    /// `None` for a draft of another list.
    pub fn of(record: &Record) -> Option<Pending> {
        let text = |name: &str| record.body.get(name).and_then(Value::as_str);
        if text("part") != Some(PART) {
            return None;
        }
        Some(Pending {
            id: record.id.uuid(),
            intent: Intent::parse(text("intent")?)?,
            fields: fields_of(record.body.get("content")),
            updated_ms: record.updated.at.0,
            added_by: match text(ADDED_BY) {
                Some(user) => user.parse().ok(),
                None => (record.revision == Revision::FIRST).then_some(record.created.by.id),
            },
            meant: Meant {
                table: text(MEANT).and_then(|id| id.parse().ok()),
                service: text(MEANT_IN).and_then(|id| id.parse().ok()),
            },
        })
    }
}

/// The asset drafts of a product, oldest first, if the caller may see them: only who may change the product may.
pub async fn of_product(reading: &Reading<'_>, product: &impl Seen) -> Result<Vec<Pending>, Failure> {
    let kind = reading.catalog().kind("draft");
    let fields = vec![("part", PART.into())];
    let query = ListQuery { fields, order: Order::Created, ..ListQuery::of(reading.account(), kind) };
    Ok(reading.all_parts(product, query).await?.iter().filter_map(Pending::of).collect())
}

/// A new draft, made by the user.
pub fn create(
    catalog: &Catalog,
    product: RecordId,
    id: Uuid,
    intent: Intent,
    fields: &AssetInput,
    user: RecordId,
    meant: Meant,
) -> Command {
    // What shall lend nothing is lent in nobody's name.
    let added_by = (fields.is_lent != Some(false)).then_some(user);
    let mut draft = written(intent, fields, added_by, meant);
    draft.name = Some(if fields.table_name.is_empty() { id.to_string() } else { fields.table_name.clone() });
    draft.set("part", PART);
    let parent = Some(refs::product_id(catalog, product));
    commands::create(catalog.kind("draft"), parent, RecordId::from_uuid(id), draft)
}

/// Another content of a draft. Who names another table than `before` is who adds it.
pub fn change(
    catalog: &Catalog,
    before: &Pending,
    intent: Intent,
    fields: &AssetInput,
    user: RecordId,
    meant: Meant,
) -> Command {
    let is_same = before.intent != Intent::Delete && before.fields.full_name() == fields.full_name();
    let (added_by, meant) = if is_same { (before.added_by, before.meant) } else { (Some(user), meant) };
    commands::change(refs::draft(catalog, before.id), Guard::None, written(intent, fields, added_by, meant))
}

/// The same draft, added by somebody else.
pub fn adopt(catalog: &Catalog, before: &Pending, user: RecordId, meant: Meant) -> Command {
    let wanted = written(before.intent, &before.fields, Some(user), meant);
    commands::change(refs::draft(catalog, before.id), Guard::None, wanted)
}

/// Drafts leave nothing behind: what they said is in the product's history once they are deployed, and their id must
/// be free for the next draft of the same asset.
pub fn purge(catalog: &Catalog, id: Uuid) -> Command {
    commands::purge(refs::draft(catalog, id))
}

fn written(intent: Intent, fields: &AssetInput, added_by: Option<RecordId>, meant: Meant) -> Draft {
    let mut draft = content(intent, fields);
    // Whom nobody knows stays unknown.
    draft.set(ADDED_BY, added_by.map_or_else(|| NOBODY.to_owned(), |user| user.to_string()));
    means(&mut draft, meant);
    draft
}

fn content(intent: Intent, fields: &AssetInput) -> Draft {
    let mut draft = Draft::default();
    draft.set("intent", intent.word());
    let mut content = Map::new();
    let texts = [
        ("external_id", &fields.external_id),
        ("database_name", &fields.database_name),
        ("schema_name", &fields.schema_name),
        ("description", &fields.description),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            content.insert(name.to_owned(), text.as_str().into());
        }
    }
    if intent != Intent::Delete {
        content.insert("table_name".to_owned(), fields.table_name.as_str().into());
    }
    draft.set("content", if intent == Intent::Delete { Value::Null } else { content.into() });
    draft
}

fn means(draft: &mut Draft, meant: Meant) {
    let text = |id: Option<RecordId>| id.map_or(Value::Null, |id| id.to_string().into());
    draft.set(MEANT, text(meant.table));
    draft.set(MEANT_IN, text(meant.service));
}

fn fields_of(content: Option<&Value>) -> AssetInput {
    let text = |name: &str| content.and_then(|content| content.get(name)?.as_str()).map(str::to_owned);
    AssetInput {
        id: None,
        external_id: text("external_id"),
        database_name: text("database_name"),
        schema_name: text("schema_name"),
        table_name: text("table_name").unwrap_or_default(),
        description: text("description"),
        is_lent: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_draft_keeps_is_read_back() {
        let fields = AssetInput {
            id: None,
            external_id: Some("asset-123".to_owned()),
            database_name: None,
            schema_name: Some("sales".to_owned()),
            table_name: "orders".to_owned(),
            description: Some("Orders".to_owned()),
            is_lent: None,
        };
        for intent in [Intent::New, Intent::Edit] {
            let draft = content(intent, &fields);
            assert_eq!(draft.fields["intent"], intent.word());
            assert_eq!(fields_of(draft.fields.get("content")), fields);
            assert_eq!(Intent::parse(intent.word()), Some(intent));
        }
        assert_eq!(content(Intent::Delete, &fields).fields["content"], Value::Null);
    }
}
