//! JSON Patch (RFC 6902) as this door's clients use it.
//!
//! The patch applies to the entity with all its relationships present, strictly in order and as a whole. Three leniencies
//! are what clients rely on: `add /tags/0` works where `tags` is absent, `replace` of an absent member adds it, and
//! `add /extension/x` makes the object. Masked secrets stay where they are: they can be replaced and removed, never
//! moved, copied or compared.

use emporion_catalog::number;
use serde_json::{Map, Value};

use crate::errors::{OmError, OmResult};
use crate::pointer::{Pointer, index, print};

const MAX_OPERATIONS: usize = 10_000;
/// Of paths and values alike; serde_json reads no deeper than 128.
const MAX_DEPTH: usize = 64;
/// Bytes that all copies of one patch may make together; a few `copy` operations could otherwise fill the memory.
const MAX_COPIED: usize = 16 << 20;
/// Items and members that all operations of one patch may push aside or look through, together: each that takes the first item
/// of a long list moves all others.
const MAX_SHIFTED: usize = 20_000_000;

/// Members that may be created by adding something inside them.
const OBJECTS: &[&str] = &["extension", "style", "lifeCycle", "profile", "connection", "sla"];

/// A patch whose form has been checked; whether it fits the entity is seen when it is applied.
#[derive(Debug, Clone)]
pub struct Patch(Vec<Operation>);

#[derive(Debug, Clone)]
struct Operation {
    action: Action,
    path: Pointer,
}

#[derive(Debug, Clone)]
enum Action {
    Add(Value),
    Remove,
    Replace(Value),
    Move(Pointer),
    Copy(Pointer),
    Test(Value),
}

/// What a patch of one entity must respect.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// The type that the messages name.
    pub entity_type: &'a str,
    /// Top members whose value may not change.
    pub protected: &'a [&'a str],
    /// Pointers of the masked secrets in the document.
    pub secrets: &'a [String],
}

impl Patch {
    /// Checks the form of a patch: a list of operations with known names and well-formed paths.
    pub fn parse(body: Value) -> OmResult<Patch> {
        let Value::Array(items) = body else {
            return Err(OmError::malformed_because("a JSON Patch is a list of operations"));
        };
        if items.len() > MAX_OPERATIONS {
            return Err(OmError::bad_request(format!("a JSON Patch may have at most {MAX_OPERATIONS} operations")));
        }
        let operations: OmResult<Vec<_>> =
            items.into_iter().enumerate().map(|(index, item)| Operation::parse(index, item)).collect();
        operations.map(Patch)
    }

    /// The same without what it says inside these members: of whole entities there, clients say defaults of their own.
    pub fn beside(mut self, members: &[&str]) -> Patch {
        self.0.retain(|operation| match operation.path.0.as_slice() {
            [first, _, ..] => !members.contains(&first.as_str()),
            _ => true,
        });
        self
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every place that the patch speaks of.
    pub fn pointers(&self) -> impl Iterator<Item = &Pointer> {
        self.0.iter().flat_map(|operation| {
            let from = match &operation.action {
                Action::Move(from) | Action::Copy(from) => Some(from),
                _ => None,
            };
            from.into_iter().chain([&operation.path])
        })
    }

    /// The top members that the patch touches, for the check of rights; `None` when it replaces the whole document.
    pub fn touches(&self) -> Option<Vec<&str>> {
        let mut members: Vec<&str> = Vec::new();
        for operation in &self.0 {
            let moved = match &operation.action {
                Action::Move(from) => Some(from),
                Action::Test(_) => continue,
                _ => None,
            };
            for pointer in moved.into_iter().chain([&operation.path]) {
                let member = pointer.0.first()?.as_str();
                if !members.contains(&member) {
                    members.push(member);
                }
            }
        }
        Some(members)
    }

    /// The document after the patch. Nothing of a patch that fails is kept.
    pub fn apply(&self, document: &Value, rules: &Rules<'_>) -> OmResult<Value> {
        let mut patched = document.clone();
        let mut spent = Spent::default();
        for (index, operation) in self.0.iter().enumerate() {
            operation.apply(&mut patched, rules, &mut spent).map_err(|reason| operation.error(index, &reason))?;
        }
        if !patched.is_object() {
            return Err(OmError::malformed_because("the patched entity is not an object"));
        }
        for attribute in rules.protected {
            if !unchanged(attribute, document.get(attribute), patched.get(attribute)) {
                return Err(OmError::attribute_fixed(rules.entity_type, attribute));
            }
        }
        Ok(patched)
    }
}

/// Absent, null and the default (false, an empty list) are one value: clients that send a whole model send its defaults.
fn unchanged(attribute: &str, before: Option<&Value>, after: Option<&Value>) -> bool {
    fn plain<'a>(attribute: &str, value: Option<&'a Value>) -> Option<&'a Value> {
        let is_default = |value: &Value| match value {
            Value::Null | Value::Bool(false) => true,
            Value::Array(items) => items.is_empty(),
            value => attribute == "provider" && value == "user",
        };
        value.filter(|value| !is_default(value))
    }
    match (plain(attribute, before), plain(attribute, after)) {
        (Some(before), Some(after)) => same(before, after),
        (before, after) => before.is_none() && after.is_none(),
    }
}

impl Operation {
    fn parse(index: usize, item: Value) -> OmResult<Operation> {
        let bad = |what: &str| OmError::bad_request(format!("patch operation {index}: {what}"));
        let Value::Object(mut members) = item else { return Err(bad("is not an object")) };
        let pointer = |members: &Map<String, Value>, name: &str| match members.get(name) {
            Some(Value::String(text)) => {
                Pointer::parse(text, MAX_DEPTH).map_err(|reason| bad(&format!("{name} \"{text}\" {reason}")))
            }
            Some(_) => Err(bad(&format!("{name} must be a string"))),
            None => Err(bad(&format!("{name} is missing"))),
        };
        let path = pointer(&members, "path")?;
        let value = members.remove("value");
        let op = members.get("op").and_then(Value::as_str).ok_or_else(|| bad("op is missing"))?;
        let action = match op {
            "add" => value.map(Action::Add),
            "replace" => value.map(Action::Replace),
            "test" => value.map(Action::Test),
            "remove" => Some(Action::Remove),
            "move" => Some(Action::Move(pointer(&members, "from")?)),
            "copy" => Some(Action::Copy(pointer(&members, "from")?)),
            other => return Err(bad(&format!("op \"{other}\" is none of add, remove, replace, move, copy, test"))),
        };
        let action = action.ok_or_else(|| bad("value is missing"))?;
        if let Action::Add(value) | Action::Replace(value) | Action::Test(value) = &action
            && path.0.len() + depth(value) > MAX_DEPTH
        {
            return Err(bad(&format!("value is nested deeper than {MAX_DEPTH} levels")));
        }
        Ok(Operation { action, path })
    }

    fn name(&self) -> &'static str {
        match self.action {
            Action::Add(_) => "add",
            Action::Remove => "remove",
            Action::Replace(_) => "replace",
            Action::Move(_) => "move",
            Action::Copy(_) => "copy",
            Action::Test(_) => "test",
        }
    }

    fn error(&self, index: usize, reason: &str) -> OmError {
        OmError::bad_request(format!("patch operation {index} ({} {}): {reason}", self.name(), self.path))
    }

    fn apply(&self, document: &mut Value, rules: &Rules<'_>, spent: &mut Spent) -> Result<(), String> {
        let path = &self.path.0;
        match &self.action {
            Action::Add(_) | Action::Copy(_) | Action::Remove => spent.shift(document, path)?,
            Action::Move(from) => {
                spent.shift(document, from.0.as_slice())?;
                spent.shift(document, path)?;
                spent.look(find(document, &from.0))?;
            }
            Action::Replace(_) | Action::Test(_) => {}
        }
        match &self.action {
            Action::Add(value) => {
                check_shift(document, path, rules, Shift::In)?;
                insert(document, path, value.clone())
            }
            Action::Replace(value) => replace(document, path, value.clone()),
            Action::Remove => {
                check_shift(document, path, rules, Shift::Out)?;
                remove(document, path).map(drop)
            }
            Action::Test(expected) => {
                refuse_secret(&self.path, rules, "compared")?;
                match find(document, path) {
                    Some(found) if same(found, expected) => Ok(()),
                    Some(_) => Err("the value is another one".into()),
                    None => Err("there is no such member".into()),
                }
            }
            Action::Move(from) => {
                refuse_secret(from, rules, "moved")?;
                refuse_secret(&self.path, rules, "overwritten by a move")?;
                if from.0 == *path {
                    return if find(document, path).is_some() {
                        Ok(())
                    } else {
                        Err(format!("there is nothing at {from}"))
                    };
                }
                if path.starts_with(&from.0) {
                    return Err(format!("{from} cannot be moved into itself"));
                }
                check_shift(document, &from.0, rules, Shift::Out)?;
                check_shift(document, path, rules, Shift::In)?;
                let value = remove(document, &from.0).map_err(|reason| format!("from {from}: {reason}"))?;
                check_depth(path, &value)?;
                insert(document, path, value)
            }
            Action::Copy(from) => {
                refuse_secret(from, rules, "copied")?;
                check_shift(document, path, rules, Shift::In)?;
                let value = find(document, &from.0).ok_or_else(|| format!("there is nothing at {from}"))?.clone();
                check_depth(path, &value)?;
                spent.copied = spent.copied.saturating_add(weight(&value));
                if spent.copied > MAX_COPIED {
                    return Err(format!("the patch copies more than {MAX_COPIED} bytes"));
                }
                insert(document, path, value)
            }
        }
    }
}

/// What a patch has cost so far.
#[derive(Debug, Default)]
struct Spent {
    copied: usize,
    shifted: usize,
}

impl Spent {
    /// What stands beside the place, and at worst makes room for it.
    fn shift(&mut self, document: &Value, path: &[String]) -> Result<(), String> {
        let Some((token, container)) = path.split_last() else { return Ok(()) };
        self.add(match find(document, container) {
            Some(Value::Array(items)) => items.len().saturating_sub(index(token).unwrap_or(items.len())),
            // Only one that goes moves others; that those which come are counted too costs nobody anything.
            Some(Value::Object(members)) => members.len(),
            _ => 0,
        })
    }

    /// All that is in a value which goes to another place.
    fn look(&mut self, value: Option<&Value>) -> Result<(), String> {
        self.add(value.map_or(0, nodes))
    }

    fn add(&mut self, count: usize) -> Result<(), String> {
        self.shifted = self.shifted.saturating_add(count);
        if self.shifted > MAX_SHIFTED {
            return Err(format!("the patch moves more than {MAX_SHIFTED} items; replace the whole list"));
        }
        Ok(())
    }
}

/// Whether an item comes into a list or leaves it.
#[derive(Clone, Copy, PartialEq)]
enum Shift {
    In,
    Out,
}

/// Refuses to add or remove a list item where that would carry a mask to the place of another secret.
fn check_shift(document: &Value, path: &[String], rules: &Rules<'_>, shift: Shift) -> Result<(), String> {
    let Some((token, list_path)) = path.split_last() else { return Ok(()) };
    if rules.secrets.is_empty() || !find(document, list_path).is_some_and(Value::is_array) {
        return Ok(());
    }
    let at = token.parse::<usize>().unwrap_or(usize::MAX);
    let list = format!("{}/", print(list_path));
    let moves = rules.secrets.iter().filter_map(|secret| secret.strip_prefix(&list)).any(|rest| {
        let index = rest.split('/').next().and_then(|index| index.parse::<usize>().ok());
        index.is_some_and(|index| index > at || (index == at && shift == Shift::In))
    });
    if moves { Err("items behind it hold secrets, replace the whole list".into()) } else { Ok(()) }
}

/// Refuses a path that is a secret, or holds one.
fn refuse_secret(path: &Pointer, rules: &Rules<'_>, what: &str) -> Result<(), String> {
    let text = path.to_string();
    let holds = |secret: &String| {
        *secret == text || (secret.starts_with(&text) && secret.as_bytes().get(text.len()) == Some(&b'/'))
    };
    if rules.secrets.iter().any(holds) {
        Err(format!("{text} holds a secret, which can not be {what}"))
    } else {
        Ok(())
    }
}

fn find<'a>(document: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(document, |value, token| match value {
        Value::Object(members) => members.get(token),
        Value::Array(items) => items.get(index(token)?),
        _ => None,
    })
}

fn find_mut<'a>(document: &'a mut Value, path: &[String]) -> Option<&'a mut Value> {
    path.iter().try_fold(document, |value, token| match value {
        Value::Object(members) => members.get_mut(token),
        Value::Array(items) => items.get_mut(index(token)?),
        _ => None,
    })
}

fn insert(document: &mut Value, path: &[String], value: Value) -> Result<(), String> {
    let Some((token, container)) = path.split_last() else {
        *document = value;
        return Ok(());
    };
    make_container(document, container, token);
    match find_mut(document, container) {
        Some(Value::Object(members)) => {
            members.insert(token.clone(), value);
            Ok(())
        }
        Some(Value::Array(items)) => {
            let at = if token == "-" { Some(items.len()) } else { index(token) };
            match at {
                Some(at) if at <= items.len() => {
                    items.insert(at, value);
                    Ok(())
                }
                Some(_) => Err(format!("the list has only {} items", items.len())),
                None => Err(format!("\"{token}\" is not a place in a list")),
            }
        }
        Some(_) => Err(format!("{} is neither an object nor a list", print(container))),
        None => Err(format!("there is nothing at {}", print(container))),
    }
}

/// Makes an absent list (when its first item is added) or one of the known objects.
fn make_container(document: &mut Value, container: &[String], token: &str) {
    let Some((name, outer)) = container.split_last() else { return };
    let made = match token {
        "0" | "-" => Value::Array(Vec::new()),
        _ if OBJECTS.contains(&name.as_str()) => Value::Object(Map::new()),
        _ => return,
    };
    if let Some(Value::Object(members)) = find_mut(document, outer) {
        let member = members.entry(name.clone()).or_insert(Value::Null);
        if member.is_null() {
            *member = made;
        }
    }
}

fn replace(document: &mut Value, path: &[String], value: Value) -> Result<(), String> {
    if let Some(place) = find_mut(document, path) {
        *place = value;
        return Ok(());
    }
    // Inside a list there is no absent member: an index beyond the end is a mistake.
    match path.split_last() {
        Some((_, container)) if find(document, container).is_some_and(Value::is_array) => {
            Err("there is no such item".into())
        }
        _ => insert(document, path, value),
    }
}

fn remove(document: &mut Value, path: &[String]) -> Result<Value, String> {
    let Some((token, container)) = path.split_last() else { return Err("the whole entity cannot be removed".into()) };
    match find_mut(document, container) {
        // `shift_remove` keeps the order of the other members.
        Some(Value::Object(members)) => members.shift_remove(token).ok_or_else(|| "there is no such member".into()),
        Some(Value::Array(items)) => match index(token) {
            Some(at) if at < items.len() => Ok(items.remove(at)),
            _ => Err("there is no such item".into()),
        },
        _ => Err("there is no such member".into()),
    }
}

/// Equality of RFC 6902: numbers by value, objects without regard to order.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(a), Value::Number(b)) => number::is_same(a, b),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| same(value, other)))
        }
        _ => one == other,
    }
}

fn check_depth(path: &[String], value: &Value) -> Result<(), String> {
    if path.len() + depth(value) > MAX_DEPTH {
        return Err(format!("the entity would be nested deeper than {MAX_DEPTH} levels"));
    }
    Ok(())
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 1,
    }
}

fn nodes(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(nodes).sum(),
        Value::Object(members) => members.values().map(nodes).sum(),
        _ => 0,
    }
}

/// About the bytes that a copy of the value takes.
fn weight(value: &Value) -> usize {
    const NODE: usize = 32;
    NODE + match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(weight).sum(),
        Value::Object(members) => members.iter().map(|(key, value)| NODE + key.len() + weight(value)).sum(),
        _ => 0,
    }
}

#[cfg(test)]
#[path = "patch_tests.rs"]
mod tests;
