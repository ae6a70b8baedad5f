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
use crate::records::address::segment;
use crate::request::visit::Visit;
use crate::text::plain::shown_prose;
use crate::text::texts::Texts;

/// Where the operations on products begin.
const PRODUCTS: &str = "/api/v1/accounts/me/data-products";
/// Where those of OpenMetadata begin.
const METADATA: &str = "/api/v1";
/// Where those begin that manage the server.
const MANAGEMENT: &str = "/emporion/v1";
/// How a message ends that counts what is told one by one beside it.
const RULES_ARE_BROKEN: &str = " rules are broken, see details.violations";

/// Why another door did not do something, in the reader's language where what the door says is known there.
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

/// What another door did, and what whoever asked for it should know beside.
#[derive(Debug, Clone)]
pub struct Warning {
    /// The door's name for it.
    pub code: String,
    /// In the reader's language, where the sentence is known there.
    pub message: String,
    /// What it is about, as a JSON Pointer; empty where the door does not say.
    pub path: String,
}

/// What is asked of an operation below a product.
pub struct ToProduct<'a> {
    pub method: Method,
    /// Begins with a slash.
    pub path: &'a str,
    pub body: Option<&'a Value>,
    /// The state that it is asked for, by its tag, where it holds for that one alone.
    pub if_match: Option<&'a str>,
    /// Sent again under the same key, it is done once.
    pub once: Option<&'a str>,
}

/// What it answered.
pub struct Response {
    /// What stands in the envelope.
    pub data: Value,
    /// The tag of that.
    pub tag: String,
    pub warnings: Vec<Warning>,
    /// Of a list, the cursor of the page that comes next.
    pub next: Option<String>,
}

impl<'a> ToProduct<'a> {
    pub fn get(path: &'a str) -> ToProduct<'a> {
        ToProduct { method: Method::GET, path, body: None, if_match: None, once: None }
    }

    pub fn post(path: &'a str, body: &'a Value) -> ToProduct<'a> {
        ToProduct { body: Some(body), method: Method::POST, ..ToProduct::get(path) }
    }
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
        done.map_err(|failure| Refusal::of_failure(self.t, (calls.status)(&failure), &failure))
    }

    /// An operation below a product, given by its id. Answers what stands in the envelope.
    pub async fn of_product(
        &self,
        method: Method,
        product: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Result<Value, Refusal>, Fault> {
        let told = self.told_of_product(product, ToProduct { method, body, ..ToProduct::get(path) }).await?;
        Ok(told.map(|told| told.data))
    }

    /// A page of a list below a product: the one that begins at the cursor, the first one without it; and the cursor of
    /// the page that comes next.
    pub async fn page_of_product(
        &self,
        product: &str,
        path: &str,
        cursor: &str,
    ) -> Result<Result<(Value, Option<String>), Refusal>, Fault> {
        let path = match cursor.is_empty() {
            true => path.to_owned(),
            false => format!("{path}&cursor={}", segment(cursor)),
        };
        let told = self.told_of_product(product, ToProduct::get(&path)).await?;
        Ok(told.map(|told| (told.data, told.next)))
    }

    /// An operation below a product, with all that it tells.
    pub async fn told_of_product(
        &self,
        product: &str,
        asked: ToProduct<'_>,
    ) -> Result<Result<Response, Refusal>, Fault> {
        let ToProduct { method, path, body, if_match, once } = asked;
        let target = format!("{PRODUCTS}/{}{path}", segment(product));
        let body = body.map(|body| body.to_string().into());
        let answer = self.call(Sent { method, target: &target, body, if_match, once }).await?;
        let tag = answer.headers.get(header::ETAG).and_then(|tag| tag.to_str().ok()).unwrap_or_default().to_owned();
        let mut told = read(&answer)?;
        if let Some(error) = told.get("error") {
            return Ok(Err(Refusal::of_envelope(self.t, &answer, error)));
        }
        let warnings = told["warnings"].as_array().into_iter().flatten();
        let warnings = warnings.map(|warning| Warning::of(self.t, warning)).collect();
        let next = told["pagination"]["nextCursor"].as_str().map(str::to_owned);
        Ok(Ok(Response { data: told["data"].take(), tag, warnings, next }))
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
        let answer = self.call(Sent { method, target, body, if_match: None, once: None }).await?;
        let told = read(&answer)?;
        if answer.status.is_success() {
            return Ok(Ok(told));
        }
        let message = self.t.said(told[why].as_str().unwrap_or_default());
        let fault = |fault: &Value| Some((fault["field"].as_str()?.to_owned(), self.t.said(fault["rule"].as_str()?)));
        let faults = told["faults"].as_array().into_iter().flatten().filter_map(fault).collect();
        Ok(Err(Refusal {
            status: answer.status.as_u16(),
            code: String::new(),
            retry_after: retry_after(&answer),
            message,
            details: Vec::new(),
            faults,
        }))
    }

    async fn call(&self, sent: Sent<'_>) -> Result<Answer, Fault> {
        let called = self.door.calls.inside.call_as(self.caller(), &self.request, sent).await;
        called.map_err(|_| Fault::Unavailable(self.t.say("fault.unavailable_text")))
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

impl Warning {
    fn of(t: Texts, told: &Value) -> Warning {
        let text = |name: &str| told[name].as_str().unwrap_or_default();
        Warning {
            code: text("code").to_owned(),
            message: shown_prose(&t.said(text("message"))),
            path: text("path").to_owned(),
        }
    }
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
                let said = [vec![shown_prose(&self.message)], self.details].concat();
                Ok((if status == 422 { 400 } else { status }, said))
            }
        }
    }

    fn of_envelope(t: Texts, answer: &Answer, error: &Value) -> Refusal {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let violations = error["details"]["violations"].as_array().into_iter().flatten();
        let violation = |one: &Value| Some((text(&one["path"]), one["message"].as_str()?.to_owned()));
        let violations: Vec<(String, String)> = violations.filter_map(violation).collect();
        let why = (&*text(&error["code"]), &*text(&error["message"]), violations.as_slice());
        Refusal::of(t, (answer.status.as_u16(), retry_after(answer)), why)
    }

    fn of_failure(t: Texts, status: u16, failure: &Failure) -> Refusal {
        let nouns = &Nouns::DATA_PRODUCT;
        let violations = failure.violations.iter().map(|one| (one.path.clone(), one.message.text(nouns)));
        let violations: Vec<(String, String)> = violations.collect();
        let message = failure.sentence(nouns, str::to_owned);
        let why = (failure.code.name(), &*message, violations.as_slice());
        Refusal::of(t, (status, failure.retry_after_s), why)
    }

    /// `violations`: a place of the request each, and what is wrong there.
    fn of(
        t: Texts,
        (status, retry_after): (u16, Option<u64>),
        (code, message, violations): (&str, &str, &[(String, String)]),
    ) -> Refusal {
        let one = |(path, message): &(String, String)| {
            let (place, message) = (path.trim_start_matches('/'), t.said(message));
            if place.is_empty() { message } else { format!("{place}: {message}") }
        };
        // A message that only says one of them again, or counts them, is for programs: here the first stands for it.
        let is_made = message.ends_with(RULES_ARE_BROKEN) || violations.iter().any(|(_, told)| message.ends_with(told));
        let mut details: Vec<String> = violations.iter().map(one).collect();
        let own = t.find(&format!("refused.{code}")).map(str::to_owned);
        let message = match own {
            None if is_made && !details.is_empty() => details.remove(0),
            own => own.unwrap_or_else(|| t.said(message)),
        };
        Refusal { status, code: code.to_owned(), retry_after, message, details, faults: Vec::new() }
    }
}
