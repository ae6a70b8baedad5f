//! Answers: what a record looks like on this door's wire. Every answer of an entity is printed here and nowhere else.

mod around;
mod change;
mod depth;
mod joins;
pub mod observed;
mod part;
pub mod parts;
mod print;
mod quality;

use emporion_catalog::caller::Caller;
use emporion_catalog::id::RecordId;
use emporion_catalog::record::{Card, View};
use emporion_edge::json_writer;
use serde_json::Value;
use uuid::Uuid;

pub use around::around;
pub use depth::depth;
pub use print::{Around, Printer};

use crate::case;
use crate::door::Door;
use crate::errors::OmResult;
use crate::noun::{Fields, Noun};
use crate::reference::Shown;

/// The absolute address of an entity.
pub fn href(base: &str, noun: &Noun, id: RecordId) -> String {
    let mut buffer = Uuid::encode_buffer();
    [base, "/v1/", noun.collection, "/", id.uuid().hyphenated().encode_lower(&mut buffer)].concat()
}

/// An EntityReference to the record behind a card. A kind that has no noun here is called by its core name.
pub fn print_reference(door: &Door, base: &str, card: &Card, inherited: bool, into: &mut Vec<u8>) {
    let noun = door.noun_of_kind(card.kind.name());
    let unspelled = case::wire_key(card.kind.name());
    Shown {
        id: card.id.uuid(),
        entity_type: noun.map_or(&unspelled, |noun| noun.entity_type),
        name: &card.kind.own_name(&card.name),
        fqn: &card.fqn,
        display_name: card.display_name.as_deref(),
        description: card.description.as_deref(),
        deleted: !card.state.is_alive(),
        inherited,
        href: noun.map_or_else(String::new, |noun| href(base, noun, card.id)),
    }
    .print(into);
}

/// The same as a value.
pub fn reference(door: &Door, base: &str, card: &Card, inherited: bool) -> Value {
    json_writer::tree(|into| print_reference(door, base, card, inherited, into))
}

/// The entities with these fields.
///
/// The views must have been read to [`depth`] at least. Reads again only what other records say of them.
pub async fn entities(
    door: &Door,
    caller: &Caller,
    base: &str,
    noun: &'static Noun,
    views: &[View],
    fields: &Fields,
) -> OmResult<Vec<Value>> {
    let printed = printed(door, caller, base, noun, views, fields).await?;
    Ok(printed.iter().map(|entity| json_writer::read(entity)).collect())
}

/// The same as they leave.
pub async fn printed(
    door: &Door,
    caller: &Caller,
    base: &str,
    noun: &'static Noun,
    views: &[View],
    fields: &Fields,
) -> OmResult<Vec<Vec<u8>>> {
    let around = self::around(door, caller, noun, views, fields).await?;
    let printer = Printer { door, noun, base };
    Ok(views.iter().zip(&around).map(|(view, around)| printer.printed(view, fields, around)).collect())
}
