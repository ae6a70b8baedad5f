//! Requests about the tables, relationships and metrics of a model, one by one.

use std::sync::Arc;

use emporion_edge::etag::IfMatch;
use emporion_edge::shape::{Member, Shape, Struct, TEXT, Text, UUID};
use emporion_products::content_state::ContentState;
use emporion_products::failure::{Failure, Violation};
use emporion_products::fields::{self, Checked};
use emporion_products::page::{CursorScope, PageRequest, Position, SortKey};
use emporion_products::parts::change::asks_to_deploy;
use emporion_products::parts::item::SeenItem;
use emporion_products::parts::semantic_models::document::list;
use emporion_products::parts::semantic_models::part::SemanticModels;
use emporion_products::parts::semantic_models::sections::{self, Change, METRICS, RELATIONSHIPS, TABLES};
use emporion_products::parts::semantic_models::shapes::VALIDATION;
use emporion_products::parts::semantic_models::spec::SPEC;
use emporion_products::parts::semantic_models::{read, redaction};
use emporion_products::shapes::COUNT;
use http::Method;
use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::idempotency_key::{Key, Makes};
use crate::operation::{Operation, Root};
use crate::parts::{handlers, paths};
use crate::shapes::common::{CURSOR, IDEMPOTENCY_KEY, INCLUDE_TOTAL, IS_DEPLOYED, LIMIT};

/// How requests reach one list of a model.
#[derive(Debug)]
struct Section {
    of: &'static sections::Section,
    /// In paths and answers.
    many: &'static str,
    label: &'static str,
    /// First part of the names of its operations.
    operation: &'static str,
    /// Prefix of the names of its shapes.
    shape: &'static str,
    members: &'static [&'static str],
}

static SECTIONS: [Section; 3] = [
    Section {
        of: &TABLES,
        many: "tables",
        label: "tableId",
        operation: "semanticModelTables",
        shape: "SemanticModelTable",
        members: &["source", "primary_key", "unique_keys", "label", "fields"],
    },
    Section {
        of: &RELATIONSHIPS,
        many: "relationships",
        label: "relationshipId",
        operation: "semanticModelRelationships",
        shape: "SemanticModelRelationship",
        members: &["from", "to", "from_columns", "to_columns"],
    },
    Section {
        of: &METRICS,
        many: "metrics",
        label: "metricId",
        operation: "semanticModelMetrics",
        shape: "SemanticModelMetric",
        members: &["expression"],
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
    let list: &'static str = format!("/{{dataProductId}}/semantic-models/{{semanticModelId}}/{}", section.many).leak();
    let one: &'static str = format!("{list}/{{{}}}", section.label).leak();
    let (noun, nouns) = (section.of.noun, section.many);
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
            .with(&[IDEMPOTENCY_KEY])
            .takes(shapes.create)
            .gives(shapes.answer)
            .creates()
            .errors(&[404, 409, 412, 415, 422])
            .limited()
            .guarded_by(move |door, call, condition| add((section, shapes), door, call, condition)),
        row(Method::GET, one, "get", format!("Get a {noun} of a semantic model"))
            .gives(shapes.read)
            .by(move |door, call| get(section, door, call)),
        row(Method::PATCH, one, "update", format!("Change a {noun} of a semantic model, or remove it"))
            .takes(shapes.change)
            .gives(shapes.answer)
            .errors(&[404, 409, 412, 415, 422])
            .limited()
            .guarded_by(move |door, call, condition| change((section, shapes), door, call, condition)),
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
        let one = Member::required(section.of.noun, *of);
        let validation = Member::required("validation", Shape::Struct(&VALIDATION));
        let create = [Member::required("name", NAME), deployed].into_iter().chain(own());
        let remove = Member::optional("remove", Shape::Boolean);
        let change = [Member::optional("name", NAME), deployed, remove].into_iter().chain(own());
        let stored = [Member::optional(section.of.noun, *of), validation, Member::optional("id", TEXT)];
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

fn print(section: &Section, shown: &SeenItem, part: &Value) -> Value {
    let mut printed = Map::new();
    let name = section.of.list;
    let is_live = shown.state == ContentState::Live || list(shown.item.live_fields(), name).contains(part);
    printed.insert("id".to_owned(), part["name"].clone());
    printed.insert("dataProductId".to_owned(), shown.product.to_string().into());
    printed.insert("semanticModelId".to_owned(), shown.item.id.to_string().into());
    printed.insert("isDeployed".to_owned(), is_live.into());
    let part = if name == "datasets" { redaction::dataset(part, shown.annotation.as_ref()) } else { part.clone() };
    printed.extend(part.as_object().cloned().unwrap_or_default());
    Value::Object(printed)
}

async fn all(section: &'static Section, door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let id = handlers::id_of(&SPEC, &call)?;
    let state = call.content_state();
    let page = PageRequest::of(&call.query);
    let model = SeenItem { state, ..read::find(&door.products, &call.of_product()?, id).await? };
    let name = format!("{id}/{}/{}", section.many, model.product);
    let scope = CursorScope::of(call.caller.account(), &name, &page);
    let live = list(model.item.live_fields(), section.of.list);
    // Parts have no times; their order is the document's.
    let parts: Vec<(i64, &Value)> = (0..)
        .zip(list(model.fields(), section.of.list))
        .filter(|(_, part)| state != ContentState::Undeployed || !live.contains(part))
        .collect();
    let place = |(at, _): &(i64, &Value)| Position { key: SortKey::Millis(*at), id };
    let parts = scope.page(&door.products.cursor_keys, &page, parts, place, Position::gt)?;
    let printed: Vec<Value> = parts.items.iter().map(|(_, part)| print(section, &model, part)).collect();
    let mut data = json!({"count": printed.len()});
    data[section.many] = printed.into();
    Ok(Reply::list(&page, data, parts.total, parts.pagination).tag(&model.item.tag()))
}

async fn get(section: &'static Section, door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let id = handlers::id_of(&SPEC, &call)?;
    let model = read::find(&door.products, &call.of_product()?, id).await?;
    let part = section.of.find(model.fields(), call.request.param(section.label))?;
    Ok(Reply::ok(json!({section.of.noun: print(section, &model, part)})).tag(&model.item.tag()))
}

/// The part of the document that a body brings.
fn part_of(body: &Map<String, Value>) -> Value {
    let own = body.iter().filter(|(name, _)| !OURS.contains(&name.as_str()));
    Value::Object(own.map(|(name, value)| (name.clone(), value.clone())).collect())
}

async fn add(
    (section, shapes): (&'static Section, Shapes),
    door: Arc<Door>,
    call: Call,
    condition: Option<IfMatch>,
) -> Result<Reply, Failure> {
    let body = call.body()?;
    let key = Key::of(&call, &body, Some(Makes::part(&SPEC)))?;
    let Checked { body, warnings } = fields::check(shapes.create, &[shapes.object], body, call.is_strict())?;
    let model = (handlers::id_of(&SPEC, &call)?, section.of);
    let request = call.of_product()?;
    let (part, is_live) = (part_of(&body), asks_to_deploy(&body));
    let name = part["name"].as_str().unwrap_or_default().to_owned();
    let below = format!("/{}/{}", section.many, percent_encoding::utf8_percent_encode(&name, SEGMENT));
    let show = move |shown: &SeenItem| answer(section, shown, &name);
    let print = handlers::printed(&SemanticModels, &call, Some(below), warnings, show);
    let add = |stored| sections::add(&door.products, &request, model, part, is_live, condition, stored);
    key.answer(&call, print, add).await
}

/// What a path segment may hold as it is.
const SEGMENT: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC.remove(b'_').remove(b'-').remove(b'.');

fn answer(section: &Section, shown: &SeenItem, wanted: &str) -> Value {
    match section.of.find(shown.fields(), wanted) {
        Ok(part) => json!({section.of.noun: print(section, shown, part)}),
        Err(_) => json!({"id": wanted, "deleted": true}),
    }
}

async fn change(
    (section, shapes): (&'static Section, Shapes),
    door: Arc<Door>,
    call: Call,
    condition: Option<IfMatch>,
) -> Result<Reply, Failure> {
    let check_body = |body: &Map<String, Value>, broken: &mut Vec<Violation>| {
        fields::says_nothing(body, "say what is to be changed", broken);
        fields::cannot_be_removed(body, &["name"], broken);
    };
    let Checked { body, warnings } =
        fields::check_all(shapes.change, &[shapes.object], call.body()?, call.is_strict(), &check_body)?;
    let wanted = call.request.param(section.label);
    let part = (handlers::id_of(&SPEC, &call)?, section.of, wanted);
    let (request, is_live) = (call.of_product()?, asks_to_deploy(&body));
    let is_removal = body.get("remove").and_then(Value::as_bool) == Some(true);
    let renamed = body.get("name").and_then(Value::as_str).filter(|_| !is_removal).unwrap_or(wanted).to_owned();
    let change = if is_removal { Change::Remove } else { Change::Patch(part_of(&body)) };
    let stored = sections::change(&door.products, &request, part, change, is_live, condition).await?;
    let show = move |shown: &SeenItem| answer(section, shown, &renamed);
    Ok(handlers::printed(&SemanticModels, &call, None, warnings, show)(&stored))
}
