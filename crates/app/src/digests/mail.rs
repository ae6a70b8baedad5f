//! Mail, handed to a server that sends it on.

use std::fmt::{self, Debug, Formatter};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use emporion_catalog::held;
use emporion_catalog::id::Millis;
use emporion_web::following::mail::MailSender;
use futures_util::future::BoxFuture;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use parking_lot::Mutex;

use super::Failure;
use crate::config::{Mail, Security};

/// For the server to take one message.
const TIME: Duration = Duration::from_secs(20);
const PASSWORD: &str = "EMPORION_MAIL_PASSWORD";

pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    /// When the last one was sent, and why it was not taken, where it was not.
    last: Mutex<Option<(Millis, Option<String>)>>,
}

impl Mailer {
    /// `None` where no server is named.
    ///
    /// Errors: settings that cannot be used.
    pub fn of(config: &Mail) -> Result<Option<Mailer>> {
        let Some(host) = &config.host else { return Ok(None) };
        let from = config.from.as_deref().unwrap_or_default().parse().context("mail.from must be an e-mail address")?;
        let tls = || -> Result<TlsParameters> {
            let mut parameters = TlsParameters::builder(host.clone());
            if let Some(file) = &config.ca_file {
                let pem = std::fs::read(file).with_context(|| format!("mail.ca_file: {}", file.display()))?;
                parameters = parameters.add_root_certificate(Certificate::from_pem(&pem).context("mail.ca_file")?);
            }
            parameters.build_rustls().context("mail.host")
        };
        let (tls, port) = match config.security {
            Security::None => (Tls::None, 25),
            Security::Starttls => (Tls::Required(tls()?), 587),
            Security::Tls => (Tls::Wrapper(tls()?), 465),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(config.port.unwrap_or(port))
            .tls(tls)
            .timeout(Some(TIME));
        if let Some(user) = &config.user {
            builder = builder.credentials(Credentials::new(user.clone(), password(config)?));
        }
        Ok(Some(Mailer { transport: builder.build(), from, last: Mutex::default() }))
    }

    /// Errors: why it was not sent, without what the message holds.
    pub(super) async fn send(&self, to: &str, subject: &str, text: &str) -> Result<(), Failure> {
        let sent = self.hand_over(to, subject, text).await;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        let why = sent.as_ref().err().map(|failure| failure.reason.clone());
        *self.last.lock() = Some((Millis(i64::try_from(now).unwrap_or(i64::MAX)), why));
        sent
    }

    async fn hand_over(&self, to: &str, subject: &str, text: &str) -> Result<(), Failure> {
        held::assert_none("mail is sent");
        let to: Mailbox = to.parse().map_err(|_| Failure {
            reason: "the user has no address that can be written to".to_owned(),
            is_lasting: true,
        })?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(subject)
            .header(ContentType::TEXT_PLAIN)
            .body(text.to_owned())
            .map_err(|error| error.to_string())?;
        match tokio::time::timeout(TIME, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(Failure { reason: reason(&error), is_lasting: error.is_permanent() }),
            Err(_) => Err("the mail server did not answer in time".to_owned().into()),
        }
    }
}

impl MailSender for Mailer {
    fn send<'a>(&'a self, to: &'a str, subject: &'a str, text: &'a str) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move { Mailer::send(self, to, subject, text).await.map_err(|failure| failure.reason) })
    }

    fn last(&self) -> Option<(Millis, Option<String>)> {
        self.last.lock().clone()
    }
}

impl Debug for Mailer {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailer").field("from", &self.from).finish_non_exhaustive()
    }
}

/// The kind of a failure, and the code of a reply: what the server writes beside it may name anything.
fn reason(error: &lettre::transport::smtp::Error) -> String {
    match error.status() {
        Some(code) => format!("the mail server answered {code}"),
        None if error.is_timeout() => "the mail server did not answer in time".to_owned(),
        None if error.is_tls() => "the connection to the mail server could not be made secure".to_owned(),
        None => "the mail server could not be spoken to".to_owned(),
    }
}

fn password(config: &Mail) -> Result<String> {
    match (&config.password_file, std::env::var(PASSWORD)) {
        (Some(file), _) => {
            let text =
                std::fs::read_to_string(file).with_context(|| format!("mail.password_file: {}", file.display()))?;
            Ok(text.trim_end().to_owned())
        }
        (None, Ok(password)) => Ok(password),
        (None, Err(_)) => bail!("mail.user needs mail.password_file, or the variable {PASSWORD}"),
    }
}
