//! Who a browser is: a cookie with a random id, behind which the catalogue keeps a login; and the token of its forms.

use emporion_catalog::caller::Caller;
use emporion_catalog::problem::Problem;
use emporion_edge::bearer::bearer;
use emporion_edge::request::Request;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::door::Door;

const COOKIE: &str = "emporion_session";

/// A request's proof of who makes it.
pub struct Session {
    pub caller: Caller,
    /// What forms of this session hold, so that no other site can make one. Programs that show a token need none.
    pub token: String,
}

/// Who makes a request, where anybody in particular does.
pub async fn of(door: &Door, request: &Request) -> Result<Option<Session>, Problem> {
    let found = match (cookie(request, COOKIE), bearer(request)) {
        (Some(id), _) => door.catalog.browser_caller(&id).await.map(|caller| Session { caller, token: token(&id) }),
        (None, Some(token)) => {
            door.catalog.authenticate_token(token).await.map(|caller| Session { caller, token: String::new() })
        }
        (None, None) => return Ok(None),
    };
    match found {
        Ok(session) => {
            request.who.is(&session.caller);
            Ok(Some(session))
        }
        Err(Problem::Unauthenticated { .. }) => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// Whether the request bears an id, of whatever worth.
pub fn is_named(request: &Request) -> bool {
    cookie(request, COOKIE).is_some()
}

impl Session {
    pub fn is_own_form(&self, sent: &str) -> bool {
        !self.token.is_empty() && bool::from(self.token.as_bytes().ct_eq(sent.as_bytes()))
    }
}

/// What forms of the session of an id hold.
pub fn token(id: &str) -> String {
    let digest = Sha256::new().chain_update("a form of ").chain_update(id).finalize();
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// The value of a cookie.
pub fn cookie(request: &Request, name: &str) -> Option<String> {
    let sent = request.headers.get_all("cookie").iter().filter_map(|header| header.to_str().ok());
    let mut pairs = sent.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned()).filter(|value| !value.is_empty())
}

/// The id behind which the login is.
pub fn id(request: &Request) -> Option<String> {
    cookie(request, COOKIE)
}

/// Gives the browser its id.
pub fn set(request: &Request, id: &str) -> String {
    // The login itself says when it ends: the cookie goes with the browser, or before.
    format!("{COOKIE}={id}; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax{}", secure(request))
}

pub fn clear(request: &Request) -> String {
    format!("{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{}", secure(request))
}

/// Over TLS, cookies go over nothing else.
pub fn secure(request: &Request) -> &'static str {
    if request.origin.is_https { "; Secure" } else { "" }
}
