//! Bots: names under which programs act, each with a user of its own.

use emporion_catalog::kinds;
use emporion_edge::shape::Member;

use crate::definition::{NounDef, PLAIN};
use crate::entry::{related, sent};
use crate::has;
use crate::members::{NAME_TEXT, boolean, out, reference_required};
use crate::noun::{Input, OnPut, Reference};

const USER: Reference =
    Reference { many: false, ..out("botUser", "bot_user", Input::Names, &["user"], OnPut::Replace) };

pub const NOUN: NounDef = NounDef {
    kind: kinds::BOT,
    entity_type: "bot",
    collection: "bots",
    tag: "Bots",
    members: &[&[
        related(Some(Member::required("botUser", NAME_TEXT)), reference_required("botUser"), USER).named(),
        has::PROVIDER,
        // Kept, although the entity has no member that shows it.
        sent(boolean("allowImpersonation")),
        has::UNFILTERED_DOMAINS,
    ]],
    ..PLAIN
};
