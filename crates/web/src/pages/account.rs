//! What the visitor proves himself with: his tokens and keys, and his password.

use std::sync::Arc;

use askama::Template;
use emporion_catalog::change_set::{Credential, CredentialClass};
use emporion_catalog::id::RecordId;
use emporion_catalog::query::States;
use emporion_catalog::reading::{Reading, SeenId};
use emporion_edge::route::Route;
use http::Method;
use serde_json::json;

use crate::door::Door;
use crate::fault::Fault;
use crate::forms::confirmation::Confirmation;
use crate::layout::shell::Shell;
use crate::records::address;
use crate::records::naming;
use crate::records::people::Person;
use crate::request::handlers::{change, page};
use crate::request::headers;
use crate::request::one_time;
use crate::request::visit::{Shown, Visit};
use crate::sign_in::credentials::{self, HeldCredential, Uses};
use crate::sign_in::session;

const AT: &str = "/account";
/// In addresses and forms, the product that a token or a key is for.
const FOR: &str = "for";

#[derive(Template)]
#[template(path = "account.html")]
struct Page {
    p: Shell,
    rows: Vec<HeldCredential>,
    /// For how long a token may last, in words, and whether that is the usual time.
    lasting: Vec<(u64, String, bool)>,
    /// Who comes by the word of a provider has no password here.
    has_password: bool,
    /// What was made just now: what it is, and the lines to copy.
    made: Option<(String, String)>,
    /// The product that it is made for: its page says where it is put.
    product: Option<Product>,
    faults: Vec<String>,
}

/// As forms name it, and where its page says how it is used.
struct Product {
    id: String,
    name: String,
    at: String,
}

impl Product {
    /// The one that the address or the form names, where the visitor sees it.
    async fn named(visit: &Visit, reading: &Reading<'_>) -> Result<Option<Product>, Fault> {
        let named = [visit.query(FOR), visit.form().text(FOR).to_owned()].into_iter().find(|text| !text.is_empty());
        let Some(id) = named.and_then(|text| text.parse::<RecordId>().ok()) else { return Ok(None) };
        let record = reading.records(&[id], States::Alive).await?.pop();
        Ok(record.filter(|record| record.kind.is("data_product")).map(|record| Product {
            id: id.to_string(),
            name: naming::rendered_of(&record),
            at: address::with_query(&address::of_record(&record), &[("tab", "use")]),
        }))
    }
}

/// Where the visitor makes a token for a product, to come back to it.
pub fn making(product: RecordId) -> String {
    address::with_query(AT, &[(FOR, &product.to_string())])
}

pub fn routes() -> Vec<Route<Door>> {
    vec![page(AT, "account", show), change(AT, "change_account", save)]
}

async fn show(visit: Arc<Visit>) -> Shown {
    match one_time::found(&visit, AT) {
        Some(made) => Ok(one_time::taken(&visit, AT, whole(&visit, Some(made), Vec::new(), 200).await?)),
        None => whole(&visit, None, Vec::new(), 200).await,
    }
}

async fn whole(visit: &Visit, made: Option<(String, String)>, faults: Vec<String>, status: u16) -> Shown {
    let user = visit.caller().principal.user;
    let held = visit.catalog().credentials(visit.caller(), user).await?;
    let reading = visit.reading().await?;
    let record = reading.record(user).await?.ok_or(Fault::NoSuchPage)?;
    let (person, uses) = (Person::of_record(&record), Uses::of(&reading, &[SeenId::from(&record)]).await?);
    let product = Product::named(visit, &reading).await?;
    drop(reading);
    let has_password = held.iter().any(|one| one.class == CredentialClass::Password);
    let listed = held.iter().filter(|one| one.class != CredentialClass::Password);
    let present = match session::id(&visit.request) {
        Some(id) => visit.catalog().browser_credential(&id).await?,
        None => None,
    };
    let row = |one: &Credential| {
        let row = HeldCredential::of(visit, person.clone(), visit.caller().principal.is_bot, one);
        let row = row.used_at(visit, one, &uses);
        if Some(one.id) == present { HeldCredential { label: visit.t.say("account.this_one"), ..row } } else { row }
    };
    let page = Page {
        p: visit.shell("").below(visit.t.say("account.title"), None),
        rows: listed.map(row).collect(),
        lasting: credentials::lasting(visit.t),
        has_password,
        made,
        product,
        faults,
    };
    Ok(headers::page(status, &page))
}

async fn save(visit: Arc<Visit>) -> Shown {
    let sent = visit.form();
    match sent.text("do") {
        what @ ("make" | "key") => {
            match credentials::make(&visit, &visit.caller().principal.name, what, &sent).await? {
                // Whoever loads the page again makes no other one.
                Ok(made) => {
                    let product = sent.text(FOR).parse().ok();
                    let at = product.map_or_else(|| AT.to_owned(), making);
                    Ok(one_time::left(&visit, AT, &made, headers::see_other(&at)))
                }
                Err(refusal) => {
                    let (status, faults) = refusal.in_form(visit.t)?;
                    whole(&visit, None, faults, status).await
                }
            }
        }
        "password" => {
            let (old, new, again) = (sent.text("old_password"), sent.text("new_password"), sent.text("again_password"));
            let body = json!({"requestType": "SELF", "oldPassword": old, "newPassword": new, "confirmPassword": again});
            match visit.of_metadata(Method::PUT, "/users/changePassword", Some(&body)).await? {
                // The password ends every session, this one with it.
                Ok(_) => Ok(headers::see_other("/login")),
                Err(refusal) => {
                    let (status, faults) = refusal.in_form(visit.t)?;
                    whole(&visit, None, faults, status).await
                }
            }
        }
        "" => {
            let holder = visit.caller().principal.user.to_string();
            let gone = credentials::removals(&visit, &holder, sent.text("id")).await?;
            let p = visit.shell("").below(visit.t.say("account.title"), Some(AT.to_owned()));
            let (p, at) = (p.below(visit.t.say(credentials::END), None), (AT, AT.to_owned()));
            if let Some(asked) = Confirmation::unless_shown(p, &sent, &gone, credentials::END, at) {
                return asked.shown();
            }
            credentials::end(&visit, sent.text("id")).await?;
            Ok(headers::see_other(&address::with_query(AT, &[("done", "deleted")])))
        }
        _ => Err(Fault::NoSuchPage),
    }
}
