//! The parser of one query, bounded in length and depth.

use sqlparser::ast::{Query, Statement};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::dialect::Dialect;
use super::lex;
use super::refusal::{self, Refusal, Rule};
use crate::stack;

/// What is made of a statement's query, as the guard reads it.
///
/// Errors: what keeps the text from being one query.
pub(crate) fn read<T>(sql: &str, dialect: Dialect, make: impl FnOnce(Query) -> T) -> Result<T, Refusal> {
    let tokens = lex::tokens(sql, dialect)?;
    stack::enough_for(tokens.len(), || parsed(tokens, dialect).map(make))
}

/// The one query that the tokens of a statement say.
pub(super) fn parsed(tokens: Vec<TokenWithSpan>, dialect: Dialect) -> Result<Query, Refusal> {
    let mut parser =
        Parser::new(dialect.parser()).with_recursion_limit(lex::MAX_DEPTH).with_tokens_with_locations(tokens);
    let query = match parser.parse_statement() {
        Ok(Statement::Query(query)) => *query,
        Ok(_) => return Err(Refusal::new(Rule::NotASelect, "only SELECT may be run")),
        Err(error) => return Err(refusal::of_parser(&error)),
    };
    if parser.peek_token_ref().token != Token::EOF {
        let token = parser.peek_token_ref();
        return Err(Refusal::at(
            Rule::Syntax,
            token.span,
            format!("`{}` was not expected here", lex::shown(&token.token)),
        ));
    }
    lex::check_size(&query)?;
    Ok(query)
}
