//! Service and internal calls of pages, as their visitor: data products by their service, the rest by requests to the
//! other doors. Both answer what he would get himself.

use std::future::Future;

use emporion_catalog::id::RecordId;
use emporion_edge::answer::Answer;
use emporion_edge::inside::Sent;
use emporion_products::failure::Failure;
use emporion_products::ids::ProductKey;
use emporion_products::message::Nouns;
use emporion_products::request::ProductRequest;
use http::{Method, header};
use serde_json::Value;

use crate::fault::Fault;
use crate::fault::wording::broken_rule;
use crate::request::visit::Visit;
use crate::text::plain::shown_prose;
use crate::text::texts::Texts;

/// Where the operations of OpenMetadata begin.
const METADATA: &str = "/api/v1";
/// Where those begin that manage the server.
const MANAGEMENT: &str = "/emporion/v1";
/// How a message ends that counts what is told one by one beside it.
const RULES_ARE_BROKEN: &str = " rules are broken, see details.violations";

/// Why a service or another door did not do something, in the reader's language where what the door says is known there.
#[derive(Debug, Clone)]
pub struct Refusal {
    pub status: u16,
    /// Which of its reasons, where the door has names for them.
    pub code: String,
    /// In how many seconds it may be tried again.
    pub retry_after: Option<u64>,
    pub message: String,
    /// What of the request was wrong.
    pub details: Vec<String>,
    /// The same by field, where the door tells it so.
    pub faults: Vec<(String, String)>,
}

impl Visit {
    /// What the visitor asks of a product.
    pub fn about(&self, product: RecordId) -> ProductRequest {
        let caller = self.request.called_by(self.caller().clone());
        ProductRequest { caller, product: ProductKey::Id(product.uuid()) }
    }

    /// An operation of the service for data products.
    pub async fn serve<T>(
        &self,
        operation: &'static str,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Refusal> {
        let calls = &self.door.calls;
        let done = calls.make(&self.request, self.caller(), operation, work).await;
        done.map_err(|failure| self.refused(&failure))
    }

    /// What the service for data products has refused, in words.
    pub fn refused(&self, failure: &Failure) -> Refusal {
        Refusal::of_failure(self.t, (self.door.calls.status)(failure), failure)
    }

    /// An operation of the management interface; `path` begins with a slash.
    pub async fn of_management(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Result<Value, Refusal>, Fault> {
        self.of_plain(method, &format!("{MANAGEMENT}{path}"), body, "error").await
    }

    /// An operation of the OpenMetadata dialect; `path` begins with a slash.
    pub async fn of_metadata(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Result<Value, Refusal>, Fault> {
        self.of_plain(method, &format!("{METADATA}{path}"), body, "message").await
    }

    /// An operation whose answer is what it tells, and whose errors say why in one member.
    async fn of_plain(
        &self,
        method: Method,
        target: &str,
        body: Option<&Value>,
        why: &str,
    ) -> Result<Result<Value, Refusal>, Fault> {
        let body = body.map(|body| body.to_string().into());
        let called = self.door.calls.inside.call_as(self.caller(), &self.request, Sent { method, target, body }).await;
        let answer = called.map_err(|_| Fault::Unavailable(self.t.say("fault.unavailable_text")))?;
        let reply = read(&answer)?;
        if answer.status.is_success() {
            return Ok(Ok(reply));
        }
        let message = self.t.translated(reply[why].as_str().unwrap_or_default());
        let fault =
            |fault: &Value| Some((fault["field"].as_str()?.to_owned(), self.t.translated(fault["rule"].as_str()?)));
        let faults = reply["faults"].as_array().into_iter().flatten().filter_map(fault).collect();
        Ok(Err(Refusal {
            status: answer.status.as_u16(),
            code: String::new(),
            retry_after: retry_after(&answer),
            message,
            details: Vec::new(),
            faults,
        }))
    }
}

fn retry_after(answer: &Answer) -> Option<u64> {
    answer.headers.get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()
}

fn read(answer: &Answer) -> Result<Value, Fault> {
    let bytes = answer.whole().map(|bytes| &bytes[..]).unwrap_or_default();
    serde_json::from_slice(bytes).map_err(|_| {
        let kind = answer.headers.get(header::CONTENT_TYPE);
        tracing::error!(status = %answer.status, ?kind, "another door gave no answer that can be read");
        Fault::Broken
    })
}

impl Refusal {
    /// What a form says that was not carried out, and its status; what is no matter of the form is a fault of the page.
    pub fn in_form(self, t: Texts) -> Result<(u16, Vec<String>), Fault> {
        match self.status {
            401 | 403 | 404 | 500.. => Err(self.into()),
            400 if !self.faults.is_empty() => {
                Ok((400, self.faults.iter().map(|(field, rule)| broken_rule(t, field, rule)).collect()))
            }
            status => {
                let rendered = [vec![shown_prose(&self.message)], self.details].concat();
                Ok((if status == 422 { 400 } else { status }, rendered))
            }
        }
    }

    fn of_failure(t: Texts, status: u16, failure: &Failure) -> Refusal {
        let nouns = &Nouns::DATA_PRODUCT;
        let violations =
            failure.violations.iter().map(|one| (one.path.trim_start_matches('/'), one.message.text(nouns)));
        let violations: Vec<(&str, String)> = violations.collect();
        let (code, message) = (failure.code.name(), failure.sentence(nouns, str::to_owned));
        let one = |(place, message): &(&str, String)| {
            let message = t.translated(message);
            if place.is_empty() { message } else { format!("{place}: {message}") }
        };
        // A message that only says one of them again, or counts them, is for programs: here the first stands for it.
        let is_made =
            message.ends_with(RULES_ARE_BROKEN) || violations.iter().any(|(_, reply)| message.ends_with(reply));
        let mut details: Vec<String> = violations.iter().map(one).collect();
        let own = t.find(&format!("refused.{code}")).map(str::to_owned);
        let message = match own {
            None if is_made && !details.is_empty() => details.remove(0),
            own => own.unwrap_or_else(|| t.translated(&message)),
        };
        let retry_after = failure.retry_after_s;
        Refusal { status, code: code.to_owned(), retry_after, message, details, faults: Vec::new() }
    }
}
