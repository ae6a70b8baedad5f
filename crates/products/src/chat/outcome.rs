//! What came of a question: its answer, before that has a place in a thread, and how the question was read.

use super::answer::Answer;
use super::memory::Read;

/// What came of a question.
pub struct Outcome {
    pub answer: Answer,
    /// How the question was read.
    pub read: Read,
    /// That a model of language has used up.
    pub llm_tokens: u64,
}

impl Outcome {
    pub fn new(answer: Answer, read: Read) -> Outcome {
        Outcome { answer, read, llm_tokens: 0 }
    }
}
