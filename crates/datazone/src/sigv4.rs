//! Signature Version 4 as a server verifies it: who signed this request, and is every byte of it what was signed.
//!
//! Two steps, because only the caller can look up a secret: [`Verifier::parse`] judges what can be judged without it
//! and names the access key; [`Verifier::verify`] takes the credential that was found and decides.

mod authorization;
mod canonical;
mod refusal;
mod signing_key;

use emporion_edge::request::Request;
use http::HeaderMap;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::times;
use authorization::{ALGORITHM, Authorization};
pub use refusal::Refusal;
use signing_key::SigningKeys;

pub const SERVICE: &str = "datazone";
const TERMINATOR: &str = "aws4_request";
/// Beyond this a signature is too old or from the future; clients correct their clocks by 5 minutes at the latest.
const MAX_SKEW_MILLIS: i64 = 15 * 60 * 1000;
/// Names of regions are shorter.
const MAX_REGION: usize = 64;
/// Of an empty body: every GET and most DELETEs.
const EMPTY_PAYLOAD_HASH: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Verifies signatures. Keeps derived keys; share one for the life of the server.
pub struct Verifier {
    /// The one region that they may be scoped to; `None`: any.
    region: Option<String>,
    /// Host names under which clients reach the server through a proxy that rewrites `Host`.
    hosts: Vec<String>,
    keys: SigningKeys,
}

/// What a request claims about its signer, in order as far as that shows without the secret.
#[derive(Debug, Clone)]
pub struct Presented {
    authorization: Authorization,
    /// `YYYYMMDDTHHMMSSZ`, the second line of the string to sign.
    timestamp: String,
    session_token: Option<String>,
}

/// What the server knows of an access key.
#[derive(Clone, Copy)]
pub struct Credential<'a> {
    pub secret: &'a str,
    /// Temporary credentials come with a token and an end; static keys with none.
    pub session: Option<Session<'a>>,
}

#[derive(Clone, Copy)]
pub struct Session<'a> {
    pub token: &'a str,
    pub expires_at: i64,
}

/// The proven signer of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKeyId(String);

impl AccessKeyId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Presented {
    /// The access key to look up.
    pub fn access_key_id(&self) -> &str {
        &self.authorization.access_key_id
    }

    /// Where the client believes the server to be.
    pub fn region(&self) -> &str {
        &self.authorization.region
    }
}

impl Verifier {
    pub fn new(region: Option<String>, hosts: Vec<String>) -> Verifier {
        Verifier { region, hosts, keys: SigningKeys::default() }
    }

    /// Whether this is a region, and one of those that requests are taken for.
    pub fn takes(&self, region: &str) -> bool {
        match &self.region {
            Some(only) => region == only,
            None => {
                (1..=MAX_REGION).contains(&region.len())
                    && region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            }
        }
    }

    /// Reads the signature of `request` and checks scope, time and which headers are signed.
    pub fn parse(&self, request: &Request, now_ms: i64) -> Result<Presented, Refusal> {
        let headers = &request.headers;
        let authorization = match only(headers, "authorization") {
            Some(header) => Authorization::parse(header)?,
            None if headers.contains_key("authorization") => {
                return Err(Refusal::Incomplete("The request must have one readable Authorization header."));
            }
            None if request.raw_query.contains("X-Amz-Signature=")
                || request.raw_query.contains("X-Amz-Algorithm=") =>
            {
                return Err(Refusal::SignedQuery);
            }
            None => return Err(Refusal::NotSigned),
        };
        let signed_at = signed_at(headers)?;
        let timestamp = times::iso_basic(signed_at);
        self.check_scope(&authorization, &timestamp)?;
        check_time(signed_at, now_ms)?;
        check_signed_headers(&authorization, headers)?;
        let session_token = match only(headers, "x-amz-security-token") {
            Some(token) => Some(token.to_owned()),
            None if headers.contains_key("x-amz-security-token") => return Err(Refusal::UnknownCredential),
            None => None,
        };
        Ok(Presented { authorization, timestamp, session_token })
    }

    /// Decides whether the signer knows the secret and signed exactly this request.
    ///
    /// `credential` is what the look-up of [`Presented::access_key_id`] gave; `None` when there is no such active key.
    pub fn verify(
        &self,
        presented: &Presented,
        request: &Request,
        credential: Option<Credential<'_>>,
        now_ms: i64,
    ) -> Result<AccessKeyId, Refusal> {
        let credential = credential.ok_or(Refusal::UnknownCredential)?;
        check_session(presented.session_token.as_deref(), credential.session, now_ms)?;
        self.verify_with(presented, request, credential, &payload_hash(request)?)
    }

    /// The same before the body is there: decides where the hash of the body is among what was signed, which the body
    /// still has to match. Answers whether it was; without it only the key and its session are known to be good.
    pub fn verify_head(
        &self,
        presented: &Presented,
        request: &Request,
        credential: Option<Credential<'_>>,
        now_ms: i64,
    ) -> Result<bool, Refusal> {
        let credential = credential.ok_or(Refusal::UnknownCredential)?;
        check_session(presented.session_token.as_deref(), credential.session, now_ms)?;
        match claimed_hash(request)? {
            Some(hash) => self.verify_with(presented, request, credential, hash).map(|_| true),
            None => Ok(false),
        }
    }

    fn verify_with(
        &self,
        presented: &Presented,
        request: &Request,
        credential: Credential<'_>,
        payload_hash: &str,
    ) -> Result<AccessKeyId, Refusal> {
        let authorization = &presented.authorization;
        let key = self.keys.get(
            &authorization.access_key_id,
            credential.secret,
            &authorization.date,
            &authorization.region,
            SERVICE,
        );
        let scope = authorization.scope();
        let signed_as = |host: Option<&str>| {
            let request_hash = hex(&canonical::hash(request, &authorization.signed_headers, payload_hash, host));
            let to_sign = format!("{ALGORITHM}\n{}\n{scope}\n{request_hash}", presented.timestamp);
            let expected = signing_key::hmac(&key, to_sign.as_bytes());
            bool::from(expected.ct_eq(&authorization.signature))
        };
        // A proxy that is trusted says which host the client called, where it calls by another.
        if signed_as(None)
            || request.origin.host.as_deref().is_some_and(|host| signed_as(Some(host)))
            || self.hosts.iter().any(|host| signed_as(Some(host)))
        {
            Ok(AccessKeyId(authorization.access_key_id.clone()))
        } else {
            Err(Refusal::Mismatch)
        }
    }

    fn check_scope(&self, authorization: &Authorization, timestamp: &str) -> Result<(), Refusal> {
        if authorization.terminator != TERMINATOR {
            return Err(Refusal::WrongTerminator);
        }
        if authorization.service != SERVICE {
            return Err(Refusal::WrongService);
        }
        if !self.takes(&authorization.region) {
            return Err(Refusal::WrongRegion);
        }
        let request_day = &timestamp[..8];
        if authorization.date != request_day {
            let scope = authorization.date.chars().take(16).collect();
            return Err(Refusal::WrongDay { scope, request: request_day.to_owned() });
        }
        Ok(())
    }
}

/// The value of a header that stands once and is text.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() {
        return None;
    }
    value.to_str().ok()
}

/// `X-Amz-Date`, else `Date`.
fn signed_at(headers: &HeaderMap) -> Result<i64, Refusal> {
    const NO_DATE: Refusal =
        Refusal::Incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
    let parsed = match only(headers, "x-amz-date") {
        Some(date) => times::parse_iso_basic(date),
        None if headers.contains_key("x-amz-date") => None,
        None => {
            let date = only(headers, "date").ok_or(NO_DATE)?;
            times::parse_iso_basic(date).or_else(|| times::parse_http_date(date))
        }
    };
    // A year of more than four digits cannot be written back in the basic form.
    parsed.ok_or(Refusal::Incomplete("Date must be in ISO-8601 'basic format'."))
}

fn check_time(signed_at: i64, now_ms: i64) -> Result<(), Refusal> {
    let (signed, now) = (times::iso_basic(signed_at), times::iso_basic(now_ms));
    if signed_at < now_ms - MAX_SKEW_MILLIS {
        return Err(Refusal::TooOld { signed, now, earliest: times::iso_basic(now_ms - MAX_SKEW_MILLIS) });
    }
    if signed_at > now_ms + MAX_SKEW_MILLIS {
        return Err(Refusal::NotYetCurrent { signed, now, latest: times::iso_basic(now_ms + MAX_SKEW_MILLIS) });
    }
    Ok(())
}

/// `host` and everything called `x-amz-*` must be under the signature.
fn check_signed_headers(authorization: &Authorization, headers: &HeaderMap) -> Result<(), Refusal> {
    if !authorization.signs("host") {
        return Err(Refusal::HostNotSigned);
    }
    match headers.keys().find(|name| name.as_str().starts_with("x-amz-") && !authorization.signs(name.as_str())) {
        Some(name) => Err(Refusal::HeaderNotSigned(name.as_str().chars().take(64).collect())),
        None => Ok(()),
    }
}

fn check_session(token: Option<&str>, session: Option<Session<'_>>, now_ms: i64) -> Result<(), Refusal> {
    match (token, session) {
        (None, None) => Ok(()),
        (Some(token), Some(session)) if bool::from(token.as_bytes().ct_eq(session.token.as_bytes())) => {
            if now_ms < session.expires_at { Ok(()) } else { Err(Refusal::ExpiredCredential) }
        }
        _ => Err(Refusal::UnknownCredential),
    }
}

/// The line of the canonical request that stands for the body.
fn payload_hash(request: &Request) -> Result<String, Refusal> {
    let claimed = claimed_hash(request)?;
    let hash =
        if request.body.is_empty() { EMPTY_PAYLOAD_HASH.to_owned() } else { hex(&Sha256::digest(&request.body)) };
    match claimed {
        Some(claimed) if claimed != hash => Err(Refusal::PayloadHash),
        _ => Ok(hash),
    }
}

/// The hash that the client says its body has. It is signed, like every header of that kind.
fn claimed_hash(request: &Request) -> Result<Option<&str>, Refusal> {
    match request.headers.get("x-amz-content-sha256").map(|value| value.to_str().unwrap_or_default()) {
        Some(claimed) if claimed.starts_with("UNSIGNED-PAYLOAD") => Err(Refusal::UnsignedPayload),
        claimed => Ok(claimed),
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]])
        .map(char::from)
        .collect()
}

#[cfg(test)]
mod tests;
