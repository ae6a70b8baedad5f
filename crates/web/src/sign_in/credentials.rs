//! Credentials: tokens and keys as pages list and revoke them. Never the secrets: nobody can read those again.

use std::collections::HashMap;

use emporion_catalog::change_set::{Credential, CredentialClass};
use emporion_catalog::connection_logins;
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::observation::CREDENTIAL_USES;
use emporion_catalog::problem::Problem;
use emporion_catalog::reading::{Reading, SeenId};
use emporion_catalog::record::Record;
use http::Method;
use serde_json::json;

use crate::fault::Fault;
use crate::forms::confirmation::Removal;
use crate::forms::form::Form;
use crate::records::address;
use crate::records::people::Person;
use crate::request::internal_client::Refusal;
use crate::request::visit::Visit;
use crate::text::moment::Moment;
use crate::text::plain::shown;
use crate::text::texts::Texts;

/// For how many days a token may be made on a page.
const DAYS: &[u64] = &[7, 30, 90, 365];
const USUAL: u64 = 90;

/// The text of what ends one.
pub const END: &str = "leaving.end";

pub struct HeldCredential {
    pub person: Person,
    /// Whose it is.
    pub holder: RecordId,
    pub is_bot: bool,
    pub class: String,
    pub label: String,
    pub created: Moment,
    pub expires: Option<Moment>,
    /// To the hour; of tokens and keys.
    pub used: Option<Moment>,
    pub is_over: bool,
    /// By which it is ended; not of what its owner works with just now, or sets himself.
    pub id: Option<String>,
}

/// When the credentials of users were used last, by their ids.
pub struct Uses(HashMap<String, Millis>);

impl Uses {
    pub async fn of(reading: &Reading<'_>, holders: &[SeenId]) -> Result<Uses, Problem> {
        let observed = match holders.is_empty() {
            true => Vec::new(),
            false => reading.newest_observations(holders, &[CREDENTIAL_USES]).await?,
        };
        Ok(Uses(observed.into_iter().map(|one| (one.item, one.at)).collect()))
    }
}

impl HeldCredential {
    pub fn used_at(self, visit: &Visit, held: &Credential, uses: &Uses) -> HeldCredential {
        let at = uses.0.get(&held.id.to_string());
        HeldCredential { used: at.map(|at| visit.moment(*at)), ..self }
    }

    pub fn of(visit: &Visit, person: Person, is_bot: bool, held: &Credential) -> HeldCredential {
        let may_end = matches!(
            held.class,
            CredentialClass::Token | CredentialClass::BotToken | CredentialClass::AccessKey | CredentialClass::Session
        );
        let is_key = held.class == CredentialClass::AccessKey;
        // The label of a login names what continues it; a key is known by the id that programs show.
        let label = match held.class {
            CredentialClass::AccessKey => held.public.clone(),
            CredentialClass::Token | CredentialClass::BotToken => held.label.clone(),
            CredentialClass::Session if held.label == connection_logins::LABEL => held.label.clone(),
            _ => String::new(),
        };
        HeldCredential {
            person,
            holder: held.user,
            is_bot,
            class: visit.t.say(&format!("admin.class.{}", held.class.name())),
            label: shown(&label),
            created: visit.moment(held.created),
            expires: held.expires.map(|at| visit.moment(at)),
            used: None,
            is_over: held.expires.is_some_and(|at| at <= visit.now),
            id: may_end.then(|| if is_key { format!("key:{}", held.public) } else { held.id.to_string() }),
        }
    }

    /// What it means that it ends.
    fn ending(&self, t: Texts) -> String {
        let what = if self.label.is_empty() { self.class.clone() } else { format!("{} {}", self.class, self.label) };
        let values = [("what", &*what), ("name", &*self.person.name), ("at", &*self.created.exact)];
        t.with("leaving.credential", &values)
    }
}

/// What goes with the one of this holder that a list gave such an id.
///
/// Errors: `NotFound`, where he holds none of the kind.
pub async fn removals(visit: &Visit, holder: &str, id: &str) -> Result<Vec<Removal>, Fault> {
    let missing = || Fault::Problem(Problem::NotFound { kind: "user", what: String::new() });
    let holder: RecordId = holder.parse().map_err(|_| missing())?;
    let held = visit.catalog().credentials(visit.caller(), holder).await?;
    let reading = visit.reading().await?;
    let person = reading.record(holder).await?.map(|record| Person::of_record(&record)).ok_or_else(missing)?;
    drop(reading);
    let mut rows = held.iter().map(|one| HeldCredential::of(visit, person.clone(), false, one));
    let row = rows.find(|row| row.id.as_deref() == Some(id)).ok_or_else(missing)?;
    Ok(vec![Removal { id: id.to_owned(), rendered: row.ending(visit.t) }])
}

/// What it means for a program that each of these ends, of those that still last.
pub fn endings(visit: &Visit, program: &Record, held: &[Credential]) -> Vec<String> {
    let rows = held.iter().map(|one| HeldCredential::of(visit, Person::of_record(program), true, one));
    rows.filter(|row| row.id.is_some() && !row.is_over).map(|row| row.ending(visit.t)).collect()
}

/// The token of a program that ends once another is made for it.
pub async fn ended_by_another(visit: &Visit, program: &Record) -> Result<Vec<Removal>, Fault> {
    let held = visit.catalog().credentials(visit.caller(), program.id).await?;
    let ended = held.iter().filter(|one| one.class == CredentialClass::BotToken);
    let rows = ended.map(|one| HeldCredential::of(visit, Person::of_record(program), true, one));
    let rows = rows.filter(|row| !row.is_over);
    Ok(rows.map(|row| Removal { rendered: row.ending(visit.t), id: row.id.unwrap_or_default() }).collect())
}

/// For how long a token may last that is made on a page, in words, and whether that is the usual time.
pub fn lasting(t: Texts) -> Vec<(u64, String, bool)> {
    DAYS.iter().map(|days| (*days, t.count("count.days", *days), *days == USUAL)).collect()
}

/// Makes a token (`make`), or an access key (`key`), for a user: what it is called, and the lines to copy. It is shown once.
pub async fn make(
    visit: &Visit,
    user: &str,
    what: &str,
    sent: &Form,
) -> Result<Result<(String, String), Refusal>, Fault> {
    let at = |of: &str| format!("/users/{}/{of}", address::segment(user));
    if what == "key" {
        let made = visit.of_management(Method::POST, &at("keys"), Some(&json!({}))).await?;
        return Ok(made.map(|reply| {
            let text = |member: &str| reply[member].as_str().unwrap_or_default().to_owned();
            let (id, secret) = (text("accessKeyId"), text("secretAccessKey"));
            let lines = format!("export AWS_ACCESS_KEY_ID={id}\nexport AWS_SECRET_ACCESS_KEY={secret}");
            (visit.t.say("account.made_key"), lines)
        }));
    }
    let days = DAYS.iter().find(|days| days.to_string() == sent.text("days")).ok_or(Fault::NoSuchPage)?;
    let body = json!({"expires": format!("{days}d"), "label": sent.trimmed("label")});
    let made = visit.of_management(Method::POST, &at("tokens"), Some(&body)).await?;
    Ok(made.map(|reply| (visit.t.say("account.made"), reply["token"].as_str().unwrap_or_default().to_owned())))
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
