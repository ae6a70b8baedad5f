//! The tables, relationships and metrics of a model, one by one. Each is named in the model; its id is its name.

use std::future::ready;
use std::sync::Arc;

use emporion_catalog::load::Depth;
use emporion_catalog::name;
use emporion_catalog::reading::SeenId;
use emporion_edge::shape::{Member, Shape, Struct, TEXT, Text, UUID};
use emporion_products::content_state::ContentState;
use emporion_products::failure::{Code, Failure, Violation};
use emporion_products::fields::{self, Checked};
use emporion_products::message::Message;
use emporion_products::page::{PageRequest, Position, SortKey};
use emporion_products::parts::change::{Content, Writing};
use emporion_products::parts::examination::Examine;
use emporion_products::parts::item::{self, Shown};
use emporion_products::parts::semantic_models::body::{self, Taken};
use emporion_products::parts::semantic_models::document::list;
use emporion_products::parts::semantic_models::part::SemanticModels;
use emporion_products::parts::semantic_models::shapes::VALIDATION;
use emporion_products::parts::semantic_models::spec::SPEC;
use emporion_products::parts::semantic_models::{hidden, redaction};
use emporion_products::parts::spec::Fields;
use emporion_products::read_context::ReadContext;
use emporion_products::shapes::COUNT;
use emporion_semantic::model;
use http::Method;
use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::idempotency_key::{Key, Makes};
use crate::operation::{Operation, Root};
use crate::parts::semantic_models::exchange;
use crate::parts::{handlers, paths};
use crate::shapes::common::{CURSOR, IDEMPOTENCY_KEY, IF_MATCH, INCLUDE_TOTAL, IS_DEPLOYED, LIMIT};
use crate::subject;

/// One list of a model.
#[derive(Debug)]
pub struct Section {
    /// In documents.
    list: &'static str,
    /// In paths.
    folder: &'static str,
    label: &'static str,
    one: &'static str,
    many: &'static str,
    noun: &'static str,
    nouns: &'static str,
    /// First part of the names of its operations.
    operation: &'static str,
    /// Prefix of the names of its shapes.
    shape: &'static str,
    members: &'static [&'static str],
    /// What is said of a name that the model has already: names of metrics are a rule of the whole product, 422; others
    /// are taken within the model, 409.
    taken: fn(Message) -> Failure,
}

fn taken_in_product(message: Message) -> Failure {
    Failure::semantic_model_invalid(vec![Violation::new("/name", "DUPLICATE_NAME", message)])
}

fn taken_in_model(message: Message) -> Failure {
    let violation = Violation::new("/name", "unique", message.clone());
    Failure::new(Code::CONFLICT, message).violating(vec![violation])
}

static SECTIONS: [Section; 3] = [
    Section {
        list: "datasets",
        folder: "tables",
        label: "tableId",
        one: "table",
        many: "tables",
        noun: "table",
        nouns: "tables",
        operation: "semanticModelTables",
        shape: "SemanticModelTable",
        members: &["source", "primary_key", "unique_keys", "label", "fields"],
        taken: taken_in_model,
    },
    Section {
        list: "relationships",
        folder: "relationships",
        label: "relationshipId",
        one: "relationship",
        many: "relationships",
        noun: "relationship",
        nouns: "relationships",
        operation: "semanticModelRelationships",
        shape: "SemanticModelRelationship",
        members: &["from", "to", "from_columns", "to_columns"],
        taken: taken_in_model,
    },
    Section {
        list: "metrics",
        folder: "metrics",
        label: "metricId",
        one: "metric",
        many: "metrics",
        noun: "metric",
        nouns: "metrics",
        operation: "semanticModelMetrics",
        shape: "SemanticModelMetric",
        members: &["expression"],
        taken: taken_in_product,
    },
];

/// What every named thing of a document may have.
const COMMON: [&str; 3] = ["description", "ai_context", "custom_extensions"];
/// Members of this door beside those of the document.
const OURS: [&str; 5] = ["id", "dataProductId", "semanticModelId", "isDeployed", "remove"];
const NAME: Shape = Shape::Text(Text::between(1, 200));

pub fn rows() -> Vec<Operation> {
    SECTIONS.iter().flat_map(rows_of).collect()
}

fn rows_of(section: &'static Section) -> Vec<Operation> {
    let list: &'static str =
        format!("/{{dataProductId}}/semantic-models/{{semanticModelId}}/{}", section.folder).leak();
    let one: &'static str = format!("{list}/{{{}}}", section.label).leak();
    let (noun, nouns) = (section.noun, section.nouns);
    let row = |method: Method, path: &'static str, verb: &str, summary: String| {
        let name = format!("{}_{verb}", section.operation).leak();
        Operation::new(method, Root::Products, path, name, summary.leak()).section(paths::of(&SPEC).section)
    };
    let shapes = Shapes::of(section);
    let query = [LIMIT, CURSOR, INCLUDE_TOTAL, IS_DEPLOYED];
    vec![
        row(Method::GET, list, "list", format!("List the {nouns} of a semantic model"))
            .with(&query)
            .gives(shapes.listed)
            .by(move |door, call| all(section, door, call)),
        row(Method::POST, list, "create", format!("Add a {noun} to a semantic model"))
            .with(&[IDEMPOTENCY_KEY, IF_MATCH])
            .takes(shapes.create)
            .gives(shapes.answer)
            .creates()
            .errors(&[404, 409, 412, 415, 422])
            .limited()
            .by(move |door, call| add(section, shapes, door, call)),
        row(Method::GET, one, "get", format!("Get a {noun} of a semantic model"))
            .gives(shapes.read)
            .by(move |door, call| get(section, door, call)),
        row(Method::PATCH, one, "update", format!("Change a {noun} of a semantic model, or remove it"))
            .with(&[IF_MATCH])
            .takes(shapes.change)
            .gives(shapes.answer)
            .errors(&[404, 409, 412, 415, 422])
            .limited()
            .by(move |door, call| change(section, shapes, door, call)),
    ]
}

/// Made once, at start.
#[derive(Debug, Clone, Copy)]
struct Shapes {
    create: &'static Struct,
    change: &'static Struct,
    object: &'static Struct,
    read: &'static Struct,
    answer: &'static Struct,
    listed: &'static Struct,
}

impl Shapes {
    fn of(section: &'static Section) -> Shapes {
        let object = |suffix: &str, members: Vec<Member>| -> &'static Struct {
            let name = format!("{}{suffix}", section.shape).leak();
            Box::leak(Box::new(Struct { name, members: members.leak(), open: true }))
        };
        // Their form is the interchange format's affair, which says more than a shape could.
        let own = || section.members.iter().chain(&COMMON).map(|name| Member::optional(name, Shape::Json));
        let deployed = Member::optional("isDeployed", Shape::Boolean);
        let head = [
            Member::required("id", TEXT),
            Member::required("dataProductId", UUID),
            Member::required("semanticModelId", UUID),
            Member::required("name", TEXT),
            Member::required("isDeployed", Shape::Boolean),
        ];
        let shown = object("", head.into_iter().chain(own()).collect());
        let of: &'static Shape = Box::leak(Box::new(Shape::Struct(shown)));
        let one = Member::required(section.one, *of);
        let validation = Member::required("validation", Shape::Struct(&VALIDATION));
        let create = [Member::required("name", NAME), deployed].into_iter().chain(own());
        let remove = Member::optional("remove", Shape::Boolean);
        let change = [Member::optional("name", NAME), deployed, remove].into_iter().chain(own());
        let stored = [Member::optional(section.one, *of), validation, Member::optional("id", TEXT)];
        let removed = [Member::optional("deleted", Shape::Boolean)];
        Shapes {
            create: object("Create", create.collect()),
            change: object("Patch", change.collect()),
            object: shown,
            read: object("Answer", vec![one]),
            answer: object("Stored", stored.into_iter().chain(removed).collect()),
            listed: object(
                "List",
                vec![
                    Member::required(section.many, Shape::List { of, min: 0, max: usize::MAX }),
                    Member::required("count", COUNT),
                    Member::optional("totalCount", COUNT),
                ],
            ),
        }
    }
}

fn position(parts: &[Value], wanted: &str) -> Option<usize> {
    let is = |same: &dyn Fn(&str) -> bool| parts.iter().position(|part| part["name"].as_str().is_some_and(same));
    is(&|own| own == wanted).or_else(|| is(&|own| name::fold(own) == name::fold(wanted)))
}

fn missing(section: &Section, wanted: &str) -> Failure {
    Failure::not_found(Message::with("there is no {} \"{}\" in the semantic model", [section.noun, wanted]))
}

fn print(section: &Section, shown: &Shown<'_>, part: &Value) -> Value {
    let mut printed = Map::new();
    let is_live = shown.state == ContentState::Live || list(shown.item.live_fields(), section.list).contains(part);
    printed.insert("id".to_owned(), part["name"].clone());
    printed.insert("dataProductId".to_owned(), shown.product.to_string().into());
    printed.insert("semanticModelId".to_owned(), shown.item.id.to_string().into());
    printed.insert("isDeployed".to_owned(), is_live.into());
    let part = if section.list == "datasets" { redaction::dataset(part, shown.annotation) } else { part.clone() };
    printed.extend(part.as_object().cloned().unwrap_or_default());
    Value::Object(printed)
}

async fn all(section: &'static Section, door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let id = handlers::id_of(&SPEC, &call)?;
    let state = call.content_state();
    let page = PageRequest::of(&call.query);
    let reading = door.products.catalog.reading(&call.caller).await?;
    let view = subject::find(&door, &call, &reading, &Depth::bare()).await?;
    let item = item::find(&SPEC, &reading, &view, id).await?;
    let listing = subject::listing(&call, &view, &format!("{id}/{}", section.folder));
    let after = listing.after_millis(&door.cursor_keys, &page)?.map(|(at, _)| at);
    let cx = ReadContext { products: &door.products, reading: &reading, product: SeenId::from(&view) };
    let hidden = hidden::of_item(&cx, &item).await?;
    let shown = Shown { item: &item, product: view.id(), state, leads: false, annotation: hidden.as_ref() };
    let live = list(item.live_fields(), section.list);
    // Parts have no times; their order is the document's.
    let parts: Vec<(i64, &Value)> = (0..)
        .zip(list(shown.fields(), section.list))
        .filter(|(_, part)| state != ContentState::Undeployed || !live.contains(part))
        .collect();
    let total = parts.len();
    let rest = parts.into_iter().filter(|(at, _)| after.is_none_or(|after| *at > after));
    let place = |(at, _): &(i64, &Value)| Position { key: SortKey::Millis(*at), id };
    let (parts, pagination) = listing.cut(&door.cursor_keys, &page, rest, place);
    let printed: Vec<Value> = parts.iter().map(|(_, part)| print(section, &shown, part)).collect();
    let mut data = json!({"count": printed.len()});
    data[section.many] = printed.into();
    Ok(Reply::list(&page, data, total, pagination).tag(&item.tag()))
}

async fn get(section: &'static Section, door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let id = handlers::id_of(&SPEC, &call)?;
    let wanted = call.request.param(section.label);
    let reading = door.products.catalog.reading(&call.caller).await?;
    let view = subject::find(&door, &call, &reading, &Depth::bare()).await?;
    let item = item::find(&SPEC, &reading, &view, id).await?;
    let parts = list(item.fields(), section.list);
    let part = position(parts, wanted).map(|at| &parts[at]).ok_or_else(|| missing(section, wanted))?;
    let cx = ReadContext { products: &door.products, reading: &reading, product: SeenId::from(&view) };
    let hidden = hidden::of_item(&cx, &item).await?;
    let annotation = hidden.as_ref();
    let shown = Shown { item: &item, product: view.id(), state: ContentState::Drafted, leads: false, annotation };
    Ok(Reply::ok(json!({section.one: print(section, &shown, part)})).tag(&item.tag()))
}

/// The part of the document that a body brings.
fn part_of(body: &Map<String, Value>) -> Value {
    let own = body.iter().filter(|(name, _)| !OURS.contains(&name.as_str()));
    Value::Object(own.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// The list in a document, made where there is none.
fn parts_of<'a>(document: &'a mut Value, section: &Section) -> Option<&'a mut Vec<Value>> {
    let model = document.pointer_mut("/semantic_model/0")?.as_object_mut()?;
    model.entry(section.list).or_insert_with(|| Value::Array(Vec::new())).as_array_mut()
}

/// Findings about the part itself stand in the body, not in the document.
fn within(failure: Failure, section: &Section, at: usize) -> Failure {
    let prefix = format!("/{}/{at}", section.list);
    let placed = |violation: Violation| match violation.path.strip_prefix(&prefix) {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => Violation { path: rest.to_owned(), ..violation },
        _ => violation,
    };
    Failure { violations: failure.violations.into_iter().map(placed).collect(), ..failure }
}

/// The content after an edit of one part; what is found wrong with the part, now or later, stands in the body.
fn placed(edited: Result<Taken, Failure>, section: &'static Section, at: usize) -> Result<Content, Failure> {
    let Content { fields, examine } = edited.map(exchange::content).map_err(|failure| within(failure, section, at))?;
    let examine: Examine = Box::new(move |cx, written| {
        let examined = examine(cx, written);
        Box::pin(async move { examined.await.map_err(|failure| within(failure, section, at)) })
    });
    Ok(Content { fields, examine })
}

async fn add(section: &'static Section, shapes: Shapes, door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let body = call.body()?;
    let key = Key::of(&call, &body, Some(Makes::part(&SPEC)))?;
    let Checked { body, warnings } = fields::check(shapes.create, &[shapes.object], body, call.is_strict())?;
    let id = handlers::id_of(&SPEC, &call)?;
    let product = subject::editable(&door, &call).await?;
    let part = part_of(&body);
    let name = part["name"].as_str().unwrap_or_default().to_owned();
    let wanted = name.clone();
    let content = move |before: Option<&Fields>| {
        let before = before.cloned().unwrap_or_default();
        let at = list(&before, section.list).len();
        if position(list(&before, section.list), &name).is_some() {
            let message = Message::with("the semantic model has a {} \"{}\" already", [section.noun, name.as_str()]);
            return Err((section.taken)(message));
        }
        let edited = body::edited(before, |document| {
            if let Some(parts) = parts_of(document, section) {
                parts.push(part.clone());
            }
        });
        placed(edited, section, at)
    };
    let below = format!("/{}/{}", section.folder, percent_encoding::utf8_percent_encode(&wanted, SEGMENT));
    let writing = Writing {
        target: Some(id),
        is_live: handlers::asks_to_deploy(&body),
        body,
        warnings,
        content: Box::new(content),
        annotation: None,
        answer: Arc::new(move |shown| answer(section, shown, &wanted)),
        condition: None,
    };
    let prepare = async { Ok(Writing { condition: call.if_match()?, ..writing }) };
    handlers::store(&SemanticModels, &door, &call, product, key, prepare, Some(below)).await
}

/// What a path segment may hold as it is.
const SEGMENT: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC.remove(b'_').remove(b'-').remove(b'.');

fn answer(section: &Section, shown: &Shown<'_>, wanted: &str) -> Value {
    let parts = list(shown.fields(), section.list);
    match position(parts, wanted) {
        Some(at) => json!({section.one: print(section, shown, &parts[at])}),
        None => json!({"id": wanted, "deleted": true}),
    }
}

async fn change(section: &'static Section, shapes: Shapes, door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let check_body = |body: &Map<String, Value>, broken: &mut Vec<Violation>| {
        fields::says_nothing(body, "say what is to be changed", broken);
        fields::cannot_be_removed(body, &["name"], broken);
    };
    let Checked { body, warnings } =
        fields::check_all(shapes.change, &[shapes.object], call.body()?, call.is_strict(), &check_body)?;
    let id = handlers::id_of(&SPEC, &call)?;
    let wanted = call.request.param(section.label).to_owned();
    let product = subject::editable(&door, &call).await?;
    let is_removal = body.get("remove").and_then(Value::as_bool) == Some(true);
    let change = part_of(&body);
    let renamed = change.get("name").and_then(Value::as_str).filter(|_| !is_removal).unwrap_or(&wanted).to_owned();
    let content = move |before: Option<&Fields>| {
        let before = before.cloned().unwrap_or_default();
        let at = position(list(&before, section.list), &wanted).ok_or_else(|| missing(section, &wanted))?;
        let edited = body::edited(before, |document| {
            let Some(parts) = parts_of(document, section) else { return };
            if is_removal {
                parts.remove(at);
            } else {
                model::patch(&mut parts[at], &change);
            }
        });
        // Where the part is gone, another one has taken its place in the list.
        if is_removal { edited.map(exchange::content) } else { placed(edited, section, at) }
    };
    let writing = Writing {
        target: Some(id),
        is_live: handlers::asks_to_deploy(&body),
        body,
        warnings,
        content: Box::new(content),
        annotation: None,
        answer: Arc::new(move |shown| answer(section, shown, &renamed)),
        condition: call.if_match()?,
    };
    handlers::store(&SemanticModels, &door, &call, product, Key::none(), ready(Ok(writing)), None).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use emporion_products::parts::semantic_models::spec::DOCUMENT;

    #[test]
    fn what_is_wrong_with_the_part_stands_in_the_body() {
        let failure = Failure::semantic_model_invalid(vec![
            Violation::new("/metrics/1/expression", "EXPRESSION", "…"),
            Violation::new("/metrics/10/expression", "EXPRESSION", "…"),
            Violation::new("/relationships/0/to", "UNKNOWN_DATASET", "…"),
        ]);
        let placed = within(failure, &SECTIONS[2], 1);
        let paths: Vec<&str> = placed.violations.iter().map(|violation| violation.path.as_str()).collect();
        assert_eq!(paths, ["/expression", "/metrics/10/expression", "/relationships/0/to"]);
    }

    #[test]
    fn a_list_is_made_where_the_document_has_none() {
        let mut document = json!({"semantic_model": [{"name": "m", "datasets": []}]});
        parts_of(&mut document, &SECTIONS[2]).expect("a list").push(json!({"name": "net_sales"}));
        let fields = Fields::from_iter([(DOCUMENT.to_owned(), document)]);
        assert_eq!(position(list(&fields, "metrics"), "Net_Sales"), Some(0));
    }
}
