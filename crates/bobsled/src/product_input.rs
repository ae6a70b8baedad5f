//! What a client may say of a product: when it creates one, when it changes one, and when it deploys.

use emporion_products::change::ProductChange;
use emporion_products::create::ProductDraft;
use emporion_products::data_sources::sources::DataSourceKey;
use emporion_products::failure::{Failure, Violation};
use emporion_products::fields;
use emporion_products::ids::{self, ProductKey};
use emporion_products::message::Message;
use emporion_products::patch::Patch;
use emporion_products::settings::{LLM_DEFAULT, SKILLS_DEFAULT, WEB_SEARCH_DEFAULT};
use emporion_products::text_check;
use emporion_products::warning::Warning;
use serde_json::{Map, Value};

use crate::shapes::{deploy, product};
use crate::{asset_list, http_failures};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductCreate {
    pub draft: ProductDraft,
    pub warnings: Vec<Warning>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductPatch {
    pub change: ProductChange,
    pub not_taken: NotTaken,
    pub warnings: Vec<Warning>,
}

/// What a create says and a change does not take: the members that a request has all the same, and their values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NotTaken {
    sent: Vec<(&'static str, Value)>,
    is_strict: bool,
}

impl NotTaken {
    fn of(body: &Value, strict: bool) -> NotTaken {
        // Whatever else a create says is known to a change, or to none of its answers.
        let members = ["compositeOf", "dataAssets", "domainId"].into_iter();
        NotTaken {
            sent: members.filter_map(|member| Some((member, body.get(member)?.clone()))).collect(),
            is_strict: strict,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.sent.is_empty()
    }

    /// `present` is what the product shows of itself: what was read may be sent back.
    ///
    /// Errors: `UNKNOWN_FIELD` for another value, where the request is strict.
    pub fn warn(&self, present: &Map<String, Value>, warnings: &mut Vec<Warning>) -> Result<(), Failure> {
        let differs = |(member, sent): &&(&'static str, Value)| present.get(*member) != Some(sent);
        let paths: Vec<String> = self.sent.iter().filter(differs).map(|(member, _)| format!("/{member}")).collect();
        if self.is_strict && !paths.is_empty() {
            return Err(Failure::unknown_fields(&paths));
        }
        warnings.retain(|warning| !warning.path.as_ref().is_some_and(|path| paths.contains(path)));
        let message = "a change does not take this member; what was sent is ignored";
        warnings.extend(paths.into_iter().map(|path| Warning::new("UNKNOWN_FIELD", message, Some(path))));
        Ok(())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeployRequest {
    pub dry_run: bool,
    pub message: Option<String>,
    pub expected_version: Option<u64>,
    pub warnings: Vec<Warning>,
}

impl ProductCreate {
    pub fn parse(body: Value, strict: bool) -> Result<ProductCreate, Failure> {
        if body.get("sourceDataProductId").is_some_and(|source| !source.is_null()) {
            let message = "a {product} is not made from another one; give compositeOf, or add a composition";
            return Err(http_failures::unsupported_field("/sourceDataProductId", message));
        }
        let check_body = |body: &Map<String, Value>, broken: &mut Vec<Violation>| {
            readable_name(body, broken);
            data_source(body, broken);
            composite_of(body, broken);
        };
        let fields::Checked { body, mut warnings } =
            fields::check_all(&product::CREATE, &[&product::PRODUCT], body, strict, &check_body)?;
        let data_source = data_source(&body, &mut Vec::new()).unwrap_or(DataSourceKey::Default);
        let domain = text(&body, "domainId").map(str::to_owned);
        let composite_of = composite_of(&body, &mut Vec::new());
        let assets = body.get("dataAssets").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let assets = asset_list::additions(assets, "/dataAssets", &mut warnings);
        let draft = ProductDraft {
            name: text(&body, "name").unwrap_or_default().to_owned(),
            description: text(&body, "description").map(str::to_owned),
            data_source,
            assets,
            composite_of,
            external_id: text(&body, "externalDataProductId").map(str::to_owned),
            web_search: flag(&body, "webSearchEnabled").unwrap_or(WEB_SEARCH_DEFAULT),
            skills: flag(&body, "skillsEnabled").unwrap_or(SKILLS_DEFAULT),
            llm: flag(&body, "llmEnabled").unwrap_or(LLM_DEFAULT),
            is_deployed: flag(&body, "isDeployed").unwrap_or(false),
            domain,
        };
        Ok(ProductCreate { draft, warnings })
    }
}

impl ProductPatch {
    /// A merge patch: null removes a description and puts a switch back to its default; what cannot be absent cannot
    /// be removed.
    pub fn parse(body: Value, strict: bool) -> Result<ProductPatch, Failure> {
        let check_body = |body: &Map<String, Value>, broken: &mut Vec<Violation>| {
            fields::says_nothing(body, "say what to change", broken);
            fields::cannot_be_removed(body, &["name", "dataSourceId", "externalDataProductId"], broken);
            readable_name(body, broken);
            data_source(body, broken);
        };
        let not_taken = NotTaken::of(&body, strict);
        let (fields::Checked { body, warnings }, bounds) = fields::check_change(
            &product::PATCH,
            &[&product::PRODUCT],
            body,
            strict,
            &check_body,
            &["name", "description"],
        )?;
        let data_source = data_source(&body, &mut Vec::new());
        let switch = |name: &str, default: bool| body.get(name).map(|value| value.as_bool().unwrap_or(default));
        let change = ProductChange {
            name: text(&body, "name").map(str::to_owned),
            description: Patch::text(&body, "description"),
            data_source,
            external_id: text(&body, "externalDataProductId").map(str::to_owned),
            web_search: switch("webSearchEnabled", WEB_SEARCH_DEFAULT),
            skills: switch("skillsEnabled", SKILLS_DEFAULT),
            llm: switch("llmEnabled", LLM_DEFAULT),
            bounds,
        };
        Ok(ProductPatch { change, not_taken, warnings })
    }
}

impl DeployRequest {
    /// An absent body asks for a plain deploy.
    pub fn parse(body: Value, strict: bool) -> Result<DeployRequest, Failure> {
        let fields::Checked { body, warnings } = fields::check(&deploy::REQUEST, &[], body, strict)?;
        Ok(DeployRequest {
            dry_run: flag(&body, "dryRun").unwrap_or(false),
            message: text(&body, "message").map(str::to_owned),
            expected_version: body.get("expectedVersion").and_then(Value::as_u64),
            warnings,
        })
    }
}

/// What `?include=` asks to embed, each word once.
pub fn includes(query: &Map<String, Value>) -> Result<Vec<&'static str>, Failure> {
    let mut wanted = Vec::new();
    let words = text(query, "include").into_iter().flat_map(|list| list.split(',')).map(str::trim);
    for word in words.filter(|word| !word.is_empty()) {
        let Some(known) = product::INCLUDES.iter().find(|known| **known == word) else {
            let message = Message::with("must be a list of {}", [product::INCLUDES.join(", ")]);
            return Err(http_failures::bad_query(vec![Violation::new("?include", "enum", message)]));
        };
        if !wanted.contains(known) {
            wanted.push(*known);
        }
    }
    Ok(wanted)
}

fn data_source(body: &Map<String, Value>, violations: &mut Vec<Violation>) -> Option<DataSourceKey> {
    let key = text(body, "dataSourceId")?;
    if key == "default" {
        return Some(DataSourceKey::Default);
    }
    let id = ids::parse_uuid(key);
    if id.is_none() {
        violations.push(Violation::new("/dataSourceId", "format", "must be a UUID or the word default"));
    }
    id.map(DataSourceKey::Id)
}

fn composite_of(body: &Map<String, Value>, violations: &mut Vec<Violation>) -> Vec<ProductKey> {
    let mut keys = Vec::new();
    for (index, entry) in body.get("compositeOf").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let at = format!("/compositeOf/{index}");
        match entry.as_str().and_then(ProductKey::parse) {
            None => violations.push(Violation::new(at, "format", "must name a {product}")),
            Some(key) if keys.contains(&key) => {
                violations.push(Violation::new(at, "unique", "the {product} stands twice in the list"));
            }
            Some(key) => keys.push(key),
        }
    }
    keys
}

/// A name is seen, and is what it seems to be.
fn readable_name(body: &Map<String, Value>, broken: &mut Vec<Violation>) {
    let Some(name) = body.get("name").and_then(Value::as_str).filter(|name| !name.is_empty()) else { return };
    if let Some(objection) = text_check::objection(name) {
        broken.push(Violation::new("/name", "pattern", objection));
    }
}

fn text<'a>(body: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn flag(body: &Map<String, Value>, name: &str) -> Option<bool> {
    body.get(name).and_then(Value::as_bool)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use uuid::Uuid;

    use super::*;
    use emporion_products::data_sources::sources::DataSourceKey;
    use emporion_products::failure::Code;

    const ID: &str = "987fcdeb-51a2-43e7-b123-456789abcdef";

    #[test]
    fn the_documented_create_is_read() {
        let ProductCreate { draft: create, warnings } = ProductCreate::parse(
            json!({
                "name": "Sales Analytics",
                "description": "Sales data product for reporting",
                "dataSourceId": "default",
                "dataAssets": [{"externalId": "asset-123", "tableName": "orders", "schemaName": "sales"}]
            }),
            true,
        )
        .expect("the documented body");
        assert_eq!(create.name, "Sales Analytics");
        assert_eq!(create.data_source, DataSourceKey::Default);
        assert_eq!(create.assets[0].external_id.as_deref(), Some("asset-123"));
        assert!(create.skills && !create.web_search && !create.is_deployed);
        assert_eq!((create.external_id, create.domain, warnings), (None, None, vec![]));
    }

    #[test]
    fn a_create_that_breaks_rules_names_them() {
        let refused = |body: Value| ProductCreate::parse(body, false).expect_err("a broken rule");
        assert_eq!(refused(json!({})).violations[0].path, "/name");
        assert_eq!(refused(json!({"name": ""})).violations[0].rule, "minLength");
        for name in ["   ", "\u{a0}\t", "a\nb", "a\u{7f}", "a\u{202e}b", "a\u{2066}"] {
            let failure = refused(json!({"name": name}));
            assert_eq!((failure.violations[0].path.as_str(), failure.violations.len()), ("/name", 1), "{name:?}");
            let patch = ProductPatch::parse(json!({"name": name}), false).expect("a name that may be there");
            let failure = patch.change.bounds.hold(|_| Some("another")).expect_err("no name");
            assert_eq!((failure.code, failure.violations[0].path.as_str()), (Code::VALIDATION_FAILED, "/name"));
        }
        assert!(
            ProductPatch::parse(json!({"name": " Größe \u{1f468}\u{200d}\u{1f469} \u{5d0}\u{200f}"}), false).is_ok()
        );
        assert_eq!(refused(json!({"name": "a", "dataSourceId": "main"})).violations[0].rule, "format");
        assert_eq!(refused(json!({"name": "a", "externalDataProductId": ID})).violations[0].rule, "pattern");
        assert_eq!(refused(json!({"name": "a", "compositeOf": ["x", "x"]})).violations[0].rule, "unique");
        assert_eq!(refused(json!({"name": "a", "sourceDataProductId": ID})).code, http_failures::UNSUPPORTED_FIELD);
        let many: Vec<Value> = (0..501).map(|n| json!({"tableName": format!("t{n}")})).collect();
        assert_eq!(refused(json!({"name": "a", "dataAssets": many})).violations[0].rule, "maxItems");
    }

    #[test]
    fn a_patch_distinguishes_absent_null_and_value() {
        let ProductPatch { change: patch, .. } = ProductPatch::parse(
            json!({"description": null, "webSearchEnabled": true, "skillsEnabled": null, "dataSourceId": ID}),
            true,
        )
        .expect("a patch");
        assert_eq!(patch.description, Patch::Clear);
        assert_eq!((patch.web_search, patch.skills), (Some(true), Some(true)));
        assert_eq!(patch.data_source, Some(DataSourceKey::Id(Uuid::try_parse(ID).expect("a UUID"))));
        assert_eq!((patch.name, patch.external_id), (None, None));
    }

    #[test]
    fn a_patch_says_what_it_does_not_take_of_a_create() {
        let sent =
            json!({"description": "d", "compositeOf": [ID], "dataAssets": [], "domainId": "x", "isDeployed": true});
        let present = json!({"domainId": "x"});
        let present = present.as_object().expect("an object");
        let mut patch = ProductPatch::parse(sent.clone(), false).expect("what is ignored");
        patch.not_taken.warn(present, &mut patch.warnings).expect("a lenient request");
        let told = patch.warnings.iter().filter(|warning| warning.unless_shown.is_none());
        let mut told: Vec<&str> = told.filter_map(|warning| warning.path.as_deref()).collect();
        told.sort_unstable();
        assert_eq!(told, ["/compositeOf", "/dataAssets", "/isDeployed"]);
        assert_eq!(ProductPatch::parse(sent, true).expect_err("unknown to a change").code, Code::UNKNOWN_FIELD);
        let held = json!({"description": "d", "compositeOf": [ID]});
        let strict = ProductPatch::parse(held.clone(), true).expect("the record decides").not_taken;
        assert_eq!(strict.warn(present, &mut Vec::new()).expect_err("another").code, Code::UNKNOWN_FIELD);
        assert_eq!(strict.warn(held.as_object().expect("an object"), &mut Vec::new()), Ok(()), "it was read so");
    }

    #[test]
    fn a_patch_cannot_remove_what_a_product_must_have() {
        let failure = ProductPatch::parse(json!({"name": null, "externalDataProductId": null}), false);
        assert_eq!(failure.expect_err("two rules").violations.len(), 2);
        assert_eq!(ProductPatch::parse(json!({}), false).expect_err("empty").violations[0].rule, "minProperties");
    }

    #[test]
    fn include_lists_what_to_embed() {
        let includes = |list: &str| includes(json!({"include": list}).as_object().expect("an object"));
        assert_eq!(includes("users, dataAssets,users,"), Ok(vec!["users", "dataAssets"]));
        assert_eq!(http_failures::status(&includes("workspaces").expect_err("unknown")), 400);
    }

    #[test]
    fn a_deploy_may_have_no_body() {
        assert_eq!(DeployRequest::parse(Value::Null, true), Ok(DeployRequest::default()));
        let request = DeployRequest::parse(json!({"dryRun": true, "expectedVersion": 17}), true).expect("a body");
        assert!(request.dry_run);
        assert_eq!(request.expected_version, Some(17));
        assert_eq!(
            http_failures::status(&DeployRequest::parse(json!({"dryRun": "yes"}), false).expect_err("a type")),
            400
        );
    }
}
