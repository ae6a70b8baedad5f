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

/// Every managed form type.
pub fn forms(registry: &Registry) -> Vec<ManagedForm> {
    let fixed = [("AssetCommonDetailsFormType", COMMON_DETAILS), ("S3ObjectCollectionFormType", S3_COLLECTION)]
        .into_iter()
        .map(|(bare, model)| ManagedForm { name: qualified(bare), model: model.to_owned() });
    let derived =
        derived(registry).map(|(kind, derived)| ManagedForm { model: derived.model(kind), name: derived.form_type });
    fixed.chain(derived).collect()
}

/// A managed form type by its whole name or the part after the namespace.
pub fn form(registry: &Registry, name: &str) -> Option<ManagedForm> {
    forms(registry).into_iter().find(|form| is_named(&form.name, name))
}

/// Every managed asset type.
pub fn assets(registry: &Registry) -> Vec<ManagedAsset> {
    let form = qualified("S3ObjectCollectionFormType");
    let s3 = ManagedAsset {
        name: qualified("S3ObjectCollectionAssetType"),
        slots: json!({ "S3ObjectCollectionForm": slot(&form, true) }),
        is_derived: false,
    };
    let derived = derived(registry).map(|(_, derived)| ManagedAsset {
        slots: json!({ derived.form: slot(&derived.form_type, true) }),
        name: derived.asset_type,
        is_derived: true,
    });
    std::iter::once(s3).chain(derived).collect()
}

/// A managed asset type by its whole name or the part after the namespace.
pub fn asset(registry: &Registry, name: &str) -> Option<ManagedAsset> {
    assets(registry).into_iter().find(|asset| is_named(&asset.name, name))
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
