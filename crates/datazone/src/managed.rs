//! Form and asset types that this API provides: they belong to no domain and never change.

use emporion_catalog::kind::Kind;
use emporion_catalog::provided::{DerivedForm, Provided, ProvidedAsset, ProvidedForm, REVISION};
use emporion_catalog::registry::Registry;
use serde_json::{Value, json};

use crate::asset_kinds;
use crate::derived::Derived;
use crate::ids::MANAGED_NAMESPACE;

const COMMON_DETAILS: &str = "structure AssetCommonDetailsFormType {\n  sourceIdentifier: String\n  customProperties: \
                              CustomProperties\n}\n\nmap CustomProperties {\n  key: String\n  value: String\n}";
const S3_COLLECTION: &str = "structure S3ObjectCollectionFormType {\n  @required\n  bucketArn: String\n}";

/// The registry with what this API provides. The catalogue that the door is mounted over must be made of it.
pub fn provide(registry: Registry) -> Registry {
    let provided = Provided { forms: forms(&registry), assets: assets(&registry) };
    registry.providing(provided)
}

fn forms(registry: &Registry) -> Vec<ProvidedForm> {
    let fixed = [("AssetCommonDetailsFormType", COMMON_DETAILS), ("S3ObjectCollectionFormType", S3_COLLECTION)]
        .into_iter()
        .map(|(bare, model)| ProvidedForm { name: qualified(bare), model: model.to_owned(), derived: None });
    let derived = derived(registry).map(|(kind, derived)| ProvidedForm {
        model: derived.model(kind),
        name: derived.form_type,
        derived: Some(DerivedForm { kind, name: derived.form }),
    });
    fixed.chain(derived).collect()
}

fn assets(registry: &Registry) -> Vec<ProvidedAsset> {
    let form = qualified("S3ObjectCollectionFormType");
    let s3 = ProvidedAsset {
        name: qualified("S3ObjectCollectionAssetType"),
        slots: json!({ "S3ObjectCollectionForm": slot(&form, true) }),
        is_derived: false,
    };
    let derived = derived(registry).map(|(_, derived)| ProvidedAsset {
        slots: json!({ derived.form: slot(&derived.form_type, true) }),
        name: derived.asset_type,
        is_derived: true,
    });
    std::iter::once(s3).chain(derived).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use emporion_catalog::form_model::FormModel;

    #[test]
    fn managed_types_are_found_with_and_without_their_namespace() {
        let registry = provide(Registry::standard());
        let provided = registry.provided();
        for name in ["amazon.datazone.S3ObjectCollectionFormType", "S3ObjectCollectionFormType"] {
            let found = provided.form(name).expect(name);
            assert_eq!(found.name, "amazon.datazone.S3ObjectCollectionFormType");
            assert!(FormModel::parse(&found.model, &found.name).is_ok());
        }
        assert!(provided.form("amazon.datazone.AssetCommonDetailsFormType").is_some());
        assert!(provided.form("EmporionPipelineFormType").is_some());
        assert!(provided.form("NoSuchForm").is_none());
    }

    #[test]
    fn every_slot_of_a_managed_asset_type_leads_to_a_managed_form_type() {
        let registry = provide(Registry::standard());
        let provided = registry.provided();
        for name in ["S3ObjectCollectionAssetType", "RelationalTableAssetType", "emporion.PipelineAssetType"] {
            let found = provided.asset(name).expect(name);
            for slot in found.slots.as_object().expect("slots are an object").values() {
                assert!(provided.form(slot["type"].as_str().expect("a slot names its type")).is_some(), "{slot}");
            }
        }
    }
}
