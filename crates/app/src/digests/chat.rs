//! Messages to the chat services that people have chosen.

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;
use std::time::Duration;

use emporion_catalog::catalog::Catalog;
use emporion_catalog::id::RecordId;
use emporion_catalog::kinds::notice_choice::CHAT;
use emporion_catalog::record::Record;
use emporion_edge::origin;
use emporion_hosts::Hosts;
use emporion_openmetadata::subscriptions::chat::Form;
use emporion_web::following::chat_places::{ChatPlaces, ChatSender};
use emporion_web::following::choices::Choices;
use emporion_webhooks::{Destination, Method, Reach, Sender};
use futures_util::future::BoxFuture;

use super::Failure;
use crate::config::Mail;

const CONNECT: Duration = Duration::from_secs(5);
const READ: Duration = Duration::from_secs(10);

impl Mail {
    /// Where messages to chat services may go, of values that were checked.
    pub fn chat_places(&self) -> ChatPlaces {
        let networks = self.chat_networks.iter().filter_map(|text| origin::network(text)).collect();
        ChatPlaces { allowed: Hosts { names: self.chat_hosts.clone(), networks } }
    }
}

pub struct Chat {
    catalog: Arc<Catalog>,
    sender: Sender,
    places: ChatPlaces,
}

impl Debug for Chat {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chat").field("places", &self.places).finish_non_exhaustive()
    }
}

impl Chat {
    pub fn of(catalog: Arc<Catalog>, mail: &Mail) -> Chat {
        let places = mail.chat_places();
        Chat {
            catalog,
            sender: Sender { reach: Reach { allowed: places.allowed.networks.clone(), ..Reach::default() } },
            places,
        }
    }

    /// Sends a text to the service of a record of choices; nothing to one without.
    pub(super) async fn tell(&self, record: &Record, text: &str) -> Result<(), Failure> {
        let clear = self.catalog.unseal(record).await.map_err(|problem| problem.to_string())?;
        let endpoint = clear.into_iter().find(|(path, _)| *path == format!("/{CHAT}/endpoint"));
        let Some((_, endpoint)) = endpoint else { return Ok(()) };
        // One that was kept before may be one that is not taken any more.
        let service = Choices::of_record(record).service.unwrap_or_default();
        if !endpoint.parse().is_ok_and(|url| self.places.takes(&service, &url)) {
            return Err(Failure { reason: "the address is none of its chat service".to_owned(), is_lasting: true });
        }
        let form = if service == "teams" { Form::MsTeams } else { Form::Slack };
        let to = Destination {
            id: record.id.to_string(),
            endpoint,
            method: Method::Post,
            headers: Vec::new(),
            query: Vec::new(),
            secret: None,
            signature_header: "x-emporion-signature",
            connect_timeout: CONNECT,
            read_timeout: READ,
        };
        let message = form.words(text).to_string().into_bytes();
        match self.sender.open(to).send(&RecordId::fresh().to_string(), message).await {
            Ok(status) if (200..300).contains(&status) => Ok(()),
            Ok(status) => Err(Failure {
                reason: format!("the endpoint answered {status}"),
                is_lasting: (400..500).contains(&status) && !matches!(status, 408 | 425 | 429),
            }),
            Err(unsent) => Err(unsent.to_string().into()),
        }
    }
}

impl ChatSender for Chat {
    fn send<'a>(&'a self, choices: &'a Record, text: &'a str) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move { self.tell(choices, text).await.map_err(|failure| failure.reason) })
    }
}
