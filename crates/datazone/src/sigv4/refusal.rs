//! Why a signed request is refused, in the words that clients of this API know.

use crate::error::{Code, ServiceError};

/// Every reason to refuse a request before its operation is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No `Authorization` header at all.
    NotSigned,
    /// The signature stands in the query string.
    SignedQuery,
    /// Signed with another algorithm, the asymmetric variant among them.
    Algorithm,
    /// The header is there but cannot be used; the text names the part.
    Incomplete(&'static str),
    /// `host` is not among the signed headers.
    HostNotSigned,
    /// An `x-amz-*` header was sent but not signed.
    HeaderNotSigned(String),
    WrongRegion,
    WrongService,
    WrongTerminator,
    /// The day of the scope is not the day of the request.
    WrongDay {
        scope: String,
        request: String,
    },
    /// The request's time lies too far back; both times as the client wrote them.
    TooOld {
        signed: String,
        now: String,
        earliest: String,
    },
    /// The request's time lies too far ahead.
    NotYetCurrent {
        signed: String,
        now: String,
        latest: String,
    },
    /// The body was left out of the signature.
    UnsignedPayload,
    /// `X-Amz-Content-SHA256` is not the hash of the body.
    PayloadHash,
    /// Unknown access key, revoked key, or a session token that does not belong to the key.
    UnknownCredential,
    /// A session token whose time is over.
    ExpiredCredential,
    /// Everything is in order except the signature.
    Mismatch,
}

impl Refusal {
    /// The error that the client gets. No variant repeats the header or the canonical request.
    pub fn into_error(self) -> ServiceError {
        ServiceError::new(self.code(), self.message())
    }

    pub fn code(&self) -> Code {
        match self {
            Refusal::NotSigned => Code::MissingAuthenticationToken,
            Refusal::SignedQuery | Refusal::Algorithm | Refusal::Incomplete(_) => Code::IncompleteSignature,
            Refusal::UnknownCredential => Code::UnrecognizedClient,
            Refusal::ExpiredCredential => Code::ExpiredToken,
            Refusal::HostNotSigned
            | Refusal::HeaderNotSigned(_)
            | Refusal::WrongRegion
            | Refusal::WrongService
            | Refusal::WrongTerminator
            | Refusal::WrongDay { .. }
            | Refusal::TooOld { .. }
            | Refusal::NotYetCurrent { .. }
            | Refusal::UnsignedPayload
            | Refusal::PayloadHash
            | Refusal::Mismatch => Code::InvalidSignature,
        }
    }

    pub fn message(&self) -> String {
        match self {
            Refusal::NotSigned => "Missing Authentication Token".into(),
            Refusal::SignedQuery => {
                "Signatures in the query string are not supported; sign with the Authorization header.".into()
            }
            Refusal::Algorithm => "Unsupported AWS 'algorithm'; only AWS4-HMAC-SHA256 is accepted.".into(),
            Refusal::Incomplete(part) => (*part).into(),
            Refusal::HostNotSigned => "'Host' must be a 'SignedHeader' in the AWS Authorization.".into(),
            Refusal::HeaderNotSigned(name) => format!("'{name}' must be a 'SignedHeader' in the AWS Authorization."),
            Refusal::WrongRegion => "Credential should be scoped to a valid region.".into(),
            Refusal::WrongService => "Credential should be scoped to correct service: 'datazone'.".into(),
            Refusal::WrongTerminator => "Credential should be scoped with a valid terminator: 'aws4_request'.".into(),
            Refusal::WrongDay { scope, request } => {
                format!(
                    "Date in Credential scope does not match YYYYMMDD of the request's date: '{scope}' != '{request}'."
                )
            }
            // The Java and Go SDKs take the server's clock out of the parentheses to correct their own.
            Refusal::TooOld { signed, now, earliest } => {
                format!("Signature expired: {signed} is now earlier than {earliest} ({now} - 15 min.)")
            }
            Refusal::NotYetCurrent { signed, now, latest } => {
                format!("Signature not yet current: {signed} is still later than {latest} ({now} + 15 min.)")
            }
            Refusal::UnsignedPayload => "The payload must be signed.".into(),
            Refusal::PayloadHash => {
                "The provided 'x-amz-content-sha256' header does not match the hash of the payload.".into()
            }
            Refusal::UnknownCredential => "The security token included in the request is invalid.".into(),
            Refusal::ExpiredCredential => "The security token included in the request is expired".into(),
            Refusal::Mismatch => "The request signature we calculated does not match the signature you provided. \
                                  Check your AWS Secret Access Key and signing method."
                .into(),
        }
    }
}
