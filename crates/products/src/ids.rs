//! Ids: how products are named in requests.

use uuid::Uuid;

/// What a client may choose as `externalDataProductId`.
pub const EXTERNAL_ID_PATTERN: &str = "^[A-Za-z0-9._:-]{1,128}$";

/// How a path names a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProductKey {
    Id(Uuid),
    /// An `externalDataProductId`, compared exactly.
    External(String),
}

impl ProductKey {
    /// Text in UUID form always means the id, in whatever case; all else can only be an external id.
    /// `None`: nothing can be called that.
    pub fn parse(text: &str) -> Option<ProductKey> {
        if !has_external_form(text) {
            return None;
        }
        Some(match Uuid::try_parse(text) {
            Ok(id) => ProductKey::Id(id),
            Err(_) => ProductKey::External(text.to_owned()),
        })
    }
}

/// A UUID as it is printed; any case is read.
pub fn parse_uuid(text: &str) -> Option<Uuid> {
    if text.len() == 36 { Uuid::try_parse(text).ok() } else { None }
}

/// Whether the text is a UUID in its usual form.
pub fn is_uuid(text: &str) -> bool {
    parse_uuid(text).is_some()
}

/// Whether a client may give a product this `externalDataProductId`: the pattern, and not the form of an id.
pub fn is_external_id(text: &str) -> bool {
    has_external_form(text) && Uuid::try_parse(text).is_err()
}

fn has_external_form(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "550e8400-e29b-41d4-a716-446655440000";

    #[test]
    fn an_external_id_in_uuid_form_is_refused() {
        assert!(!is_external_id(ID));
        assert!(!is_external_id(&ID.replace('-', "").to_uppercase()));
        assert!(is_external_id("ws-abc123"));
    }

    #[test]
    fn an_external_id_keeps_to_its_alphabet_and_length() {
        assert!(is_external_id("a.B_c:d-9"));
        assert!(is_external_id(&"x".repeat(128)));
        for text in ["", "a b", "a/b", "é", "a%2Fb", &"x".repeat(129)] {
            assert!(!is_external_id(text), "{text}");
        }
    }

    #[test]
    fn a_path_names_a_product_by_id_or_external_id() {
        let id = Uuid::try_parse(ID).expect("a UUID");
        assert_eq!(ProductKey::parse(&ID.to_uppercase()), Some(ProductKey::Id(id)));
        assert_eq!(ProductKey::parse("ws-abc123"), Some(ProductKey::External("ws-abc123".to_owned())));
        for text in ["", "..", "a/../b", "{550e8400-e29b-41d4-a716-446655440000}", "a;b"] {
            assert!(ProductKey::parse(text).is_none() || text == "..", "{text}");
        }
    }

    #[test]
    fn a_minted_id_is_one_that_a_client_could_have_chosen() {
        let minted = emporion_catalog::rules::external_id::minted(emporion_catalog::id::RecordId::fresh());
        assert!(minted.starts_with("ws-") && minted.len() == 13 && is_external_id(&minted));
    }
}
