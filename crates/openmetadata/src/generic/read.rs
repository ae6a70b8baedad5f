//! `GET /{collection}/{id}` and `GET /{collection}/name/{fqn}`: one entity.

use emporion_catalog::command::Ref;
use emporion_catalog::field::BoundTo;
use emporion_edge::answer::Answer;
use emporion_edge::etag::IfMatch;

use super::{entity_answer, states};
use crate::errors::OmResult;
use crate::noun::Noun;
use crate::operation::Call;
use crate::params::{self, ReadParams};
use crate::render;

pub async fn read(call: Call, noun: &'static Noun) -> OmResult<Answer> {
    let answer = call.remembered(async || {
        let target = call.target(noun)?;
        let mut params = params::read(noun, &call.query())?;
        let (_, glued) = params::name_in_path(&call.request, "fqn");
        if let Some(include) = glued.filter(|_| noun.soft_delete) {
            params.include = include;
        }
        entity(&call, noun, &target, params).await
    });
    let answer = answer.await?;
    Ok(if is_known(&call, &answer) { not_modified(answer) } else { answer })
}

/// The entity as it is now, with the tag of its answer.
pub async fn entity(call: &Call, noun: &'static Noun, target: &Ref, params: ReadParams) -> OmResult<Answer> {
    let catalog = &call.door.catalog;
    let depth = render::depth(noun, call.kind(noun.kind_name), &params.fields);
    let view = catalog.get(&call.caller, target, states(params.include), &depth).await?;
    let views = std::slice::from_ref(&view);
    let mut around =
        render::around(&call.door, &call.caller, noun, views, &params.fields).await?.pop().unwrap_or_default();
    // Programs need the connection of a service as it was given; people see masks.
    let mut configured = view.record.kind.fields().filter(|field| matches!(field.secrets, Some(BoundTo::Field)));
    let is_configured = configured.any(|field| view.record.body.has(field.name));
    if call.caller.principal.is_bot && is_configured {
        around.clear = Some(catalog.reveal(&call.caller, view.id()).await?.into_iter().collect());
    }
    let printer = render::Printer { door: &call.door, noun, base: &call.base };
    Ok(entity_answer(200, printer.printed(&view, &params.fields, &around), &view))
}

/// Whether the client has these bytes already.
fn is_known(call: &Call, answer: &Answer) -> bool {
    let Some(header) = call.request.header("if-none-match") else { return false };
    let Some(tag) = answer.headers.get("etag").and_then(|tag| tag.to_str().ok()) else { return false };
    match IfMatch::parse(header) {
        Some(IfMatch::Any) => true,
        Some(IfMatch::Tags(tags)) => tags.iter().any(|known| tag == format!("\"{}\"", known.opaque)),
        None => false,
    }
}

fn not_modified(answer: Answer) -> Answer {
    let mut empty = Answer::empty(304);
    if let Some(tag) = answer.headers.get("etag") {
        empty.headers.insert("etag", tag.clone());
    }
    empty
}
