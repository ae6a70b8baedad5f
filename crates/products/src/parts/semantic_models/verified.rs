//! Verified queries that come with a document become drafts of their own, as far as the product can take them.

use emporion_catalog::command::Command;
use emporion_semantic::model::{VerifiedQuery, Violation as Finding};
use serde_json::Value;

use super::examine::finding;
use crate::content_state::ContentState;
use crate::failure::Failure;
use crate::message::Nouns;
use crate::parts::item::{self, Item};
use crate::parts::part::{Maker, Part};
use crate::parts::spec::Fields;
use crate::parts::unique::Taken;
use crate::parts::verified_queries::{self, SPEC, VerifiedQueries};
use crate::parts::writes;
use crate::reach::literals;
use crate::read_context::ReadContext;

/// The commands that store them, and a warning for each that is left out.
pub async fn drafts(cx: &ReadContext<'_>, queries: &[VerifiedQuery]) -> Result<(Vec<Command>, Vec<Finding>), Failure> {
    let (mut commands, mut reported) = (Vec::new(), Vec::new());
    if queries.is_empty() {
        return Ok((commands, reported));
    }
    let catalog = &cx.products.catalog;
    let groups = verified_queries::groups(cx, ContentState::Drafted).await?;
    let tables = verified_queries::tables(&groups);
    let sources = verified_queries::sources(cx, groups).await?;
    let present = item::of_product(&SPEC, cx.reading, cx.product).await?;
    let mut taken = Taken::by(&SPEC, present.iter().map(|item| (item.fields(), ())));
    for (at, query) in queries.iter().enumerate() {
        let mut leave_out = |message: String| {
            reported.push(Finding {
                path: format!("/verified_queries/{at}"),
                rule: "VERIFIED_QUERY_LEFT_OUT",
                message,
            });
        };
        let mut fields = fields(query);
        let decided = match verified_queries::decided(&sources, &fields) {
            Ok(decided) => decided,
            Err(failure) => {
                let reasons = failure.violations.iter().map(|violation| violation.message.text(&Nouns::DATA_PRODUCT));
                leave_out(reasons.collect::<Vec<_>>().join("; "));
                continue;
            }
        };
        if let Some(clash) = taken.clash(&fields, |()| true) {
            leave_out(clash.message.text(&Nouns::DATA_PRODUCT));
            continue;
        }
        let path = format!("/verified_queries/{at}/sql");
        let literals =
            literals::of_statement(cx, &tables, verified_queries::statement(&fields), &decided, &path).await?;
        reported.extend(literals.into_iter().map(finding));
        let user = cx.reading.caller().principal.user;
        let body = serde_json::Map::new();
        VerifiedQueries
            .complete(&mut fields, &Maker { body: &body, user, now_ms: catalog.now().0, before: None, next: 1 });
        let item = Item::fresh(writes::fresh_id());
        commands.extend(writes::drafted(&SPEC, catalog, cx.product_id(), &item, &fields));
        taken.take(&fields, ());
    }
    Ok((commands, reported))
}

fn fields(query: &VerifiedQuery) -> Fields {
    let mut fields = Fields::new();
    fields.insert("question".to_owned(), query.question.as_str().into());
    fields.insert("sql".to_owned(), query.sql.as_str().into());
    if let Some(name) = &query.name {
        fields.insert("display_name".to_owned(), name.as_str().into());
    }
    if query.onboarding {
        fields.insert("use_as_onboarding_question".to_owned(), Value::Bool(true));
    }
    fields
}
