//! Search over what a domain holds: the one listing of products, assets, glossaries and terms.

mod question;
mod results;
mod scope;

use emporion_catalog::load::Depth;
use emporion_catalog::record::View;

use self::question::Question;
use self::scope::Scope;
use crate::call::{Call, CallError, Reply};
use crate::filter::Sort;
use crate::hits::{self, Asked, Hits};
use crate::match_rationale;
use crate::members::Members;

pub async fn search(call: Call) -> Result<Reply, CallError> {
    let is_list =
        ["searchText", "filters", "owningProjectIdentifier"].iter().all(|name| call.input.get(name).is_none());
    if !is_list {
        call.catalog().until_found().await?;
    }
    let here = call.enter().await?;
    let page = call.page()?;
    let scope = Scope::of(&call);
    let question = Question::of(&here, scope).await?;
    let test = |view: &View| question.accepts(view);
    let asked = Asked {
        kinds: scope.kinds(&call),
        condition: question.condition(),
        ranks: question.ranks(),
        sort: call.input.get("sort").map(|sort| hits::sorted(&Sort::parse(sort))),
        depth: Depth::of(scope.reads(), false),
        test: if question.is_open() { None } else { Some(&test) },
    };
    let Hits { views, total, next_token } = hits::hits(&here, &page, asked).await?;
    let mut answer = Members::new();
    if let Some(token) = next_token {
        answer.set("nextToken", token);
    }
    let mut items = results::items(&here, scope, &views).await?;
    if call.input.texts("additionalAttributes").iter().any(|name| name == match_rationale::WANTED) {
        for (item, view) in items.iter_mut().zip(&views).filter(|_| !question.criteria.words.is_empty()) {
            match_rationale::add(item, &question.criteria.words, &question.searched(view));
        }
    }
    answer.set("items", items);
    answer.set("totalMatchCount", i32::try_from(total).unwrap_or(i32::MAX));
    Ok(Reply::Json(answer.answer(call.shapes.output)))
}
