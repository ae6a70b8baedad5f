//! Shapes of values that many requests and answers share.

use emporion_edge::shape::{Shape, TEXT, Text, TimeForm, UUID};

use crate::ids;

pub const TIME: Shape = Shape::Time(TimeForm::Rfc3339);
/// What is no text, in forms and downloads.
pub const BYTES: Shape = Shape::Text(Text::ANY.format("binary"));
pub const COUNT: Shape = Shape::Integer { min: 0, max: i64::MAX };
/// Where answers print null for "there is none", and merge patches take null for "remove it".
pub const TEXT_OR_NULL: Shape = Shape::Nullable(&TEXT);
pub const UUID_OR_NULL: Shape = Shape::Nullable(&UUID);
pub const TIME_OR_NULL: Shape = Shape::Nullable(&TIME);
pub const COUNT_OR_NULL: Shape = Shape::Nullable(&COUNT);
pub const FLAG_OR_NULL: Shape = Shape::Nullable(&Shape::Boolean);
/// What a name of anything may be: stores and their tools end texts at a NUL.
pub const NAME: Shape = Shape::Text(Text::between(1, 200).matching(NO_NUL, has_no_nul));
const NO_NUL: &str = "^[^\\u0000]*$";

fn has_no_nul(text: &str) -> bool {
    !text.contains('\0')
}

/// A product's, asset's or source's description.
const PROSE: Shape = Shape::Text(Text::between(0, 10_000));
pub const DESCRIPTION: Shape = Shape::Nullable(&PROSE);
/// Names of databases, schemas and tables, which databases themselves keep shorter.
pub const SQL_NAME: Shape = Shape::Text(Text::between(1, 255).matching(NO_NUL, has_no_nul));
/// A schema or database that is given as the empty string counts as not given.
const NAME_OR_EMPTY: Shape = Shape::Text(Text::between(0, 255).matching(NO_NUL, has_no_nul));
pub const SQL_NAME_OR_EMPTY: Shape = Shape::Nullable(&NAME_OR_EMPTY);
pub const EXTERNAL_ID: Shape =
    Shape::Text(Text::between(1, 128).matching(ids::EXTERNAL_ID_PATTERN, ids::is_external_id));

/// An id in a request: one pattern, so that a bad one gives one violation and not two (length, format).
pub const ID: Shape = Shape::Text(
    Text::ANY.matching("^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", ids::is_uuid).format("uuid"),
);
