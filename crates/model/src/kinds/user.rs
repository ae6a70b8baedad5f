//! A person or a bot. E-mail addresses are unique in their account.

use serde_json::json;

use super::shared::*;

pub const USER: KindDef = KindDef {
    name: "user",
    fields: &[
        Field::required("email", FieldType::Text { max: 127 }).told(),
        Field::optional("external_id", SHORT).told(),
        Field::optional("scim_user_name", SHORT).told(),
        Field::optional("timezone", SHORT).told(),
        Field::optional("profile", FieldType::Opaque).told(),
        Field::optional("is_bot", FieldType::Boolean).told(),
        Field::optional("is_admin", FieldType::Boolean).told(),
        // Refused at the next request, whatever he holds; what he held ends.
        Field::optional("disabled", FieldType::Boolean).told(),
        Field::optional("is_email_verified", FieldType::Boolean).silent(),
        Field::optional("personas", FieldType::Opaque).told(),
        Field::optional("default_persona", FieldType::Opaque).told(),
        Field::optional("persona_preferences", FieldType::Opaque).told(),
        Field::optional("allow_impersonation", FieldType::Boolean).told(),
    ],
    facets: &[Facet::Domains],
    relations: &[relation::HAS_ROLE],
    series: &[observation::CREDENTIAL_USES],
    naming: Naming::Folded,
    access: true,
    rules: &[Rule::UniqueEmail, Rule::Grants, Rule::CredentialRevocation, Rule::LastingAdmin, Rule::LastingBotUser],
    sample: || json!({"email": "sample@example.com"}),
    ..PLAIN
};
