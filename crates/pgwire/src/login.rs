//! Who is connecting: a name and a token, or a name and a password, as they log in elsewhere.

use std::net::IpAddr;

use emporion_catalog::Problem;
use emporion_catalog::id::RecordId;
use emporion_edge::login_throttle::{Try, Verdict};
use pgwire::error::PgWireError;

use crate::door::Door;
use crate::failures::{self, WRONG_PASSWORD};
use crate::session::DOOR;

/// What somebody has proven who he is with, looked at anew for each statement.
pub struct Proof {
    pub user: RecordId,
    pub token: String,
}

/// Errors: 28P01 in the same words whatever was wrong, and to who has failed too often.
pub async fn prove(door: &Door, name: &str, secret: &str, client: IpAddr) -> Result<Proof, PgWireError> {
    let (catalog, throttle) = (&door.calls.products.catalog, &door.logins);
    let users = catalog.meant_by(name).await.map_err(|problem| failures::of_problem(&problem))?;
    let tried = Try::to_log_in(name, &users, Some(client));
    let _turn = throttle.turn(&tried).await;
    let proven = match throttle.judge(&tried, catalog.now().0) {
        Verdict::Waits => {
            return Err(failures::fatal(WRONG_PASSWORD, "too many failed logins: try again in a minute"));
        }
        Verdict::Unheard => Err(catalog.refuse_login(secret).await),
        Verdict::Allowed if is_token(secret) => match catalog.authenticate_token(secret).await {
            Ok(caller) if users.contains(&caller.principal.user) => {
                Ok(Proof { user: caller.principal.user, token: secret.to_owned() })
            }
            Ok(_) => Err(Problem::Unauthenticated { reason: "the token is somebody else's".into() }),
            Err(problem) => Err(problem),
        },
        Verdict::Allowed => catalog
            .login(name, secret, Some(DOOR))
            .await
            .map(|login| Proof { user: login.caller.principal.user, token: login.session.token }),
    };
    match proven {
        Ok(proof) => {
            throttle.succeeded(&tried, proof.user);
            Ok(proof)
        }
        Err(Problem::Unauthenticated { .. }) => {
            throttle.failed(&tried, catalog.now().0);
            Err(failures::fatal(WRONG_PASSWORD, format!("password authentication failed for user \"{name}\"")))
        }
        Err(problem) => Err(failures::of_problem(&problem)),
    }
}

/// Whether it has the form of a token: three parts of letters, digits, `-` and `_`.
fn is_token(secret: &str) -> bool {
    let is_plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'='))
    };
    secret.len() > 64 && secret.split('.').count() == 3 && secret.split('.').all(is_plain)
}
