//! How messages and sign-ins are set up, for who runs the server: read here, and set in its configuration file. Never a secret.

use std::sync::Arc;

use askama::Template;
use emporion_catalog::problem::Problem;
use emporion_edge::route::Route;

use super::frame::{Frame, admitted};
use crate::door::{Door, Setting};
use crate::fault::{self, Fault};
use crate::layout::shell::Shell;
use crate::records::address;
use crate::request::handlers::{change, page};
use crate::request::headers;
use crate::request::visit::{Shown, Visit};
use crate::text::moment::Moment;
use crate::text::plain::{shown, shown_prose};

const AT: &str = "/admin/settings";

#[derive(Template)]
#[template(path = "admin/settings.html")]
struct Page {
    p: Shell,
    frame: Frame,
    /// `None` for who does not run the server.
    set: Option<ServerSettings>,
    faults: Vec<String>,
}

struct ServerSettings {
    messages: Vec<Line>,
    providers: Vec<Vec<Line>>,
    /// Where mail is sent.
    mail: Option<LastMail>,
}

/// What is called so, its key, and its value where it is set.
struct Line {
    name: String,
    key: &'static str,
    value: String,
}

/// What became of the last one, where there was one.
struct LastMail {
    last: Option<(Moment, Option<String>)>,
    /// Where the visitor is written to.
    to: String,
}

pub fn routes() -> Vec<Route<Door>> {
    vec![page(AT, "admin_settings", show), change(AT, "test_mail", test)]
}

async fn show(visit: Arc<Visit>) -> Shown {
    whole(&visit, Vec::new(), 200).await
}

async fn whole(visit: &Visit, faults: Vec<String>, status: u16) -> Shown {
    let (p, frame) = admitted(visit, "settings")?;
    let runs = fault::is_allowed(visit.catalog().may_run_the_server(visit.caller()).await)?;
    let set = if runs { Some(ServerSettings::of(visit).await?) } else { None };
    Ok(headers::page(status, &Page { p, frame, set, faults }))
}

impl ServerSettings {
    async fn of(visit: &Visit) -> Result<ServerSettings, Fault> {
        let lines = |settings: &[Setting]| settings.iter().map(|setting| Line::of(visit, setting)).collect::<Vec<_>>();
        let options = &visit.door.options;
        let reason = |why: String| shown_prose(&visit.t.translated(&why));
        let mail = match &options.mail {
            None => None,
            Some(sender) => Some(LastMail {
                last: sender.last().map(|(at, why)| (visit.moment(at), why.map(reason))),
                to: own_address(visit).await?,
            }),
        };
        let providers = options.settings.providers.iter().map(|provider| lines(provider));
        Ok(ServerSettings { messages: lines(&options.settings.messages), providers: providers.collect(), mail })
    }
}

impl Line {
    fn of(visit: &Visit, (key, value): &Setting) -> Line {
        let name = visit.t.say(&format!("settings.{}", key.replace('.', "_")));
        Line { name, key, value: value.as_deref().map(shown).unwrap_or_default() }
    }
}

/// Empty for who has none.
async fn own_address(visit: &Visit) -> Result<String, Problem> {
    let reading = visit.catalog().reading(visit.caller()).await?;
    let user = reading.record(visit.caller().principal.user).await?;
    Ok(user.and_then(|user| user.body.get("email")?.as_str().map(str::to_owned)).unwrap_or_default())
}

/// Sends the visitor a mail.
async fn test(visit: Arc<Visit>) -> Shown {
    admitted(&visit, "settings")?;
    visit.catalog().may_run_the_server(visit.caller()).await?;
    visit.door.may_try(visit.caller().principal.user)?;
    let Some(sender) = &visit.door.options.mail else {
        return whole(&visit, vec![visit.t.say("settings.no_mail")], 400).await;
    };
    let (t, to) = (visit.t, own_address(&visit).await?);
    match sender.send(&to, &t.say("settings.test_subject"), &t.say("settings.test_text")).await {
        Ok(()) => Ok(headers::see_other(&address::with_query(AT, &[("done", "mailed")]))),
        Err(why) => whole(&visit, vec![shown_prose(&t.translated(&why))], 400).await,
    }
}
