//! One structured log line per request: who asked, from where, for what, and what came of it. Never query values, headers
//! or bodies: they may hold secrets. Nor paths, which a route stands for; only where there is none the path is all that
//! tells what was asked for.
//!
//! The lines look like those of `tracing`, whose levels and filters hold for them too, but are put together here and
//! leave in bundles: a line each, printed field by field, would cost more than a small read does.

use std::io::Write;
use std::net::IpAddr;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use emporion_catalog::caller::Principal;
use http::Method;
use parking_lot::Mutex;

use crate::timestamp;

/// The `tracing` target, so that operators can filter these lines alone.
pub const TARGET: &str = "access";
/// How long a line may wait for others.
const WAIT: Duration = Duration::from_millis(100);
/// More than this leaves at once.
const BUNDLE: usize = 32 << 10;
/// Of a path, no more than this is written. Strangers choose them.
const MOST_PATH: usize = 200;

pub struct Line<'a> {
    pub door: &'static str,
    pub operation: &'static str,
    /// The route's template, not the path.
    pub route: &'static str,
    /// The path, where it has no route.
    pub path: Option<&'a str>,
    pub method: &'a Method,
    pub status: u16,
    pub took: Duration,
    /// That were put to the store.
    pub questions: u64,
    pub request_id: &'a str,
    /// Behind trusted proxies, where there are any.
    pub client: Option<IpAddr>,
    /// Who proved to be calling.
    pub who: Option<&'a Principal>,
}

/// How lines are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Text,
    Json,
}

/// Where lines wait.
struct Log {
    format: Format,
    waiting: Mutex<Vec<u8>>,
}

static LOG: OnceLock<Log> = OnceLock::new();

/// Sends lines to standard error from now on. Without it there are none.
pub fn start(format: Format) {
    let mut is_new = false;
    let log = LOG.get_or_init(|| {
        is_new = true;
        Log { format, waiting: Mutex::default() }
    });
    if is_new {
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(WAIT);
                log.flush();
            }
        });
    }
}

/// Sends what waits; to be called before the process ends.
pub fn flush() {
    if let Some(log) = LOG.get() {
        log.flush();
    }
}

/// Writes the line; faults of the server stand out by their level.
pub fn write(line: &Line<'_>) {
    let Some(log) = LOG.get() else { return };
    let is_fault = line.status >= 500;
    let is_wanted = if is_fault {
        tracing::enabled!(target: TARGET, tracing::Level::WARN)
    } else {
        tracing::enabled!(target: TARGET, tracing::Level::INFO)
    };
    if !is_wanted {
        return;
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut waiting = log.waiting.lock();
    line.print(log.format, if is_fault { "WARN" } else { "INFO" }, now, &mut waiting);
    if waiting.len() >= BUNDLE {
        send(&mut waiting);
    }
}

impl Log {
    fn flush(&self) {
        send(&mut self.waiting.lock());
    }
}

fn send(lines: &mut Vec<u8>) {
    if !lines.is_empty() {
        // A log that cannot be written must not end requests.
        let _ = std::io::stderr().write_all(lines);
        lines.clear();
    }
}

impl Line<'_> {
    fn print(&self, format: Format, level: &str, now: Duration, out: &mut Vec<u8>) {
        let at = timestamp::print(i64::try_from(now.as_millis()).unwrap_or(i64::MAX));
        let printed = match format {
            Format::Text => self.text(level, &at, out),
            Format::Json => self.json(level, &at, out),
        };
        printed.expect("memory takes any line");
    }

    fn shown_path(&self) -> Option<&str> {
        self.path.map(|path| &path[..path.floor_char_boundary(MOST_PATH)])
    }

    fn text(&self, level: &str, at: &str, out: &mut Vec<u8>) -> std::io::Result<()> {
        let Line { method, status, questions, .. } = self;
        let took_us = self.took.as_micros();
        write!(out, "{at} {level:>5} {TARGET}: request door=")?;
        quoted(self.door, out)?;
        out.extend_from_slice(b" operation=");
        quoted(self.operation, out)?;
        write!(out, " method={method} route=")?;
        quoted(self.route, out)?;
        write!(out, " status={status} took_us={took_us} questions={questions} request_id=")?;
        quoted(self.request_id, out)?;
        if let Some(path) = self.shown_path() {
            out.extend_from_slice(b" path=");
            quoted(path, out)?;
        }
        if let Some(client) = self.client {
            write!(out, " client={client}")?;
        }
        if let Some(who) = self.who {
            out.extend_from_slice(b" user=");
            quoted(&who.name, out)?;
            write!(out, " account={}", who.account)?;
        }
        writeln!(out)
    }

    fn json(&self, level: &str, at: &str, out: &mut Vec<u8>) -> std::io::Result<()> {
        // Names of doors and operations, routes and methods are printable ASCII without quotes; ids of requests are
        // printable ASCII; names of users are any text.
        let Line { door, operation, route, method, status, questions, .. } = self;
        let took_us = self.took.as_micros();
        let request_id = self.request_id.replace('\\', "\\\\").replace('"', "\\\"");
        write!(
            out,
            r#"{{"timestamp":"{at}","level":"{level}","fields":{{"message":"request","door":"{door}","operation":"{operation}","method":"{method}","route":"{route}","status":{status},"took_us":{took_us},"questions":{questions},"request_id":"{request_id}""#
        )?;
        if let Some(path) = self.shown_path() {
            write!(out, r#","path":{}"#, serde_json::Value::from(path))?;
        }
        if let Some(client) = self.client {
            write!(out, r#","client":"{client}""#)?;
        }
        if let Some(who) = self.who {
            let name = serde_json::Value::from(&*who.name);
            write!(out, r#","user":{name},"account":"{}""#, who.account)?;
        }
        writeln!(out, r#"}},"target":"{TARGET}"}}"#)
    }
}

/// A text as `{:?}` prints it. Nearly all stand in a line as they are; to have each of their characters looked at by
/// `fmt` takes longer than the rest of it.
fn quoted(text: &str, out: &mut Vec<u8>) -> std::io::Result<()> {
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\');
    if !is_plain {
        return write!(out, "{text:?}");
    }
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stand_in_quotes_as_they_are_printed_for_programmers() {
        let all: Vec<String> = (0..0x180).filter_map(char::from_u32).map(|one| format!("a{one}b")).collect();
        for text in all.iter().map(String::as_str).chain(["", "{id}", "ünï \"x\""]) {
            let mut out = Vec::new();
            quoted(text, &mut out).expect("memory takes any text");
            assert_eq!(String::from_utf8_lossy(&out), format!("{text:?}"));
        }
    }

    fn line(method: &Method) -> Line<'_> {
        Line {
            door: "toy",
            operation: "GetThing",
            route: "/things/{id}",
            path: None,
            method,
            status: 200,
            took: Duration::from_micros(17),
            questions: 5,
            request_id: "a \"b\" \\",
            client: Some("192.0.2.7".parse().expect("an address")),
            who: None,
        }
    }

    fn printed(format: Format) -> String {
        printed_line(&line(&Method::GET), format)
    }

    fn printed_line(line: &Line<'_>, format: Format) -> String {
        let mut out = Vec::new();
        line.print(format, "INFO", Duration::from_millis(1_700_000_000_123), &mut out);
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn a_path_without_a_route_is_written_whatever_stands_in_it() {
        let long = format!("/a\"\\{}", "é".repeat(MOST_PATH));
        let line = Line { path: Some(&long), ..line(&Method::GET) };
        let json: serde_json::Value = serde_json::from_str(&printed_line(&line, Format::Json)).expect("JSON");
        let path = json["fields"]["path"].as_str().expect("a path");
        assert!(long.starts_with(path) && (MOST_PATH - 3..=MOST_PATH).contains(&path.len()), "{path}");
        let text = printed_line(&line, Format::Text);
        assert!(text.contains(r#" path="/a\"\\é"#) && text.lines().count() == 1, "{text}");
        assert!(!printed(Format::Text).contains("path=") && !printed(Format::Json).contains("\"path\""));
    }

    #[test]
    fn a_line_of_json_can_be_read_whatever_the_client_called_its_request() {
        let line: serde_json::Value = serde_json::from_str(&printed(Format::Json)).expect("JSON");
        assert_eq!(line["fields"]["request_id"], "a \"b\" \\");
        assert_eq!((&line["fields"]["took_us"], &line["fields"]["status"]), (&17.into(), &200.into()));
        assert_eq!(line["fields"]["questions"], 5);
        assert_eq!(line["fields"]["client"], "192.0.2.7");
        assert_eq!((&line["target"], &line["level"]), (&"access".into(), &"INFO".into()));
        assert_eq!(line["timestamp"], "2023-11-14T22:13:20.123Z");
    }

    #[test]
    fn a_line_of_text_is_one_line() {
        let text = printed(Format::Text);
        assert!(text.starts_with("2023-11-14T22:13:20.123Z  INFO access: request door=\"toy\""), "{text}");
        assert_eq!(text.lines().count(), 1);
    }
}
