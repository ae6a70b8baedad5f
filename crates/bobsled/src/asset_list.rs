//! What `PATCH data-assets` asks for: additions, changes and removals, or a whole new list.

use std::collections::HashSet;

use emporion_products::assets::input::{AssetChange, AssetEdit, AssetInput, already_there};
use emporion_products::assets::print::GRANTED;
use emporion_products::failure::{Code, Failure, Violation};
use emporion_products::fields::{self, Aliases, Spelling};
use emporion_products::ids;
use emporion_products::patch::Patch;
use emporion_products::warning::Warning;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::shapes::asset;

/// The request as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetsPatch {
    pub edit: AssetEdit,
    /// Skip the draft: what is asked for is live at once.
    pub is_deployed: bool,
    pub warnings: Vec<Warning>,
}

/// Names that clients of the original service have been seen or guessed to use.
const ALIASES: Aliases =
    &[("add", &["dataAssetsToAdd", "addDataAssets"]), ("remove", &["dataAssetIdsToRemove", "removeDataAssetIds"])];

/// From an entry that keeps to its shape.
fn input(entry: &Value) -> AssetInput {
    AssetInput {
        id: None,
        external_id: text(entry, "externalId"),
        database_name: text(entry, "databaseName"),
        schema_name: text(entry, "schemaName"),
        table_name: text(entry, "tableName").unwrap_or_default(),
        description: text(entry, "description"),
        is_lent: None,
    }
}

/// An entry that is to be added, and may say whether it lends its rows.
fn added(entry: &Value) -> AssetInput {
    AssetInput { is_lent: is_lent(entry), ..input(entry) }
}

/// Reads the body in any of its accepted forms.
pub fn parse(mut body: Value, strict: bool) -> Result<AssetsPatch, Failure> {
    let spelling = Spelling::unify(&mut body, ALIASES)?;
    parse_unified(body, strict).map_err(|failure| spelling.restore(failure))
}

fn parse_unified(body: Value, strict: bool) -> Result<AssetsPatch, Failure> {
    let echoed = [&asset::ASSET, &asset::LIST, &asset::PATCHED];
    let check_body = |body: &Map<String, Value>, broken: &mut Vec<Violation>| {
        fields::says_nothing(body, "say what to add, update or remove", broken);
        if let Err(failure) = edit(body, &mut Vec::new())
            && failure.code != Code::CONFLICTING_FIELDS
        {
            broken.extend(failure.violations);
        }
    };
    let fields::Checked { body, mut warnings } = fields::check_all(&asset::PATCH, &echoed, body, strict, &check_body)?;
    let edit = edit(&body, &mut warnings)?;
    let is_deployed = body.get("isDeployed").and_then(Value::as_bool).unwrap_or(false);
    Ok(AssetsPatch { edit, is_deployed, warnings })
}

fn edit(body: &Map<String, Value>, warnings: &mut Vec<Warning>) -> Result<AssetEdit, Failure> {
    if !is_given(body, "dataAssets") {
        return change(body, warnings);
    }
    if let Some(other) = ["add", "update", "remove"].into_iter().find(|name| is_given(body, name)) {
        return Err(Failure::conflicting_fields("/dataAssets", "dataAssets", other));
    }
    Ok(AssetEdit::Replace(replacement(list(body, "dataAssets"), warnings)?))
}

/// The assets of a create. Entries keep to their shape already.
pub fn additions(entries: &[Value], at: &str, warnings: &mut Vec<Warning>) -> Vec<AssetInput> {
    distinct(entries.iter().map(added), at, warnings)
}

fn change(body: &Map<String, Value>, warnings: &mut Vec<Warning>) -> Result<AssetEdit, Failure> {
    let mut violations = Vec::new();
    let mut update: Vec<AssetChange> = Vec::new();
    let mut touched = HashSet::new();
    for (index, entry) in list(body, "update").iter().enumerate() {
        let at = format!("/update/{index}");
        let (Some(id), Value::Object(members)) = (entry.get("id").and_then(id_of), entry) else { continue };
        if !touched.insert(id) {
            violations.push(Violation::new(format!("{at}/id"), "unique", "the asset stands twice in the request"));
        }
        if entry.get("tableName").is_some_and(Value::is_null) {
            violations.push(Violation::new(format!("{at}/tableName"), "required", "cannot be removed"));
        }
        update.push(AssetChange {
            id,
            external_id: Patch::text(members, "externalId"),
            database_name: Patch::text(members, "databaseName"),
            schema_name: Patch::text(members, "schemaName"),
            table_name: text(entry, "tableName"),
            description: Patch::text(members, "description"),
            is_lent: is_lent(entry),
        });
    }
    let mut remove: Vec<Uuid> = Vec::new();
    let mut removed = HashSet::new();
    for (index, entry) in list(body, "remove").iter().enumerate() {
        let Some(id) = id_of(entry) else { continue };
        if touched.contains(&id) {
            let at = format!("/remove/{index}");
            violations.push(Violation::new(at, "unique", "the asset stands under update, too"));
        } else if removed.insert(id) {
            remove.push(id);
        }
    }
    if !violations.is_empty() {
        return Err(Failure::invalid(violations));
    }
    Ok(AssetEdit::Change { add: additions(list(body, "add"), "/add", warnings), update, remove })
}

fn replacement(entries: &[Value], warnings: &mut Vec<Warning>) -> Result<Vec<AssetInput>, Failure> {
    let mut violations = Vec::new();
    let mut inputs = Vec::with_capacity(entries.len());
    let mut seen = HashSet::new();
    for (index, entry) in entries.iter().enumerate() {
        let mut input = input(entry);
        input.id = entry.get("id").and_then(id_of);
        if input.id.is_some_and(|id| !seen.insert(id)) {
            let at = format!("/dataAssets/{index}/id");
            violations.push(Violation::new(at, "unique", "the asset stands twice in the request"));
        }
        inputs.push(input);
    }
    if !violations.is_empty() {
        return Err(Failure::invalid(violations));
    }
    Ok(distinct(inputs.into_iter(), "/dataAssets", warnings))
}

/// A table that is named again is the same table: the first mention counts.
fn distinct(inputs: impl Iterator<Item = AssetInput>, at: &str, warnings: &mut Vec<Warning>) -> Vec<AssetInput> {
    let mut seen = HashSet::new();
    let mut kept = Vec::new();
    for (index, input) in inputs.enumerate() {
        let full_name = (input.database_name.clone(), input.schema_name.clone(), input.table_name.clone());
        if seen.insert(full_name) {
            kept.push(input);
        } else {
            warnings.push(already_there(&input, format!("{at}/{index}")));
        }
    }
    kept
}

/// An id that the check of shapes has let pass.
fn id_of(value: &Value) -> Option<Uuid> {
    value.as_str().and_then(ids::parse_uuid)
}

fn list<'a>(body: &'a Map<String, Value>, name: &str) -> &'a [Value] {
    body.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn is_given(body: &Map<String, Value>, name: &str) -> bool {
    body.get(name).is_some_and(|value| !value.is_null())
}

fn is_lent(entry: &Value) -> Option<bool> {
    text(entry, "rows").map(|rows| rows == GRANTED)
}

/// Text, where there is any: the empty string counts as none.
fn text(entry: &Value, name: &str) -> Option<String> {
    entry.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::http_failures;
    use emporion_products::failure::Code;

    const ONE: &str = "660e8400-e29b-41d4-a716-446655440001";
    const TWO: &str = "660e8400-e29b-41d4-a716-446655440002";

    fn uuid(text: &str) -> Uuid {
        Uuid::try_parse(text).expect("a UUID")
    }

    fn table(schema: &str, name: &str) -> AssetInput {
        AssetInput { schema_name: Some(schema.to_owned()), table_name: name.to_owned(), ..AssetInput::default() }
    }

    fn refused(body: Value) -> Failure {
        parse(body, false).expect_err("a body that is refused")
    }

    #[test]
    fn additions_changes_and_removals_are_read() {
        let body = json!({
            "add": [{"externalId": "asset-123", "tableName": "orders", "schemaName": "sales"}],
            "update": [{"id": ONE, "description": null, "tableName": "o2"}],
            "remove": [TWO.to_uppercase()],
            "isDeployed": true
        });
        let patch = parse(body, true).expect("a body by the book");
        assert!(patch.is_deployed);
        let AssetEdit::Change { add, update, remove } = patch.edit else { panic!("a change") };
        assert_eq!(add, [AssetInput { external_id: Some("asset-123".to_owned()), ..table("sales", "orders") }]);
        assert_eq!(update[0].id, uuid(ONE));
        assert_eq!(update[0].table_name.as_deref(), Some("o2"));
        assert_eq!(update[0].description, Patch::Clear);
        assert_eq!(update[0].schema_name, Patch::Keep);
        assert_eq!(remove, [uuid(TWO)]);
    }

    #[test]
    fn aliases_mean_the_same() {
        for (add, remove) in [("dataAssetsToAdd", "dataAssetIdsToRemove"), ("addDataAssets", "removeDataAssetIds")] {
            let body = json!({add: [{"tableName": "t"}], remove: [ONE]});
            let AssetEdit::Change { add, remove, .. } = parse(body, true).expect("known names").edit else {
                panic!("a change")
            };
            assert_eq!((add.len(), remove), (1, vec![uuid(ONE)]));
        }
        assert_eq!(refused(json!({"removeDataAssetIds": ["x"]})).violations[0].path, "/removeDataAssetIds/0");
    }

    #[test]
    fn a_bare_list_replaces_everything_and_keeps_ids() {
        let body = json!({"dataAssets": [
            {"id": ONE, "dataProductId": TWO, "tableName": "t", "isDeployed": true, "columns": []},
            {"tableName": "u", "schemaName": ""}
        ]});
        let patch = parse(body, true).expect("what was read may be sent back");
        let AssetEdit::Replace(kept) = patch.edit else { panic!("a replacement") };
        assert_eq!(kept[0].id, Some(uuid(ONE)));
        assert_eq!(kept[1], AssetInput { table_name: "u".to_owned(), ..AssetInput::default() });
        assert_eq!(parse(json!({"dataAssets": []}), false).expect("none left").edit, AssetEdit::Replace(vec![]));
    }

    #[test]
    fn a_list_and_changes_together_contradict_each_other() {
        assert_eq!(refused(json!({"dataAssets": [], "add": []})).code, Code::CONFLICTING_FIELDS);
        assert_eq!(refused(json!({"add": [], "addDataAssets": [{}]})).code, Code::CONFLICTING_FIELDS);
    }

    #[test]
    fn a_table_named_twice_is_added_once_with_a_warning() {
        let body = json!({"add": [{"tableName": "t"}, {"tableName": "t", "schemaName": ""}, {"tableName": "T"}]});
        let patch = parse(body, false).expect("a warning at most");
        let AssetEdit::Change { add, .. } = patch.edit else { panic!("a change") };
        assert_eq!(add.len(), 2);
        assert_eq!(patch.warnings[0].path.as_deref(), Some("/add/1"));
    }

    #[test]
    fn an_asset_cannot_be_changed_twice_or_changed_and_removed() {
        assert_eq!(refused(json!({"update": [{"id": ONE}, {"id": ONE}]})).violations[0].rule, "unique");
        assert_eq!(refused(json!({"update": [{"id": ONE}], "remove": [ONE]})).violations[0].path, "/remove/0");
    }

    #[test]
    fn bad_bodies_name_the_member_and_the_rule() {
        assert_eq!(refused(json!({})).violations[0].rule, "minProperties");
        assert_eq!(http_failures::status(&refused(json!([]))), 400);
        assert_eq!(http_failures::status(&refused(json!({"add": {}}))), 400);
        assert_eq!(refused(json!({"add": [{"schemaName": "s"}]})).violations[0].path, "/add/0/tableName");
        assert_eq!(refused(json!({"update": [{"id": "x"}]})).violations[0].rule, "pattern");
        assert_eq!(refused(json!({"update": [{"id": ONE, "tableName": null}]})).violations[0].rule, "required");
        assert_eq!(parse(json!({"addd": []}), true).expect_err("strict").code, Code::UNKNOWN_FIELD);
    }
}
