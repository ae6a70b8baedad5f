//! `GET /{collection}/{id}/versions` and one of them: the past of an entity.

use emporion_catalog::command::Ref;
use emporion_catalog::record::View;
use emporion_edge::answer::Answer;
use serde_json::{Value, json};

use super::{Cx, entity_answer};
use crate::errors::{MEDIA_TYPE, OmError, OmResult};
use crate::noun::{Fields, Noun};
use crate::render::{Around, Printer};
use crate::version;

/// Revisions read at once.
const PAGE: u32 = 200;

/// Every version, newest first, each as JSON inside a string.
pub async fn all(cx: Cx, noun: &'static Noun) -> OmResult<Answer> {
    let target = cx.by_id(noun)?;
    let mut versions: Vec<Value> = Vec::new();
    let mut last = None;
    let mut walk = Walk::new(&cx, &target);
    while let Some(views) = walk.page().await? {
        for view in views {
            // Of the revisions that bear one version, the last is that version.
            if last != Some(view.record.version) {
                last = Some(view.record.version);
                versions.push(Value::from(String::from_utf8_lossy(&print(&cx, noun, &view))));
            }
        }
    }
    Ok(Answer::json(200, MEDIA_TYPE, &json!({"entityType": noun.entity_type, "versions": versions})))
}

pub async fn one(cx: Cx, noun: &'static Noun) -> OmResult<Answer> {
    let target = cx.by_id(noun)?;
    let text = cx.request.param("version");
    let missing = || OmError::version_not_found(noun.entity_type, cx.request.param("id"), text);
    let wanted = version::parse(text).ok_or_else(missing)?;
    let mut walk = Walk::new(&cx, &target);
    while let Some(views) = walk.page().await? {
        if let Some(view) = views.iter().find(|view| view.record.version == wanted) {
            return Ok(entity_answer(200, print(&cx, noun, view), view));
        }
    }
    Err(missing())
}

pub(super) fn print(cx: &Cx, noun: &'static Noun, view: &View) -> Vec<u8> {
    Printer { door: &cx.door, noun, base: &cx.base }.printed(view, &Fields::All, &Around::default())
}

/// Revisions of a record from the newest down, page by page.
struct Walk<'a> {
    cx: &'a Cx,
    target: &'a Ref,
    before: Option<emporion_catalog::id::Revision>,
    done: bool,
}

impl<'a> Walk<'a> {
    fn new(cx: &'a Cx, target: &'a Ref) -> Walk<'a> {
        Walk { cx, target, before: None, done: false }
    }

    async fn page(&mut self) -> OmResult<Option<Vec<View>>> {
        if self.done {
            return Ok(None);
        }
        let views = self.cx.door.catalog.history(&self.cx.caller, self.target, self.before, PAGE).await?;
        self.done = views.len() < PAGE as usize;
        self.before = views.last().map(|view| view.record.revision);
        Ok(Some(views))
    }
}
