//! What came of a question: its answer, before that has a place in a thread, and how the question was read.

use super::answer::Answer;
use super::memory::Read;

/// What came of a question.
pub struct Outcome {
    pub answer: Answer,
    /// How the question was read.
    pub read: Read,
    /// Ids of documents that it tells something of, beside those that it was asked of.
    pub documents: Vec<String>,
    /// That a model of language has used up.
    pub llm_tokens: u64,
}

impl Outcome {
    pub fn new(answer: Answer, read: Read) -> Outcome {
        Outcome { answer, read, documents: Vec::new(), llm_tokens: 0 }
    }
}
