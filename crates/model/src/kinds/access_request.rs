//! Somebody's wish for a role on a product, or for the rows of assets that are closed in it, and what became of it.

use serde_json::json;

use super::shared::*;

/// Who asks, by his id: whoever made the request.
pub const REQUESTER: &str = "requester";
pub const REASON: &str = "reason";
/// `viewer` or `editor`, a role on the product; `rows`, those of [`ASSETS`], lent to the product.
pub const WANTS: &str = "wants";
pub const ASSETS: &str = "assets";
/// When what was asked for is to end, where it is: once approved, when it does.
pub const UNTIL: &str = "until";
pub const STATE: &str = "state";
pub const DECIDED_BY: &str = "decided_by";
pub const DECIDED_AT: &str = "decided_at";
/// What whoever decided said to it.
pub const WORDS: &str = "words";

pub const VIEWER: &str = "viewer";
pub const EDITOR: &str = "editor";
pub const ROWS: &str = "rows";

pub const OPEN: &str = "open";
pub const APPROVED: &str = "approved";
pub const REJECTED: &str = "rejected";
pub const WITHDRAWN: &str = "withdrawn";

pub const ACCESS_REQUEST: KindDef = KindDef {
    name: "access_request",
    parents: &["data_product"],
    parent_required: true,
    fields: &[
        Field::required(REQUESTER, FieldType::Text { max: 36 }).told().fixed().listed(),
        Field::required(REASON, FieldType::Text { max: 2_000 }).told().fixed(),
        Field::required(WANTS, FieldType::Choice(&[VIEWER, EDITOR, ROWS])).told().fixed(),
        Field::optional(ASSETS, FieldType::Texts { max: 36 }).told().fixed(),
        Field::optional(UNTIL, FieldType::Millis).told(),
        Field::required(STATE, FieldType::Choice(&[OPEN, APPROVED, REJECTED, WITHDRAWN])).told().listed(),
        Field::optional(DECIDED_BY, FieldType::Text { max: 36 }).told(),
        Field::optional(DECIDED_AT, FieldType::Millis).told(),
        Field::optional(WORDS, FieldType::Text { max: 2_000 }).told(),
    ],
    part: true,
    asks: true,
    naming: Naming::ById,
    on_delete: OnDelete::FreesName,
    rules: &[Rule::Asking],
    sample: || json!({"requester": "019a", "reason": "For the quarter's report", "wants": "viewer", "state": "open"}),
    ..PLAIN
};
