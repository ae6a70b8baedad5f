//! Questions behind the command of a skill: `/monthly turnover by region`.
//!
//! What a skill says is written for a language model. Reading without one follows rules, which no text bends: what stands
//! behind the command is asked as it is, and the answer says what was not used. Where a model of language is asked, it is
//! told, as data.

use super::answer::AnswerWarning;
use super::request::Question;
use crate::failure::{Failure, Violation};
use crate::message::Message;
use crate::request::ProductRequest;
use crate::service::Products;
use crate::settings;
use crate::skills::used;
use crate::subject;

/// What is asked once the command is taken off, with what is to be said of it.
#[derive(Debug, Default)]
pub struct Behind {
    pub text: String,
    /// What the skill says, where a model of language may be told.
    pub prompt: Option<String>,
    pub warning: Option<AnswerWarning>,
}

/// Of answers that were made without it.
pub const NOT_USED: &str = "SKILL_NOT_USED";

/// Takes the command off a question.
///
/// Errors: 422 for a skill that the product does not use, and for a command with nothing behind it.
pub async fn behind(products: &Products, request: &ProductRequest, question: &Question) -> Result<Behind, Failure> {
    let (written, rest) = split(&question.text);
    if question.skill.is_none() && written.is_none() {
        return Ok(Behind { text: question.text.clone(), ..Behind::default() });
    }
    let reading = products.catalog.reading(&request.caller).await?;
    let view = subject::find(products, request, &reading, &used::depth()).await?;
    let named = |wanted: &str, path: &'static str| {
        let mut used = used::enabled(&view);
        let is_it = |command: &str, id: String| command.eq_ignore_ascii_case(wanted) || id.eq_ignore_ascii_case(wanted);
        let found = used.find(|(command, edge)| is_it(command, edge.to.to_string()));
        let found = found.map(|(command, edge)| (command, edge.to.uuid()));
        found.ok_or_else(|| {
            let message = Message::with("the {product} uses no skill \"{}\"", [wanted]);
            Failure::invalid_field(path, "exists", message)
        })
    };
    let in_text = written.map(|command| named(command, "/message")).transpose()?;
    let in_member = question.skill.as_deref().map(|wanted| named(wanted, "/skill")).transpose()?;
    if let (Some(one), Some(other)) = (&in_text, &in_member)
        && one != other
    {
        return Err(Failure::conflicting_fields("/skill", "skill", "message"));
    }
    let (command, id) = in_text.or(in_member).unwrap_or_default();
    if rest.trim().is_empty() {
        let violation = Violation::new("/message", "required", "say behind the command what is asked");
        return Err(Failure::invalid(vec![violation]));
    }
    let message = format!(
        "{command} was written for a language model, and none takes part: the question was read without what it says"
    );
    let warning = AnswerWarning::new(NOT_USED, message);
    let prompt = match products.language.is_some() && settings::may_ask_llm(&view) {
        true => used::prompt(&reading, &view, id).await?,
        false => None,
    };
    Ok(Behind { text: rest.to_owned(), prompt, warning: Some(warning) })
}

/// The command that a message begins with, and what stands behind it.
fn split(text: &str) -> (Option<&str>, &str) {
    let text = text.trim_start();
    let is_command = text.strip_prefix('/').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()));
    if !is_command {
        return (None, text);
    }
    let (command, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (Some(command), rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_stands_at_the_beginning() {
        assert_eq!(split(" /monthly turnover by region"), (Some("/monthly"), "turnover by region"));
        assert_eq!(split("/monthly"), (Some("/monthly"), ""));
        for plain in ["sales / orders", "/ sales", "/2 sales", ""] {
            assert_eq!(split(plain), (None, plain));
        }
    }
}
