//! Search over form and asset types: the domain's own, or those that the server provides.

mod question;

use std::cmp::Ordering;

use emporion_catalog::kind::Kind;
use emporion_catalog::kinds;
use emporion_catalog::load::Depth;
use emporion_catalog::record::View;
use emporion_catalog::relation::OWNING_TEAM;
use serde_json::{Value, json};

use self::question::{Candidate, Question, Scope};
use crate::asset_types;
use crate::call::{Call, CallError, Reply};
use crate::form_types;
use crate::glossaries::named_by;
use crate::hits::{self, Asked, Hits};
use crate::in_domain::InDomain;
use crate::members::Members;
use crate::page::{self, Page};
use crate::shapes::search_types::{ASSET_TYPE_ITEM, FORM_TYPE_DATA};

pub async fn search(call: Call) -> Result<Reply, CallError> {
    if call.input.get("searchText").is_some() || call.input.get("filters").is_some() {
        call.catalog().until_found().await?;
    }
    let here = call.enter().await?;
    let page = call.page()?;
    let scope = Scope::of(&call);
    let question = Question::of(&here, scope).await?;
    let is_managed = call.input.flag("managed").unwrap_or(false);
    let answer = match scope {
        Scope::Forms if is_managed => managed_forms(&here, &page, &question).await?,
        Scope::Assets if is_managed => managed_assets(&here, &page, &question).await?,
        Scope::Forms => own(&here, &page, &question, kinds::FORM_TYPE).await?,
        Scope::Assets => own(&here, &page, &question, kinds::ASSET_TYPE).await?,
        Scope::LineageNodes => answer(Vec::new(), 0, None),
    };
    Ok(Reply::Json(answer.answer(call.shapes.output)))
}

async fn own(here: &InDomain<'_>, page: &Page, question: &Question, kind: Kind) -> Result<Members, CallError> {
    let test = |view: &View| question.accepts(Candidate::Own(view));
    let asked = Asked {
        kinds: vec![kind],
        condition: question.condition(),
        ranks: question.ranks(),
        sort: question.sort(),
        depth: Depth::of(&[OWNING_TEAM], false),
        test: Some(&test),
    };
    let Hits { views, total, next_token } = hits::hits(here, page, asked).await?;
    let named: Vec<_> = views.iter().flat_map(|view| named_by(here, view)).collect();
    let items = if kind == kinds::FORM_TYPE {
        let printer = form_types::FormTypePrinter::of(here, named).await?;
        views.iter().map(|view| json!({ "formTypeItem": printer.members(view).fit(&FORM_TYPE_DATA) })).collect()
    } else {
        let printer = asset_types::AssetTypePrinter::of(here, named).await?;
        views.iter().map(|view| json!({ "assetTypeItem": printer.members(view).fit(&ASSET_TYPE_ITEM) })).collect()
    };
    Ok(answer(items, total, next_token))
}

async fn managed_forms(here: &InDomain<'_>, page: &Page, question: &Question) -> Result<Members, CallError> {
    let printer = form_types::FormTypePrinter::of(here, []).await?;
    let forms = here.call.catalog().registry().provided().forms.iter();
    let types = forms.map(|form| {
        let revision = form.revisions.present();
        let item = printer.managed_members(form, revision.clone()).fit(&FORM_TYPE_DATA);
        Type { name: form.name.clone(), revision, item: json!({ "formTypeItem": item }) }
    });
    provided(here, page, question, types.collect())
}

async fn managed_assets(here: &InDomain<'_>, page: &Page, question: &Question) -> Result<Members, CallError> {
    let printer = asset_types::AssetTypePrinter::of(here, []).await?;
    let assets = here.call.catalog().registry().provided().assets.iter();
    let types = assets.map(|asset| {
        let revision = asset.revisions.present();
        let item = printer.managed_members(asset, revision.clone()).fit(&ASSET_TYPE_ITEM);
        Type { name: asset.name.clone(), revision, item: json!({ "assetTypeItem": item }) }
    });
    provided(here, page, question, types.collect())
}

/// A type that the server provides, and how an answer shows it.
struct Type {
    name: String,
    revision: String,
    item: Value,
}

/// A page of types that the server provides. All are of one age, so that they stand by their names, whatever the request
/// sorts by; without that, first those that are looked for by just their names.
fn provided(here: &InDomain<'_>, page: &Page, question: &Question, mut types: Vec<Type>) -> Result<Members, CallError> {
    let since = here.domain.record.created.at;
    types.retain(|one| question.accepts(Candidate::Managed { name: &one.name, revision: &one.revision, since }));
    let sort = question.sort();
    let descending = sort.is_some_and(|(_, descending)| descending);
    let compare = |one: &str, other: &str| -> Ordering {
        let is_behind = |name: &str| sort.is_none() && !question.is_named(name);
        let by_name = if descending { other.cmp(one) } else { one.cmp(other) };
        is_behind(one).cmp(&is_behind(other)).then(by_name)
    };
    types.sort_by(|one, other| compare(&one.name, &other.name));
    let total = types.len() as u64;
    if let Some(after) = &page.after {
        let after = after.as_str().ok_or_else(page::invalid_token)?;
        types.retain(|one| compare(&one.name, after) == Ordering::Greater);
    }
    let more = types.len() > page.size;
    types.truncate(page.size);
    let last = types.last().filter(|_| more).map(|last| json!(last.name));
    let next_token = last.map(|place| page.next_token(here.call.page_keys(), &place));
    Ok(answer(types.into_iter().map(|one| one.item).collect(), total, next_token))
}

fn answer(items: Vec<Value>, total: u64, next_token: Option<String>) -> Members {
    let mut answer = Members::new();
    answer.set("items", items);
    answer.set("totalMatchCount", i32::try_from(total).unwrap_or(i32::MAX));
    if let Some(token) = next_token {
        answer.set("nextToken", token);
    }
    answer
}
