//! What people call a role on a product.

use emporion_catalog::relation::Relation;

use crate::text::texts::Texts;

pub fn rendered(t: Texts, role: Relation) -> String {
    t.say(&format!("role.{}", role.name()))
}
