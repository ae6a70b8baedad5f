//! Records as the command line shows them: one by name or id, or a list of a kind. Beside every dialect, in the
//! catalogue's own words; what its caller may not see is not there.

use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::command::Ref;
use emporion_catalog::field::{Field, FieldType};
use emporion_catalog::id::RecordId;
use emporion_catalog::kind::{Kind, Naming};
use emporion_catalog::load::Depth;
use emporion_catalog::query::{Keyset, KeysetKey, ListQuery, States};
use emporion_catalog::record::View;
use emporion_catalog::registry::Registry;
use emporion_catalog::relation::{self, Relation};
use emporion_catalog::spelling::camel_case;
use serde_json::{Map, Value, json};

use crate::relations::word;

/// The most that one answer lists.
pub const PAGE: u32 = 500;
/// Whose records no list shows: the account itself, and what a document is made of.
const NOT_LISTED: &[&str] = &["account", "document_content", "document_passages"];
/// Relations that are shown.
const SHOWN: &[Relation] = &[
    relation::IN_DOMAIN,
    relation::OWNER,
    relation::OWNING_TEAM,
    relation::EXPERT,
    relation::REVIEWER,
    relation::TAGGED,
];
/// How many of them a list shows.
const IN_A_LIST: usize = 2;
/// Fields that tell one record of a kind from the next.
const TELLING: &[(&str, &str)] = &[
    ("user", "email"),
    ("user", "disabled"),
    ("database_service", "service_type"),
    ("table", "table_type"),
    ("asset", "type_name"),
    ("access_request", "wants"),
    ("access_request", "state"),
    ("access_request", "until"),
];

/// Every kind that has a list.
pub fn kinds(registry: &Registry) -> impl Iterator<Item = Kind> + '_ {
    registry.iter().filter(|kind| !NOT_LISTED.contains(&kind.name()))
}

/// The kind that people mean: its name, singular or plural, in any of the usual spellings, or the end of the name of only
/// one (`product`).
pub fn kind_meant(registry: &Registry, text: &str) -> Option<Kind> {
    let text = snake_case(text.trim());
    let is_meant = |name: &str| name == text || plural(name) == text;
    if let Some(kind) = kinds(registry).find(|kind| is_meant(kind.name())) {
        return Some(kind);
    }
    let mut ends = kinds(registry).filter(|kind| kind.name().rsplit_once('_').is_some_and(|(_, last)| is_meant(last)));
    let found = ends.next();
    found.filter(|_| ends.next().is_none())
}

fn snake_case(text: &str) -> String {
    let mut snake = String::new();
    for letter in text.chars() {
        match letter {
            '-' | ' ' => snake.push('_'),
            _ => {
                if letter.is_ascii_uppercase() && !snake.is_empty() && !snake.ends_with('_') {
                    snake.push('_');
                }
                snake.push(letter.to_ascii_lowercase());
            }
        }
    }
    snake
}

pub fn plural(name: &str) -> String {
    match name.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o']) => format!("{stem}ies"),
        _ if name.ends_with('s') => format!("{name}es"),
        _ => format!("{name}s"),
    }
}

/// One record, by its id or FQN.
///
/// Errors: `Invalid` for an unknown kind; `NotFound`; `Ambiguous`.
pub async fn get(catalog: &Catalog, caller: &Caller, kind: &str, name: &str) -> Result<Value, Problem> {
    let kind = named_kind(catalog, kind)?;
    let depth = depth(kind, &[SHOWN, &[relation::CERTIFIED_BY]].concat());
    let view = catalog.get(caller, &reference(kind, name), States::Alive, &depth).await?;
    Ok(whole(&view))
}

/// A page of a kind: `{"records", "total", "next"}`. `next` names the place after which the next page begins, as `after`.
pub async fn list(
    catalog: &Catalog,
    caller: &Caller,
    kind: &str,
    domain: Option<&str>,
    after: Option<Keyset>,
    limit: u32,
) -> Result<Value, Problem> {
    let kind = named_kind(catalog, kind)?;
    let mut query = ListQuery { after, limit: limit.clamp(1, PAGE), ..ListQuery::of(caller.account(), kind) };
    if let Some(domain) = domain {
        if !kind.has(relation::IN_DOMAIN) {
            return Err(Problem::invalid("domain", format!("is no condition for {}", plural(kind.name()))));
        }
        let target = reference(catalog.kind("domain"), domain);
        let domain = catalog.get(caller, &target, States::Alive, &Depth::bare()).await?;
        query.linked.push((relation::IN_DOMAIN, vec![domain.id()]));
    }
    let page = catalog.list(caller, query.clone(), &depth(kind, &SHOWN[..IN_A_LIST])).await?;
    let last = page.views.last().filter(|_| page.more).map(|view| query.keyset(&view.record));
    let next = last.map(|place| match place.key {
        KeysetKey::Name(name) => json!({"name": name, "id": place.id.to_string()}),
        KeysetKey::At(_) => Value::Null,
    });
    let records: Vec<Value> = page.views.iter().map(line).collect();
    Ok(json!({"records": records, "total": page.total, "next": next}))
}

/// The place that an earlier page has named.
pub fn place(name: Option<String>, id: Option<String>) -> Result<Option<Keyset>, Problem> {
    let (Some(name), Some(id)) = (name, id) else { return Ok(None) };
    let id = id.parse().map_err(|_| Problem::invalid("afterId", "must be the id of a record"))?;
    Ok(Some(Keyset { key: KeysetKey::Name(name), id }))
}

fn named_kind(catalog: &Catalog, name: &str) -> Result<Kind, Problem> {
    kind_meant(catalog.registry(), name).ok_or_else(|| Problem::invalid("kind", "is not a kind of record"))
}

pub fn reference(kind: Kind, text: &str) -> Ref {
    match text.parse::<RecordId>() {
        Ok(id) => Ref::Id(kind, id),
        Err(_) => Ref::Name(kind, text.to_owned()),
    }
}

fn depth(kind: Kind, relations: &[Relation]) -> Depth {
    let had: Vec<Relation> = relations.iter().copied().filter(|relation| kind.has(*relation)).collect();
    Depth::of(&had, true)
}

/// What a list shows of a record.
fn line(view: &View) -> Value {
    let record = &view.record;
    let mut line = Map::new();
    line.insert("name".into(), record.name.as_str().into());
    // Where it ends in the id, the id alone says as much.
    if record.kind.0.naming != Naming::ById && !record.kind.0.parents.is_empty() {
        line.insert("fullyQualifiedName".into(), record.fqn.as_str().into());
    }
    line.insert("displayName".into(), view.text("display_name").into());
    for (_, field) in TELLING.iter().filter(|(kind, _)| record.kind.is(kind)) {
        // What nobody has answered is a no.
        let is_question = record.kind.field(field).is_some_and(|field| matches!(field.ty, FieldType::Boolean));
        let unsaid = if is_question { Value::Bool(false) } else { Value::Null };
        line.insert(camel_case(field), view.field(field).cloned().unwrap_or(unsaid));
    }
    for relation in SHOWN[..IN_A_LIST].iter().filter(|relation| record.kind.has(**relation)) {
        line.insert(word(*relation).into(), targets(view, *relation));
    }
    line.insert("updatedAt".into(), record.updated.at.0.into());
    line.insert("id".into(), record.id.to_string().into());
    line.into()
}

/// A record as far as whoever sees it may know it.
fn whole(view: &View) -> Value {
    let record = &view.record;
    let mut whole = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()) {
            whole.insert(name.to_owned(), value);
        }
    };
    put("id", record.id.to_string().into());
    put("kind", record.kind.name().into());
    put("name", record.name.as_str().into());
    put("fullyQualifiedName", record.fqn.as_str().into());
    put("displayName", view.text("display_name").into());
    put("description", view.text("description").into());
    put("parent", view.parent().map(|card| card.fqn.as_str()).into());
    for relation in SHOWN.iter().filter(|relation| record.kind.has(**relation)) {
        put(word(*relation), targets(view, *relation));
    }
    put("version", format!("{}.{}", record.version / 10, record.version % 10).into());
    put("createdAt", record.created.at.0.into());
    put("createdBy", (&*record.created.by.name).into());
    put("updatedAt", record.updated.at.0.into());
    put("updatedBy", (&*record.updated.by.name).into());
    let common = ["display_name", "description"];
    for field in record.kind.fields().filter(|field| field.told && !common.contains(&field.name)) {
        // What the record itself says goes before a field of the same name, which then says whose it is.
        let name = match field.name {
            own @ ("id" | "kind" | "name" | "parent" | "version") => {
                camel_case(&format!("{}_{own}", record.kind.name()))
            }
            other => camel_case(other),
        };
        put(&name, view.said(field.name).map(|value| shown(field.ty, &value)).unwrap_or_default());
    }
    for (field, name) in [("extension", "extension"), ("forms", "forms")] {
        put(name, view.field(field).cloned().unwrap_or_default());
    }
    whole.into()
}

fn shown(ty: FieldType, value: &Value) -> Value {
    match (ty, value) {
        (FieldType::Struct(fields), Value::Object(object)) => fields_of(fields, object),
        (FieldType::Structs(fields), Value::Array(items)) => items
            .iter()
            .map(|item| item.as_object().map_or_else(|| item.clone(), |object| fields_of(fields, object)))
            .collect(),
        _ => value.clone(),
    }
}

fn fields_of(fields: &'static [Field], object: &Map<String, Value>) -> Value {
    let known = fields.iter().filter(|field| field.told);
    let shown = known.filter_map(|field| {
        let value = object.get(field.name)?;
        // Columns hold columns, which are declared nowhere else.
        let value = match (field.name, value) {
            ("children", Value::Array(_)) => shown(FieldType::Structs(fields), value),
            _ => shown(field.ty, value),
        };
        Some((camel_case(field.name), value))
    });
    Value::Object(shown.collect())
}

fn targets(view: &View, relation: Relation) -> Value {
    let own = view.targets(relation).map(|(_, card)| card);
    let inherited = view.inherited_targets(relation).map(|(_, card)| card);
    let names: Vec<&str> = own.chain(inherited).map(|card| card.fqn.as_str()).collect();
    if relation.0.single { names.first().copied().into() } else { names.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_named_as_people_name_them() {
        let registry = Registry::standard();
        for (text, meant) in [
            ("data_product", "data_product"),
            ("product", "data_product"),
            ("products", "data_product"),
            ("data-products", "data_product"),
            ("dataProducts", "data_product"),
            ("DataProduct", "data_product"),
            ("tables", "table"),
            ("users", "user"),
            ("policies", "policy"),
            ("glossaries", "glossary"),
            ("glossaryTerm", "glossary_term"),
            ("schemas", "database_schema"),
            ("verified-queries", "verified_query"),
            ("databaseServices", "database_service"),
            ("assets", "asset"),
        ] {
            assert_eq!(kind_meant(&registry, text).map(Kind::name), Some(meant), "{text}");
        }
        // Two kinds of service, two of type; and what no list shows.
        for text in ["service", "types", "account", "document_content", "tabel", "", "s"] {
            assert!(kind_meant(&registry, text).is_none(), "{text}");
        }
        for kind in kinds(&registry) {
            assert_eq!(kind_meant(&registry, &plural(kind.name())), Some(kind));
        }
    }

    #[test]
    fn a_field_is_kept_back_until_it_is_told() {
        let registry = Registry::standard();
        for (kind, field) in [
            ("chat_message", "text"),
            ("chat_message", "answer"),
            ("chat_message", "feedback_comment"),
            ("chat_thread", "title"),
            ("saved_search", "query"),
            ("followed_question", "question"),
            ("draft", "content"),
            ("semantic_model", "document"),
            ("query", "query"),
            ("query", "checksum"),
            ("table", "crawled"),
            ("table", "source_hash"),
            ("data_product", "kept_filters"),
            ("data_product", "model_links"),
            ("data_product", "role_masks"),
            // It can name what its reader does not see.
            ("data_product", "member_query"),
            ("database_service", "connection"),
            ("ingestion_pipeline", "source_config"),
            ("event_subscription", "destinations"),
            ("document_content", "data"),
        ] {
            let declared = registry.expect(kind).field(field);
            assert!(declared.is_some_and(|field| !field.told), "{kind}.{field}");
        }
        for (kind, field) in TELLING {
            assert!(registry.expect(kind).field(field).is_some_and(|field| field.told), "{kind}.{field}");
        }
        assert!(!Field::optional("new", FieldType::Opaque).told);
    }

    #[test]
    fn what_was_observed_of_columns_is_not_shown() {
        let columns = Registry::standard().expect("table").field("columns").unwrap();
        let value = json!([{
            "name": "a", "data_type": "STRUCT", "profile": {"min": "secret"},
            "children": [{"name": "b", "data_type": "INT", "profile": {"min": "secret"}}],
        }]);
        let expected = json!([{
            "name": "a", "dataType": "STRUCT", "children": [{"name": "b", "dataType": "INT"}],
        }]);
        assert_eq!(shown(columns.ty, &value), expected);
    }
}
