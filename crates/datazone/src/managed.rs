//! Form and asset types that this API provides: they belong to no domain and change with the server alone.
//!
//! Names, revisions and what forms hold are those that the documentation and public code of clients send. The service
//! itself says no more of them, so their structures are open: what a client knows beyond this is kept as it is.

use std::sync::Arc;

use emporion_catalog::id::Millis;
use emporion_catalog::kind::Kind;
use emporion_catalog::provided::{DerivedForm, Provided, ProvidedAsset, ProvidedForm, Revisions};
use emporion_catalog::registry::Registry;
use serde_json::{Map, Value, json};

use crate::asset_kinds;
use crate::derived::{self, Derived};
use crate::form_model::Smithy;
use crate::ids::MANAGED_NAMESPACE;
use crate::members::Members;

/// Where managed types come from, in the service's words.
const ORIGIN_DOMAIN: &str = "dzd_amazon_datazone_domain";
pub const ORIGIN_PROJECT: &str = "dzd_amazon_datazone_domain_project";
/// Who made them.
pub const SYSTEM: &str = "SYSTEM";

/// A form type: its bare name, its present revision, its text.
struct Form(&'static str, u32, &'static str);

/// The form types of this table, each with the file that bears its name.
macro_rules! forms {
    ($($name:literal $revision:literal;)*) => {
        const FORMS: &[Form] =
            &[$(Form($name, $revision, include_str!(concat!("managed/", $name, ".smithy")).trim_ascii_end())),*];
    };
}

forms! {
    "AssetCommonDetailsFormType" 8;
    "ColumnBusinessMetadataFormType" 8;
    "DataSourceReferenceFormType" 4;
    "GlueTableFormType" 13;
    "GlueViewFormType" 12;
    "RedshiftTableFormType" 13;
    "RedshiftViewFormType" 13;
    "S3ObjectCollectionFormType" 7;
    "SageMakerFeatureGroupFormType" 1;
    "SageMakerModelPackageGroupFormType" 1;
    "SubscriptionTermsFormType" 2;
}

/// An asset type: its bare name, its present revision, and its forms beside the common one.
struct Asset {
    name: &'static str,
    revision: u32,
    forms: &'static [Slot],
}

/// A form of an asset type, by its name; its type bears the same name and `Type`.
#[derive(Clone, Copy)]
enum Slot {
    /// It must be there, of exactly this revision.
    Required(&'static str),
    /// It must be there, of any revision up to this one.
    AnyRequired(&'static str),
    /// It may be there, of any revision up to this one.
    Optional(&'static str),
}
use Slot::{AnyRequired, Optional, Required};

/// The form that every asset may carry.
const COMMON: Slot = Optional("AssetCommonDetailsForm");
const COLUMNS: Slot = Optional("ColumnBusinessMetadataForm");
const SOURCE: Slot = Optional("DataSourceReferenceForm");
const TERMS: Slot = Optional("SubscriptionTermsForm");

const ASSETS: &[Asset] = &[
    Asset { name: "GlueTableAssetType", revision: 24, forms: &[Required("GlueTableForm"), COLUMNS, SOURCE, TERMS] },
    Asset { name: "GlueViewAssetType", revision: 18, forms: &[Required("GlueViewForm"), COLUMNS, SOURCE, TERMS] },
    Asset {
        name: "RedshiftTableAssetType",
        revision: 20,
        forms: &[AnyRequired("RedshiftTableForm"), COLUMNS, SOURCE, TERMS],
    },
    Asset {
        name: "RedshiftViewAssetType",
        revision: 20,
        forms: &[AnyRequired("RedshiftViewForm"), COLUMNS, SOURCE, TERMS],
    },
    Asset { name: "S3ObjectCollectionAssetType", revision: 13, forms: &[AnyRequired("S3ObjectCollectionForm"), TERMS] },
    Asset {
        name: "SageMakerFeatureGroupAssetType",
        revision: 1,
        forms: &[Required("SageMakerFeatureGroupForm"), SOURCE, TERMS],
    },
    Asset {
        name: "SageMakerModelPackageGroupAssetType",
        revision: 1,
        forms: &[Required("SageMakerModelPackageGroupForm"), SOURCE, TERMS],
    },
];

impl Slot {
    /// The form's name with what an asset type keeps of it.
    fn entry(self) -> (String, Value) {
        let (form, required, older) = match self {
            Required(form) => (form, true, false),
            AnyRequired(form) => (form, true, true),
            Optional(form) => (form, false, true),
        };
        let bare = format!("{form}Type");
        let known = FORMS.iter().find(|Form(name, ..)| *name == bare);
        let Form(_, revision, _) = known.expect("a slot names a form of the table");
        let slot = json!({
            "type": qualified(&bare), "revision": revision.to_string(), "required": required, "older": older,
        });
        (form.to_owned(), slot)
    }
}

/// The name of the form that every asset may carry, with its slot: asset types that do not name it have it all the same.
pub fn common_form() -> (String, Value) {
    COMMON.entry()
}

/// The managed type of a form that is named like it.
pub fn type_of_form(form: &str) -> Option<String> {
    let bare = format!("{form}Type");
    FORMS.iter().any(|Form(name, ..)| *name == bare).then(|| qualified(&bare))
}

/// What all managed types say of themselves, seen from a domain: they come from a domain of the service's own.
pub fn members(domain: &str, since: Millis) -> Members {
    let mut members = Members::new();
    members.set("domainId", domain);
    members.set("owningProjectId", ORIGIN_PROJECT);
    members.set("originDomainId", ORIGIN_DOMAIN);
    members.set("originProjectId", ORIGIN_PROJECT);
    for (at, by) in [("createdAt", "createdBy"), ("updatedAt", "updatedBy")] {
        members.time(at, since);
        members.set(by, SYSTEM);
    }
    members
}

/// The registry with what this API provides. The catalogue that the door is mounted over must be made of it.
pub fn provide(registry: Registry) -> Registry {
    let (forms, assets) = (forms(&registry), assets(&registry));
    registry.providing(Provided { forms, assets, language: Some(Arc::new(Smithy)) })
}

fn forms(registry: &Registry) -> Vec<ProvidedForm> {
    let fixed = FORMS.iter().map(|Form(bare, revision, model)| ProvidedForm {
        name: qualified(bare),
        revisions: Revisions(*revision),
        model: (*model).to_owned(),
        is_open: true,
        derived: None,
    });
    let derived = all_derived(registry).map(|(kind, derived)| ProvidedForm {
        revisions: derived::REVISIONS,
        model: derived.model(kind),
        name: derived.form_type,
        is_open: false,
        derived: Some(DerivedForm { kind, name: derived.form }),
    });
    fixed.chain(derived).collect()
}

fn assets(registry: &Registry) -> Vec<ProvidedAsset> {
    let fixed = ASSETS.iter().map(|asset| ProvidedAsset {
        name: qualified(asset.name),
        revisions: Revisions(asset.revision),
        slots: slots(asset.forms.iter().copied().map(Slot::entry)),
        is_derived: false,
    });
    let derived = all_derived(registry).map(|(_, derived)| {
        let technical =
            json!({ "type": derived.form_type, "revision": derived::REVISIONS.present(), "required": true });
        ProvidedAsset {
            slots: slots(std::iter::once((derived.form, technical))),
            name: derived.asset_type,
            revisions: derived::REVISIONS,
            is_derived: true,
        }
    });
    fixed.chain(derived).collect()
}

fn slots(own: impl Iterator<Item = (String, Value)>) -> Value {
    Value::Object(own.chain([COMMON.entry()]).collect::<Map<String, Value>>())
}

fn all_derived(registry: &Registry) -> impl Iterator<Item = (Kind, Derived)> + '_ {
    registry.iter().filter(|kind| asset_kinds::is_derived(*kind)).map(|kind| (kind, Derived::of(kind)))
}

fn qualified(bare: &str) -> String {
    format!("{MANAGED_NAMESPACE}.{bare}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn managed_types_are_found_with_and_without_their_namespace() {
        let registry = provide(Registry::standard());
        let provided = registry.provided();
        for name in ["amazon.datazone.S3ObjectCollectionFormType", "S3ObjectCollectionFormType"] {
            let found = provided.form(name).expect(name);
            assert_eq!(found.name, "amazon.datazone.S3ObjectCollectionFormType");
        }
        assert!(provided.form("EmporionPipelineFormType").is_some());
        assert!(provided.form("NoSuchForm").is_none());
        for form in &provided.forms {
            let fault = provided.parse(&form.model, &form.name, form.is_open).err();
            assert_eq!(fault, None, "{}", form.name);
        }
    }

    #[test]
    fn every_slot_of_a_managed_asset_type_leads_to_a_managed_form_type() {
        let registry = provide(Registry::standard());
        let provided = registry.provided();
        assert!(provided.asset("RelationalTableAssetType").is_some() && provided.asset("GlueViewAssetType").is_some());
        for asset in &provided.assets {
            let slots = asset.slots.as_object().expect("slots are an object");
            assert!(slots.contains_key("AssetCommonDetailsForm"), "{}", asset.name);
            for slot in slots.values() {
                let form = provided.form(slot["type"].as_str().expect("a slot names its type")).expect("its type");
                assert_eq!(form.revisions.find(slot["revision"].as_str()), Some(form.revisions.present()), "{slot}");
            }
        }
    }
}
