//! Coverage: what the words of a question leave open.

mod pronouns;

use crate::chat::words::Token;

/// They stand for something that was named: in the message itself, else in the answer before.
const PRONOUNS: &str = "it its they them their theirs those these this that one ones same he she his her him";

fn is_one_of(token: &Token, words: &str) -> bool {
    words.split_whitespace().any(|word| token.is(word))
}
