//! Search over form and asset types: the domain's own, or those that the server provides.

use emporion_catalog::finder::Condition;
use emporion_catalog::load::Depth;
use emporion_catalog::query::Order;
use emporion_catalog::record::View;
use emporion_catalog::relation::OWNING_TEAM;
use serde_json::{Value, json};

use crate::asset_types;
use crate::call::{Call, CallError, Reply};
use crate::filter::{Attribute, Comparison, Filter, Sort};
use crate::form_types;
use crate::glossaries::{self, named_by};
use crate::in_domain::InDomain;
use crate::inventory::{self, Inventory, Wanted, place_from, place_value};
use crate::members::Members;
use crate::page::{self, Page};
use crate::shapes::search_types::{ASSET_TYPE_ITEM, FORM_TYPE_DATA};
use crate::text_query::TextQuery;

pub async fn search(call: Call) -> Result<Reply, CallError> {
    if call.input.get("searchText").is_some() || call.input.get("filters").is_some() {
        call.catalog().until_found().await?;
    }
    let here = call.enter().await?;
    let page = call.page()?;
    let question = Question::of(&call)?;
    let is_managed = call.input.flag("managed").unwrap_or(false);
    let answer = match call.input.required_text("searchScope") {
        "FORM_TYPE" if is_managed => managed_forms(&here, &page, &question).await?,
        "ASSET_TYPE" if is_managed => managed_assets(&here, &page, &question).await?,
        "FORM_TYPE" => own(&here, &page, &question, "form_type").await?,
        "ASSET_TYPE" => own(&here, &page, &question, "asset_type").await?,
        // Nodes of lineage have no types here.
        _ => answer(Vec::new(), 0),
    };
    Ok(Reply::Json(answer.answer(call.shapes.output)))
}

/// What a search asks of a type.
struct Question {
    words: TextQuery,
    filter: Option<Filter>,
    descending: bool,
}

impl Question {
    fn of(call: &Call) -> Result<Question, CallError> {
        Ok(Question {
            words: TextQuery::parse(call.input.text("searchText").unwrap_or_default()),
            filter: call.input.get("filters").map(Filter::parse).transpose()?,
            descending: call.input.get("sort").map(Sort::parse).is_some_and(|sort| sort.descending),
        })
    }

    /// What the index says of it: at least everything that is accepted.
    fn condition(&self) -> Condition {
        let leaf = |attribute: &str, comparison: &Comparison| match (attribute, comparison) {
            ("name" | "description", Comparison::Words(words)) => words.condition(&[]),
            ("name" | "description", Comparison::Text(text)) => Condition::holding(text),
            _ => Condition::Everything,
        };
        let words = self.words.condition(&[]);
        Condition::all([words].into_iter().chain(self.filter.as_ref().map(|filter| filter.condition(&leaf))).collect())
    }

    fn accepts(&self, name: &str, description: &str, status: &str) -> bool {
        let values = |attribute: &str| {
            let text = match attribute {
                "name" => name,
                "description" => description,
                "status" => status,
                _ => return Vec::new(),
            };
            vec![Attribute::Text(text.to_owned())]
        };
        self.words.matches(&[("name", name), ("description", description)])
            && self.filter.as_ref().is_none_or(|filter| filter.accepts(&values))
    }
}

async fn own(here: &InDomain<'_>, page: &Page, question: &Question, kind: &'static str) -> Result<Members, CallError> {
    let after = match &page.after {
        None => None,
        Some(value) => Some(place_from(Order::Name, value).ok_or_else(page::invalid_token)?),
    };
    let test = |view: &View| {
        let description = view.text("description").unwrap_or_default();
        question.accepts(&view.record.name, description, glossaries::status(view))
    };
    let wanted = Wanted {
        order: Order::Name,
        descending: question.descending,
        after,
        size: page.size,
        depth: Depth::of(&[OWNING_TEAM], false),
        among: None,
        test: Some(&test),
    };
    let kind_of = here.call.catalog().kind(kind);
    let mut types = [Inventory::of(here, kind_of).await?];
    types[0].narrow(&here.reading.narrowed(&[kind_of], &question.condition()).await?);
    let (views, more) = inventory::page(here, &types, &wanted).await?;
    let total = inventory::count(here, &types, &wanted).await?;
    let named: Vec<_> = views.iter().flat_map(|view| named_by(here, view)).collect();
    let items = if kind == "form_type" {
        let printer = form_types::FormTypePrinter::of(here, named).await?;
        views.iter().map(|view| json!({ "formTypeItem": printer.members(view).fit(&FORM_TYPE_DATA) })).collect()
    } else {
        let printer = asset_types::AssetTypePrinter::of(here, named).await?;
        views.iter().map(|view| json!({ "assetTypeItem": printer.members(view).fit(&ASSET_TYPE_ITEM) })).collect()
    };
    let mut answer = answer(items, total);
    if more && let Some(last) = views.last() {
        let place = place_value(Order::Name, &last.record);
        answer.set("nextToken", page.next_token(here.call.cursor_key(), &place));
    }
    Ok(answer)
}

async fn managed_forms(here: &InDomain<'_>, page: &Page, question: &Question) -> Result<Members, CallError> {
    let printer = form_types::FormTypePrinter::of(here, []).await?;
    let forms = here.call.catalog().registry().provided().forms.iter();
    let named = forms.into_iter().map(|form| {
        let item = printer.managed_members(form, form.revisions.present()).fit(&FORM_TYPE_DATA);
        (form.name.clone(), json!({ "formTypeItem": item }))
    });
    fixed(here, page, question, named.collect())
}

async fn managed_assets(here: &InDomain<'_>, page: &Page, question: &Question) -> Result<Members, CallError> {
    let printer = asset_types::AssetTypePrinter::of(here, []).await?;
    let assets = here.call.catalog().registry().provided().assets.iter();
    let named = assets.into_iter().map(|asset| {
        let item = printer.managed_members(asset, asset.revisions.present()).fit(&ASSET_TYPE_ITEM);
        (asset.name.clone(), json!({ "assetTypeItem": item }))
    });
    fixed(here, page, question, named.collect())
}

/// A page of types that are known beforehand, by name.
fn fixed(
    here: &InDomain<'_>,
    page: &Page,
    question: &Question,
    mut named: Vec<(String, Value)>,
) -> Result<Members, CallError> {
    let after = match &page.after {
        None => None,
        Some(value) => Some(value.as_str().ok_or_else(page::invalid_token)?.to_owned()),
    };
    named.retain(|(name, _)| question.accepts(name, "", "ENABLED"));
    named.sort_by(|(a, _), (b, _)| if question.descending { b.cmp(a) } else { a.cmp(b) });
    let total = named.len() as u64;
    if let Some(after) = after {
        named.retain(|(name, _)| if question.descending { *name < after } else { *name > after });
    }
    let more = named.len() > page.size;
    named.truncate(page.size);
    let last = named.last().map(|(name, _)| name.clone());
    let mut answer = answer(named.into_iter().map(|(_, item)| item).collect(), total);
    if more && let Some(last) = last {
        answer.set("nextToken", page.next_token(here.call.cursor_key(), &json!(last)));
    }
    Ok(answer)
}

fn answer(items: Vec<Value>, total: u64) -> Members {
    let mut answer = Members::new();
    answer.set("items", items);
    answer.set("totalMatchCount", i32::try_from(total).unwrap_or(i32::MAX));
    answer
}
