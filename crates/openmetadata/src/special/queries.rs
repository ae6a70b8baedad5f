//! Queries: what used them and who ran them, said one by one as crawlers find out.

use emporion_catalog::action::Action;
use emporion_catalog::command::{Draft, How, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::observation::QUERY_COST;
use emporion_catalog::record::{Card, View};
use emporion_catalog::relation;
use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Member, Shape, Struct};
use serde_json::{Value, json};

use super::observed;
use crate::create_request::relations::to_ref;
use crate::door::Door;
use crate::errors::{MEDIA_TYPE, OmError, OmResult};
use crate::members::*;
use crate::noun::{Input, OnPut, Reference};
use crate::nouns;
use crate::nouns::query::{NOUN, USED_IN, USERS};
use crate::operation::{self, Call, carry_out, change, edited, ok, row};
use crate::reference;

const TAG: &str = "Queries";
/// The core's field.
const USED_BY: &str = "used_by";

const AMOUNT: Shape = Shape::Number { min: 0.0, max: f64::MAX };
static COST: Struct = Struct {
    name: "CreateQueryCostRecord",
    open: false,
    members: &[
        Member::required("timestamp", MILLIS),
        text("jsonSchema"),
        Member { required: true, ..reference_input("queryReference") },
        Member::required("cost", AMOUNT),
        Member::required("count", AMOUNT),
        Member::optional("totalDuration", AMOUNT),
    ],
};
static COST_RECORD: Struct = Struct {
    name: "QueryCostRecord",
    open: false,
    members: &[
        ID,
        Member::required("timestamp", MILLIS),
        text("jsonSchema"),
        reference_required("queryReference"),
        Member::required("cost", AMOUNT),
        UPDATED_AT,
        Member::required("count", AMOUNT),
        Member::optional("totalDuration", AMOUNT),
    ],
};

pub fn routes() -> Vec<Route<Door>> {
    let query = || Some(Shape::Struct(nouns::of(&NOUN).entity));
    vec![
        Route {
            summary: "Say what else a query was used in".into(),
            body: Some(REFERENCES_INPUT),
            output: query(),
            errors: &[404],
            ..row(Method::PUT, "/v1/queries/{id}/usage", "addQueryUsage", TAG, |call| {
                relate(call, &USED_IN, &REFERENCES_INPUT, How::Add)
            })
        },
        Route {
            summary: "Say what a query was not used in".into(),
            body: Some(REFERENCES_INPUT),
            output: query(),
            errors: &[404],
            ..row(Method::DELETE, "/v1/queries/{id}/usage", "removeQueryUsage", TAG, |call| {
                relate(call, &USED_IN, &REFERENCES_INPUT, How::Remove)
            })
        },
        Route {
            summary: "Say which users ran a query".into(),
            body: Some(FQNS),
            output: query(),
            errors: &[404],
            ..row(Method::PUT, "/v1/queries/{id}/users", "addQueryUsers", TAG, |call| {
                relate(call, &USERS, &FQNS, How::Add)
            })
        },
        Route {
            summary: "Say who else ran a query, who is no user here".into(),
            body: Some(TEXTS),
            output: query(),
            errors: &[404],
            ..row(Method::PUT, "/v1/queries/{id}/usedBy", "addQueryUsedBy", TAG, used_by)
        },
        Route {
            summary: "Say what a query has cost in a span of time".into(),
            input: &COST,
            output: Some(Shape::Struct(&COST_RECORD)),
            ok: &[201],
            errors: &[404],
            ..row(Method::POST, "/v1/queryCostRecord", "createQueryCostRecord", TAG, cost)
        },
    ]
}

async fn relate(call: Call, reference: &'static Reference, shape: &'static Shape, how: How) -> OmResult<Answer> {
    let body = call.body_of(shape)?;
    let relation = relation::by_name(reference.relation).expect("a relation of the core");
    let registry = call.door.catalog.registry();
    let given = reference::parse(reference, Some(&body))?;
    let targets = given.iter().map(|given| Ok(Target::of(to_ref(registry, reference, given)?)));
    let targets = targets.collect::<OmResult<Vec<_>>>()?;
    write(call, move |_, draft| draft.relate(relation, how, reference.member, targets.clone())).await
}

async fn used_by(call: Call) -> OmResult<Answer> {
    let Value::Array(names) = call.body_of(&TEXTS)? else { return Err(OmError::malformed()) };
    write(call, move |view, draft| {
        let mut known = view.field(USED_BY).and_then(Value::as_array).cloned().unwrap_or_default();
        for name in &names {
            if !known.contains(name) {
                known.push(name.clone());
            }
        }
        draft.set(USED_BY, known);
    })
    .await
}

async fn write(call: Call, edit: impl Fn(&View, &mut Draft) + Send + Sync + 'static) -> OmResult<Answer> {
    let noun = nouns::of(&NOUN);
    let fields = &["queryUsedIn", "users"];
    ok(&edited(&call, noun, call.target(noun)?, Action::EditAll, fields, edit).await?)
}

/// Costs are kept beside the query, one for each time.
async fn cost(call: Call) -> OmResult<Answer> {
    let mut record = call.body(&COST)?;
    let given = record.shift_remove("queryReference");
    let of = Reference { many: false, ..out("queryReference", "", Input::References, &["query"], OnPut::Keep) };
    let given = reference::parse(&of, given.as_ref())?.into_iter().next();
    let target = to_ref(call.door.catalog.registry(), &of, &given.ok_or_else(|| OmError::missing("queryReference"))?)?;
    let mut record = Value::Object(record);
    observed::check_timestamp(observed::timestamp(&record))?;
    record["id"] = json!(RecordId::fresh().to_string());
    record["updatedAt"] = json!(call.door.catalog.now().0);
    let kept = record.clone();
    let command = change(target, move |_| {
        let mut draft = Draft::default();
        draft.observe(QUERY_COST, "", observed::at(&kept), kept.clone());
        Ok(draft)
    });
    let outcome = carry_out(&call, &command, Action::EditAll).await?;
    let card = Card::of(&outcome.view.record);
    record["queryReference"] = operation::reference(&call.door, &call.base, &card, false);
    Ok(Answer::json(201, MEDIA_TYPE, &record))
}
