//! One operation: a row of the table, and the request that it is carried out for.
//!
//! What carries it out is one function from a [`Call`] to an answer.

use std::future::Future;
use std::sync::Arc;

use emporion_catalog::action::Action;
use emporion_catalog::caller::Caller;
use emporion_catalog::command::{Command, DoorRules, Draft, Edit, Effect, Guard, Outcome, Ref};
use emporion_catalog::id::RecordId;
use emporion_catalog::kind::Kind;
use emporion_catalog::load::Depth;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::States;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Card, Record, View};
use emporion_edge::answer::Answer;
use emporion_edge::check;
use emporion_edge::json;
use emporion_edge::request::Request;
use emporion_edge::route::{Access, BoxFuture, Handler, Method, Route, handler};
use emporion_edge::shape::{Location, Shape, Struct};
use serde_json::{Map, Value};

use crate::auth;
use crate::case;
use crate::door::Door;
use crate::errors::{MEDIA_TYPE, OmError, OmResult};
use crate::media;
use crate::noun::{Fields, Noun};
use crate::params;
use crate::render;

/// One request of somebody who has said who he is.
pub struct Call {
    pub door: Arc<Door>,
    pub request: Request,
    pub caller: Caller,
    /// What every absolute address of the answer begins with.
    pub base: String,
}

/// One request that anybody may make.
pub struct OpenCall {
    pub door: Arc<Door>,
    pub request: Request,
}

/// A row for callers. Summary and shapes are set on the row: `Route { summary, output, ..row(…) }`.
pub fn row<F, R>(method: Method, path: &'static str, operation: &'static str, tag: &'static str, run: F) -> Route<Door>
where
    F: Fn(Call) -> R + Send + Sync + 'static,
    R: Future<Output = OmResult<Answer>> + Send + 'static,
{
    let handler = for_callers(Arc::new(move |call| Box::pin(run(call))));
    Route { access: Access::Caller, handler, ..blank(method, path, operation, tag) }
}

/// What carries an operation out. In a box, so that the way to it is generated once, and not for each of them.
type Run<C> = Arc<dyn Fn(C) -> BoxFuture<OmResult<Answer>> + Send + Sync>;

fn for_callers(run: Run<Call>) -> Handler<Door> {
    handler(move |door: Arc<Door>, request: Request| {
        let run = run.clone();
        async move {
            let outcome = match auth::caller(&door.catalog, &request).await {
                Ok(caller) => {
                    let base = door.base_url(&request);
                    run(Call { door, request, caller, base }).await
                }
                Err(error) => Err(error),
            };
            outcome.unwrap_or_else(|error| error.answer())
        }
    })
}

/// A row that needs no token, and looks at none.
pub fn open_row<F, R>(
    method: Method,
    path: &'static str,
    operation: &'static str,
    tag: &'static str,
    run: F,
) -> Route<Door>
where
    F: Fn(OpenCall) -> R + Send + Sync + 'static,
    R: Future<Output = OmResult<Answer>> + Send + 'static,
{
    let handler = for_anybody(Arc::new(move |call| Box::pin(run(call))));
    Route { access: Access::Anonymous, handler, ..blank(method, path, operation, tag) }
}

fn for_anybody(run: Run<OpenCall>) -> Handler<Door> {
    handler(move |door: Arc<Door>, request: Request| {
        let run = run.clone();
        async move { run(OpenCall { door, request }).await.unwrap_or_else(|error| error.answer()) }
    })
}

fn blank(method: Method, path: &'static str, operation: &'static str, tag: &'static str) -> Route<Door> {
    let nothing = handler(|_, _| async { OmError::no_such_route().answer() });
    Route { tag: tag.into(), output: Some(Shape::Object), ..Route::new(method, path, operation, nothing) }
}

pub fn ok(value: &Value) -> OmResult<Answer> {
    Ok(Answer::json(200, MEDIA_TYPE, value))
}

/// The body as JSON, whatever it is.
pub fn json_body(request: &Request) -> OmResult<Value> {
    media::expect_json(request)?;
    json::parse(&request.body).map(case::without_nulls).map_err(OmError::malformed_because)
}

/// The body as an object of this shape; members that are null count as absent.
pub fn object_body(request: &Request, shape: &Struct) -> OmResult<Map<String, Value>> {
    let body = json_body(request)?;
    let found = check::check(shape, Location::Body, &body);
    match body {
        Value::Object(members) if found.is_empty() => Ok(members),
        _ => Err(OmError::shape(&found)),
    }
}

/// An id in a path. What is no UUID names nothing.
pub fn path_id(request: &Request, param: &str, entity_type: &str) -> OmResult<RecordId> {
    let text = request.param(param);
    text.parse().map_err(|_| OmError::not_found(entity_type, text))
}

impl Call {
    pub fn kind(&self, name: &str) -> Kind {
        self.door.catalog.kind(name)
    }

    /// The record of the noun that the path names: by id, or by FQN behind `name/`.
    pub fn target(&self, noun: &Noun) -> OmResult<Ref> {
        let name = self.request.param("fqn");
        if name.is_empty() {
            return Ok(Ref::Id(self.kind(noun.kind_name), path_id(&self.request, "id", noun.entity_type)?));
        }
        Ok(Ref::Name(self.kind(noun.kind_name), params::name_in_path(&self.request, "fqn").0))
    }

    /// The record of the kind that one label of the path names, by id or by FQN.
    pub fn by_name_or_id(&self, label: &str, kind: Kind) -> Ref {
        let text = self.request.param(label);
        match text.parse() {
            Ok(id) => Ref::Id(kind, id),
            Err(_) => Ref::Name(kind, text.to_owned()),
        }
    }

    pub fn body(&self, shape: &Struct) -> OmResult<Map<String, Value>> {
        object_body(&self.request, shape)
    }

    /// A body that is no object.
    pub fn body_of(&self, shape: &Shape) -> OmResult<Value> {
        let body = json_body(&self.request)?;
        let found = check::check_shape(shape, &body, Vec::new());
        if found.is_empty() { Ok(body) } else { Err(OmError::shape(&found)) }
    }

    /// What is there now, as the caller sees it.
    pub async fn reading(&self) -> Result<Reading<'_>, Problem> {
        self.door.catalog.reading(&self.caller).await
    }
}

/// Refuses whoever may not do this to the record, before anything of the record is looked at.
///
/// Commands ask for rights by themselves, but only for what they change: this is for calls that may change nothing.
pub async fn require(call: &Call, target: &Ref, action: Action) -> Result<(), Problem> {
    permitted(call, target, action).await.map(drop)
}

/// The record, which is alive, if the caller may do this to it.
pub async fn permitted(call: &Call, target: &Ref, action: Action) -> Result<Record, Problem> {
    let reading = call.reading().await?;
    let record = reading.get(target, States::Alive, &Depth::bare()).await?.record;
    reading.require(action, &record).await?;
    Ok(record)
}

/// Carries out a change of one record. Who may not make it is refused also where it turns out to change nothing.
pub async fn carry_out(call: &Call, command: &Command, action: Action) -> OmResult<Outcome> {
    let outcome = call.door.catalog.execute(&call.caller, command).await?;
    if outcome.effect == Effect::Unchanged {
        let record = &outcome.view.record;
        require(call, &Ref::Id(record.kind, record.id), action).await?;
    }
    Ok(outcome)
}

pub fn forbidden(call: &Call, action: Action, kind: Kind, why: Option<String>) -> Problem {
    let who = call.caller.principal.name.to_string();
    Problem::Forbidden { who, action: action.name(), kind: kind.name(), why }
}

/// A change of one record, whatever state it is in.
pub fn change(target: Ref, edit: impl Fn(&View) -> Result<Draft, Problem> + Send + Sync + 'static) -> Command {
    let edit: Edit = Arc::new(edit);
    Command::Change { target, guard: Guard::None, edit, rules: DoorRules::default() }
}

/// Changes one record, and shows it with these of its fields. Who may not change it is refused also where nothing changes.
pub async fn edited(
    call: &Call,
    noun: &'static Noun,
    target: Ref,
    action: Action,
    fields: &[&str],
    edit: impl Fn(&View, &mut Draft) + Send + Sync + 'static,
) -> OmResult<Value> {
    let edit = move |view: &View, draft: &mut Draft| {
        edit(view, draft);
        Ok(())
    };
    edited_unless(call, noun, target, action, fields, edit).await
}

/// The same with an edit that may refuse the record as it is.
pub async fn edited_unless(
    call: &Call,
    noun: &'static Noun,
    target: Ref,
    action: Action,
    fields: &[&str],
    edit: impl Fn(&View, &mut Draft) -> Result<(), Problem> + Send + Sync + 'static,
) -> OmResult<Value> {
    let command = change(target.clone(), move |view| {
        let mut draft = Draft::default();
        edit(view, &mut draft)?;
        Ok(draft)
    });
    carry_out(call, &command, action).await?;
    let fields = Fields::These(fields.iter().map(|field| (*field).to_owned()).collect());
    entity_at(call, &target, noun, &fields).await
}

/// What a reference to a record shows.
pub fn reference(door: &Door, base_url: &str, card: &Card, inherited: bool) -> Value {
    render::reference(door, base_url, card, inherited)
}

/// A record read anew, as its noun prints it: for answers to operations that change something beside the entity.
pub async fn entity_at(call: &Call, target: &Ref, noun: &'static Noun, fields: &Fields) -> OmResult<Value> {
    let depth = render::depth(noun, call.kind(noun.kind_name), fields);
    let view = call.door.catalog.get(&call.caller, target, States::Alive, &depth).await?;
    call.entity(noun, &view, fields).await
}

/// A record as the entity that it is; as a reference where this door has no noun for it.
pub async fn entity_or_reference(call: &Call, record: Record, fields: &[String]) -> OmResult<Value> {
    let Some(noun) = call.door.noun_of_kind(record.kind.name()) else {
        return Ok(reference(&call.door, &call.base, &Card::of(&record), false));
    };
    let fields = Fields::These(fields.iter().filter(|field| noun.fields.contains(&field.as_str())).cloned().collect());
    entity_at(call, &Ref::Id(record.kind, record.id), noun, &fields).await
}
