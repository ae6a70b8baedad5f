//! Whether an ID token proves what it says.

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value};
use subtle::ConstantTimeEq;

use crate::failure::Failure;

/// Signatures that a key which everybody may know proves. Never `none`, and none made with a secret that is shared.
const ALGORITHMS: &[Algorithm] = &[
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];
/// How far clocks may be apart.
const LEEWAY_SECONDS: u64 = 60;
/// OpenID Connect Core, section 2.
const MOST_SUBJECT: usize = 255;

/// What is known of a token before anything in it is believed.
pub struct Heading {
    pub key: Option<String>,
    pub algorithm: Algorithm,
}

/// For whom the token must be.
pub struct Expected<'a> {
    pub issuer: &'a str,
    pub client: &'a str,
    pub nonce: &'a str,
}

pub fn heading(token: &str) -> Result<Heading, Failure> {
    let header =
        jsonwebtoken::decode_header(token).map_err(|_| Failure::Unproven("it is not signed as is asked for"))?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(Failure::Unproven("it is not signed as is asked for"));
    }
    if header.crit.is_some() || header.enc.is_some() {
        return Err(Failure::Unproven("it has a heading that is not understood"));
    }
    Ok(Heading { key: header.kid, algorithm: header.alg })
}

/// What a token says, once all of it is proven.
pub fn verify(
    token: &str,
    algorithm: Algorithm,
    key: &DecodingKey,
    expected: &Expected<'_>,
) -> Result<Map<String, Value>, Failure> {
    use jsonwebtoken::errors::ErrorKind;
    let mut validation = Validation::new(algorithm);
    validation.leeway = LEEWAY_SECONDS;
    validation.validate_nbf = true;
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.set_issuer(&[expected.issuer]);
    validation.set_audience(&[expected.client]);
    let decoded = jsonwebtoken::decode::<Map<String, Value>>(token, key, &validation);
    let claims = decoded.map_err(|error| {
        Failure::Unproven(match error.kind() {
            ErrorKind::InvalidSignature => "its signature is wrong",
            ErrorKind::ExpiredSignature => "it has expired",
            ErrorKind::ImmatureSignature => "it does not hold yet",
            ErrorKind::InvalidIssuer => "it is of another issuer",
            ErrorKind::InvalidAudience => "it is for another client",
            ErrorKind::MissingRequiredClaim(_) => "it does not say all that it must",
            _ => "it cannot be read",
        })
    })?;
    let claims = claims.claims;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    // A list of issuers would pass above.
    if text("iss") != Some(expected.issuer) {
        return Err(Failure::Unproven("it is of another issuer"));
    }
    if !text("sub").is_some_and(|subject| (1..=MOST_SUBJECT).contains(&subject.len())) {
        return Err(Failure::Unproven("it does not say who it is about"));
    }
    let is_ours_alone = match &claims["aud"] {
        Value::Array(all) => all.iter().all(|one| one == expected.client),
        one => one == expected.client,
    };
    // Another client that has the token as well could show it here, unless it was made for this one.
    match claims.get("azp") {
        None if is_ours_alone => {}
        Some(party) if party == expected.client => {}
        _ => return Err(Failure::Unproven("it is for another client")),
    }
    let nonce = text("nonce").unwrap_or("");
    if !bool::from(nonce.as_bytes().ct_eq(expected.nonce.as_bytes())) {
        return Err(Failure::Unproven("it answers another request"));
    }
    Ok(claims)
}
