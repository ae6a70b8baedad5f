//! Mail, as pages know of it: what became of the last one, and the way to send one.

use std::fmt::Debug;

use emporion_catalog::id::Millis;
use futures_util::future::BoxFuture;

/// What sends it.
pub trait MailSender: Debug + Send + Sync {
    /// Errors: why it was not taken.
    fn send<'a>(&'a self, to: &'a str, subject: &'a str, text: &'a str) -> BoxFuture<'a, Result<(), String>>;

    /// When this server sent one last, and why it was not taken, where it was not.
    fn last(&self) -> Option<(Millis, Option<String>)>;
}
