//! `GET /{collection}/{id}/versions` and one of them: the past of an entity.

use emporion_catalog::command::Ref;
use emporion_catalog::kinds;
use emporion_catalog::record::View;
use emporion_edge::answer::Answer;
use serde_json::{Value, json};

use super::entity_answer;
use crate::errors::{MEDIA_TYPE, OmError, OmResult};
use crate::noun::{Fields, Noun};
use crate::operation::Call;
use crate::render::{self, Around, Printer};
use crate::version;

/// Revisions read at once.
const PAGE: u32 = 200;

/// Every version, newest first, each as JSON inside a string.
pub async fn all(call: Call, noun: &'static Noun) -> OmResult<Answer> {
    let target = call.target(noun)?;
    let mut versions: Vec<Value> = Vec::new();
    let mut last = None;
    let mut walk = Walk::new(&call, &target);
    while let Some(views) = walk.page().await? {
        for (view, around) in views.iter().zip(around(&call, noun, &views).await?) {
            // Of the revisions that bear one version, the last is that version.
            if last != Some(view.record.version) {
                last = Some(view.record.version);
                versions.push(Value::from(String::from_utf8_lossy(&print(&call, noun, view, &around))));
            }
        }
    }
    Ok(Answer::json(200, MEDIA_TYPE, &json!({"entityType": noun.entity_type, "versions": versions})))
}

pub async fn one(call: Call, noun: &'static Noun) -> OmResult<Answer> {
    let target = call.target(noun)?;
    let text = call.request.param("version");
    let missing = || OmError::version_not_found(noun.entity_type, call.request.param("id"), text);
    let wanted = version::parse(text).ok_or_else(missing)?;
    let mut walk = Walk::new(&call, &target);
    while let Some(views) = walk.page().await? {
        if let Some(view) = views.iter().find(|view| view.record.version == wanted) {
            let around = around(&call, noun, std::slice::from_ref(view)).await?.pop().unwrap_or_default();
            return Ok(entity_answer(200, print(&call, noun, view, &around), view));
        }
    }
    Err(missing())
}

pub(super) fn print(call: &Call, noun: &'static Noun, view: &View, around: &Around) -> Vec<u8> {
    Printer { door: &call.door, noun, base: &call.base }.printed(view, &Fields::All, around)
}

/// What past states show of others: nothing, but that clients read no test without its suite.
pub(super) async fn around(call: &Call, noun: &'static Noun, views: &[View]) -> OmResult<Vec<Around>> {
    match noun.is(kinds::TEST_CASE) {
        true => render::around(&call.door, &call.caller, noun, views, &Fields::NONE).await,
        false => Ok(vec![Around::default(); views.len()]),
    }
}

/// Revisions of a record from the newest down, page by page.
struct Walk<'a> {
    call: &'a Call,
    target: &'a Ref,
    before: Option<emporion_catalog::id::Revision>,
    done: bool,
}

impl<'a> Walk<'a> {
    fn new(call: &'a Call, target: &'a Ref) -> Walk<'a> {
        Walk { call, target, before: None, done: false }
    }

    async fn page(&mut self) -> OmResult<Option<Vec<View>>> {
        if self.done {
            return Ok(None);
        }
        let views = self.call.door.catalog.history(&self.call.caller, self.target, self.before, PAGE).await?;
        self.done = views.len() < PAGE as usize;
        self.before = views.last().map(|view| view.record.revision);
        Ok(Some(views))
    }
}
