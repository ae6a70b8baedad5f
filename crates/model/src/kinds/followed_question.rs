//! A question that somebody has asked again for him, and when its answer is to be told.

use serde_json::json;

use super::shared::*;

/// The ids of the product that is asked, and of the thread and the message in which it was answered.
pub const PRODUCT: &str = "product";
pub const THREAD: &str = "thread";
pub const MESSAGE: &str = "message";
pub const QUESTION: &str = "question";
/// How its answer is held against the threshold.
pub const TELLS: &str = "tells";
pub const THRESHOLD: &str = "threshold";
/// What its figure is counted in; `%` of a share, of which the threshold is the part of one.
pub const UNIT: &str = "unit";
/// How its figure is written, as in `#,##0.00`.
pub const FORMAT: &str = "format";
/// When it was asked last.
pub const ASKED_AT: &str = "asked_at";
/// Since when it is beyond the threshold; absent while it is not.
pub const CROSSED_AT: &str = "crossed_at";

pub const ABOVE: &str = "above";
pub const BELOW: &str = "below";

const ID: FieldType = FieldType::Text { max: 64 };

pub const FOLLOWED_QUESTION: KindDef = KindDef {
    name: "followed_question",
    parents: &["user"],
    parent_required: true,
    fields: &[
        Field::required(PRODUCT, ID),
        Field::required(THREAD, ID),
        Field::required(MESSAGE, ID),
        Field::required(QUESTION, FieldType::Text { max: 4_000 }),
        Field::required(TELLS, FieldType::Choice(&[ABOVE, BELOW])),
        Field::required(THRESHOLD, FieldType::Number),
        Field::optional(UNIT, FieldType::Text { max: 64 }),
        Field::optional(FORMAT, FieldType::Text { max: 64 }),
        Field::optional(ASKED_AT, FieldType::Millis).silent(),
        Field::optional(CROSSED_AT, FieldType::Millis).silent(),
    ],
    part: true,
    personal: true,
    naming: Naming::ById,
    on_delete: OnDelete::FreesName,
    sample: || json!({"product": "x", "thread": "x", "message": "x", "question": "turnover", "tells": "above", "threshold": 100}),
    ..PLAIN
};
