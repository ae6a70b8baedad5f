//! Who a browser is: a cookie with a random id, behind which the catalogue keeps a login; and the token of its forms.

use emporion_catalog::caller::Caller;
use emporion_catalog::id::RecordId;
use emporion_catalog::problem::Problem;
use emporion_edge::bearer::bearer;
use emporion_edge::request::Request;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::door::Door;
use crate::request::cookies::{cookie, secure};

const COOKIE: &str = "emporion_session";

/// A request's proof of who makes it.
pub struct Session {
    pub caller: Caller,
    /// What forms of this session prove, so that no other site can make one. Programs that show a token make none.
    secret: Option<Secret>,
}

/// What the forms of a session are told by.
pub struct Secret([u8; 16]);

/// Who makes a request, where anybody in particular does.
pub async fn of(door: &Door, request: &Request) -> Result<Option<Session>, Problem> {
    let found = match (cookie(request, COOKIE), bearer(request)) {
        (Some(id), _) => {
            door.catalog.browser_caller(&id).await.map(|caller| Session { caller, secret: Some(Secret::of(&id)) })
        }
        (None, Some(token)) => {
            door.catalog.authenticate_token(token, request.door).await.map(|caller| Session { caller, secret: None })
        }
        (None, None) => return Ok(None),
    };
    match found {
        Ok(session) => Ok(Some(Session { caller: request.called_by(session.caller), ..session })),
        Err(Problem::Unauthenticated { .. }) => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// Whether the request bears an id, of whatever worth.
pub fn is_named(request: &Request) -> bool {
    cookie(request, COOKIE).is_some()
}

impl Session {
    /// What a form of this session holds; another text each time.
    pub fn token(&self) -> String {
        self.secret.as_ref().map(|secret| secret.token(self.caller.principal.user)).unwrap_or_default()
    }

    /// Whether a person comes with it, in a browser.
    pub fn is_browser(&self) -> bool {
        self.secret.is_some()
    }

    pub fn is_own_form(&self, sent: &str) -> bool {
        self.secret.as_ref().is_some_and(|secret| secret.is_in(sent))
    }
}

impl Secret {
    /// That of the session of an id.
    pub fn of(id: &str) -> Secret {
        let digest = Sha256::new().chain_update("a form of ").chain_update(id).finalize();
        Secret(digest[..16].try_into().expect("sixteen bytes of thirty-two"))
    }

    /// The secret under a mask, and the mask: pages are compressed, and by their sizes a text that stays the same could be
    /// guessed. Behind it stands who the form was made for, which is asked when the session is over.
    pub fn token(&self, user: RecordId) -> String {
        let mask = Uuid::new_v4().into_bytes();
        let masked = self.0.iter().zip(mask).map(|(secret, mask)| secret ^ mask);
        let bytes: String = mask.into_iter().chain(masked).map(|byte| format!("{byte:02x}")).collect();
        format!("{bytes}.{user}")
    }

    fn is_in(&self, token: &str) -> bool {
        let token = token.split_once('.').map_or(token, |(bytes, _)| bytes);
        let byte = |at: usize| token.get(2 * at..2 * at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
        let found: Option<Vec<u8>> = (0..16).map(|at| Some(byte(at)? ^ byte(at + 16)?)).collect();
        token.len() == 64 && found.is_some_and(|found| bool::from(found.ct_eq(&self.0)))
    }
}

/// Whom the form was made for that holds this token. Its session may be over: it proves nothing.
pub fn whose(token: &str) -> Option<RecordId> {
    token.split_once('.')?.1.parse().ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_known_by_its_session_and_looks_otherwise_each_time() {
        let (own, other) = (Secret::of("a"), Secret::of("b"));
        let user = RecordId::fresh();
        let (first, second) = (own.token(user), own.token(user));
        assert_eq!(whose(&first), Some(user));
        let bytes = |token: &str| token.split_once('.').expect("a user").0.to_owned();
        let (first, second) = (bytes(&first), bytes(&second));
        assert_ne!(first, second);
        assert_ne!(first[32..], second[32..]);
        for token in [&first, &second] {
            assert!(own.is_in(token) && !other.is_in(token), "{token}");
            assert!(own.is_in(&format!("{token}.{user}")));
        }
        let changed = format!("{}{}", &first[..63], if first.ends_with('0') { '1' } else { '0' });
        for forged in ["", "00", &first[..62], &format!("{first}00"), &changed, &"é".repeat(32), &"0".repeat(64)] {
            assert!(!own.is_in(forged), "{forged}");
        }
    }
}
