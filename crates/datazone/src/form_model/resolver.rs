//! Turns parsed statements into a model: names become shapes, traits become limits and hints.

use std::collections::{HashMap, HashSet};

use regex::{Regex, RegexBuilder};

use super::parser::{Node, RawMember, RawShape, Source, Trait};
use super::{Field, Limits, Members, ModelFault, Shape, ShapeId, ShapeKind, SmithyModel};

/// Compiled patterns cost memory; a form has no use for more.
const MAX_PATTERNS: usize = 200;
const MAX_PATTERN_BYTES: usize = 256 * 1024;

/// A text of the allowed length cannot write down as many members; mixins could multiply them.
const MAX_FIELDS: usize = 20_000;
const MAX_STEPS: usize = 20_000;
const MAX_MIXIN_DEPTH: usize = 64;

/// Shapes that every model knows without defining them.
const PRELUDE: [(&str, &str); 19] = [
    ("String", "string"),
    ("Blob", "blob"),
    ("Boolean", "boolean"),
    ("Byte", "byte"),
    ("Short", "short"),
    ("Integer", "integer"),
    ("Long", "long"),
    ("Float", "float"),
    ("Double", "double"),
    ("BigInteger", "bigInteger"),
    ("BigDecimal", "bigDecimal"),
    ("Timestamp", "timestamp"),
    ("Document", "document"),
    ("PrimitiveBoolean", "boolean"),
    ("PrimitiveByte", "byte"),
    ("PrimitiveShort", "short"),
    ("PrimitiveInteger", "integer"),
    ("PrimitiveLong", "long"),
    ("PrimitiveDouble", "double"),
];

pub fn resolve(source: &Source, root: &str) -> Result<SmithyModel, ModelFault> {
    let mut names = HashMap::new();
    for (index, (name, _)) in PRELUDE.iter().enumerate() {
        names.insert((*name).to_owned(), ShapeId(index));
    }
    let mut defined = HashMap::new();
    for (index, shape) in source.shapes.iter().enumerate() {
        if defined.insert(shape.name.as_str(), index).is_some() {
            return Err(fault(shape.line, format!("shape {:?} is defined twice", shape.name)));
        }
        // A shape of one's own hides the prelude's.
        names.insert(shape.name.clone(), ShapeId(PRELUDE.len() + index));
    }
    let mut resolver = Resolver { source, names, defined, patterns: 0, fields: 0, steps: 0 };
    let mut shapes = Vec::with_capacity(PRELUDE.len() + source.shapes.len());
    for (_, keyword) in PRELUDE {
        shapes.push(Shape { kind: simple(keyword).unwrap_or(ShapeKind::Document), limits: Limits::default() });
    }
    for shape in &source.shapes {
        shapes.push(resolver.shape(shape)?);
    }
    let root = resolver
        .defined
        .get(root)
        .filter(|index| source.shapes[**index].keyword == "structure")
        .map(|index| ShapeId(PRELUDE.len() + index))
        .ok_or_else(|| fault(1, format!("the model must define a structure called {root:?}, like the form type")))?;
    Ok(SmithyModel { shapes, root, is_open: false })
}

struct Resolver<'a> {
    source: &'a Source,
    names: HashMap<String, ShapeId>,
    /// Shapes of the text by name.
    defined: HashMap<&'a str, usize>,
    patterns: usize,
    fields: usize,
    /// Shapes visited while collecting mixins.
    steps: usize,
}

impl<'a> Resolver<'a> {
    fn shape(&mut self, raw: &'a RawShape) -> Result<Shape, ModelFault> {
        let limits = self.limits(&raw.traits)?;
        let kind = match raw.keyword.as_str() {
            "structure" => ShapeKind::Structure(self.members(raw)?),
            "union" => ShapeKind::Union(self.members(raw)?),
            "list" | "set" => ShapeKind::List(Box::new(self.only_field(raw, "member")?)),
            "map" => ShapeKind::Map {
                key: Box::new(self.named_field(raw, "key")?),
                value: Box::new(self.named_field(raw, "value")?),
            },
            "enum" => ShapeKind::Enumeration(texts_of(raw)?),
            "intEnum" => ShapeKind::IntegerEnumeration(numbers_of(raw)?),
            "string" => match enumeration_of(&raw.traits)? {
                Some(values) => ShapeKind::Enumeration(values),
                None => ShapeKind::Text,
            },
            keyword => {
                simple(keyword).ok_or_else(|| fault(raw.line, format!("{keyword:?} is not a shape of a form")))?
            }
        };
        let limits = Limits { unique: limits.unique || raw.keyword == "set", ..limits };
        Ok(Shape { kind, limits })
    }

    /// The members of a structure, those of its mixins first.
    fn members(&mut self, raw: &'a RawShape) -> Result<Members, ModelFault> {
        let mut members = Vec::new();
        self.collect(raw, &mut members, &mut HashSet::new(), &mut HashSet::new())?;
        let mut fields = Vec::with_capacity(members.len());
        let mut by_name = HashMap::with_capacity(members.len());
        for member in members {
            if by_name.insert(member.name.clone(), fields.len()).is_some() {
                return Err(fault(member.line, format!("member {:?} is defined twice", member.name)));
            }
            fields.push(self.field(member)?);
        }
        Ok(Members::new(fields, by_name))
    }

    /// `open` are the shapes whose mixins are being collected: one among them again would be a circle. A mixin that
    /// is reached on two ways counts once.
    fn collect(
        &mut self,
        raw: &'a RawShape,
        members: &mut Vec<&'a RawMember>,
        open: &mut HashSet<&'a str>,
        done: &mut HashSet<&'a str>,
    ) -> Result<(), ModelFault> {
        self.steps += 1;
        if self.steps > MAX_STEPS || open.len() > MAX_MIXIN_DEPTH {
            return Err(fault(raw.line, "too many mixins".into()));
        }
        if !open.insert(&raw.name) {
            return Err(fault(raw.line, format!("the mixins of {:?} lead back to it", raw.name)));
        }
        for mixin in &raw.mixins {
            let index = self.defined.get(local(mixin));
            let index = *index.ok_or_else(|| fault(raw.line, format!("mixin {mixin:?} is not defined")))?;
            let mixin = &self.source.shapes[index];
            if !done.contains(mixin.name.as_str()) {
                self.collect(mixin, members, open, done)?;
            }
        }
        open.remove(raw.name.as_str());
        done.insert(&raw.name);
        members.extend(&raw.members);
        Ok(())
    }

    fn only_field(&mut self, raw: &'a RawShape, name: &str) -> Result<Field, ModelFault> {
        if raw.members.len() != 1 {
            return Err(fault(raw.line, format!("{:?} must have exactly the member {name:?}", raw.name)));
        }
        self.named_field(raw, name)
    }

    fn named_field(&mut self, raw: &'a RawShape, name: &str) -> Result<Field, ModelFault> {
        match raw.members.iter().find(|member| member.name == name) {
            Some(member) => self.field(member),
            None => Err(fault(raw.line, format!("{:?} must have a member {name:?}", raw.name))),
        }
    }

    fn field(&mut self, member: &RawMember) -> Result<Field, ModelFault> {
        self.fields += 1;
        if self.fields > MAX_FIELDS {
            return Err(fault(member.line, format!("more than {MAX_FIELDS} members")));
        }
        let target = member.target.as_deref().unwrap_or_default();
        let target = match self.names.get(local(target)) {
            Some(id) => *id,
            None => {
                let message = format!("member {:?} has the unknown shape {target:?}", member.name);
                return Err(fault(member.line, message));
            }
        };
        let given = |name: &str| member.traits.iter().find(|given| local(&given.name).eq_ignore_ascii_case(name));
        Ok(Field {
            name: member.name.clone(),
            required: given("required").is_some(),
            glossary: given("glossaryterm").and_then(|given| given.value.text()).map(str::to_owned),
            target,
            limits: self.limits(&member.traits)?,
        })
    }

    fn limits(&mut self, traits: &[Trait]) -> Result<Limits, ModelFault> {
        let mut limits = Limits::default();
        for given in traits {
            match given.name.as_str() {
                "range" => {
                    limits.least = bound(given, "min")?;
                    limits.most = bound(given, "max")?;
                    in_order(given, limits.least, limits.most)?;
                }
                "length" => {
                    let (least, most) = (bound(given, "min")?, bound(given, "max")?);
                    in_order(given, least, most)?;
                    limits.shortest = least.map(|length| length.max(0.0) as usize);
                    limits.longest = most.map(|length| length.max(0.0) as usize);
                }
                "pattern" => limits.pattern = Some(self.pattern(given)?),
                "uniqueItems" => limits.unique = true,
                _ => {}
            }
        }
        Ok(limits)
    }

    fn pattern(&mut self, given: &Trait) -> Result<Regex, ModelFault> {
        let source = given.value.text().ok_or_else(|| fault(given.line, "@pattern needs a text".into()))?;
        self.patterns += 1;
        if self.patterns > MAX_PATTERNS {
            return Err(fault(given.line, format!("more than {MAX_PATTERNS} patterns")));
        }
        RegexBuilder::new(source).size_limit(MAX_PATTERN_BYTES).dfa_size_limit(MAX_PATTERN_BYTES).build().map_err(
            |_| {
                fault(given.line, "@pattern is not a regular expression without look-around and back-references".into())
            },
        )
    }
}

fn simple(keyword: &str) -> Option<ShapeKind> {
    Some(match keyword {
        "boolean" => ShapeKind::Boolean,
        "byte" => ShapeKind::Integer { min: i8::MIN.into(), max: i8::MAX.into() },
        "short" => ShapeKind::Integer { min: i16::MIN.into(), max: i16::MAX.into() },
        "integer" => ShapeKind::Integer { min: i32::MIN.into(), max: i32::MAX.into() },
        "long" => ShapeKind::Integer { min: i64::MIN, max: i64::MAX },
        "bigInteger" => ShapeKind::Number { whole: true },
        "float" | "double" | "bigDecimal" => ShapeKind::Number { whole: false },
        "string" | "blob" => ShapeKind::Text,
        "timestamp" => ShapeKind::Timestamp,
        "document" => ShapeKind::Document,
        _ => return None,
    })
}

/// The name without its namespace: a form has one namespace, whatever it is called.
fn local(id: &str) -> &str {
    id.rsplit('#').next().unwrap_or(id)
}

/// The texts of an `enum`: a member's value, else its name.
fn texts_of(raw: &RawShape) -> Result<Vec<String>, ModelFault> {
    let text = |member: &RawMember| match &member.value {
        None => Ok(traited_value(member).and_then(Node::text).unwrap_or(&member.name).to_owned()),
        Some(Node::Text(text)) => Ok(text.clone()),
        Some(_) => Err(fault(member.line, format!("{:?} must be a text", member.name))),
    };
    not_empty(raw, raw.members.iter().map(text).collect())
}

fn numbers_of(raw: &RawShape) -> Result<Vec<i64>, ModelFault> {
    let number =
        |member: &RawMember| match member.value.as_ref().or_else(|| traited_value(member)).and_then(Node::number) {
            Some(number) if number.fract() == 0.0 => Ok(number as i64),
            _ => Err(fault(member.line, format!("{:?} must be a whole number", member.name))),
        };
    not_empty(raw, raw.members.iter().map(number).collect())
}

/// `@enumValue(…)` of older texts.
fn traited_value(member: &RawMember) -> Option<&Node> {
    member.traits.iter().find(|given| given.name == "enumValue").map(|given| &given.value)
}

fn not_empty<T>(raw: &RawShape, values: Result<Vec<T>, ModelFault>) -> Result<Vec<T>, ModelFault> {
    match values {
        Ok(values) if values.is_empty() => Err(fault(raw.line, format!("{:?} has no values", raw.name))),
        values => values,
    }
}

/// The older `@enum([{value: "a"}, …])` on a string.
fn enumeration_of(traits: &[Trait]) -> Result<Option<Vec<String>>, ModelFault> {
    let Some(given) = traits.iter().find(|given| given.name == "enum") else { return Ok(None) };
    let not_readable = || fault(given.line, "@enum needs a list of {value: \"…\"}".into());
    let Node::List(entries) = &given.value else { return Err(not_readable()) };
    let value = |entry: &Node| entry.get("value").and_then(Node::text).map(str::to_owned).ok_or_else(not_readable);
    entries.iter().map(value).collect::<Result<Vec<String>, ModelFault>>().map(Some)
}

fn bound(given: &Trait, name: &str) -> Result<Option<f64>, ModelFault> {
    match given.value.get(name) {
        None if matches!(given.value, Node::Object(_)) => Ok(None),
        Some(Node::Number(number)) => Ok(Some(*number)),
        _ => Err(fault(given.line, format!("@{} needs numbers as min and max", given.name))),
    }
}

fn in_order(given: &Trait, least: Option<f64>, most: Option<f64>) -> Result<(), ModelFault> {
    match (least, most) {
        (Some(least), Some(most)) if least > most => {
            Err(fault(given.line, format!("@{} has a min above its max", given.name)))
        }
        _ => Ok(()),
    }
}

fn fault(line: usize, message: String) -> ModelFault {
    ModelFault { line, message }
}
