//! Queries that members of products follow: of the language, what is decided of one record alone.

use emporion_catalog::finder::{Condition, Document, Test, Tier};
use emporion_catalog::id::RecordId;
use emporion_catalog::member_language::{Means, MemberLanguage, Named, Property};
use emporion_catalog::record::View;
use emporion_catalog::registry::Registry;
use emporion_catalog::text::fold;

use crate::document::{DOMAIN_ITSELF, document, properties};
use crate::plan::{Products, Settings, check_size, resolve};
use crate::query::{At, Expr, Fault, Field, Form, Query, Value, no_field, parse};

/// Fields whose values are names of other records.
const NAMING: [&str; 7] = ["owner", "team", "domain", "tag", "term", "source", "certified"];
/// Fields that turn on the time, on who asks, on rows, or on products.
const REFUSED: [&str; 7] = ["created", "updated", "by", "queryable", "rows", "product", "holds"];

/// The language of [`crate::query`].
pub struct Members;

impl MemberLanguage for Members {
    fn names(&self, registry: &Registry, query: &str) -> Result<Vec<Named>, String> {
        let query = read(query)?;
        let mut named = Vec::new();
        if let Some(root) = &query.root {
            walk(root, &mut |field, value| named.extend(naming(field, value)));
        }
        // Whatever else is wrong is said before names are looked up.
        condition(registry, &query, &Means::new())?;
        Ok(named)
    }

    fn properties(&self, query: &str) -> Vec<Property> {
        let Ok(Query { root: Some(root) }) = read(query) else { return Vec::new() };
        let mut named = Vec::new();
        asked(&root, &mut named);
        let property = |(name, at): (&str, usize)| Property {
            has: Condition::has(properties::field(name)),
            missing: told(&no_field(name, at)),
        };
        named.into_iter().map(property).collect()
    }

    fn condition(&self, registry: &Registry, query: &str, means: &Means) -> Result<Condition, String> {
        condition(registry, &read(query)?, means)
    }

    fn document(&self, view: &View) -> Document {
        let mut document = document(view);
        // What labels are called is theirs, and changes without the record.
        document.texts.retain(|text| text.tier != Tier::Labels);
        document
    }
}

fn read(query: &str) -> Result<Query, String> {
    let query = parse(query).map_err(|fault| told(&fault))?;
    match &query.root {
        None | Some(Expr::Everything) => Err("must say what members are like".to_owned()),
        Some(root) => {
            check(root)?;
            Ok(query)
        }
    }
}

fn told(fault: &Fault) -> String {
    let expected = match fault.expected.is_empty() {
        true => String::new(),
        false => format!("; expected {}", fault.expected.join(" or ")),
    };
    format!("cannot be read at character {}: {}{expected}", fault.at + 1, fault.message)
}

/// Errors: what members cannot follow.
fn check(expr: &Expr) -> Result<(), String> {
    let refused = |field: &Field| {
        let is_refused = matches!(field, Field::BuiltIn(field) if REFUSED.contains(&field.name));
        match is_refused {
            true => Err(format!("cannot ask for {}: members follow what a record says itself", field.name())),
            false => Ok(()),
        }
    };
    match expr {
        Expr::All(parts) | Expr::Any(parts) => parts.iter().try_for_each(check),
        Expr::Not(inner) => check(inner),
        Expr::Has { field, .. } | Expr::Within { field, .. } => refused(field),
        Expr::Is { field, values, .. } => {
            refused(field)?;
            let Field::BuiltIn(built_in) = field else { return Ok(()) };
            for value in values.iter().filter(|_| NAMING.contains(&built_in.name)) {
                if value.form == Form::Prefix {
                    return Err(format!("must name each {} in full, not as {value}", built_in.name));
                }
                if built_in.name != "certified"
                    && value.form == Form::Plain
                    && ["me", "mine"].contains(&&*fold(&value.text))
                {
                    return Err(format!("must name whoever is meant by {}:{value}", built_in.name));
                }
            }
            Ok(())
        }
        Expr::Word { .. } | Expr::Phrase(_) | Expr::Everything => Ok(()),
    }
}

/// The properties that are asked for, each with its place.
fn asked<'e>(expr: &'e Expr, named: &mut Vec<(&'e str, usize)>) {
    match expr {
        Expr::All(parts) | Expr::Any(parts) => parts.iter().for_each(|part| asked(part, named)),
        Expr::Not(inner) => asked(inner, named),
        Expr::Is { field: Field::Property(name), at: At(at), .. }
        | Expr::Within { field: Field::Property(name), at: At(at), .. }
        | Expr::Has { field: Field::Property(name), at: At(at) } => named.push((name, *at)),
        _ => {}
    }
}

fn walk<'e>(expr: &'e Expr, visit: &mut impl FnMut(&'e Field, &'e Value)) {
    match expr {
        Expr::All(parts) | Expr::Any(parts) => parts.iter().for_each(|part| walk(part, visit)),
        Expr::Not(inner) => walk(inner, visit),
        Expr::Is { field, values, .. } => values.iter().for_each(|value| visit(field, value)),
        _ => {}
    }
}

/// What a value names, where it names another record.
fn naming(field: &Field, value: &Value) -> Option<Named> {
    let Field::BuiltIn(field) = field else { return None };
    let is_word = field.name == "certified" && ["yes", "no"].contains(&&*fold(&value.text));
    (NAMING.contains(&field.name) && !is_word).then(|| Named { field: field.name, text: value.text.clone() })
}

fn condition(registry: &Registry, query: &Query, means: &Means) -> Result<Condition, String> {
    let condition = match &query.root {
        Some(root) => of(registry, root, means).map_err(|fault| told(&fault))?,
        None => Condition::Nothing,
    };
    check_size(&condition).map_err(|problem| problem.to_string())?;
    Ok(condition)
}

fn of(registry: &Registry, expr: &Expr, means: &Means) -> Result<Condition, Fault> {
    let each = |parts: &[Expr]| parts.iter().map(|part| of(registry, part, means)).collect::<Result<Vec<_>, Fault>>();
    Ok(match expr {
        Expr::All(parts) => Condition::All(each(parts)?),
        Expr::Any(parts) => Condition::Any(each(parts)?),
        Expr::Not(inner) => of(registry, inner, means)?.negated(),
        Expr::Is { field: field @ Field::BuiltIn(built_in), at, values } if NAMING.contains(&built_in.name) => {
            let mut any = Vec::with_capacity(values.len());
            for value in values {
                any.push(match naming(field, value) {
                    Some(named) => {
                        let field = if value.alone { DOMAIN_ITSELF } else { built_in.name };
                        Test::Leads { field: field.into(), to: known(means, &named) }.into()
                    }
                    None => {
                        let one = Expr::Is { field: Field::BuiltIn(built_in), at: *at, values: vec![value.clone()] };
                        plain(registry, &one)?
                    }
                });
            }
            Condition::any(any)
        }
        one => plain(registry, one)?,
    })
}

fn known(means: &Means, named: &Named) -> Vec<RecordId> {
    means.get(&named.key()).cloned().unwrap_or_default()
}

/// What means the same to everybody at any time.
fn plain(registry: &Registry, expr: &Expr) -> Result<Condition, Fault> {
    let settings = Settings {
        registry,
        me: RecordId::from_uuid(uuid::Uuid::nil()),
        teams: Vec::new(),
        now: 0,
        products: Products::new(),
        holders: Products::new(),
        sources: Default::default(),
        queryable: None,
    };
    resolve(&Query { root: Some(expr.clone()) }, &settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(query: &str) -> Result<Vec<String>, String> {
        Ok(Members.names(&Registry::standard(), query)?.iter().map(Named::key).collect())
    }

    #[test]
    fn names_are_looked_up_and_words_are_not() {
        let found = names("kind:table tag:PII.Sensitive -domain:=\"Sales\" (orders OR owner:anna) certified:yes");
        assert_eq!(found.unwrap(), ["tag:PII.Sensitive", "domain:Sales", "owner:anna"]);
    }

    #[test]
    fn what_turns_on_more_than_the_record_is_refused() {
        for query in ["", "*", "kind:(", "kind:nothing", "updated:7d", "created>2026", "has:product", "queryable:yes"] {
            assert!(names(query).is_err(), "{query}");
        }
        for query in ["owner:me", "team:mine", "tag:PII*", "rows:granted", "product:x", "by:anna"] {
            assert!(names(query).is_err(), "{query}");
        }
        assert!(names("owner:me").unwrap_err().contains("must name"), "{:?}", names("owner:me"));
        assert!(names("property.created:2026").is_ok());
    }

    #[test]
    fn properties_are_told_from_fields() {
        let asked = Members.properties("kind:table (service:garage OR -has:cost) property.size>3 tag:PII.None");
        let has: Vec<Condition> = asked.iter().map(|one| one.has.clone()).collect();
        assert_eq!(has, ["service", "cost", "size"].map(|name| Condition::has(properties::field(name))));
        assert!(asked[0].missing.starts_with("cannot be read at character 13: there is no field service; expected "));
    }

    #[test]
    fn a_name_leads_to_what_it_meant() {
        let (registry, tag) = (Registry::standard(), RecordId::fresh());
        let means = Means::from([("tag:old name".to_owned(), vec![tag])]);
        let condition = Members.condition(&registry, "tag:'old name'", &means).unwrap();
        assert_eq!(condition, Test::Leads { field: "tag".into(), to: vec![tag] }.into());
    }
}
