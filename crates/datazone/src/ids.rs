//! How this API spells ids, names of types and ARNs.

use uuid::Uuid;

/// A domain's id: `dzd-` and the 32 hexadecimal digits of the record's id.
pub fn domain_id(id: Uuid) -> String {
    format!("dzd-{}", id.simple())
}

/// A record as a client names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference<'a> {
    /// The record's own id.
    Id(Uuid),
    /// Anything else can only be an alias: an id that was imported from elsewhere.
    Alias(&'a str),
}

impl<'a> Reference<'a> {
    /// A domain by `dzd-` or `dzd_` and 32 digits. The underscore serves qualified names of types, which allow no hyphen.
    pub fn to_domain(text: &'a str) -> Reference<'a> {
        text.strip_prefix("dzd-")
            .or_else(|| text.strip_prefix("dzd_"))
            .filter(|digits| digits.len() == 32)
            .and_then(|digits| Uuid::try_parse(digits).ok())
            .map_or(Reference::Alias(text), Reference::Id)
    }

    /// Everything else by the hyphenated UUID.
    pub fn to_entity(text: &'a str) -> Reference<'a> {
        if text.len() != 36 {
            return Reference::Alias(text);
        }
        Uuid::try_parse(text).map_or(Reference::Alias(text), Reference::Id)
    }

    /// A domain unit; the root unit is the domain's record under its plain id.
    pub fn to_domain_unit(text: &'a str) -> Reference<'a> {
        Reference::to_entity(text)
    }
}

pub const MANAGED_NAMESPACE: &str = "amazon.datazone";

/// A form or asset type by name, bare or qualified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeReference<'a> {
    /// `Name`: the domain's own, else a managed one.
    Bare(&'a str),
    /// `amazon.datazone.Name` or `emporion.Name`: provided by the server; the whole identifier is its name.
    Managed(&'a str),
    /// `<domain id>.Name`.
    OfDomain { domain: &'a str, name: &'a str },
    /// A name that itself holds dots, with an unknown namespace.
    Dotted(&'a str),
}

impl<'a> TypeReference<'a> {
    pub fn parse(identifier: &'a str) -> TypeReference<'a> {
        let Some((namespace, name)) = identifier.split_once('.') else {
            return TypeReference::Bare(identifier);
        };
        if identifier.strip_prefix(MANAGED_NAMESPACE).is_some_and(|rest| rest.starts_with('.'))
            || namespace == "emporion"
        {
            TypeReference::Managed(identifier)
        } else if namespace.starts_with("dzd_") {
            TypeReference::OfDomain { domain: namespace, name }
        } else {
            TypeReference::Dotted(identifier)
        }
    }
}

/// A type as error texts name it: `amazon.datazone#GlueTableFormType`, `dzd_x#MyForm`.
pub fn qualified_with_hash(domain: &str, name: &str) -> String {
    match name.strip_prefix(MANAGED_NAMESPACE).and_then(|rest| rest.strip_prefix('.')) {
        Some(bare) => format!("{MANAGED_NAMESPACE}#{bare}"),
        None => format!("{domain}#{name}"),
    }
}

/// `arn:aws:datazone:<region>:<account>:domain/<id>`.
pub fn domain_arn(region: &str, account_number: &str, domain_id: &str) -> String {
    format!("arn:aws:datazone:{region}:{account_number}:domain/{domain_id}")
}

/// The region and the domain id in such an ARN of this account.
pub fn parse_domain_arn<'a>(arn: &'a str, account_number: &str) -> Option<(&'a str, &'a str)> {
    let (region, rest) = arn.strip_prefix("arn:aws:datazone:")?.split_once(':')?;
    let id = rest.strip_prefix(account_number)?.strip_prefix(":domain/")?;
    (!id.contains('/')).then_some((region, id))
}

/// The role that a domain gets when its creator names none; GetDomain must answer one.
pub fn default_execution_role(account_number: &str) -> String {
    format!("arn:aws:iam::{account_number}:role/service-role/AmazonDataZoneDomainExecution")
}

/// The IAM name of a user of this server.
pub fn user_arn(account_number: &str, user_name: &str) -> String {
    format!("arn:aws:iam::{account_number}:user/{user_name}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::patterns;

    #[test]
    fn a_domain_id_leads_back_to_its_record_with_either_separator() {
        let id = Uuid::now_v7();
        let text = domain_id(id);
        assert!((patterns::DOMAIN.matches)(&text));
        assert_eq!(Reference::to_domain(&text), Reference::Id(id));
        assert_eq!(Reference::to_domain(&text.replace("dzd-", "dzd_")), Reference::Id(id));
    }

    #[test]
    fn imported_ids_are_aliases() {
        assert_eq!(Reference::to_domain("dzd_53ielnpxktdilj"), Reference::Alias("dzd_53ielnpxktdilj"));
        assert_eq!(Reference::to_entity("prj7nx82mkl"), Reference::Alias("prj7nx82mkl"));
        let simple = Uuid::now_v7().simple().to_string();
        assert_eq!(Reference::to_entity(&simple), Reference::Alias(&simple));
    }

    #[test]
    fn types_are_named_bare_or_with_a_namespace() {
        assert_eq!(TypeReference::parse("MyForm"), TypeReference::Bare("MyForm"));
        let managed = "amazon.datazone.S3ObjectCollectionFormType";
        assert_eq!(TypeReference::parse(managed), TypeReference::Managed(managed));
        assert_eq!(TypeReference::parse("dzd_x.MyForm"), TypeReference::OfDomain { domain: "dzd_x", name: "MyForm" });
        assert_eq!(TypeReference::parse("amazon.other"), TypeReference::Dotted("amazon.other"));
        assert_eq!(qualified_with_hash("dzd_x", "MyForm"), "dzd_x#MyForm");
        assert_eq!(
            qualified_with_hash("dzd_x", "amazon.datazone.GlueTableFormType"),
            "amazon.datazone#GlueTableFormType"
        );
    }

    #[test]
    fn arns_have_the_forms_of_the_model() {
        assert_eq!(
            domain_arn("us-east-1", "123456789012", "dzd-1"),
            "arn:aws:datazone:us-east-1:123456789012:domain/dzd-1"
        );
        assert!((patterns::ROLE_ARN.matches)(&default_execution_role("123456789012")));
        assert!((patterns::USER_IDENTIFIER.matches)(&user_arn("123456789012", "jane")));
    }

    proptest! {
        #[test]
        fn every_record_id_is_a_legal_id_of_every_kind(bits in any::<u128>()) {
            let id = Uuid::from_u128(bits);
            let text = id.to_string();
            prop_assert_eq!(Reference::to_entity(&text), Reference::Id(id));
            prop_assert!((patterns::ENTITY.matches)(&text) && (patterns::DOMAIN_UNIT.matches)(&text));
        }

        #[test]
        fn no_text_makes_the_parsers_panic(text in "\\PC{0,40}") {
            let _ = (Reference::to_domain(&text), Reference::to_entity(&text), TypeReference::parse(&text));
        }
    }
}
