//! What people call a role on a product, and whoever has it as the service names him.

use emporion_catalog::id::RecordId;
use emporion_catalog::record::View;
use emporion_catalog::relation::{self, Relation};
use emporion_products::users::operation::{Role, Who};

use crate::text::texts::Texts;

pub fn rendered(t: Texts, role: Relation) -> String {
    t.say(&format!("role.{}", role.name()))
}

/// By which a role of the service is kept.
pub fn relation(role: Role) -> Relation {
    match role {
        Role::Admin => relation::OWNER,
        Role::Editor => relation::EDITOR,
        Role::Viewer => relation::VIEWER,
    }
}

/// A role of the service where it is given.
pub fn given(t: Texts, role: Role) -> String {
    t.say(&format!("access.as_{}", relation(role).name()))
}

/// Whoever has a role on the product, as the service names him. One whom it does not know is a person for it.
pub fn who(view: &View, id: RecordId) -> (RecordId, Who) {
    let is_team = view.cards.get(&id).is_some_and(|card| card.kind.is("team"));
    (id, if is_team { Who::Team(id) } else { Who::Id(id.to_string()) })
}
