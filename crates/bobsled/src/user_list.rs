//! What `PATCH users` asks for, in either of its two forms, as one list of operations.

use std::collections::HashSet;

use emporion_products::failure::{Code, Failure, Violation};
use emporion_products::fields;
use emporion_products::patch::Patch;
use emporion_products::users::operation::{Role, RoleMasks, Terms, UserOperation, Verb, Who, masks_of};
use emporion_products::warning::Warning;
use serde_json::{Map, Value};

use crate::shapes::user;

/// Additions first, then changes, then removals; no user stands in it twice under the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserEdit {
    pub operations: Vec<UserOperation>,
    pub role_masks: RoleMasks,
    pub warnings: Vec<Warning>,
}

/// Reads `{add, update, remove}` or `{users}`.
pub fn parse(body: Value, strict: bool) -> Result<UserEdit, Failure> {
    let check_body = |body: &Map<String, Value>, broken: &mut Vec<Violation>| {
        fields::says_nothing(body, "say whom to add, update or remove", broken);
        if let Err(failure) = operations(body)
            && failure.code != Code::CONFLICTING_FIELDS
        {
            broken.extend(failure.violations);
        }
    };
    let echoed = [&user::USER, &user::LIST];
    let fields::Checked { body, warnings } = fields::check_all(&user::PATCH, &echoed, body, strict, &check_body)?;
    Ok(UserEdit { operations: operations(&body)?, role_masks: role_masks(&body), warnings })
}

fn operations(body: &Map<String, Value>) -> Result<Vec<UserOperation>, Failure> {
    let mut reader = Reader::default();
    if body.get("users").is_some_and(|users| !users.is_null()) {
        if let Some(other) =
            ["add", "update", "remove"].into_iter().find(|name| body.get(*name).is_some_and(|v| !v.is_null()))
        {
            return Err(Failure::conflicting_fields("/users", "users", other));
        }
        reader.each(body, "users", |entry| match role_of(entry) {
            _ if entry.get("role").is_none() => Err("required"),
            Some(role) => Ok(Verb::Set { role, terms: terms(entry) }),
            None => Ok(Verb::Remove),
        });
    } else {
        reader.each(body, "add", |entry| {
            role_of(entry).map(|role| Verb::Set { role, terms: terms(entry) }).ok_or("required")
        });
        reader.each(body, "update", |entry| Ok(Verb::Change { role: role_of(entry), terms: terms(entry) }));
        reader.each(body, "remove", |_| Ok(Verb::Remove));
    }
    reader.finish()
}

#[derive(Default)]
struct Reader {
    operations: Vec<UserOperation>,
    violations: Vec<Violation>,
    seen: HashSet<Who>,
}

impl Reader {
    /// Reads one list; `verb` says what an entry asks for, or which rule its role breaks.
    fn each(&mut self, body: &Map<String, Value>, name: &str, verb: impl Fn(&Value) -> Result<Verb, &'static str>) {
        let entries = body.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for (index, entry) in entries.iter().enumerate() {
            let path = format!("/{name}/{index}");
            // What is neither an entry nor an id is told by the check of shapes.
            if !entry.is_object() && !entry.is_string() {
                continue;
            }
            let Some(who) = self.who(entry, &path) else { continue };
            if !self.seen.insert(who.clone()) {
                self.violations.push(Violation::new(path, "unique", "the user stands twice in the request"));
                continue;
            }
            match verb(entry) {
                Ok(verb) => {
                    let beside = entry.get("email").and_then(Value::as_str).filter(|_| matches!(who, Who::Id(_)));
                    let beside = beside.map(str::to_lowercase);
                    self.operations.push(UserOperation { who, beside, verb, path });
                }
                Err(rule) => {
                    let message = "give a role, or null to take the user out";
                    self.violations.push(Violation::new(format!("{path}/role"), rule, message));
                }
            }
        }
    }

    fn who(&mut self, entry: &Value, path: &str) -> Option<Who> {
        let text = |name: &str| entry.get(name).and_then(Value::as_str);
        match (entry.as_str().or_else(|| text("userId")), text("email")) {
            // Where both are given, the id counts: an answer that is sent back has both.
            (Some(id), _) => Some(Who::Id(id.to_ascii_lowercase())),
            (None, Some(email)) => Some(Who::Email(email.to_lowercase())),
            (None, None) => {
                self.violations.push(Violation::new(path, "anyOf", "name the user by userId or email"));
                None
            }
        }
    }

    fn finish(self) -> Result<Vec<UserOperation>, Failure> {
        if self.violations.is_empty() { Ok(self.operations) } else { Err(Failure::invalid(self.violations)) }
    }
}

fn terms(entry: &Value) -> Terms {
    let Value::Object(members) = entry else {
        return Terms::default();
    };
    Terms {
        allow_sql: Patch::of(members, "allowSql", Value::as_bool),
        row_filters: Patch::of(members, "rowFilters", |value| value.as_object().cloned()),
        column_masks: Patch::of(members, "columnMasks", masks_of),
        // The protocol's filters are predicates over their own dataset: others follow where it is said, or was.
        follows: members.get("rowFiltersFollow").and_then(Value::as_bool),
        until: None,
    }
}

/// Of each role that is named; null takes its masks off.
fn role_masks(body: &Map<String, Value>) -> RoleMasks {
    let roles = body.get("roleMasks").and_then(Value::as_object).into_iter().flatten();
    roles.filter_map(|(role, masks)| Some((Role::parse(role)?, masks_of(masks).unwrap_or_default()))).collect()
}

fn role_of(entry: &Value) -> Option<Role> {
    entry.get("role").and_then(Value::as_str).and_then(Role::parse)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::http_failures;
    use emporion_products::failure::Code;

    fn operations(body: Value) -> Vec<(Who, Verb)> {
        parse(body, true).expect("a good body").operations.into_iter().map(|one| (one.who, one.verb)).collect()
    }

    fn refused(body: Value) -> Failure {
        parse(body, false).expect_err("a body that is refused")
    }

    fn set(role: Role) -> Verb {
        Verb::Set { role, terms: Terms::default() }
    }

    #[test]
    fn the_three_lists_are_read_in_their_order() {
        let body = json!({
            "remove": ["u9"],
            "update": [{"userId": "u2", "role": "editor"}],
            "add": [{"email": "Lee@Example.com", "role": "viewer"}]
        });
        assert_eq!(
            operations(body),
            [
                (Who::Email("lee@example.com".to_owned()), set(Role::Viewer)),
                (Who::Id("u2".to_owned()), Verb::Change { role: Some(Role::Editor), terms: Terms::default() }),
                (Who::Id("u9".to_owned()), Verb::Remove),
            ]
        );
    }

    #[test]
    fn in_the_upsert_form_null_takes_a_user_out() {
        let body = json!({"users": [{"userId": "u1", "role": "admin"}, {"email": "a@b", "role": null}]});
        assert_eq!(
            operations(body),
            [(Who::Id("u1".to_owned()), set(Role::Admin)), (Who::Email("a@b".to_owned()), Verb::Remove)]
        );
        assert_eq!(refused(json!({"users": [{"userId": "u1"}]})).violations[0].path, "/users/0/role");
    }

    #[test]
    fn sql_and_row_filters_belong_to_an_entry() {
        let body = json!({"update": [{"userId": "u1", "allowSql": false, "rowFilters": {"orders": "region = 'EU'"}}]});
        let (_, verb) = operations(body).remove(0);
        let Verb::Change { role: None, terms } = verb else { panic!("a change of terms") };
        assert_eq!(terms.allow_sql, Patch::Set(false));
        assert_eq!(terms.row_filters.as_set().expect("filters")["orders"], "region = 'EU'");
    }

    #[test]
    fn what_was_read_may_be_sent_back() {
        let entry = json!({"userId": "u1", "email": "a@b", "name": "A", "role": "admin", "addedBy": "u0"});
        assert_eq!(operations(json!({"users": [entry]})), [(Who::Id("u1".to_owned()), set(Role::Admin))]);
    }

    #[test]
    fn bad_bodies_name_the_member_and_the_rule() {
        assert_eq!(refused(json!({})).violations[0].rule, "minProperties");
        assert_eq!(refused(json!({"add": [{"role": "viewer"}]})).violations[0].rule, "anyOf");
        assert_eq!(refused(json!({"add": [{"email": "a@b"}]})).violations[0].path, "/add/0/role");
        assert_eq!(refused(json!({"add": [{"email": "nobody", "role": "viewer"}]})).violations[0].rule, "pattern");
        assert_eq!(refused(json!({"add": [{"userId": "u", "role": "owner"}]})).violations[0].rule, "enum");
        assert_eq!(http_failures::status(&refused(json!({"add": [{"userId": 7, "role": "admin"}]}))), 400);
        assert_eq!(refused(json!({"remove": ["u1", "U1"]})).violations[0].rule, "unique");
        assert_eq!(refused(json!({"users": [], "remove": ["u1"]})).code, Code::CONFLICTING_FIELDS);
    }
}
