//! The form in which somebody says what he is told of, and by which way.

use std::collections::BTreeSet;
use std::sync::Arc;

use emporion_catalog::command::{Command, DoorRules, Draft, Guard, Ref, SecretEdit};
use emporion_catalog::id::RecordId;
use emporion_catalog::kinds::notice_choice::{CHAT, CHATTED, LANGUAGE, MAILED, NOTICE_CHOICE, TIME_ZONE, UNTOLD};
use emporion_catalog::problem::Problem;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use serde_json::{Value, json};
use url::Url;

use super::chat_places::ChatPlaces;
use super::choices::{Choices, SERVICES, TOPICS};
use crate::fault::Fault;
use crate::forms::form::Form;
use crate::request::visit::Visit;
use crate::text::plain::shown;
use crate::text::texts::Texts;
use crate::text::time_zone::TimeZoneChoice;

const LONGEST_ADDRESS: usize = 2_000;

/// The form as it is shown.
pub struct Choosing {
    pub rows: Vec<Row>,
    pub services: Vec<Service>,
    /// An address is kept for him, which nobody is shown.
    pub has_address: bool,
    /// Where mail goes; `None` where none is sent.
    pub email: Option<String>,
    pub faults: Vec<String>,
}

/// A topic, and whether it is told here, by mail and in the chat service.
pub struct Row {
    pub topic: &'static str,
    pub name: String,
    pub is_here: bool,
    pub is_mailed: bool,
    pub is_chatted: bool,
}

impl Row {
    /// What searches find stands where it is found: it is told by messages alone.
    pub fn stands_here(&self) -> bool {
        self.topic != "searches"
    }
}

pub struct Service {
    pub name: &'static str,
    pub rendered: String,
    pub is_chosen: bool,
}

impl Choosing {
    pub fn with(t: Texts, choices: &Choices, email: Option<String>, faults: Vec<String>) -> Choosing {
        let row = |topic: &'static str| Row {
            topic,
            name: t.say(&format!("following.topic.{topic}")),
            is_here: !choices.untold.contains(topic),
            is_mailed: choices.mailed.contains(topic),
            is_chatted: choices.chatted.contains(topic),
        };
        let service = |name: &'static str| Service {
            name,
            rendered: t.say(&format!("following.service.{name}")),
            is_chosen: choices.service.as_deref() == Some(name),
        };
        Choosing {
            rows: TOPICS.map(row).into(),
            services: SERVICES.map(service).into(),
            has_address: choices.service.is_some(),
            email,
            faults,
        }
    }

    pub async fn of(visit: &Visit, reading: &Reading<'_>, faults: Vec<String>) -> Result<Choosing, Fault> {
        let choices = Choices::own(reading).await?;
        let me = reading.record(visit.caller().principal.user).await?;
        let email = me.and_then(|me| Some(me.body.get("email")?.as_str()?.to_owned()));
        let email = email.filter(|_| visit.door.options.mail.is_some());
        Ok(Choosing::with(visit.t, &choices, email, faults))
    }

    /// Whether by some way messages come of what searches find.
    pub fn sends_searches(&self) -> bool {
        let row = self.rows.iter().find(|row| !row.stands_here());
        row.is_some_and(|row| row.is_mailed && self.email.is_some() || row.is_chatted && self.has_address)
    }
}

/// Keeps what was chosen; or says what is wrong with it.
pub async fn save(visit: &Visit, sent: &Form) -> Result<Vec<String>, Fault> {
    let reading = visit.reading().await?;
    let known = Choices::own(&reading).await?;
    let chosen = |way: &str| -> BTreeSet<&str> {
        TOPICS.into_iter().filter(|topic| sent.all(way).any(|sent| sent == *topic)).collect()
    };
    let here = chosen("here");
    let untold: Vec<&str> = TOPICS.into_iter().filter(|topic| !here.contains(topic)).collect();
    let service = SERVICES.into_iter().find(|name| *name == sent.text("service"));
    let places = &visit.door.options.chat;
    let (chat, secrets) = match chat(service, &known, sent.trimmed("address"), places) {
        Ok(chat) => chat,
        Err(key) => {
            let hosts: Vec<String> = places
                .names(service.unwrap_or_default())
                .map(|host| host.replacen('.', "*.", usize::from(host.starts_with('.'))))
                .collect();
            return Ok(vec![visit.t.with(key, &[("hosts", &hosts.join(", "))])]);
        }
    };
    let mut chatted = chosen("chat");
    if service.is_none() && known.service.is_none() && !chatted.is_empty() {
        return Ok(vec![visit.t.say("following.no_service")]);
    }
    // Who has no service any more is told nothing there.
    chatted.retain(|_| service.is_some());
    let mut draft = Draft { secrets: Some(secrets), ..Draft::default() };
    draft.set(UNTOLD, json!(untold));
    draft.set(MAILED, json!(chosen("mail")));
    draft.set(CHATTED, json!(chatted));
    draft.set(LANGUAGE, visit.t.code());
    draft.set(CHAT, chat);
    let command = keeping(&reading, known.id, draft);
    reading.execute(&command).await?;
    Ok(Vec::new())
}

/// Keeps in which language he is told things, and by which clocks, from now on: what he has chosen of these. Nothing of who may
/// keep nothing, as who does not see users: his browser keeps it all the same.
pub async fn keep_texts(visit: &Visit, language: Option<Texts>, clocks: Option<TimeZoneChoice>) -> Result<(), Fault> {
    let reading = visit.reading().await?;
    let known = Choices::own(&reading).await?;
    let mut draft = Draft::default();
    if let Some(t) = language {
        draft.set(LANGUAGE, t.code());
    }
    if let Some(zone) = clocks.and_then(TimeZoneChoice::chosen) {
        draft.set(TIME_ZONE, zone);
    }
    let command = keeping(&reading, known.id, draft);
    match reading.execute(&command).await {
        Ok(_) | Err(Problem::Forbidden { .. } | Problem::NotFound { .. } | Problem::UnknownReference { .. }) => Ok(()),
        Err(problem) => Err(problem.into()),
    }
}

/// The command that keeps what somebody has chosen: in the record that he has, or his first.
fn keeping(reading: &Reading<'_>, known: Option<RecordId>, draft: Draft) -> Command {
    let kind = reading.catalog().kind(NOTICE_CHOICE.name);
    match known {
        Some(id) => {
            let edit = Arc::new(move |_: &View| Ok(draft.clone()));
            Command::Change { target: Ref::Id(kind, id), guard: Guard::None, edit, rules: DoorRules::default() }
        }
        None => {
            // So that of two that are sent at once one is refused.
            let user = reading.caller().principal.user;
            let id = id_of(user);
            let user = Ref::Id(reading.catalog().kind("user"), user);
            let draft = Draft { name: Some(id.to_string()), ..draft };
            Command::Create { kind, parent: Some(user), draft, id: Some(id), rules: DoorRules::default() }
        }
    }
}

/// Sends a message to the chat service that is chosen; or says why that was not taken.
pub async fn test(visit: &Visit) -> Result<Vec<String>, Fault> {
    let own = Choices::own_record(&visit.reading().await?).await?;
    let own = own.filter(|record| Choices::of_record(record).service.is_some());
    let (Some(choices), Some(sender)) = (own, &visit.door.options.chat_sender) else {
        return Ok(vec![visit.t.say("following.no_service")]);
    };
    let sent = sender.send(&choices, &visit.t.say("following.test_text")).await;
    Ok(sent
        .err()
        .map(|reason| visit.t.with("following.untested", &[("reason", &shown(&reason))]))
        .into_iter()
        .collect())
}

/// Under which a user's choices are kept: his own id with other last bits.
fn id_of(user: RecordId) -> RecordId {
    const OTHER: u128 = 0x2f5c_91d7_3b60_8ae4;
    let hex = format!("{:032x}", user.uuid().as_u128() ^ OTHER);
    let id = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-");
    id.parse().unwrap_or_else(|_| RecordId::fresh())
}

/// The service and its address, or which text says what is wrong. An address that is not typed anew stays, of the same service.
fn chat(
    service: Option<&'static str>,
    known: &Choices,
    address: &str,
    places: &ChatPlaces,
) -> Result<(Value, Vec<SecretEdit>), &'static str> {
    let Some(service) = service else { return Ok((Value::Null, Vec::new())) };
    let path = format!("/{CHAT}/endpoint");
    let secret = match address {
        "" if known.service.as_deref() == Some(service) => SecretEdit::Keep { path },
        "" => return Err("following.no_address"),
        address => {
            let url: Option<Url> = address.parse().ok().filter(|_| address.len() <= LONGEST_ADDRESS);
            url.filter(|url| places.takes(service, url)).ok_or("following.wrong_address")?;
            SecretEdit::Set { path, text: address.to_owned() }
        }
    };
    Ok((json!({"service": service, "endpoint": SecretEdit::MASK}), vec![secret]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choices_of_one_user_have_one_id() {
        let [user, other] = [RecordId::fresh(), RecordId::fresh()];
        assert_eq!(id_of(user), id_of(user));
        assert!(id_of(user) != user && id_of(user) != id_of(other));
        assert_eq!(id_of(user).uuid().get_version_num(), 7);
        assert_eq!(id_of(user).uuid().get_variant(), user.uuid().get_variant());
    }

    #[test]
    fn an_address_is_kept_for_the_service_that_it_was_given_for() {
        let known = Choices { service: Some("slack".into()), ..Choices::default() };
        let kept = |service, known: &Choices, address: &str| {
            let places = ChatPlaces {
                allowed: emporion_hosts::Hosts {
                    names: vec!["chat.example".into()],
                    ..emporion_hosts::Hosts::default()
                },
            };
            chat(service, known, address, &places).map(|(_, edits)| edits.len())
        };
        assert_eq!(kept(Some("slack"), &known, ""), Ok(1));
        assert_eq!(kept(Some("teams"), &known, ""), Err("following.no_address"));
        assert_eq!(kept(Some("teams"), &known, "https://chat.example/x"), Ok(1));
        assert_eq!(kept(None, &known, "https://chat.example/x"), Ok(0));
        for wrong in [
            "ftp://chat.example",
            "chat.example",
            "https://a:b@chat.example/",
            "javascript:alert(1)",
            "http://chat.example/x",
        ] {
            assert_eq!(kept(Some("slack"), &known, wrong), Err("following.wrong_address"), "{wrong}");
        }
    }
}
