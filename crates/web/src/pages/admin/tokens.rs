//! Who holds which tokens and keys. Never the secrets: nobody can read those again.

use std::sync::Arc;

use askama::Template;
use emporion_catalog::change_set::{Credential, CredentialClass};
use emporion_catalog::load::Depth;
use emporion_catalog::name;
use emporion_catalog::query::ListQuery;
use emporion_edge::route::Route;
use serde_json::Value;

use super::{Frame, admitted};
use crate::address;
use crate::door::Door;
use crate::fault::Fault;
use crate::headers;
use crate::moment::Moment;
use crate::paging::Paged;
use crate::people::Person;
use crate::plain::shown;
use crate::shell::Shell;
use crate::visit::{Shown, Visit, answer, change, page};

/// Holders on a page: what each holds is a question of its own.
const PAGE: u32 = 25;

#[derive(Template)]
#[template(path = "admin/tokens.html")]
struct Page {
    p: Shell,
    frame: Frame,
    words: String,
    rows: Vec<Held>,
    next: Option<String>,
}

struct Held {
    person: Person,
    is_bot: bool,
    class: String,
    label: String,
    created: Moment,
    expires: Option<Moment>,
    is_over: bool,
    /// By which it is ended; not of what its owner works with just now, or sets himself.
    id: Option<String>,
}

pub fn routes() -> Vec<Route<Door>> {
    vec![page("/admin/tokens", "admin_tokens", show), change("/admin/tokens", "revoke_credential", revoke)]
}

async fn show(visit: Arc<Visit>) -> Shown {
    let (p, frame) = admitted(&visit, "tokens")?;
    let reading = visit.reading().await?;
    let words = visit.query("q");
    let query = ListQuery {
        containing: words.split_whitespace().map(name::fold).collect(),
        limit: PAGE,
        ..ListQuery::of(reading.account(), reading.catalog().kind("user"))
    };
    let at = |after: &str| address::with_query("/admin/tokens", &[("q", &words), ("after", after)]);
    let found = Paged::of(&visit, &reading, query, &Depth::bare(), at).await?;
    drop(reading);
    let mut rows = Vec::new();
    for view in &found.views {
        let is_bot = view.field("is_bot") == Some(&Value::Bool(true));
        for held in visit.catalog().credentials(visit.caller(), view.id()).await? {
            rows.push(row(&visit, Person::of_record(&view.record), is_bot, &held));
        }
    }
    answer(&Page { p, frame, words, rows, next: found.next })
}

fn row(visit: &Visit, person: Person, is_bot: bool, held: &Credential) -> Held {
    let may_end = matches!(held.class, CredentialClass::Token | CredentialClass::AccessKey | CredentialClass::Session);
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

async fn revoke(visit: Arc<Visit>) -> Shown {
    admitted(&visit, "tokens")?;
    let sent = visit.form();
    let catalog = visit.catalog();
    match sent.text("id").strip_prefix("key:") {
        Some(public) => catalog.revoke_access_key(visit.caller(), public).await?,
        None => {
            let id = sent.text("id").parse().map_err(|_| Fault::NoSuchPage)?;
            catalog.revoke(visit.caller(), id).await?;
        }
    }
    Ok(headers::see_other(&address::with_query("/admin/tokens", &[("q", sent.text("q")), ("done", "deleted")])))
}
