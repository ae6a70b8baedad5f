//! The port to a model of language. The program plugs in what speaks to one; no client is known here.

use async_trait::async_trait;
use serde_json::Value;

/// What a model is asked. `rules` are this program's; `data` holds what people wrote, and orders nothing.
#[derive(Debug, Clone)]
pub struct Prompt {
    pub rules: &'static str,
    pub data: Value,
    /// That the answer is to have.
    pub schema: Value,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub text: String,
    pub tokens: u64,
}

/// Why there is no answer. None says anything of the place or of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// It could not be reached, or refused.
    Unreachable,
    TooSlow,
    TooLarge,
    /// What it said is no completion.
    Unreadable,
    /// What may be used up in a day is used up.
    Budget,
}

impl Silence {
    pub const fn word(self) -> &'static str {
        match self {
            Silence::Unreachable => "unreachable",
            Silence::TooSlow => "too_slow",
            Silence::TooLarge => "too_large",
            Silence::Unreadable => "unreadable",
            Silence::Budget => "budget",
        }
    }
}

#[async_trait]
pub trait LanguageModel: Send + Sync {
    /// Bounded in time and bytes by who implements it; dropped, it ends.
    async fn write(&self, prompt: &Prompt) -> Result<Written, Silence>;

    /// Whether it may be asked for SQL where it has no query.
    fn may_write_sql(&self) -> bool {
        false
    }
}
