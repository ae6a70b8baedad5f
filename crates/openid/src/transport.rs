//! Asking a provider: within a time, as much as fits, and nowhere that it redirects to.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, StatusCode, redirect};
use serde::de::DeserializeOwned;
use url::Url;

use crate::failure::Failure;
use crate::settings::is_local;

/// For one answer, from the first word to the last.
const WITHIN: Duration = Duration::from_secs(8);
const CONNECT_WITHIN: Duration = Duration::from_secs(4);
/// What is read of one answer.
const MOST_BYTES: usize = 1 << 20;

#[derive(Debug)]
pub struct Transport {
    pub client: Client,
    /// The provider stands on this machine, so that its addresses may be http here.
    is_local: bool,
}

impl Transport {
    pub fn to(issuer: &Url) -> Result<Transport, Failure> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .referer(false)
            .connect_timeout(CONNECT_WITHIN)
            .build()
            .map_err(|_| Failure::Unreachable("no client for http can be made"))?;
        Ok(Transport { client, is_local: is_local(issuer) })
    }

    /// An address that the provider names, where it may be asked.
    pub fn address(&self, text: &str) -> Result<Url, Failure> {
        let refused = Failure::Unusable("it names an address that is not https");
        let url = Url::parse(text).map_err(|_| refused.clone())?;
        match url.host().is_some() && (url.scheme() == "https" || self.is_local && is_local(&url)) {
            true => Ok(url),
            false => Err(refused),
        }
    }

    pub async fn get<T: DeserializeOwned>(&self, url: Url) -> Result<T, Failure> {
        self.read(self.client.get(url).header("accept", "application/json")).await
    }

    /// A document, of an answer that says that all went well.
    pub async fn read<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Failure> {
        match self.answer(request).await? {
            (status, body) if status == StatusCode::OK => serde_json::from_slice(&body)
                .map_err(|_| Failure::Unusable("it is not the document that was asked for")),
            (status, _) if status.is_server_error() => Err(Failure::Unreachable("it says that it has failed")),
            _ => Err(Failure::Unusable("it is not what was asked for")),
        }
    }

    pub async fn answer(&self, request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), Failure> {
        tokio::time::timeout(WITHIN, whole(request)).await.map_err(|_| Failure::Unreachable("it takes too long"))?
    }
}

async fn whole(request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), Failure> {
    let broken = |error: reqwest::Error| {
        Failure::Unreachable(if error.is_timeout() { "it takes too long" } else { "there is no connection" })
    };
    let mut response = request.send().await.map_err(broken)?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        if body.len() + chunk.len() > MOST_BYTES {
            return Err(Failure::Unusable("it is too long"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((response.status(), body))
}
