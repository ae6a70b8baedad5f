//! A semantic model whose content is another for once, to see what it comes to.

use uuid::Uuid;

use crate::parts::spec::Fields;

#[derive(Clone, Copy)]
pub struct Tried<'a> {
    pub id: Uuid,
    pub fields: &'a Fields,
}
