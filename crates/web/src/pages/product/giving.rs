//! Giving somebody a role on a product, and taking it back. What may be given by whom, and that somebody is left who answers for
//! the product, another door says, which is asked as the visitor.

use std::sync::Arc;

use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_edge::route::Route;
use http::Method;
use serde_json::{Value, json};

use super::{PAGE, access};
use crate::door::Door;
use crate::fault::Fault;
use crate::naming::{PEOPLE, Suggested, named_record};
use crate::record::{Here, back, change};
use crate::visit::{Shown, Visit};
use crate::{address, headers};

/// What roles are called there, the least first.
pub const ROLES: [(&str, &str); 3] = [("viewer", "viewer"), ("editor", "editor"), ("admin", "owner")];

/// The form, with what was typed into it.
#[derive(Default)]
pub struct Giving {
    pub who: String,
    pub role: String,
    pub faults: Vec<String>,
    /// Names that are suggested.
    pub people: Suggested,
}

impl Giving {
    pub fn is_chosen(&self, role: &str) -> bool {
        self.role == role
    }

    pub async fn with_names(mut self, reading: &Reading<'_>) -> Result<Giving, Fault> {
        self.people = Suggested::of(reading, PEOPLE).await?;
        Ok(self)
    }
}

pub fn routes() -> Vec<Route<Door>> {
    vec![change(&PAGE, "roles", "give_role", give), back(&PAGE, "roles", "product_roles", "access")]
}

async fn give(visit: Arc<Visit>, view: Box<View>) -> Shown {
    let sent = visit.form();
    let mut giving =
        Giving { who: sent.trimmed("who").to_owned(), role: sent.text("role").to_owned(), ..Giving::default() };
    let (user, role) = match sent.text("take") {
        "" => (named(&visit, &giving.who).await?, json!(giving.role)),
        taken => (Ok(taken.to_owned()), Value::Null),
    };
    let user = match user {
        Ok(user) => user,
        Err(fault) => {
            giving.faults.push(fault);
            return again(&visit, &view, giving, 400).await;
        }
    };
    let body = json!({"users": [{"userId": user, "role": role}]});
    match visit.of_product(Method::PATCH, &view.id().to_string(), "/users", Some(&body)).await? {
        Ok(_) => {
            let done = if role.is_null() { "taken" } else { "given" };
            let at = address::of_record(&view.record);
            Ok(headers::see_other(&address::with_query(&at, &[("tab", "access"), ("done", done)])))
        }
        Err(refusal) => {
            let (status, faults) = refusal.in_form(visit.t)?;
            giving.faults = faults;
            again(&visit, &view, giving, status).await
        }
    }
}

/// The id of a person whom the visitor sees; or what the form says where nobody is meant.
async fn named(visit: &Visit, name: &str) -> Result<Result<String, String>, Fault> {
    let reading = visit.reading().await?;
    let found = named_record(&reading, PEOPLE, name).await?;
    Ok(found.map(|(_, id)| id.to_string()).map_err(|unnamed| unnamed.said(visit.t)))
}

async fn again(visit: &Visit, view: &View, giving: Giving, status: u16) -> Shown {
    let reading = visit.reading().await?;
    let here = Here { page: &PAGE, visit, reading: &reading, view };
    access::page(here, access::Typed { giving, ..Default::default() }, status).await
}
