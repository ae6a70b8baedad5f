//! How requests name records: products, domains, data sources, users.

use emporion_catalog::Catalog;
use emporion_catalog::alias::{CLOUD_ID, EXTERNAL_PRODUCT};
use emporion_catalog::command::Ref;
use emporion_catalog::id::RecordId;
use uuid::Uuid;

use crate::ids::ProductKey;

/// How the id of a top domain is printed elsewhere: this and the 32 digits.
const DOMAIN_PREFIX: &str = "dzd-";

pub fn product(catalog: &Catalog, key: &ProductKey) -> Ref {
    let kind = catalog.kind("data_product");
    match key {
        ProductKey::Id(id) => Ref::Id(kind, RecordId::from_uuid(*id)),
        ProductKey::External(text) => Ref::Alias { kind, space: EXTERNAL_PRODUCT.name, value: text.clone() },
    }
}

pub fn product_id(catalog: &Catalog, id: RecordId) -> Ref {
    Ref::Id(catalog.kind("data_product"), id)
}

/// A domain by id, by its other printed form, or by the id it was imported under.
pub fn domain(catalog: &Catalog, text: &str) -> Ref {
    let kind = catalog.kind("domain");
    match domain_id(text) {
        Some(id) => Ref::Id(kind, id),
        None => Ref::Alias { kind, space: CLOUD_ID.name, value: text.to_owned() },
    }
}

pub fn data_source(catalog: &Catalog, id: Uuid) -> Ref {
    Ref::Id(catalog.kind("database_service"), RecordId::from_uuid(id))
}

pub fn user(catalog: &Catalog, id: RecordId) -> Ref {
    Ref::Id(catalog.kind("user"), id)
}

pub fn team(catalog: &Catalog, id: RecordId) -> Ref {
    Ref::Id(catalog.kind("team"), id)
}

pub fn draft(catalog: &Catalog, id: Uuid) -> Ref {
    Ref::Id(catalog.kind("draft"), RecordId::from_uuid(id))
}

fn domain_id(text: &str) -> Option<RecordId> {
    if let Ok(id) = text.parse() {
        return Some(id);
    }
    let digits = text.strip_prefix(DOMAIN_PREFIX).filter(|digits| digits.len() == 32)?;
    Uuid::try_parse(digits).ok().map(RecordId::from_uuid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_known_by_both_spellings_of_its_id() {
        let id: RecordId = "550e8400-e29b-41d4-a716-446655440000".parse().expect("a UUID");
        assert_eq!(domain_id("550E8400-e29b-41d4-a716-446655440000"), Some(id));
        assert_eq!(domain_id("dzd-550e8400e29b41d4a716446655440000"), Some(id));
        for alias in ["dzd_53ielnpxktdilj", "dzd-53ielnpxktdilj", "sales", ""] {
            assert_eq!(domain_id(alias), None, "{alias}");
        }
    }
}
