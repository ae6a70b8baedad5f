//! Members of parts in requests and answers: in camelCase they are fields of the core in snake_case, one to one.

use emporion_catalog::kind::Kind;
use emporion_edge::shape::{Member, Shape, Struct};
use emporion_edge::timestamp;
use serde_json::{Map, Value};

use super::item::SeenItem;
use super::part::Part;
use super::spec::{Fields, Spec};
use crate::content_state::ContentState;

/// The field of the core that a member stands for.
fn field_of(member: &str) -> String {
    if member == "name" {
        // Records have a name that is theirs alone; what clients call a part is what it is shown as.
        return "display_name".to_owned();
    }
    let mut field = String::with_capacity(member.len() + 4);
    for letter in member.chars() {
        if letter.is_ascii_uppercase() {
            field.push('_');
        }
        field.push(letter.to_ascii_lowercase());
    }
    field
}

/// The content that a body asks for. Members that are no fields are somebody else's business.
pub fn read(spec: &Spec, kind: Kind, body: &Map<String, Value>) -> Fields {
    let mut fields = Fields::new();
    for member in spec.create.members {
        let field = field_of(member.name);
        let Some(value) = body.get(member.name).filter(|_| kind.field(&field).is_some()) else { continue };
        if !says_nothing(value) {
            fields.insert(field, value.clone());
        }
    }
    fields
}

/// How a merge patch changes content: null takes a field away, as nothing does in its place. Members that are no fields
/// are somebody else's business.
pub fn changes(shape: &Struct, kind: Kind, body: &Map<String, Value>) -> Fields {
    let mut changes = Fields::new();
    for member in shape.members {
        let field = field_of(member.name);
        let Some(value) = body.get(member.name).filter(|_| kind.field(&field).is_some()) else { continue };
        changes.insert(field, if says_nothing(value) { Value::Null } else { value.clone() });
    }
    changes
}

fn says_nothing(value: &Value) -> bool {
    value.is_null() || value == "" || value.as_array().is_some_and(Vec::is_empty)
}

/// The object of an item: every member that its shape lists, as far as there is something to say.
pub fn print(part: &dyn Part, shown: &SeenItem) -> Value {
    printed(part, shown, part.spec().object)
}

/// The item as a line of a list.
pub fn line(part: &dyn Part, shown: &SeenItem) -> Value {
    printed(part, shown, part.spec().line())
}

fn printed(part: &dyn Part, shown: &SeenItem, shape: &Struct) -> Value {
    let mut printed = Map::new();
    for member in shape.members {
        if let Some(value) = part.print(shown, member.name).or_else(|| value(shown, member)) {
            printed.insert(member.name.to_owned(), value);
        }
    }
    Value::Object(printed)
}

fn value(shown: &SeenItem, member: &Member) -> Option<Value> {
    let item = &shown.item;
    Some(match member.name {
        "id" => item.id.to_string().into(),
        "dataProductId" => shown.product.to_string().into(),
        "isDeployed" => shown.is_deployed().into(),
        "pendingDelete" => (shown.state != ContentState::Live && item.is_pending_delete()).into(),
        "createdAt" => timestamp::print(item.created_ms()).into(),
        "createdBy" => item.created_by().into(),
        "updatedAt" => timestamp::print(item.updated_ms(shown.state)).into(),
        name => match (shown.fields().get(&field_of(name)), member.shape) {
            (Some(value), Shape::Time(_) | Shape::Nullable(Shape::Time(_))) => timestamp::print(value.as_i64()?).into(),
            (Some(value), _) => value.clone(),
            (None, _) if !member.required => return None,
            (None, Shape::Boolean) => false.into(),
            (None, Shape::List { .. }) => Value::Array(Vec::new()),
            (None, _) => Value::Null,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_fields_in_the_other_spelling() {
        for (member, field) in [
            ("question", "question"),
            ("alternateQuestions", "alternate_questions"),
            ("useAsOnboardingQuestion", "use_as_onboarding_question"),
            ("name", "display_name"),
        ] {
            assert_eq!(field_of(member), field);
        }
    }
}
