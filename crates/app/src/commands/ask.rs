//! `emporion ask`: questions to a data product of a running server, and their answers for people or for programs.

mod chart;
mod show;

use std::io::{IsTerminal, Write};

use anyhow::Result;
use console::style;
use serde_json::{Value, json};

use self::show::Taste;
use super::bar::{Bar, Unit};
use super::product::{self, ANSWER, DOOR, Product, refusal};
use super::remote;
use super::rows::{self, FETCHED, Printing};
use crate::cli::AskArgs;
use crate::command_error::{ExitStatus, UsageError};
use crate::output::visible;

/// Exit codes beside those of every command.
const ASKED_BACK: u8 = 3;
const NOT_ANSWERABLE: u8 = 4;

pub fn run(args: &AskArgs, printing: Printing) -> Result<()> {
    if let Some(today) = &args.today
        && emporion_edge::timestamp::parse(&format!("{today}T00:00:00Z")).is_none()
    {
        return Err(UsageError(format!("--today: {today:?} is no date, such as 2026-11-20")).into());
    }
    let is_terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let is_person = is_terminal && printing == Printing::Table;
    let product = product::find(&args.remote, &args.product)?;
    let mut talk =
        Talk { args, printing, is_person, product, thread: args.thread.map(|id| id.to_string()), last: None };
    let question = args.question.join(" ");
    if question.trim().is_empty() && args.choice.is_empty() {
        if printing.is_file() {
            return Err(UsageError("a file has room for the rows of one answer: say which question".into()).into());
        }
        return talk.go_on();
    }
    // What is chosen of a thread's options needs no words.
    let question = if question.trim().is_empty() { args.choice.join(" ") } else { question };
    let mut code = talk.say(&question, &args.choice)?;
    while code == ASKED_BACK && is_person {
        let Some(line) = talk.line("which one (a number, or other words; an empty line leaves)? ")? else { break };
        if line.is_empty() {
            break;
        }
        code = talk.reply(&line)?;
    }
    ended(code)
}

fn exit_code(answer: &Value) -> u8 {
    match answer["status"].as_str() {
        Some("answered" | "executed_empty") => 0,
        Some("needs_clarification") => ASKED_BACK,
        Some("not_answerable" | "needs_llm" | "refused") => NOT_ANSWERABLE,
        _ => 1,
    }
}

fn ended(code: u8) -> Result<()> {
    if code == 0 { Ok(()) } else { Err(ExitStatus(code).into()) }
}

/// A thread of questions.
struct Talk<'a> {
    args: &'a AskArgs,
    printing: Printing,
    is_person: bool,
    product: Product,
    thread: Option<String>,
    last: Option<Value>,
}

impl Talk<'_> {
    /// Questions line by line, until there are no more.
    fn go_on(&mut self) -> Result<()> {
        if self.is_person {
            let name = visible(&self.product.name);
            let hint =
                format!("Questions to {name}. :sql shows the statement, :new begins another thread, :quit ends.");
            writeln!(std::io::stdout(), "{}", style(hint).dim())?;
        }
        let mut ends = 0;
        while let Some(line) = self.line("> ")? {
            let code = match line.as_str() {
                "" => continue,
                ":quit" | ":q" | "exit" | "quit" => break,
                ":new" => {
                    (self.thread, self.last) = (None, None);
                    continue;
                }
                ":sql" => {
                    self.last.as_ref().map_or(Ok(()), show::statement)?;
                    continue;
                }
                line => self.reply(line),
            };
            let code = match code {
                Ok(code) => code,
                // Nobody reads any more.
                Err(error) if error.is::<std::io::Error>() => return Err(error),
                Err(error) => {
                    eprintln!("emporion: {}", crate::redaction::redacted(&format!("{error:#}")));
                    1
                }
            };
            ends = if ends == 0 { code } else { ends };
        }
        if self.is_person { Ok(()) } else { ended(ends) }
    }

    /// The next line that somebody types, or that is piped in.
    fn line(&self, prompt: &str) -> Result<Option<String>> {
        if self.is_person {
            let mut out = std::io::stdout();
            write!(out, "{prompt}")?;
            out.flush()?;
        }
        let mut line = String::new();
        match std::io::stdin().read_line(&mut line)? {
            0 => {
                if self.is_person {
                    writeln!(std::io::stdout())?;
                }
                Ok(None)
            }
            _ => Ok(Some(line.trim().to_owned())),
        }
    }

    /// A question, or the number of an option that was offered.
    fn reply(&mut self, line: &str) -> Result<u8> {
        let number = line.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let option = number.and_then(|at| {
            let option = show::options(self.last.as_ref()?).nth(at)?;
            Some((option["label"].as_str()?.to_owned(), option["id"].as_str()?.to_owned()))
        });
        match option {
            Some((label, id)) => self.say(&label, &[id]),
            None => self.say(line, &[]),
        }
    }

    /// Asks, and shows the answer. Answers the exit code.
    fn say(&mut self, message: &str, choices: &[String]) -> Result<u8> {
        let args = self.args;
        let mut body = json!({"message": message, "preview": args.preview, "options": {"execute": !args.no_run}});
        let most = self.printing.fetched(args.rows);
        // The sentence speaks of what was fetched, however much of it is shown.
        body["options"]["maxRows"] = if self.printing == Printing::Table { most.max(FETCHED) } else { most }.into();
        if let Some(today) = &args.today {
            body["options"]["today"] = today.as_str().into();
        }
        if let Some(thread) = &self.thread {
            body["threadId"] = thread.as_str().into();
        }
        if !choices.is_empty() {
            let asked = self.last.as_ref().and_then(|last| last["clarification"]["id"].as_str());
            body["clarification"] = json!({"id": asked.unwrap_or("chosen"), "choice": choices});
        }
        let path = format!("{DOOR}/data-products/{}/chat", self.product.id);
        let bar = Bar::new(args.quiet, Unit::Things, "asking");
        let answered = remote::exchange_rows(&args.remote, &path, &body, ANSWER, self.printing.file());
        bar.end();
        let data = match answered? {
            (200, mut answered) => answered["data"].take(),
            (status, refused) => return Err(refusal(status, &refused)),
        };
        let code = exit_code(&data);
        if self.printing.is_file() && (code != 0 || !data["table"].is_object()) {
            // A file of rows has no room for it: what is asked back, refused, quoted of documents, or planned alone.
            eprintln!("emporion: {}", visible(data["text"].as_str().unwrap_or_default()));
            for option in show::options(&data) {
                let [id, label] = ["id", "label"].map(|member| visible(option[member].as_str().unwrap_or_default()));
                eprintln!("  --choice '{id}': {label}");
            }
        } else {
            let name = &self.product.name;
            let origin = rows::origin(name, ("Question", message), &data);
            rows::write(self.printing, &data, &data["table"], (name, origin), || {
                let rows = args.rows.map_or(show::ROWS, |rows| rows as usize);
                let has_sql = args.sql || args.no_run;
                show::answer(&data, &Taste { rows, has_sql, is_asked: self.is_person })
            })?;
        }
        self.thread = data["threadId"].as_str().map(str::to_owned);
        self.last = Some(data);
        Ok(code)
    }
}
