//! `GET /{collection}/{id}` and `GET /{collection}/name/{fqn}`: one entity.

use emporion_catalog::command::Ref;
use emporion_catalog::field::BoundTo;
use emporion_edge::answer::Answer;
use emporion_edge::etag::IfMatch;

use super::{Cx, entity_answer, states};
use crate::errors::OmResult;
use crate::noun::Noun;
use crate::params::{self, ReadParams};
use crate::render;

pub async fn by_id(cx: Cx, noun: &'static Noun) -> OmResult<Answer> {
    let answer = cx.remembered(async || {
        let target = cx.by_id(noun)?;
        entity(&cx, noun, &target, params::read(noun, &cx.query())?).await
    });
    answered(&cx, answer.await?)
}

pub async fn by_name(cx: Cx, noun: &'static Noun) -> OmResult<Answer> {
    let answer = cx.remembered(async || {
        let (target, glued) = cx.by_name(noun);
        let mut params = params::read(noun, &cx.query())?;
        if let Some(include) = glued.filter(|_| noun.soft_delete) {
            params.include = include;
        }
        entity(&cx, noun, &target, params).await
    });
    answered(&cx, answer.await?)
}

fn answered(cx: &Cx, answer: Answer) -> OmResult<Answer> {
    Ok(if is_known(cx, &answer) { not_modified(answer) } else { answer })
}

async fn entity(cx: &Cx, noun: &'static Noun, target: &Ref, params: ReadParams) -> OmResult<Answer> {
    let catalog = &cx.door.catalog;
    let depth = render::depth(noun, cx.kind(noun), &params.fields);
    let view = catalog.get(&cx.caller, target, states(params.include), &depth).await?;
    let views = std::slice::from_ref(&view);
    let mut around = render::around(&cx.door, &cx.caller, noun, views, &params.fields).await?.pop().unwrap_or_default();
    // Programs need the connection of a service as it was given; people see masks.
    let mut configured = view.record.kind.fields().filter(|field| matches!(field.secrets, Some(BoundTo::Field)));
    let is_configured = configured.any(|field| view.record.body.has(field.name));
    if cx.caller.principal.is_bot && is_configured {
        around.clear = catalog.reveal(&cx.caller, view.id()).await?.into_iter().collect();
    }
    let printer = render::Printer { door: &cx.door, noun, base: &cx.base };
    Ok(entity_answer(200, printer.printed(&view, &params.fields, &around), &view))
}

/// Whether the client has these bytes already.
fn is_known(cx: &Cx, answer: &Answer) -> bool {
    let Some(header) = cx.request.header("if-none-match") else { return false };
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
