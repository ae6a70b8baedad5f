//! Recovery of a form whose session has expired: what was typed goes through the sign-in page in hidden fields, and is sent
//! again when its author says so. Secrets are left out, and nobody gets what somebody else typed.

use emporion_catalog::id::RecordId;

use crate::forms::form::Form;
use crate::sign_in::session;
use crate::text::plain::{shown, shown_prose};
use crate::text::texts::Texts;
use crate::text::texts::field_name;

/// What the fields of a form are called on the way.
const KEPT: &str = "kept.";
/// Who typed.
const BY: &str = "kept_by";
/// Something of it was a secret.
const LACKS: &str = "kept_without";
/// What no reader has typed: of which state a form was made, which one it is, and which of its steps.
const MECHANICS: &[&str] = &["revision", "seen", "tag", "version", "roles", "edit", "do", "sure", "force"];

pub struct RecoveredForm {
    /// What is sent again, in the form's order.
    pub fields: Vec<(String, String)>,
    by: Option<RecordId>,
    /// Something was left out that has to be typed anew.
    pub lacks_secret: bool,
}

/// Whether a field of a form holds a secret: such are called so.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["password", "secret", "token", "credential"].iter().any(|word| name.contains(word))
}

impl RecoveredForm {
    /// Of the form that came too late.
    pub fn of(sent: &Form) -> RecoveredForm {
        let by = session::whose(sent.text("token"));
        let typed: Vec<(&str, &str)> = sent.fields().filter(|(name, _)| *name != "token").collect();
        let lacks_secret = typed.iter().any(|(name, value)| is_secret(name) && !value.is_empty());
        let fields = typed.into_iter().filter(|(name, _)| !is_secret(name));
        RecoveredForm {
            fields: fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            by,
            lacks_secret,
        }
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && !self.lacks_secret
    }

    /// As the sign-in page has sent it on, where it has any.
    pub fn carried(sent: &Form) -> Option<RecoveredForm> {
        let fields = sent.fields().filter_map(|(name, value)| {
            Some((name.strip_prefix(KEPT).filter(|name| !is_secret(name))?.to_owned(), value.to_owned()))
        });
        let fields: Vec<(String, String)> = fields.collect();
        (!fields.is_empty()).then(|| RecoveredForm {
            fields,
            by: sent.text(BY).parse().ok(),
            lacks_secret: !sent.text(LACKS).is_empty(),
        })
    }

    /// The fields of the sign-in page that carry it.
    pub fn hidden(&self) -> Vec<(String, String)> {
        let kept = self.fields.iter().map(|(name, value)| (format!("{KEPT}{name}"), value.clone()));
        let by = self.by.map(|by| (BY.to_owned(), by.to_string()));
        let lacks = self.lacks_secret.then(|| (LACKS.to_owned(), "yes".to_owned()));
        kept.chain(by).chain(lacks).collect()
    }

    /// What its sender is told who has to sign in first.
    pub fn notice(&self, t: Texts) -> String {
        t.say(if self.lacks_secret { "login.kept_without" } else { "login.kept" })
    }

    /// Whether this user typed it.
    pub fn is_of(&self, user: RecordId) -> bool {
        self.by == Some(user)
    }

    /// What a reader knows again of it: what each field is called, and what he typed.
    pub fn rendered(&self, t: Texts) -> Vec<(String, String)> {
        let typed = self.fields.iter().filter(|(name, value)| {
            // Of records, forms hold the ids.
            !MECHANICS.contains(&name.as_str()) && !value.trim().is_empty() && value.parse::<RecordId>().is_err()
        });
        let label = |name: &str| t.find(&format!("edit.{name}")).map_or_else(|| field_name(t, name), str::to_owned);
        typed.map(|(name, value)| (shown(&label(name)), shown_prose(value))).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// What browsers hide while it is typed is called what is never kept.
    #[test]
    fn every_field_for_a_secret_is_known_by_its_name() {
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("templates")];
        let mut found = 0;
        while let Some(folder) = folders.pop() {
            for path in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let text = std::fs::read_to_string(&path).expect("a text");
                for input in text.split("<input").skip(1).filter_map(|rest| rest.split("<input").next()) {
                    let Some(before) = input.find("type=\"password\"").map(|at| &input[..at]) else { continue };
                    let name = before.split(" name=\"").nth(1).and_then(|rest| rest.split('"').next());
                    let name = name.expect("its name stands before its type");
                    // The form of a source names its fields by its systems, whose own test looks at them.
                    assert!(is_secret(name) || name == "{{ field.name }}", "{name} in {}", path.display());
                    found += 1;
                }
            }
        }
        assert!(found >= 5, "the forms are where they are looked for");
    }

    #[test]
    fn secrets_stay_behind_and_the_rest_comes_through() {
        let form = |body: &str| {
            let mut request = emporion_edge::request::Request::new(http::Method::POST, "/x");
            request.body = body.to_owned().into();
            Form::of(&request)
        };
        let unsent = RecoveredForm::of(&form("token=t&host=a&password=p&newPassword=&do=save"));
        assert!(unsent.lacks_secret);
        let body = unsent.hidden().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
        assert_eq!(body, "kept.host=a&kept.do=save&kept_without=yes");
        let carried = RecoveredForm::carried(&form(&format!("{body}&kept.password=q"))).expect("something");
        assert!(carried.lacks_secret && carried.fields == unsent.fields);
        assert!(RecoveredForm::carried(&form("username=u&password=p")).is_none());
        let carried =
            RecoveredForm::carried(&form(&format!("{body}&username=u&password=p&next=/x&again=1"))).expect("something");
        assert_eq!(carried.fields, unsent.fields, "nothing of the form that signs in");
    }
}
