//! Error texts that clients of the original service look for, word for word, and the errors that carry them.

use crate::error::{Code, ServiceError};

/// What error texts call a thing: reads and deletes speak of the same thing in different words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Noun {
    /// In `The given X doesn't exist. Try creating X before accessing it.`
    given: &'static str,
    /// In `Requested x cannot be found in domain` and `Conflict with x <id>`.
    requested: &'static str,
}

pub const DATA_PRODUCT: Noun = Noun { given: "DataProduct", requested: "dataProduct" };
pub const GLOSSARY: Noun = Noun { given: "Glossary", requested: "businessGlossary" };
pub const GLOSSARY_TERM: Noun = Noun { given: "GlossaryTerm", requested: "glossaryTerm" };
pub const FORM_TYPE: Noun = Noun { given: "FormType", requested: "FormType" };
pub const ASSET_TYPE: Noun = Noun { given: "AssetType", requested: "AssetType" };
pub const ASSET: Noun = Noun { given: "Asset", requested: "asset" };
pub const ASSET_INPUT: Noun = Noun { given: "Asset's input resource", requested: "asset" };
pub const PROJECT: Noun = Noun { given: "Project", requested: "project" };
pub const DOMAIN_UNIT: Noun = Noun { given: "DomainUnit", requested: "domainUnit" };
pub const USER_PROFILE: Noun = Noun { given: "UserProfile", requested: "userProfile" };
pub const DOMAIN: Noun = Noun { given: "Domain", requested: "domain" };
pub const RESOURCE: Noun = Noun { given: "Resource", requested: "resource" };
pub const PROJECT_MEMBER: Noun = Noun { given: "ProjectMember", requested: "projectMember" };

/// What an operation is about, and how it says that the thing is not there.
#[derive(Debug, Clone, Copy)]
pub struct Subject {
    pub noun: Noun,
    missing: fn(Noun) -> ServiceError,
}

impl Subject {
    pub const fn new(noun: Noun, missing: fn(Noun) -> ServiceError) -> Subject {
        Subject { noun, missing }
    }

    /// The 404 of the operation.
    pub fn missing(self) -> ServiceError {
        (self.missing)(self.noun)
    }
}

/// What records of a kind are called here.
pub fn noun_of(kind: &str) -> Noun {
    match kind {
        "domain" => DOMAIN_UNIT,
        "team" => PROJECT,
        "user" => USER_PROFILE,
        "data_product" => DATA_PRODUCT,
        "glossary" => GLOSSARY,
        "glossary_term" => GLOSSARY_TERM,
        "form_type" => FORM_TYPE,
        "asset_type" => ASSET_TYPE,
        _ => ASSET,
    }
}

/// 404 of a read.
pub fn does_not_exist(noun: Noun) -> ServiceError {
    let given = noun.given;
    ServiceError::not_found(format!("The given {given} doesn't exist. Try creating {given} before accessing it."))
}

/// 404 of a delete, and of everything about data products.
pub fn not_in_domain(noun: Noun) -> ServiceError {
    ServiceError::not_found(format!("Requested {} cannot be found in domain", noun.requested))
}

/// 409 of a taken name, with the id of the one that bears it.
pub fn conflict_with(noun: Noun, id: &str) -> ServiceError {
    ServiceError::conflict(format!("Conflict with {} {id}", noun.requested))
}

/// The same for whoever has no business with the one that bears it.
pub fn name_taken(noun: Noun) -> ServiceError {
    ServiceError::conflict(format!("Conflict with a {} of this name", noun.requested))
}

/// 403, also for a domain that is unknown or invisible; `why` names the missing right where telling is safe.
pub fn not_permitted(operation: &str, why: Option<&str>) -> ServiceError {
    let reason = why.map(|why| format!(": {why}")).unwrap_or_default();
    ServiceError::access_denied(format!("User is not permitted to perform operation: {operation}{reason}"))
}

/// 409 of a delete while something stands below.
pub fn not_empty(noun: Noun) -> ServiceError {
    let given = noun.given;
    ServiceError::conflict(format!("{given} can't be deleted while it is not empty"))
}

/// 409 of a delete while something refers to it.
pub fn in_use(noun: Noun, by: &[String]) -> ServiceError {
    let given = noun.given;
    ServiceError::conflict(format!("{given} can't be deleted while it is used by {}", by.join(", ")))
}

/// 402.
pub fn over_quota(noun: Noun, limit: u64) -> ServiceError {
    let given = noun.given;
    ServiceError::new(Code::ServiceQuotaExceeded, format!("The quota of {limit} for {given} is exceeded"))
}

/// 402 of a domain unit below the lowest level.
pub fn too_deep(levels: usize) -> ServiceError {
    ServiceError::new(Code::ServiceQuotaExceeded, format!("The quota of {levels} levels of DomainUnits is exceeded"))
}

/// 429.
pub fn too_many_requests() -> ServiceError {
    ServiceError::new(Code::Throttling, "Rate exceeded")
}

/// 400 of a body that would have to be decoded first.
pub fn encoded_body(encoding: &str) -> ServiceError {
    let shown: String = encoding.chars().take(64).collect();
    let message = format!("Content-Encoding {shown} is not supported: send the body as it is");
    ServiceError::new(Code::Serialization, message)
}

/// 400 of an operation that this server does not offer.
pub fn not_supported(operation: &str) -> ServiceError {
    ServiceError::validation(format!("Operation {operation} is not supported by this server"))
}

pub fn glossary_must_be_disabled() -> ServiceError {
    ServiceError::validation("Glossary must be DISABLED for deletion")
}

pub fn glossary_has_terms() -> ServiceError {
    ServiceError::conflict("Glossary can't be deleted while having glossary terms attached")
}

/// 400 of an asset type that names an unknown form type; the braces belong to the text.
pub fn form_type_not_found(domain: &str, name: &str, revision: &str) -> ServiceError {
    let text = format!("Object type Form#{domain}#{name} with version {revision} not found");
    ServiceError::validation(serde_json::json!({ "message": text }).to_string())
}

/// 400 of a form whose revision is not the one that the asset type asks for. Types as `namespace#Name`.
pub fn form_revision_differs(form: &str, of_type: (&str, &str), given: (&str, &str)) -> ServiceError {
    let ((expected, expected_revision), (given, given_revision)) = (of_type, given);
    ServiceError::validation(format!(
        "Form {form} expected form {expected}@{expected_revision} but was provided {given}@{given_revision}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_those_that_clients_look_for() {
        assert_eq!(conflict_with(DATA_PRODUCT, "c5rerxaqjys59j").message, "Conflict with dataProduct c5rerxaqjys59j");
        assert_eq!(conflict_with(GLOSSARY, "g").message, "Conflict with businessGlossary g");
        assert_eq!(
            does_not_exist(GLOSSARY).message,
            "The given Glossary doesn't exist. Try creating Glossary before accessing it."
        );
        assert_eq!(
            does_not_exist(ASSET_INPUT).message,
            "The given Asset's input resource doesn't exist. Try creating Asset's input resource before accessing it."
        );
        assert_eq!(not_in_domain(DATA_PRODUCT).message, "Requested dataProduct cannot be found in domain");
        assert_eq!(
            not_permitted("CreateDataProduct", None).message,
            "User is not permitted to perform operation: CreateDataProduct"
        );
        assert_eq!(
            form_type_not_found("dzd_x", "F", "3").message,
            r#"{"message":"Object type Form#dzd_x#F with version 3 not found"}"#
        );
        assert_eq!(
            form_revision_differs(
                "GlueTableForm",
                ("amazon.datazone#GlueTableFormType", "13"),
                ("amazon.datazone#GlueTableFormType", "12")
            )
            .message,
            "Form GlueTableForm expected form amazon.datazone#GlueTableFormType@13 but was provided amazon.datazone#GlueTableFormType@12"
        );
    }
}
