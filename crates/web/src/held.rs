//! Tokens and keys as pages list and end them. Never the secrets: nobody can read those again.

use emporion_catalog::change_set::{Credential, CredentialClass};

use crate::fault::Fault;
use crate::moment::Moment;
use crate::people::Person;
use crate::plain::shown;
use crate::visit::Visit;

pub struct Held {
    pub person: Person,
    pub is_bot: bool,
    pub class: String,
    pub label: String,
    pub created: Moment,
    pub expires: Option<Moment>,
    pub is_over: bool,
    /// By which it is ended; not of what its owner works with just now, or sets himself.
    pub id: Option<String>,
}

impl Held {
    pub fn of(visit: &Visit, person: Person, is_bot: bool, held: &Credential) -> Held {
        let may_end =
            matches!(held.class, CredentialClass::Token | CredentialClass::AccessKey | CredentialClass::Session);
        let is_key = held.class == CredentialClass::AccessKey;
        // The label of a login names what continues it; a key is known by the id that programs show.
        let label = match held.class {
            CredentialClass::AccessKey => held.public.clone(),
            CredentialClass::Token | CredentialClass::BotToken => held.label.clone(),
            _ => String::new(),
        };
        Held {
            person,
            is_bot,
            class: visit.t.say(&format!("admin.class.{}", held.class.name())),
            label: shown(&label),
            created: visit.moment(held.created),
            expires: held.expires.map(|at| visit.moment(at)),
            is_over: held.expires.is_some_and(|at| at <= visit.now),
            id: may_end.then(|| if is_key { format!("key:{}", held.public) } else { held.id.to_string() }),
        }
    }
}

/// Ends one, by the id that a list gave it.
pub async fn end(visit: &Visit, id: &str) -> Result<(), Fault> {
    let catalog = visit.catalog();
    match id.strip_prefix("key:") {
        Some(public) => catalog.revoke_access_key(visit.caller(), public).await?,
        None => catalog.revoke(visit.caller(), id.parse().map_err(|_| Fault::NoSuchPage)?).await?,
    }
    Ok(())
}
