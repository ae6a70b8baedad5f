//! What a provider says of itself. It is asked for when somebody first wants to sign in, and kept for a while.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use crate::failure::Failure;
use crate::settings::check_issuer;
use crate::transport::Transport;

/// Then it is asked anew.
const FRESH: Duration = Duration::from_secs(60 * 60);
/// A provider that could not be asked is left alone for this long.
const PAUSE: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    code_challenge_methods_supported: Option<Vec<String>>,
}

#[derive(Debug)]
pub struct Metadata {
    pub authorization: Url,
    pub token: Url,
    pub keys: Url,
    pub user: Option<Url>,
    /// Whoever comes back says by whom he was sent (RFC 9207).
    pub names_issuer: bool,
    /// The client's secret stands in the form, not in a header.
    pub secret_in_form: bool,
}

#[derive(Debug, Default)]
pub struct Discovery {
    /// Held while the provider is asked, so that many who come at once ask once.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    known: Option<(Instant, Arc<Metadata>)>,
    failed: Option<(Instant, Failure)>,
}

impl Discovery {
    pub async fn metadata(&self, issuer: &str, transport: &Transport) -> Result<Arc<Metadata>, Failure> {
        let mut state = self.state.lock().await;
        if let Some((_, known)) = state.known.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            return Ok(known.clone());
        }
        let paused = state.failed.as_ref().filter(|(at, _)| at.elapsed() < PAUSE).map(|(_, failure)| failure.clone());
        let asked = match paused {
            Some(failure) => Err(failure),
            None => ask(issuer, transport).await,
        };
        match asked {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                *state = State { known: Some((Instant::now(), metadata.clone())), failed: None };
                Ok(metadata)
            }
            Err(failure) => {
                if state.failed.as_ref().is_none_or(|(at, _)| at.elapsed() >= PAUSE) {
                    tracing::warn!(issuer, %failure, "a provider of logins does not say what it is");
                    state.failed = Some((Instant::now(), failure.clone()));
                }
                // What was true an hour ago is better than nobody coming in.
                state.known.as_ref().filter(|_| failure.is_passing()).map(|(_, known)| known.clone()).ok_or(failure)
            }
        }
    }
}

async fn ask(issuer: &str, transport: &Transport) -> Result<Metadata, Failure> {
    let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let address = check_issuer(&address).map_err(|_| Failure::Unusable("the issuer is no address"))?;
    let said: Document = transport.get(address).await?;
    if said.issuer != issuer {
        return Err(Failure::Unusable("it calls itself by another name than the configuration does"));
    }
    if said.code_challenge_methods_supported.is_some_and(|methods| !methods.iter().any(|method| method == "S256")) {
        return Err(Failure::Unusable("it knows no PKCE with S256"));
    }
    let takes =
        |method: &str| said.token_endpoint_auth_methods_supported.as_ref().map(|all| all.iter().any(|m| m == method));
    Ok(Metadata {
        authorization: transport.address(&said.authorization_endpoint)?,
        token: transport.address(&said.token_endpoint)?,
        keys: transport.address(&said.jwks_uri)?,
        user: said.userinfo_endpoint.as_deref().map(|text| transport.address(text)).transpose()?,
        names_issuer: said.authorization_response_iss_parameter_supported,
        secret_in_form: takes("client_secret_basic") == Some(false) && takes("client_secret_post") == Some(true),
    })
}
