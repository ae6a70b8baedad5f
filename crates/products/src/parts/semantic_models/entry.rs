//! One metric, table, field or relationship of a semantic model: read for a form, put back, and taken away. All else of the
//! model stays as it is.

use emporion_catalog::name;
use emporion_edge::etag::IfMatch;
use emporion_semantic::model::{self, Common, Expression, Model};
use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::body::{self, Taken};
use super::document::readable;
use super::examine::{self, Judgement};
use super::part::SemanticModels;
use super::spec::{DOCUMENT, SPEC};
use super::write;
use crate::content_state::ContentState;
use crate::failure::Failure;
use crate::parts::change::{self, Compose, Stored, Writing};
use crate::parts::item::{self, Item};
use crate::parts::spec::Fields;
use crate::read_context::ReadContext;
use crate::request::ProductRequest;
use crate::service::Products;
use crate::subject;

/// Which one. Without a name: one that is not there yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryRef {
    Metric(Option<String>),
    Table(String),
    Field { table: String, name: Option<String> },
    Relationship(Option<String>),
}

/// What a form has of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Entry {
    pub name: String,
    pub label: String,
    pub description: String,
    pub synonyms: Vec<String>,
    pub detail: Detail,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub enum Detail {
    Metric {
        expression: String,
        unit: String,
        /// Conditions that its rows fulfil besides.
        filters: Vec<String>,
    },
    Table {
        primary_key: Vec<String>,
        /// The field that dates its rows where a question names no other.
        time: String,
    },
    Field {
        expression: String,
        role: Role,
        unit: String,
    },
    Relationship {
        from: String,
        to: String,
        from_columns: Vec<String>,
        to_columns: Vec<String>,
    },
    #[default]
    Nothing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Role {
    #[default]
    Fact,
    Dimension,
    Time,
}

/// What is to be done to it.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    Put(Entry),
    Remove,
}

impl EntryRef {
    /// As an address has it: `metric:net_sales`, `field:orders.status`, `field:orders.` for a new one.
    pub fn parse(text: &str) -> Option<EntryRef> {
        let (kind, name) = text.split_once(':')?;
        let own = |name: &str| Some(name.to_owned()).filter(|name| !name.is_empty());
        match kind {
            "metric" => Some(EntryRef::Metric(own(name))),
            "table" => own(name).map(EntryRef::Table),
            // Names of fields have no dot, those of tables may.
            "field" => {
                let (table, name) = name.split_once('.')?;
                Some(EntryRef::Field { table: undotted(table)?, name: own(&undotted(name)?) })
            }
            "relationship" => Some(EntryRef::Relationship(own(name))),
            _ => None,
        }
    }

    pub fn print(&self) -> String {
        let own = |name: &Option<String>| name.clone().unwrap_or_default();
        match self {
            EntryRef::Metric(name) => format!("metric:{}", own(name)),
            EntryRef::Table(name) => format!("table:{name}"),
            EntryRef::Field { table, name } => format!("field:{}.{}", dotted(table), dotted(&own(name))),
            EntryRef::Relationship(name) => format!("relationship:{}", own(name)),
        }
    }

    /// What people call it; empty for what is not there yet.
    pub fn called_as(&self) -> String {
        match self {
            EntryRef::Metric(name) | EntryRef::Relationship(name) => name.clone().unwrap_or_default(),
            EntryRef::Table(name) => name.clone(),
            EntryRef::Field { table, name } => format!("{table}.{}", name.as_deref().unwrap_or_default()),
        }
    }

    pub fn is_new(&self) -> bool {
        matches!(self, EntryRef::Metric(None) | EntryRef::Field { name: None, .. } | EntryRef::Relationship(None))
    }

    /// The same with this name: where it is after a change.
    #[must_use]
    pub fn called(&self, name: &str) -> EntryRef {
        let name = name.to_owned();
        match self {
            EntryRef::Metric(_) => EntryRef::Metric(Some(name)),
            EntryRef::Table(_) => EntryRef::Table(name),
            EntryRef::Field { table, .. } => EntryRef::Field { table: table.clone(), name: Some(name) },
            EntryRef::Relationship(_) => EntryRef::Relationship(Some(name)),
        }
    }

    /// An entry without anything in it.
    pub fn empty(&self) -> Entry {
        let text = String::new;
        let detail = match self {
            EntryRef::Metric(_) => Detail::Metric { expression: text(), unit: text(), filters: Vec::new() },
            EntryRef::Table(_) => Detail::Table { primary_key: Vec::new(), time: text() },
            EntryRef::Field { .. } => Detail::Field { expression: text(), role: Role::Fact, unit: text() },
            EntryRef::Relationship(_) => {
                Detail::Relationship { from: text(), to: text(), from_columns: Vec::new(), to_columns: Vec::new() }
            }
        };
        Entry { detail, ..Entry::default() }
    }
}

/// A name of which no dot is left, so that one can stand behind it.
fn dotted(name: &str) -> String {
    name.replace('%', "%25").replace('.', "%2E")
}

fn undotted(text: &str) -> Option<String> {
    (!text.contains('.')).then(|| text.replace("%2E", ".").replace("%25", "%"))
}

/// What a document has there; an empty entry for a new one. `None` where there is nothing of that name.
pub fn find(document: &Value, place: &EntryRef) -> Option<Entry> {
    entry_in(&model_in(document)?, place)
}

fn entry_in(model: &Model, place: &EntryRef) -> Option<Entry> {
    let entry = match place {
        EntryRef::Metric(Some(name)) => {
            let metric = model.metrics.iter().find(|one| is_called(&one.common, name))?;
            let filters = texts(&metric.common.extension["defaultFilters"]);
            let detail = Detail::Metric {
                expression: metric.expression.any().to_owned(),
                unit: text(&metric.common.extension["unit"]),
                filters,
            };
            Entry { detail, ..Entry::of(&metric.common, None) }
        }
        EntryRef::Table(name) => {
            let table = model.datasets.iter().find(|one| is_called(&one.common, name))?;
            let time = text(&table.common.extension["defaultTimeField"]);
            Entry {
                detail: Detail::Table { primary_key: table.primary_key.clone(), time },
                ..Entry::of(&table.common, None)
            }
        }
        EntryRef::Field { table, name } => {
            let table = model.datasets.iter().find(|one| is_called(&one.common, table))?;
            let Some(name) = name else { return Some(place.empty()) };
            let field = table.fields.iter().find(|one| is_called(&one.common, name))?;
            let role = match field.time_dimension {
                Some(true) => Role::Time,
                Some(false) => Role::Dimension,
                None => Role::Fact,
            };
            let unit = text(&field.common.extension["unit"]);
            let detail = Detail::Field { expression: field.expression.any().to_owned(), role, unit };
            Entry { detail, ..Entry::of(&field.common, field.label.as_deref()) }
        }
        EntryRef::Relationship(Some(name)) => {
            let one = model.relationships.iter().find(|one| is_called(&one.common, name))?;
            let detail = Detail::Relationship {
                from: one.from.clone(),
                to: one.to.clone(),
                from_columns: one.from_columns.clone(),
                to_columns: one.to_columns.clone(),
            };
            Entry { detail, ..Entry::of(&one.common, None) }
        }
        EntryRef::Metric(None) | EntryRef::Relationship(None) => place.empty(),
    };
    Some(entry)
}

/// The names of a document's tables.
pub fn tables(document: &Value) -> Vec<String> {
    model_in(document).map(|model| model.datasets.into_iter().map(|one| one.common.name).collect()).unwrap_or_default()
}

fn model_in(document: &Value) -> Option<Model> {
    readable(&Fields::from_iter([(DOCUMENT.to_owned(), document.clone())])).ok()
}

impl Entry {
    fn of(common: &Common, label: Option<&str>) -> Entry {
        Entry {
            name: common.name.clone(),
            label: label.map_or_else(|| text(&common.extension["label"]), str::to_owned),
            description: common.description.clone().unwrap_or_default(),
            synonyms: common.ai.synonyms.clone(),
            detail: Detail::Nothing,
        }
    }

    /// What is as it was stays as it is written, also what a form cannot have.
    fn put(&self, before: &Entry, common: &mut Common) {
        if self.name != before.name {
            common.name.clone_from(&self.name);
        }
        if self.description != before.description {
            common.description = Some(self.description.clone()).filter(|text| !text.is_empty());
        }
        if self.synonyms != before.synonyms {
            common.ai.synonyms.clone_from(&self.synonyms);
        }
    }
}

fn is_called(common: &Common, wanted: &str) -> bool {
    name::fold(&common.name) == name::fold(wanted)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Sets a member of the catalogue's own extension that is another by now, or takes it away where there is nothing in it.
fn extend<T: Serialize + PartialEq>(common: &mut Common, member: &str, before: &T, now: &T) {
    if before == now {
        return;
    }
    let value = json!(now);
    let is_empty = value.as_str() == Some("") || value.as_array().is_some_and(Vec::is_empty);
    let mut members = match std::mem::take(&mut common.extension) {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    match is_empty {
        true => drop(members.shift_remove(member)),
        false => drop(members.insert(member.to_owned(), value)),
    }
    common.extension = if members.is_empty() { Value::Null } else { Value::Object(members) };
}

/// What an expression says in the standard's dialect, or in the only one that it has; others of its dialects stay.
fn express(expression: &mut Expression, text: &str) {
    let standard = Expression::ansi(text);
    if expression.any() == text {
        return;
    }
    let (dialect, _) = &standard.dialects[0];
    let at = expression.dialects.iter().position(|(known, _)| known.eq_ignore_ascii_case(dialect));
    match at.or(expression.dialects.len().checked_sub(1).filter(|last| *last == 0)) {
        Some(at) => text.clone_into(&mut expression.dialects[at].1),
        None => expression.dialects.splice(0..0, standard.dialects).for_each(drop),
    }
}

/// Carries a change out.
///
/// Errors: 404 where it is not there.
fn apply(model: &mut Model, place: &EntryRef, change: &Change) -> Result<(), Failure> {
    let gone = || Failure::not_found("the semantic model has no such part any more");
    let before = entry_in(model, place).ok_or_else(gone)?;
    let common = match place {
        EntryRef::Metric(name) => {
            let Some(metric) = entry_of(&mut model.metrics, name.as_deref(), |one| &one.common, change, gone)? else {
                return Ok(());
            };
            if let Change::Put(Entry { detail: Detail::Metric { expression, unit, filters }, .. }) = change
                && let Detail::Metric { unit: unit_before, filters: filters_before, .. } = &before.detail
            {
                express(&mut metric.expression, expression);
                extend(&mut metric.common, "unit", unit_before, unit);
                extend(&mut metric.common, "defaultFilters", filters_before, filters);
            }
            &mut metric.common
        }
        EntryRef::Table(name) => {
            let table = model.datasets.iter_mut().find(|one| is_called(&one.common, name)).ok_or_else(gone)?;
            if let Change::Put(Entry { detail: Detail::Table { primary_key, time }, .. }) = change
                && let Detail::Table { time: time_before, .. } = &before.detail
            {
                table.primary_key.clone_from(primary_key);
                extend(&mut table.common, "defaultTimeField", time_before, time);
            }
            &mut table.common
        }
        EntryRef::Field { table, name } => {
            let table = model.datasets.iter_mut().find(|one| is_called(&one.common, table)).ok_or_else(gone)?;
            let Some(field) = entry_of(&mut table.fields, name.as_deref(), |one| &one.common, change, gone)? else {
                return Ok(());
            };
            if let Change::Put(Entry { label, detail: Detail::Field { expression, role, unit }, .. }) = change
                && let Detail::Field { unit: unit_before, .. } = &before.detail
            {
                express(&mut field.expression, expression);
                field.time_dimension = match role {
                    Role::Fact => None,
                    Role::Dimension => Some(false),
                    Role::Time => Some(true),
                };
                extend(&mut field.common, "unit", unit_before, unit);
                if *label != before.label {
                    field.label = Some(label.clone()).filter(|text| !text.is_empty());
                    extend(&mut field.common, "label", &Value::Null, &json!(""));
                }
            }
            &mut field.common
        }
        EntryRef::Relationship(name) => {
            let Some(one) = entry_of(&mut model.relationships, name.as_deref(), |one| &one.common, change, gone)?
            else {
                return Ok(());
            };
            if let Change::Put(Entry { detail: Detail::Relationship { from, to, from_columns, to_columns }, .. }) =
                change
            {
                (one.from, one.to) = (from.clone(), to.clone());
                (one.from_columns, one.to_columns) = (from_columns.clone(), to_columns.clone());
            }
            &mut one.common
        }
    };
    let Change::Put(entry) = change else { return Err(gone()) };
    match place {
        // What else of the model names a table would have to be changed with it.
        EntryRef::Table(_) => Entry { name: before.name.clone(), ..entry.clone() }.put(&before, common),
        _ => entry.put(&before, common),
    }
    if !matches!(place, EntryRef::Field { .. } | EntryRef::Relationship(_)) {
        extend(common, "label", &before.label, &entry.label);
    }
    Ok(())
}

/// The one of that name, a new one at the end, or none any more where it is taken away.
fn entry_of<'a, T: Default>(
    list: &'a mut Vec<T>,
    name: Option<&str>,
    common: fn(&T) -> &Common,
    change: &Change,
    gone: impl Fn() -> Failure,
) -> Result<Option<&'a mut T>, Failure> {
    let at = match name {
        Some(name) => list.iter().position(|one| is_called(common(one), name)).ok_or_else(gone)?,
        None => {
            list.push(T::default());
            list.len() - 1
        }
    };
    if matches!(change, Change::Remove) {
        list.remove(at);
        return Ok(None);
    }
    Ok(list.get_mut(at))
}

/// The document after a change, be it right or not; `None` where it cannot be changed so.
pub fn document_after(document: &Value, place: &EntryRef, change: &Change) -> Option<Value> {
    let mut model = model_in(document)?;
    apply(&mut model, place, change).ok()?;
    Some(model::print(&model))
}

/// The content after a change.
///
/// Errors: 404, and 422 for what is no model then.
fn changed(before: Fields, place: &EntryRef, change: &Change) -> Result<Taken, Failure> {
    let mut model = readable(&before).map_err(body::invalid)?;
    apply(&mut model, place, change)?;
    body::edited(before, |document| *document = model::print(&model))
}

/// Stores a change of a model as a draft.
///
/// Errors: 403, 404, 412 where the condition does not hold; 422 for what is no model then, or does not fit the product; 429
/// while many others read models.
pub async fn store(
    products: &Products,
    request: &ProductRequest,
    id: Uuid,
    place: &EntryRef,
    wanted: &Change,
    condition: IfMatch,
) -> Result<Stored, Failure> {
    let _permit = products.model_limit.permit(request.caller.principal.user).await?;
    let (place, wanted) = (place.clone(), wanted.clone());
    let prepare = |_| async move {
        let content: Compose =
            Box::new(move |before| changed(before.cloned().unwrap_or_default(), &place, &wanted).map(write::content));
        Ok(Writing { condition: Some(condition), ..Writing::of(Some(id), content) })
    };
    change::write(&SemanticModels, products, request, prepare, None).await?.fresh()
}

/// A model as it would be after a change, which nobody has stored.
pub struct DryRun {
    /// Where the changed part stands in it, as its findings have it; `None` where it was taken away.
    pub pointer: Option<String>,
    pub fields: Fields,
    /// The same before it.
    pub before: Fields,
    pub judgement: Judgement,
}

/// Says of a change what storing it would.
///
/// Errors: as for [`store`].
pub async fn trial(
    products: &Products,
    request: &ProductRequest,
    id: Uuid,
    place: &EntryRef,
    wanted: &Change,
) -> Result<DryRun, Failure> {
    let _permit = products.model_limit.permit(request.caller.principal.user).await?;
    let product = subject::editable(products, request).await?.seen();
    let reading = products.catalog.reading(&request.caller).await?;
    let cx = ReadContext { products, reading: &reading, product };
    let items = item::of_product(&SPEC, cx.reading, product).await?;
    let own = items.iter().find(|item| item.id == id);
    let before = own.ok_or_else(|| Failure::not_found("the {product} has no such semantic model"))?.fields();
    let (edited, at, change) = (before.clone(), place.clone(), wanted.clone());
    // A large document takes a while, and other requests do not wait for it.
    let editing = tokio::task::spawn_blocking(move || changed(edited, &at, &change));
    let Taken { fields, report } = editing.await.map_err(|_| Failure::internal())??;
    let others: Vec<&Item> = items.iter().filter(|item| item.id != id).collect();
    let judgement = examine::judge(&cx, &fields, Some(before), &report, &others, ContentState::Drafted).await?;
    let pointer = match wanted {
        Change::Put(entry) => readable(&fields).ok().and_then(|model| pointer(&model, &place.called(&entry.name))),
        Change::Remove => None,
    };
    Ok(DryRun { pointer, before: before.clone(), fields, judgement })
}

impl DryRun {
    /// What is worth saying of the changed part, and not of those in it.
    pub fn warnings(&self) -> impl Iterator<Item = &str> {
        let own = |path: &str| {
            let within = self.pointer.as_deref().and_then(|pointer| path.strip_prefix(pointer));
            within
                .is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()) && !rest.contains("/fields/"))
        };
        self.judgement.warnings.iter().filter(move |one| own(&one.path)).map(|one| one.message.as_str())
    }
}

fn pointer(model: &Model, place: &EntryRef) -> Option<String> {
    fn at<'a>(list: impl IntoIterator<Item = &'a Common>, name: &str) -> Option<usize> {
        list.into_iter().position(|one| is_called(one, name))
    }
    let table = |name: &str| at(model.datasets.iter().map(|one| &one.common), name);
    Some(match place {
        EntryRef::Metric(name) => {
            format!("/metrics/{}", at(model.metrics.iter().map(|one| &one.common), name.as_deref()?)?)
        }
        EntryRef::Table(name) => format!("/datasets/{}", table(name)?),
        EntryRef::Field { table: of, name } => {
            let of = table(of)?;
            let fields = model.datasets[of].fields.iter();
            format!("/datasets/{of}/fields/{}", at(fields.map(|one| &one.common), name.as_deref()?)?)
        }
        EntryRef::Relationship(name) => {
            let list = model.relationships.iter();
            format!("/relationships/{}", at(list.map(|one| &one.common), name.as_deref()?)?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_told_as_it_would_be() {
        let place = EntryRef::parse("field:orders.status").expect("a place");
        let after = document_after(&document(), &place, &Change::Remove).expect("a document");
        assert_eq!(after["semantic_model"][0]["datasets"][0]["fields"].as_array().map_or(0, Vec::len), 0);
        assert_eq!(document_after(&after, &place, &Change::Remove), None);
    }

    fn document() -> Value {
        let expression = |text: &str| json!({"dialects": [{"dialect": "ANSI_SQL", "expression": text}]});
        let document = json!({"version": "0.2.0.dev0", "semantic_model": [{
            "name": "m",
            "datasets": [{"name": "orders", "source": "shop.orders", "primary_key": ["id"], "fields": [
                {"name": "status", "expression": expression("status"), "dimension": {}, "label": "State"},
            ]}],
            "metrics": [{"name": "net_sales", "expression": {"dialects": [
                {"dialect": "SNOWFLAKE", "expression": "SUM(x)"}, {"dialect": "ANSI_SQL", "expression": "SUM(orders.net)"},
            ]}, "custom_extensions": [
                {"vendor_name": "EMPORION", "data": "{\"unit\":\"EUR\",\"hidden\":true}"},
                {"vendor_name": "OTHER", "data": "{}"},
            ]}],
        }]});
        model::print(&model_in(&document).expect("a model"))
    }

    fn after(place: &EntryRef, change: &Change) -> Result<Value, Failure> {
        let mut model = model_in(&document()).expect("a model");
        apply(&mut model, place, change)?;
        Ok(model::print(&model))
    }

    #[test]
    fn what_is_put_back_as_it_is_changes_nothing() {
        for place in ["metric:net_sales", "field:orders.status", "table:orders"] {
            let place = EntryRef::parse(place).expect("a place");
            let entry = find(&document(), &place).expect("it is there");
            assert_eq!(after(&place, &Change::Put(entry)).ok(), Some(document()), "{place:?}");
        }
    }

    #[test]
    fn a_change_leaves_all_else_of_it_as_it_was() {
        let place = EntryRef::Metric(Some("NET_SALES".to_owned()));
        let mut entry = find(&document(), &place).expect("it is there");
        entry.synonyms = vec!["turnover".to_owned()];
        entry.detail =
            Detail::Metric { expression: "SUM(orders.gross)".to_owned(), unit: String::new(), filters: Vec::new() };
        let changed = after(&place, &Change::Put(entry.clone())).expect("it is there");
        assert_eq!(find(&changed, &place), Some(entry));
        let text = changed.to_string();
        assert!(["SNOWFLAKE", "SUM(x)", "hidden", "OTHER"].iter().all(|kept| text.contains(kept)), "{text}");
        assert!(!text.contains("EUR"), "{text}");
    }

    #[test]
    fn one_is_added_at_the_end_and_taken_away_by_its_name() {
        let place = EntryRef::Field { table: "orders".to_owned(), name: None };
        let entry = Entry { name: "net".to_owned(), ..place.empty() };
        let changed = after(&place, &Change::Put(entry)).expect("there is the table");
        assert_eq!(changed.pointer("/semantic_model/0/datasets/0/fields/1/name"), Some(&json!("net")));
        let place = place.called("status");
        let removed = after(&place, &Change::Remove).expect("it is there");
        assert_eq!(find(&removed, &place), None);
        let missing = EntryRef::Field { table: "orders".to_owned(), name: Some("nothing".to_owned()) };
        assert!(after(&missing, &Change::Remove).is_err());
    }

    #[test]
    fn places_are_what_addresses_say() {
        for text in ["metric:a.b", "metric:", "table:o", "field:shop%2Eorders.a%25b", "field:orders.", "relationship:r"]
        {
            assert_eq!(EntryRef::parse(text).map(|place| place.print()).as_deref(), Some(text));
        }
        for wrong in ["", "metric", "table:", "field:", "field:x", "field:a.b.c", "other:x"] {
            assert_eq!(EntryRef::parse(wrong), None, "{wrong}");
        }
    }
}
