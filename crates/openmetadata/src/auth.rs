//! Who is calling: the bearer token, and the user that a bot acts for.

use emporion_catalog::Catalog;
use emporion_catalog::caller::Caller;
use emporion_catalog::command::Ref;
use emporion_catalog::kinds;
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_catalog::relation;
use emporion_edge::request::Request;
use serde_json::Value;

use crate::errors::{OmError, OmResult};

/// Names the user that a bot acts for.
const IMPERSONATE: &str = "x-impersonate-user";
/// More bots than share one user.
const MOST_BOTS: u32 = 100;

/// The token of a request. The scheme is compared to the letter.
///
/// Errors: 401 where there is none.
pub fn bearer(request: &Request) -> OmResult<&str> {
    let header = request.header("authorization").and_then(|value| value.strip_prefix("Bearer"));
    header.map(str::trim).filter(|token| !token.is_empty()).ok_or_else(OmError::token_missing)
}

/// The caller behind a request.
///
/// Errors: 401 that says which check failed; 403 when the caller may not act for the user that he names.
pub async fn caller(catalog: &Catalog, request: &Request) -> OmResult<Caller> {
    if let Some(caller) = request.known_caller() {
        return Ok(caller);
    }
    let token = bearer(request)?;
    let caller = catalog.authenticate_token(token, request.door).await?;
    let caller = match request.header(IMPERSONATE).map(str::trim).filter(|name| !name.is_empty()) {
        None => caller,
        Some(name) => impersonate(catalog, &caller, name).await?,
    };
    Ok(request.called_by(caller))
}

/// The user whom a bot acts for, where an administrator has allowed the bot to.
///
/// Nobody gains administration this way: only an administrator's bot acts for administrators.
async fn impersonate(catalog: &Catalog, bot: &Caller, name: &str) -> OmResult<Caller> {
    let refused = || OmError::not_allowed(&bot.principal.name, &["Impersonate"]);
    if !bot.principal.is_bot || !may_impersonate(catalog, bot).await? {
        return Err(refused());
    }
    let target = Ref::Name(kinds::USER, name.to_owned());
    let user = catalog.get(bot, &target, States::Alive, &Depth::bare()).await?;
    let acting = catalog.caller(bot.account(), user.id()).await?;
    if acting.principal.is_admin && !bot.principal.is_admin {
        return Err(refused());
    }
    Ok(acting.made_by(bot))
}

/// Whether a bot that acts through this user carries the permission. The user's own flag counts for nothing: he may
/// change it himself.
async fn may_impersonate(catalog: &Catalog, bot: &Caller) -> OmResult<bool> {
    let reading = catalog.reading(bot).await?;
    let Some(user) = reading.find(&Ref::AnyOf(&[], bot.principal.user)).await? else { return Ok(false) };
    let bots = reading.sources(&[user], &[relation::BOT_USER], MOST_BOTS).await?;
    Ok(bots.records.values().any(|bot| bot.body.get("allow_impersonation").and_then(Value::as_bool) == Some(true)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Method;

    fn with(header: Option<&str>) -> Request {
        let mut request = Request::new(Method::GET, "/v1/tables");
        if let Some(value) = header {
            request.headers.insert("authorization", value.parse().expect("a header"));
        }
        request
    }

    #[test]
    fn the_scheme_is_literal_and_the_token_must_be_there() {
        assert_eq!(bearer(&with(Some("Bearer abc"))), Ok("abc"));
        for header in [None, Some("Bearer"), Some("Bearer "), Some("bearer abc"), Some("Basic abc"), Some("")] {
            let error = bearer(&with(header)).expect_err("should be refused");
            assert_eq!((error.status, error.message.as_str()), (401, "Not Authorized! Token not present"));
        }
    }
}
