//! One row per operation: the router, the OpenAPI document, the metrics label and the rights table all come from it.

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::answer::Answer;
use crate::request::Request;
use crate::shape::{Shape, Struct};

pub use http::Method;

pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send + 'static>>;

/// Answers one request. A door prints its own errors, so a handler always ends in an `Answer`.
pub type Handler<D> = Arc<dyn Fn(Arc<D>, Request) -> BoxFuture<Answer> + Send + Sync>;

/// One operation of a door.
pub struct Route<D: 'static> {
    pub method: Method,
    /// A path template; `{name}` matches one segment, compared before percent-decoding.
    pub path: Cow<'static, str>,
    /// Unique within the door: the OpenAPI `operationId` and the metrics label.
    pub operation: Cow<'static, str>,
    pub summary: Cow<'static, str>,
    pub tag: Cow<'static, str>,
    /// Members of path, query, headers and body.
    pub input: &'static Struct,
    /// A body that is not one object (a list, a bare string), where `input`'s body members do not describe it.
    pub body: Option<Shape>,
    /// Other forms of the body: media type and content.
    pub other_bodies: &'static [(&'static str, Shape)],
    pub output: Option<Shape>,
    /// Other forms of the answer: media type and content.
    pub other_answers: &'static [(&'static str, Shape)],
    /// Success statuses, the usual one first.
    pub ok: &'static [u16],
    /// Error statuses that the operation declares beside those every operation of the door has.
    pub errors: &'static [u16],
    pub access: Access,
    /// The longest body that is read, in bytes, where it is not the router's usual one for this access.
    pub body_limit: Option<usize>,
    /// Changes nothing that is stored, whatever its method, and so ends when its caller hangs up.
    pub is_safe: bool,
    pub deprecated: bool,
    /// Served, but kept out of the OpenAPI document (operations that only say "not yet").
    pub hidden: bool,
    pub handler: Handler<D>,
}

impl<D: 'static> Route<D> {
    /// A row for callers that takes and gives nothing; what differs is set on it.
    pub fn new(
        method: Method,
        path: impl Into<Cow<'static, str>>,
        operation: impl Into<Cow<'static, str>>,
        handler: Handler<D>,
    ) -> Route<D> {
        Route {
            is_safe: method.is_safe(),
            method,
            path: path.into(),
            operation: operation.into(),
            summary: Cow::Borrowed(""),
            tag: Cow::Borrowed(""),
            input: Struct::EMPTY,
            body: None,
            other_bodies: &[],
            output: None,
            other_answers: &[],
            ok: &[200],
            errors: &[],
            access: Access::Caller,
            body_limit: None,
            deprecated: false,
            hidden: false,
            handler,
        }
    }
}

/// Who may reach the handler at all; the gate decides the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Anonymous,
    Caller,
}

/// Wraps an async function as a route's handler.
pub fn handler<D, F, R>(function: F) -> Handler<D>
where
    D: 'static,
    F: Fn(Arc<D>, Request) -> R + Send + Sync + 'static,
    R: Future<Output = Answer> + Send + 'static,
{
    Arc::new(move |door, request| Box::pin(function(door, request)))
}
