//! Documents are read in a process of their own, which is started for each and bounds itself (`commands/read_document.rs`): what a
//! file does to a parser, it does to that one.

use std::io::{self, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use emporion_documents::{ExtractError, Format, MAX_TEXT, Passage};
use emporion_products::document_reader::{DocumentReader, InProcess, Unread};
use rustix::process::Signal;
use tokio::task::spawn_blocking;

/// This program, also after another one was put in its place.
pub const PROGRAM: &str = "/proc/self/exe";
/// What processes are called.
pub const NAME: &str = "emporion";
/// The hidden verb.
pub const VERB: &str = "read-document";

/// How long one document may take. The process has less of a processor's time; this is for when there is none to be had.
const PATIENCE: Duration = Duration::from_secs(45);
/// What is read of an answer. Most texts take little more as JSON than they are.
const MOST: usize = 4 * MAX_TEXT;
/// What is read of how a process complains before it dies.
const MOST_OF_COMPLAINT: u64 = 4_096;
/// So Rust complains of it.
const OUT_OF_MEMORY: &[u8] = b"memory allocation of";
/// The status after a panic.
const PANICKED: i32 = 101;

pub struct ReaderProcess;

#[async_trait]
impl DocumentReader for ReaderProcess {
    async fn passages(&self, format: Format, bytes: Bytes) -> Result<Vec<Passage>, Unread> {
        if format.is_plain() {
            return InProcess.passages(format, bytes).await;
        }
        match tokio::time::timeout(PATIENCE, read(format, bytes)).await {
            Ok(Ok(ended)) => ended.verdict(),
            Ok(Err(error)) => {
                tracing::error!(%error, "no process could be had that reads a document");
                Err(Unread::Unavailable)
            }
            Err(_) => Err(Unread::Document(ExtractError::TooSlow)),
        }
    }
}

/// How it went.
struct Ended {
    answer: Vec<u8>,
    complaint: Vec<u8>,
    status: ExitStatus,
}

async fn read(format: Format, bytes: Bytes) -> io::Result<Ended> {
    let mut command = Command::new(PROGRAM);
    command.arg0(NAME).args([VERB, format.media_type()]).env_clear();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = Running(Some(command.spawn()?));
    let ends = running.0.as_mut().map(|child| (child.stdin.take(), child.stdout.take(), child.stderr.take()));
    let Some((Some(mut input), Some(output), Some(errors))) = ends else { return Err(io::ErrorKind::Other.into()) };
    // One that has died takes no more of it, which shows in how it ended.
    drop(spawn_blocking(move || input.write_all(&bytes)));
    let heard = spawn_blocking(move || {
        let (mut answer, mut complaint) = (Vec::new(), Vec::new());
        output.take(MOST as u64 + 1).read_to_end(&mut answer)?;
        errors.take(MOST_OF_COMPLAINT).read_to_end(&mut complaint)?;
        io::Result::Ok((answer, complaint))
    });
    let (answer, complaint) = heard.await??;
    // Nobody writes to either any more, so it has ended, or will as soon as it writes.
    let status = spawn_blocking(move || running.status()).await??;
    Ok(Ended { answer, complaint, status })
}

impl Ended {
    fn verdict(self) -> Result<Vec<Passage>, Unread> {
        let Ended { answer, complaint, status } = self;
        let signal = |signal: Signal| status.signal() == Some(signal.as_raw());
        let is_out_of_memory = || complaint.windows(OUT_OF_MEMORY.len()).any(|part| part == OUT_OF_MEMORY);
        let error = if answer.len() > MOST {
            ExtractError::TooMuchText
        } else if status.success() {
            let read: Result<Vec<Passage>, ExtractError> =
                serde_json::from_slice(&answer).unwrap_or(Err(ExtractError::Broken));
            return read.map_err(Unread::Document);
        } else if signal(Signal::XCPU) {
            ExtractError::TooSlow
        } else if signal(Signal::KILL) || is_out_of_memory() {
            // The system itself kills where memory is short.
            ExtractError::TooMuchMemory
        } else if status.signal().is_some() || status.code() == Some(PANICKED) {
            ExtractError::Broken
        } else {
            let complaint = String::from_utf8_lossy(&complaint);
            tracing::error!(%status, %complaint, "a process that reads documents could not");
            return Err(Unread::Unavailable);
        };
        tracing::info!(%status, %error, "a document has ended the process that read it");
        Err(Unread::Document(error))
    }
}

/// A process that ends with this.
struct Running(Option<Child>);

impl Running {
    fn status(&mut self) -> io::Result<ExitStatus> {
        let child = self.0.as_mut().ok_or(io::ErrorKind::NotFound)?;
        let status = child.wait()?;
        self.0 = None;
        Ok(status)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(mut child) = self.0.take() else { return };
        let _ = child.kill();
        // It has its memory to give back first.
        drop(spawn_blocking(move || child.wait()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(answer: &str, complaint: &str, status: i32) -> Result<Vec<Passage>, Unread> {
        let status = ExitStatus::from_raw(status);
        Ended { answer: answer.into(), complaint: complaint.into(), status }.verdict()
    }

    #[test]
    fn however_a_process_ends_is_the_documents_fault_but_for_one_that_could_not_begin() {
        let passages = told(r#"{"Ok":[{"text":"One."},{"text":"Two.","page":2}]}"#, "", 0).expect("passages");
        assert_eq!(passages.iter().map(|passage| passage.page).collect::<Vec<_>>(), [None, Some(2)]);
        let exited = |code: i32| code << 8;
        for (answer, complaint, status, error) in [
            (r#"{"Err":"Encrypted"}"#, "", 0, ExtractError::Encrypted),
            (r#"{"Ok":[{"te"#, "", 0, ExtractError::Broken),
            ("", "", Signal::XCPU.as_raw(), ExtractError::TooSlow),
            ("", "", Signal::KILL.as_raw(), ExtractError::TooMuchMemory),
            ("", "memory allocation of 64 bytes failed", Signal::ABORT.as_raw(), ExtractError::TooMuchMemory),
            ("", "thread 'main' has overflowed its stack", Signal::ABORT.as_raw(), ExtractError::Broken),
            ("", "thread 'main' panicked", exited(PANICKED), ExtractError::Broken),
        ] {
            assert_eq!(told(answer, complaint, status), Err(Unread::Document(error)), "{complaint} {status}");
        }
        assert_eq!(told(&"x".repeat(MOST + 1), "", exited(1)), Err(Unread::Document(ExtractError::TooMuchText)));
        assert_eq!(told("", "emporion: operation not permitted", exited(1)), Err(Unread::Unavailable));
    }
}
