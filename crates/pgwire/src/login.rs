//! Who is connecting: a name and a token, or a name and a password, as they log in elsewhere.

use std::net::IpAddr;

use emporion_catalog::connection_logins::ConnectionLogin;
use emporion_catalog::id::{AccountId, RecordId};
use emporion_edge::sign_in::{Attempt, Refused};
use pgwire::error::PgWireError;

use crate::door::Door;
use crate::failures::{self, WRONG_PASSWORD};
use crate::session::DOOR;

/// What somebody has proven who he is with, looked at anew for each statement.
pub struct Proof {
    pub account: AccountId,
    pub user: RecordId,
    pub by: By,
}

pub enum By {
    Token(String),
    Password(ConnectionLogin),
}

/// Errors: 28P01 in the same words whatever was wrong, and to who has failed too often.
pub async fn prove(door: &Door, name: &str, secret: &str, client: IpAddr) -> Result<Proof, PgWireError> {
    let (catalog, throttle) = (&door.calls.products.catalog, &door.logins);
    let is_password = !is_token(secret);
    let attempt = Attempt { name, secret, is_password, client: Some(client), door: Some(DOOR) };
    let proven = throttle.sign_in(catalog, &attempt, async |users| {
        let (caller, by) = if !is_password {
            (catalog.login_by_token(name, &users, secret, Some(DOOR)).await?, By::Token(secret.to_owned()))
        } else {
            let (caller, login) = catalog.login_by_connection(name, secret, Some(DOOR)).await?;
            (caller, By::Password(login))
        };
        let (account, user) = (caller.principal.account, caller.principal.user);
        Ok((user, Proof { account, user, by }))
    });
    proven.await.map_err(|refused| match refused {
        Refused::Waits => failures::fatal(WRONG_PASSWORD, "too many failed logins: try again in a minute"),
        Refused::Wrong => {
            failures::fatal(WRONG_PASSWORD, format!("password authentication failed for user \"{name}\""))
        }
        Refused::Problem(problem) => failures::of_problem(&problem),
    })
}

/// Whether it has the form of a token: three parts of letters, digits, `-` and `_`.
fn is_token(secret: &str) -> bool {
    let is_plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'='))
    };
    secret.len() > 64 && secret.split('.').count() == 3 && secret.split('.').all(is_plain)
}
