//! Requests signed with an access key (Signature Version 4), as AWS clients sign them.

use std::time::SystemTime;

use anyhow::{Context, Result};
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;

use crate::client;

/// The region that the server is configured for.
const REGION: &str = "us-east-1";
const SERVICE: &str = "datazone";
/// What clients send as `Host`; it is signed.
const HOST: &str = "127.0.0.1";

#[derive(Clone)]
pub struct AccessKey {
    pub id: String,
    pub secret: String,
}

impl AccessKey {
    /// A signed request, good for some minutes from now on.
    pub fn request(&self, method: &str, path: &str, body: &[u8]) -> Result<Vec<u8>> {
        let identity = Credentials::new(&self.id, &self.secret, None, None, "bench").into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(REGION)
            .name(SERVICE)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .context("signing parameters")?
            .into();
        let host = ("host", HOST);
        let sent = if body.is_empty() { vec![host] } else { vec![host, ("content-type", "application/json")] };
        let url = format!("http://{HOST}{path}");
        let signable = SignableRequest::new(method, url, sent.iter().copied(), SignableBody::Bytes(body))?;
        let (instructions, _) = sign(signable, &params)?.into_parts();
        let mut headers = vec![host];
        headers.extend(instructions.headers());
        Ok(client::request(method, path, &headers, body))
    }
}
