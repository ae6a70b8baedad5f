//! What a question is asked with.

use std::time::Duration;

use emporion_catalog::id::RecordId;
use emporion_edge::violation::Rule;

use super::zone::Zone;
use crate::failure::{Failure, Violation};
use crate::limits::{DEFAULT_ROWS, DEFAULT_TIMEOUT_MS};
use crate::message::Message;
use crate::rows_file::RowsFile;
use crate::text_check;
use crate::warning::Warning;

/// The longest question, in characters.
pub const MAX_MESSAGE: usize = 4_000;
/// The longest id of an option, which may be a whole proposal.
pub const MAX_CHOICE: usize = 3_000;
/// How many questions one refines that come with it.
pub const MAX_BEFORE: usize = 10;
/// How many options one request chooses.
pub const MAX_CHOICES: usize = 20;

/// The locale of who says none.
pub const USUAL_LOCALE: &str = "en";

/// Who may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A model of language where one is configured and the question cannot be read.
    Auto,
    /// None of them.
    Deterministic,
    /// As `Auto`, and it is said where none is configured.
    Llm,
}

impl Mode {
    pub const fn word(self) -> &'static str {
        match self {
            Mode::Auto => "auto",
            Mode::Deterministic => "deterministic",
            Mode::Llm => "llm",
        }
    }
}

#[derive(Debug)]
pub struct Question {
    pub text: String,
    pub thread: Option<RecordId>,
    /// Words of questions that it refines, oldest first, where it begins a thread: they are read, and not answered.
    pub before: Vec<String>,
    /// Ids of options that were chosen of what the last answer asked.
    pub choices: Vec<String>,
    pub is_preview: bool,
    pub mode: Mode,
    pub is_run: bool,
    pub rows: u64,
    /// Where they go.
    pub file: Option<RowsFile>,
    pub timeout: Duration,
    /// `None`: everything but the trace.
    pub include: Option<Vec<String>>,
    pub locale: String,
    /// Where "today" is asked for.
    pub zone: Option<Zone>,
    /// A command or an id.
    pub skill: Option<String>,
    /// One that was asked before is asked as of today, not of the day of then.
    pub is_anew: bool,
    /// As `2026-11-20`; the present day where nobody says.
    pub today: Option<String>,
    pub warnings: Vec<Warning>,
}

impl Question {
    /// One that was asked before, whose words stand in its thread, for so many rows at most.
    pub fn again(rows: u64) -> Question {
        Question { rows, ..Question::in_words(String::new()) }
    }

    /// The first one of a thread, answered with all parts, in the usual way.
    pub fn in_words(text: impl Into<String>) -> Question {
        Question {
            text: text.into(),
            thread: None,
            before: Vec::new(),
            choices: Vec::new(),
            is_preview: false,
            mode: Mode::Auto,
            is_run: true,
            rows: DEFAULT_ROWS.unsigned_abs(),
            file: None,
            timeout: Duration::from_millis(DEFAULT_TIMEOUT_MS.unsigned_abs()),
            include: None,
            locale: USUAL_LOCALE.to_owned(),
            zone: None,
            skill: None,
            is_anew: false,
            today: None,
            warnings: Vec::new(),
        }
    }

    /// Errors: 422 for one that is too long, or says nothing.
    pub fn check(&self) -> Result<(), Failure> {
        let rule = |path: &str, rule: Rule| Violation::new(path, rule.name(), Message::verbatim(rule.to_string()));
        let is_longer = |text: &str, most: usize| text.chars().nth(most).is_some();
        let mut broken = Vec::new();
        let is_any_longer =
            is_longer(&self.text, MAX_MESSAGE) || self.before.iter().any(|text| is_longer(text, MAX_MESSAGE));
        if self.before.len() > MAX_BEFORE {
            broken.push(rule("/message", Rule::MaxItems(MAX_BEFORE)));
        } else if is_any_longer {
            broken.push(rule("/message", Rule::MaxLength(MAX_MESSAGE)));
        } else if !text_check::is_seen(&self.text) {
            broken.push(Violation::new("/message", "required", "say what is asked"));
        }
        if self.choices.len() > MAX_CHOICES {
            broken.push(rule("/clarification/choice", Rule::MaxItems(MAX_CHOICES)));
        } else if self.choices.iter().any(|choice| is_longer(choice, MAX_CHOICE)) {
            broken.push(rule("/clarification/choice", Rule::MaxLength(MAX_CHOICE)));
        }
        if broken.is_empty() { Ok(()) } else { Err(Failure::invalid(broken)) }
    }

    pub fn traces(&self) -> bool {
        self.shows("trace")
    }

    /// Whether the answer shows the part; the trace only where it is asked for.
    pub fn shows(&self, part: &str) -> bool {
        match &self.include {
            Some(named) => named.iter().any(|name| name == part),
            None => part != "trace",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Code;

    #[test]
    fn a_question_says_something_and_is_not_too_long() {
        let broken = |question: Question| {
            let failure = question.check().err()?;
            Some((failure.code, failure.violations[0].path.clone(), failure.violations[0].rule.clone()))
        };
        let rule = |path: &str, rule: &str| Some((Code::VALIDATION_FAILED, path.to_owned(), rule.to_owned()));
        assert_eq!(broken(Question::in_words("é".repeat(MAX_MESSAGE))), None);
        assert_eq!(broken(Question::in_words("x".repeat(MAX_MESSAGE + 1))), rule("/message", "maxLength"));
        assert_eq!(broken(Question::in_words("\u{200b} ")), rule("/message", "required"));
        let chosen = |choices| Question { choices, ..Question::in_words("x") };
        let at = "/clarification/choice";
        assert_eq!(broken(chosen(vec!["x".repeat(MAX_CHOICE + 1)])), rule(at, "maxLength"));
        assert_eq!(broken(chosen(vec!["x".to_owned(); MAX_CHOICES + 1])), rule(at, "maxItems"));
    }
}
