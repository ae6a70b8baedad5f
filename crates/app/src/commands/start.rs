//! `emporion` alone: what to do next.

use crate::output::print_text;
use anyhow::Result;

/// Where the store lies that a command finds by itself.
const STORE: &str = "emporion-data";

pub fn run() -> Result<()> {
    let has_token = std::env::var_os("EMPORION_TOKEN").is_some_and(|token| !token.is_empty());
    print_text(&words(std::path::Path::new(STORE).is_dir(), has_token))
}

/// The likeliest step comes first.
fn words(has_store: bool, has_token: bool) -> String {
    let demo = ("demo", "a filled catalogue to look at, gone when it ends");
    let begin = ("init", "begin your own, in ./emporion-data");
    let serve = ("serve", "serve the catalogue in ./emporion-data");
    let list = ("list products", "what is in the server of EMPORION_URL");
    let mut steps = vec![demo];
    steps.push(if has_store { serve } else { begin });
    if has_store {
        steps.swap(0, 1);
    }
    if has_token {
        steps.insert(0, list);
    }
    steps.push(("help", "every command"));
    let line = |(command, what): &(&str, &str)| format!("  emporion {command:15} {what}\n");
    let steps: String = steps.iter().map(line).collect();
    format!("Emporion is a data-product catalogue in one binary. What next?\n\n{steps}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_step_comes_first() {
        let first = |has_store, has_token| {
            let words = words(has_store, has_token);
            words.lines().nth(2).unwrap().split_whitespace().nth(1).unwrap().to_owned()
        };
        assert_eq!([first(false, false), first(true, false), first(true, true)], ["demo", "serve", "list"]);
        assert!(words(false, false).contains("emporion init") && !words(false, false).contains("serve the"));
    }
}
