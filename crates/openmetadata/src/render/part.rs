//! What the answers of a noun are made of, worked out once per noun: printing is the hottest path of the door.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{LazyLock, RwLock};

use emporion_catalog::relation::{self, Relation};
use serde_json::Value;

use super::observed;
use crate::case;
use crate::members as m;
use crate::noun::{Fields, Noun, Source, UNSPOKEN};
use crate::secrets;

/// One member of an answer.
pub struct Part {
    pub name: &'static str,
    /// As it is written before the value.
    pub quoted: String,
    pub source: Source,
    /// How it is shown, where it comes from the body.
    pub in_body: BodyRendering,
    /// The body field behind the member, where it has one.
    pub field: Cow<'static, str>,
    /// The core's relation, where the member is one that the core has.
    pub relation: Option<Relation>,
    /// Appears only when asked for.
    pub gated: bool,
    /// Taken over as it is, whatever keys it holds.
    pub opaque: bool,
    /// The value that is left out.
    pub unspoken: Option<&'static str>,
    /// Printed where the core keeps nothing: `""` where the schema demands a text, `[]` for lists.
    pub empty: Option<Value>,
}

/// How a member of the body is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum BodyRendering {
    Plain,
    Extension,
    Certification,
    /// What a query says, which holds values.
    Query,
    /// A configuration.
    WithSecrets,
}

impl BodyRendering {
    fn of(noun: &Noun, name: &str, field: &str) -> BodyRendering {
        match name {
            "extension" => BodyRendering::Extension,
            _ if name == m::CERTIFICATION.name => BodyRendering::Certification,
            _ if observed::of_query(noun, name) => BodyRendering::Query,
            _ if secrets::holds_any(field) => BodyRendering::WithSecrets,
            _ => BodyRendering::Plain,
        }
    }
}

impl Part {
    fn new(noun: &Noun, name: &'static str) -> Part {
        let (source, field) = (noun.source(name), case::core_key(name));
        Part {
            name,
            quoted: format!("\"{name}\""),
            source,
            in_body: BodyRendering::of(noun, name, &field),
            field,
            relation: match source {
                Source::Reference(reference) => relation::by_name(reference.relation),
                _ => None,
            },
            gated: noun.fields.contains(&name) && !noun.always.contains(&name),
            opaque: case::is_opaque(name),
            unspoken: UNSPOKEN.iter().find(|(member, _)| *member == name).map(|(_, value)| *value),
            empty: noun.shown_empty(name),
        }
    }

    pub fn shows(&self, fields: &Fields) -> bool {
        !self.gated || fields.wants(self.name)
    }
}

/// Parts by the address of the noun: nouns are constants that live as long as the program.
static PARTS: LazyLock<RwLock<HashMap<usize, &'static [Part]>>> = LazyLock::new(RwLock::default);

/// The members of a noun's answer, in the order of its shape.
pub fn parts(noun: &'static Noun) -> &'static [Part] {
    let key = std::ptr::from_ref(noun).addr();
    if let Ok(known) = PARTS.read()
        && let Some(parts) = known.get(&key)
    {
        return parts;
    }
    let parts: Vec<Part> = noun.entity.members.iter().map(|member| Part::new(noun, member.name)).collect();
    // One list per noun is never given back.
    let parts: &'static [Part] = parts.leak();
    match PARTS.write() {
        Ok(mut known) => known.entry(key).or_insert(parts),
        Err(_) => parts,
    }
}
