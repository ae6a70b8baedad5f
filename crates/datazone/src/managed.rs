//! Form and asset types that the server provides: they belong to no domain and never change.

use emporion_catalog::kind::Kind;
use emporion_catalog::registry::Registry;
use serde_json::{Value, json};

use crate::asset_kinds;
use crate::derived::Derived;
use crate::ids::MANAGED_NAMESPACE;

/// The revision of every managed type.
pub const REVISION: &str = "1";

/// A form type that the server provides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedForm {
    pub name: String,
    pub model: String,
}

/// An asset type that the server provides.
#[derive(Debug, Clone, PartialEq)]
pub struct ManagedAsset {
    pub name: String,
    /// As a record of an asset type keeps them.
    pub slots: Value,
    /// Its assets come from a crawl and cannot be made.
    pub is_derived: bool,
}

const COMMON_DETAILS: &str = "structure AssetCommonDetailsFormType {\n  sourceIdentifier: String\n  customProperties: \
                              CustomProperties\n}\n\nmap CustomProperties {\n  key: String\n  value: String\n}";
const S3_COLLECTION: &str = "structure S3ObjectCollectionFormType {\n  @required\n  bucketArn: String\n}";

/// A managed form type by its whole name or the part after the namespace.
pub fn form(registry: &Registry, name: &str) -> Option<ManagedForm> {
    let fixed = [("AssetCommonDetailsFormType", COMMON_DETAILS), ("S3ObjectCollectionFormType", S3_COLLECTION)];
    if let Some((bare, model)) = fixed.iter().find(|(bare, _)| is_named(&qualified(bare), name)) {
        return Some(ManagedForm { name: qualified(bare), model: (*model).to_owned() });
    }
    derived(registry)
        .find(|(_, derived)| is_named(&derived.form_type, name))
        .map(|(kind, derived)| ManagedForm { model: derived.model(kind), name: derived.form_type })
}

/// A managed asset type by its whole name or the part after the namespace.
pub fn asset(registry: &Registry, name: &str) -> Option<ManagedAsset> {
    let s3 = qualified("S3ObjectCollectionAssetType");
    if is_named(&s3, name) {
        let form = qualified("S3ObjectCollectionFormType");
        return Some(ManagedAsset {
            name: s3,
            slots: json!({ "S3ObjectCollectionForm": slot(&form, true) }),
            is_derived: false,
        });
    }
    derived(registry).find(|(_, derived)| is_named(&derived.asset_type, name)).map(|(_, derived)| ManagedAsset {
        slots: json!({ derived.form: slot(&derived.form_type, true) }),
        name: derived.asset_type,
        is_derived: true,
    })
}

fn slot(form_type: &str, required: bool) -> Value {
    json!({ "type": form_type, "revision": REVISION, "required": required })
}

fn derived(registry: &Registry) -> impl Iterator<Item = (Kind, Derived)> + '_ {
    registry.iter().filter(|kind| asset_kinds::is_derived(*kind)).map(|kind| (kind, Derived::of(kind)))
}

fn qualified(bare: &str) -> String {
    format!("{MANAGED_NAMESPACE}.{bare}")
}

fn is_named(full: &str, name: &str) -> bool {
    full == name || full.rsplit('.').next() == Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smithy::FormModel;

    #[test]
    fn managed_types_are_found_with_and_without_their_namespace() {
        let registry = Registry::standard();
        for name in ["amazon.datazone.S3ObjectCollectionFormType", "S3ObjectCollectionFormType"] {
            let found = form(&registry, name).expect(name);
            assert_eq!(found.name, "amazon.datazone.S3ObjectCollectionFormType");
            assert!(FormModel::parse(&found.model, &found.name).is_ok());
        }
        assert!(form(&registry, "amazon.datazone.AssetCommonDetailsFormType").is_some());
        assert!(form(&registry, "EmporionPipelineFormType").is_some());
        assert!(form(&registry, "NoSuchForm").is_none());
    }

    #[test]
    fn every_slot_of_a_managed_asset_type_leads_to_a_managed_form_type() {
        let registry = Registry::standard();
        for name in ["S3ObjectCollectionAssetType", "RelationalTableAssetType", "emporion.PipelineAssetType"] {
            let found = asset(&registry, name).expect(name);
            for slot in found.slots.as_object().expect("slots are an object").values() {
                assert!(form(&registry, slot["type"].as_str().expect("a slot names its type")).is_some(), "{slot}");
            }
        }
    }
}
