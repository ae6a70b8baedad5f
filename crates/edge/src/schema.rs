//! Shapes as JSON Schema (draft 2020-12, the one of OpenAPI 3.1); named structs become components.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::shape::{Location, Member, Shape, Struct, Text, TimeForm};

/// The structs that a document has reached, by name.
#[derive(Default)]
pub struct Components {
    schemas: BTreeMap<&'static str, (&'static Struct, Value)>,
}

impl Components {
    /// The schema of a shape; structs are referred to and remembered.
    pub fn schema(&mut self, shape: &Shape) -> Value {
        match shape {
            Shape::Text(rule) => text(rule),
            Shape::Integer { min, max } => integer(*min, *max),
            Shape::Number { min, max } => number(*min, *max),
            Shape::Boolean => json!({"type": "boolean"}),
            Shape::Time(TimeForm::EpochSeconds) => json!({"type": "number", "format": "epoch-seconds"}),
            Shape::Time(TimeForm::EpochMillis) => json!({"type": "integer", "format": "int64"}),
            Shape::Time(TimeForm::Rfc3339) => json!({"type": "string", "format": "date-time"}),
            Shape::Enumeration(values) => json!({"type": "string", "enum": values}),
            Shape::List { of, min, max } => {
                let mut schema = json!({"type": "array", "items": self.schema(of)});
                bounds(&mut schema, ("minItems", *min), ("maxItems", *max));
                schema
            }
            Shape::Map { of, max } => {
                let mut schema = json!({"type": "object", "additionalProperties": self.schema(of)});
                bounds(&mut schema, ("minProperties", 0), ("maxProperties", *max));
                schema
            }
            Shape::Struct(of) => self.reference(of, structure),
            Shape::Union(of) => self.reference(of, union),
            Shape::Nullable(of) => nullable(self.schema(of)),
            Shape::OneOrMany { of, max } => {
                let mut list = json!({"type": "array", "items": self.schema(of)});
                bounds(&mut list, ("minItems", 0), ("maxItems", *max));
                json!({"anyOf": [self.schema(of), list]})
            }
            Shape::AnyOf(of) => json!({"anyOf": of.iter().map(|one| self.schema(one)).collect::<Vec<Value>>()}),
            Shape::Object => json!({"type": "object"}),
            Shape::Json => json!({}),
        }
    }

    /// The components by name, for `components.schemas`.
    pub fn into_schemas(self) -> Map<String, Value> {
        self.schemas.into_iter().map(|(name, (_, schema))| (name.to_owned(), schema)).collect()
    }

    /// Two structs of one name must describe the same thing: a document can hold only one of them.
    fn reference(&mut self, of: &'static Struct, build: fn(&Struct, &mut Components) -> Value) -> Value {
        let is_done = self
            .schemas
            .get(of.name)
            .is_some_and(|(first, schema)| std::ptr::eq(*first, of) || schema.is_null() || !cfg!(debug_assertions));
        if !is_done {
            // A struct may hold itself, so it is entered before its members are looked at.
            let first = self.schemas.insert(of.name, (of, Value::Null));
            let schema = build(of, self);
            if let Some((_, first)) = first {
                assert!(first == schema, "two different structs are named {}", of.name);
            }
            self.schemas.insert(of.name, (of, schema));
        }
        json!({"$ref": format!("#/components/schemas/{}", of.name)})
    }
}

fn structure(of: &Struct, components: &mut Components) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for member in body_members(of) {
        properties.insert(member.name.to_owned(), components.schema(&member.shape));
        if member.required {
            required.push(member.name);
        }
    }
    let mut schema = json!({"type": "object"});
    if !properties.is_empty() {
        schema["properties"] = Value::Object(properties);
    }
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    if !of.open {
        schema["additionalProperties"] = json!(false);
    }
    schema
}

fn union(of: &Struct, components: &mut Components) -> Value {
    let mut schema = structure(of, components);
    let choices: Vec<Value> = body_members(of).map(|member| json!({"required": [member.name]})).collect();
    schema["oneOf"] = Value::Array(choices);
    schema
}

/// The schema, or null.
fn nullable(mut schema: Value) -> Value {
    let Some(name) = schema.get("type").and_then(Value::as_str) else {
        // A reference, which has no type of its own; what allows everything allows null already.
        let allows_all = schema.as_object().is_some_and(Map::is_empty);
        return if allows_all { schema } else { json!({"anyOf": [schema, {"type": "null"}]}) };
    };
    schema["type"] = json!([name, "null"]);
    if let Some(Value::Array(values)) = schema.get_mut("enum") {
        values.push(Value::Null);
    }
    schema
}

fn body_members(of: &Struct) -> impl Iterator<Item = &'static Member> {
    of.members.iter().filter(|member| member.place == Location::Body)
}

fn text(rule: &Text) -> Value {
    let mut schema = json!({"type": "string"});
    bounds(&mut schema, ("minLength", rule.min), ("maxLength", rule.max));
    if let Some(pattern) = &rule.pattern {
        schema["pattern"] = json!(anchored(pattern.source));
    }
    if let Some(format) = rule.format {
        schema["format"] = json!(format);
    }
    schema
}

/// JSON Schema searches for a pattern anywhere; ours mean the whole string.
fn anchored(source: &str) -> String {
    let is_anchored = source.starts_with('^') && source.ends_with('$') && !source.contains('|');
    if is_anchored { source.to_owned() } else { format!("^(?:{source})$") }
}

fn integer(min: i64, max: i64) -> Value {
    let is_small = i32::try_from(min).is_ok() && i32::try_from(max).is_ok();
    let mut schema = json!({"type": "integer", "format": if is_small { "int32" } else { "int64" }});
    if min != i64::MIN {
        schema["minimum"] = json!(min);
    }
    if max != i64::MAX {
        schema["maximum"] = json!(max);
    }
    schema
}

fn number(min: f64, max: f64) -> Value {
    let mut schema = json!({"type": "number", "format": "double"});
    // The ends of the type are no rule of anyone's.
    for (name, bound) in [("minimum", min), ("maximum", max)] {
        if bound.is_finite() && bound.abs() != f64::MAX {
            schema[name] = json!(bound);
        }
    }
    schema
}

fn bounds(schema: &mut Value, least: (&str, usize), most: (&str, usize)) {
    if least.1 > 0 {
        schema[least.0] = json!(least.1);
    }
    if most.1 != usize::MAX {
        schema[most.0] = json!(most.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::{TEXT, UUID};

    fn any(_: &str) -> bool {
        true
    }

    static COLUMN: Struct = Struct {
        name: "Column",
        members: &[
            Member::required("name", TEXT),
            Member::optional("children", Shape::List { of: &Shape::Struct(&COLUMN), min: 1, max: 9 }),
            Member::optional("key", TEXT).at(Location::Query),
        ],
        open: false,
    };
    static CHOICE: Struct = Struct {
        name: "Choice",
        members: &[Member::optional("left", UUID), Member::optional("right", Shape::Boolean)],
        open: true,
    };

    #[test]
    fn scalars_carry_their_rules() {
        let mut components = Components::default();
        let mut is = |shape: Shape, expected: Value| assert_eq!(components.schema(&shape), expected);
        is(TEXT, json!({"type": "string"}));
        is(UUID, json!({"type": "string", "minLength": 36, "maxLength": 36, "format": "uuid"}));
        is(
            Shape::Text(Text::between(0, 5).matching("a|b", any)),
            json!({"type": "string", "maxLength": 5, "pattern": "^(?:a|b)$"}),
        );
        is(Shape::Text(Text::ANY.matching("^a$", any)), json!({"type": "string", "pattern": "^a$"}));
        is(
            Shape::Integer { min: 0, max: 50 },
            json!({"type": "integer", "format": "int32", "minimum": 0, "maximum": 50}),
        );
        is(Shape::Integer { min: i64::MIN, max: i64::MAX }, json!({"type": "integer", "format": "int64"}));
        is(
            Shape::Number { min: 0.5, max: f64::INFINITY },
            json!({"type": "number", "format": "double", "minimum": 0.5}),
        );
        is(Shape::Enumeration(&["A", "B"]), json!({"type": "string", "enum": ["A", "B"]}));
        is(
            Shape::Map { of: &TEXT, max: 3 },
            json!({"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": 3}),
        );
        is(Shape::Json, json!({}));
        is(
            Shape::AnyOf(&const { [TEXT, Shape::Struct(&CHOICE)] }),
            json!({"anyOf": [{"type": "string"}, {"$ref": "#/components/schemas/Choice"}]}),
        );
        is(Shape::Nullable(&TEXT), json!({"type": ["string", "null"]}));
        is(
            Shape::Nullable(&const { Shape::Enumeration(&["A"]) }),
            json!({"type": ["string", "null"], "enum": ["A", null]}),
        );
        is(Shape::Nullable(&Shape::Json), json!({}));
        is(
            Shape::Nullable(&const { Shape::Struct(&CHOICE) }),
            json!({"anyOf": [{"$ref": "#/components/schemas/Choice"}, {"type": "null"}]}),
        );
    }

    #[test]
    fn structs_are_referred_to_even_by_themselves() {
        let mut components = Components::default();
        assert_eq!(components.schema(&Shape::Struct(&COLUMN)), json!({"$ref": "#/components/schemas/Column"}));
        components.schema(&Shape::Struct(&COLUMN));
        let expected = json!({"Column": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "children": {"type": "array", "items": {"$ref": "#/components/schemas/Column"}, "minItems": 1, "maxItems": 9},
            },
            "required": ["name"],
            "additionalProperties": false,
        }});
        assert_eq!(Value::Object(components.into_schemas()), expected);
    }

    #[test]
    fn a_union_requires_one_member() {
        let mut components = Components::default();
        components.schema(&Shape::Union(&CHOICE));
        let schema = &components.into_schemas()["Choice"];
        assert_eq!(schema["oneOf"], json!([{"required": ["left"]}, {"required": ["right"]}]));
    }

    #[test]
    #[should_panic(expected = "two different structs are named Choice")]
    fn one_name_for_two_structs_is_a_mistake() {
        static OTHER: Struct = Struct { name: "Choice", members: &[], open: true };
        let mut components = Components::default();
        components.schema(&Shape::Struct(&CHOICE));
        components.schema(&Shape::Struct(&OTHER));
    }
}
