//! What a question is asked with.

use std::time::Duration;

use emporion_catalog::id::RecordId;

use super::zone::Zone;
use crate::limits::{DEFAULT_ROWS, DEFAULT_TIMEOUT_MS};
use crate::warning::Warning;

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
    /// Ids of options that were chosen of what the last answer asked.
    pub choices: Vec<String>,
    pub is_preview: bool,
    pub mode: Mode,
    pub is_run: bool,
    pub rows: u64,
    pub timeout: Duration,
    /// `None`: everything but the trace.
    pub include: Option<Vec<String>>,
    pub locale: String,
    /// Where "today" is asked for.
    pub zone: Option<Zone>,
    /// A command or an id.
    pub skill: Option<String>,
    /// As `2026-11-20`; the present day where nobody says.
    pub today: Option<String>,
    pub warnings: Vec<Warning>,
}

impl Question {
    /// One that was asked before: its words stand in its thread.
    pub fn again() -> Question {
        Question {
            text: String::new(),
            thread: None,
            choices: Vec::new(),
            is_preview: false,
            mode: Mode::Auto,
            is_run: true,
            rows: DEFAULT_ROWS.unsigned_abs(),
            timeout: Duration::from_millis(DEFAULT_TIMEOUT_MS.unsigned_abs()),
            include: None,
            locale: USUAL_LOCALE.to_owned(),
            zone: None,
            skill: None,
            today: None,
            warnings: Vec::new(),
        }
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
