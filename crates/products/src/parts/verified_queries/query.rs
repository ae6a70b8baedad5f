//! A verified query as it is read, and as somebody wants it to be.

use emporion_edge::etag::IfMatch;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::{SPEC, VerifiedQueries};
use crate::content_state::ContentState;
use crate::failure::Failure;
use crate::fields::Checked;
use crate::idempotency::{Idempotent, StoredAnswer};
use crate::page::{ListPage, PageRequest};
use crate::parts::change::{self, Stored};
use crate::parts::item::{self, SeenItem};
use crate::parts::read::{self, PartList};
use crate::request::ProductRequest;
use crate::service::Products;

/// What a verified query says. It prints as the body of a request.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryDraft {
    pub question: String,
    pub sql: String,
    pub alternate_questions: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub parameters: Vec<Value>,
    pub use_as_onboarding_question: bool,
}

/// Whether a query runs over the tables as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryStatus {
    Ok,
    Broken,
    Unchecked,
}

/// A query as its reader sees it.
#[derive(Debug, Clone)]
pub struct VerifiedQuery {
    pub id: Uuid,
    pub content: QueryDraft,
    pub status: QueryStatus,
    pub is_deployed: bool,
    pub created_by: Option<String>,
    /// Its entity tag.
    pub tag: String,
}

impl QueryStatus {
    pub fn word(self) -> &'static str {
        match self {
            QueryStatus::Ok => "ok",
            QueryStatus::Broken => "broken",
            QueryStatus::Unchecked => "unchecked",
        }
    }
}

impl VerifiedQuery {
    fn of(seen: &SeenItem) -> VerifiedQuery {
        let (item, fields) = (&seen.item, seen.fields());
        let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
        let list = |name: &str| fields.get(name).and_then(Value::as_array).into_iter().flatten();
        let status = seen.annotation.as_ref().and_then(Value::as_str);
        VerifiedQuery {
            id: item.id,
            content: QueryDraft {
                question: text("question").unwrap_or_default(),
                sql: text("sql").unwrap_or_default(),
                alternate_questions: list("alternate_questions").filter_map(Value::as_str).map(str::to_owned).collect(),
                name: text("display_name"),
                description: text("description"),
                parameters: list("parameters").cloned().collect(),
                use_as_onboarding_question: fields.get("use_as_onboarding_question") == Some(&Value::Bool(true)),
            },
            status: match status {
                Some("ok") => QueryStatus::Ok,
                Some("broken") => QueryStatus::Broken,
                _ => QueryStatus::Unchecked,
            },
            is_deployed: seen.is_deployed(),
            created_by: item.created_by(),
            tag: item.tag(),
        }
    }

    /// It is live, and what it reads is not as it was.
    pub fn is_broken(&self) -> bool {
        self.is_deployed && self.status == QueryStatus::Broken
    }
}

/// Those of a product that the caller sees in this state, oldest first.
///
/// Errors: 404; 400 for a cursor of another list.
pub async fn list(
    products: &Products,
    request: &ProductRequest,
    state: ContentState,
    page: &PageRequest,
) -> Result<ListPage<VerifiedQuery>, Failure> {
    let PartList { page, .. } = read::list(&VerifiedQueries, products, request, (state, None), page).await?;
    let ListPage { items, total, pagination } = page;
    Ok(ListPage { items: items.iter().map(VerifiedQuery::of).collect(), total, pagination })
}

/// One by its id.
///
/// Errors: 404.
pub async fn find(products: &Products, request: &ProductRequest, id: &str) -> Result<VerifiedQuery, Failure> {
    let seen = read::find(&VerifiedQueries, products, request, item::id_of(&SPEC, id)?).await?;
    Ok(VerifiedQuery::of(&seen))
}

/// Stores a query as a draft: a new one, or as another content of one.
///
/// Errors: 422 for what breaks the rules of requests; as for [`change::submit`].
pub async fn save(
    products: &Products,
    request: &ProductRequest,
    target: Option<Uuid>,
    draft: &QueryDraft,
    condition: Option<IfMatch>,
    stored: Option<StoredAnswer<Stored>>,
) -> Result<Idempotent<Stored>, Failure> {
    let body = serde_json::to_value(draft).map_err(|_| Failure::internal())?;
    let Checked { body, .. } = change::checked(&VerifiedQueries, body, false)?;
    change::submit(&VerifiedQueries, products, request, target, body, condition, stored).await
}

/// Takes a query away.
///
/// Errors: 403, 404, 412 where the condition does not hold.
pub async fn delete(
    products: &Products,
    request: &ProductRequest,
    id: &str,
    condition: &IfMatch,
) -> Result<(), Failure> {
    let id = item::id_of(&SPEC, id)?;
    change::delete(&VerifiedQueries, products, request, id, Some(condition)).await.map(drop)
}
