//! The lexer before the parser: how much, how deep, one statement, no comment that a server would execute.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Query};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, Whitespace};

use super::dialect::Dialect;
use super::refusal::{self, Refusal, Rule};
use crate::visit::{self, Visitor};

/// In bytes: twice what a verified query may have.
pub(super) const MAX_BYTES: usize = 100_000;
/// Longest definition of a view that is looked at: they are longer than statements that people type.
const MAX_DEFINITION: usize = 10 * MAX_BYTES;
/// Bounds the depth of chains such as `1+1+1…`, which the parser's own limit does not see.
pub(super) const MAX_TOKENS: usize = 10_000;
/// Nesting that the parser follows.
pub(super) const MAX_DEPTH: usize = 50;
/// Brackets inside brackets. The parser tries some of them twice, so its time doubles with each level: 16 stay far
/// below a millisecond.
const MAX_BRACKETS: usize = 16;
const MAX_EXPRESSIONS: usize = 5_000;
/// How deep the tree of a definition may be; what programs write has sums of thousands of columns.
const MAX_DEFINITION_DEPTH: usize = 45_000;
/// The parser goes into a join for each that follows it, and takes so much more room for it than for an operator.
const ROOM_OF_A_JOIN: usize = 8;

/// The tokens of one statement that starts like a query, without its final semicolon.
pub(super) fn tokens(sql: &str, dialect: Dialect) -> Result<Vec<TokenWithSpan>, Refusal> {
    if sql.len() > MAX_BYTES {
        return Err(Refusal::new(Rule::TooLong, format!("a statement may have {MAX_BYTES} bytes")));
    }
    // The tokenizer opens these by itself, so they are looked for before it: a string that holds one is refused too.
    if dialect == Dialect::MySql && ["/*!", "/*M!", "/*m!", "/*+"].iter().any(|start| sql.contains(start)) {
        return Err(Refusal::new(Rule::ExecutableComment, "comments that the server executes are not allowed"));
    }
    let mut tokens = Tokenizer::new(dialect.parser(), sql)
        .tokenize_with_location()
        .map_err(|error| refusal::of_parser(&error.into()))?;
    for token in &tokens {
        if let Token::Whitespace(Whitespace::MultiLineComment(text)) = &token.token
            && (text.starts_with(['!', '+']) || text.starts_with("M!"))
        {
            let message = "comments that a server executes or obeys are not allowed";
            return Err(Refusal::at(Rule::ExecutableComment, token.span, message));
        }
    }
    tokens.retain(|token| !matches!(token.token, Token::Whitespace(_)));
    if dialect != Dialect::MySql {
        tokens.iter_mut().try_for_each(hexadecimal_number)?;
    }
    if tokens.len() > MAX_TOKENS {
        return Err(Refusal::new(Rule::TooLong, format!("a statement may have {MAX_TOKENS} words and signs")));
    }
    while tokens.last().is_some_and(|token| token.token == Token::SemiColon) {
        tokens.pop();
    }
    one_statement(&tokens)?;
    if dialect == Dialect::PostgreSql {
        tokens = without_table(tokens);
    }
    starts_like_a_query(&tokens)?;
    depth(&tokens)?;
    Ok(tokens)
}

/// The tokens of a text that defines something, and how deep its tree can be; `None` where it is longer or deeper than
/// what is looked at. Not each token makes a tree deeper, only what stands between two commas does.
pub(super) fn of_definition(sql: &str, dialect: Dialect) -> Option<(Vec<TokenWithSpan>, usize)> {
    if sql.len() > MAX_DEFINITION {
        return None;
    }
    let mut tokens = Tokenizer::new(dialect.parser(), sql).tokenize_with_location().ok()?;
    tokens.retain(|token| !matches!(token.token, Token::Whitespace(_)));
    let depth = deepest(&tokens);
    (depth <= MAX_DEFINITION_DEPTH).then_some((tokens, depth))
}

/// Of all that stands open at some token, how many tokens are between it and the comma before.
fn deepest(tokens: &[TokenWithSpan]) -> usize {
    let (mut around, mut own, mut all, mut deepest) = (Vec::new(), 0, 0, 0);
    for token in tokens {
        match token.token {
            Token::LParen | Token::LBracket | Token::LBrace => {
                around.push(own);
                own = 0;
            }
            Token::RParen | Token::RBracket | Token::RBrace => {
                all -= own;
                own = around.pop().unwrap_or_default();
            }
            Token::Comma => {
                all -= own;
                own = 0;
            }
            _ => {}
        }
        let is_join = matches!(&token.token, Token::Word(word) if word.keyword == Keyword::JOIN);
        let room = if is_join { ROOM_OF_A_JOIN } else { 1 };
        (own, all) = (own + room, all + room);
        deepest = deepest.max(all);
    }
    deepest
}

/// `0x10` is a number and `x'10'` are bytes, but both make the same token: their lengths tell them apart. In MySQL both
/// are bytes.
fn hexadecimal_number(token: &mut TokenWithSpan) -> Result<(), Refusal> {
    let Token::HexStringLiteral(digits) = &token.token else { return Ok(()) };
    let length = token.span.end.column.saturating_sub(token.span.start.column);
    if length != digits.len() as u64 + 2 {
        return Ok(());
    }
    match i64::from_str_radix(digits, 16) {
        Ok(number) => {
            token.token = Token::Number(number.to_string(), false);
            Ok(())
        }
        Err(_) => Err(Refusal::at(Rule::Unsupported, token.span, "this number is too large")),
    }
}

/// `TABLE x` is `SELECT * FROM x`, and the parser reads it wrongly. The word is reserved, so it stands for nothing else
/// where a query may begin.
fn without_table(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut written: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    for token in tokens {
        let begins = match written.last().map(|before| &before.token) {
            None | Some(Token::LParen | Token::RParen) => true,
            Some(Token::Word(word)) => matches!(
                word.keyword,
                Keyword::UNION | Keyword::EXCEPT | Keyword::INTERSECT | Keyword::ALL | Keyword::DISTINCT
            ),
            _ => false,
        };
        match &token.token {
            Token::Word(word) if begins && word.keyword == Keyword::TABLE && word.quote_style.is_none() => {
                let words = [Token::make_keyword("SELECT"), Token::Mul, Token::make_keyword("FROM")];
                written.extend(words.map(|word| TokenWithSpan { token: word, span: token.span }));
            }
            _ => written.push(token),
        }
    }
    written
}

fn one_statement(tokens: &[TokenWithSpan]) -> Result<(), Refusal> {
    match tokens.iter().find(|token| token.token == Token::SemiColon) {
        Some(token) => Err(Refusal::at(Rule::MultipleStatements, token.span, "one statement at a time")),
        None => Ok(()),
    }
}

fn starts_like_a_query(tokens: &[TokenWithSpan]) -> Result<(), Refusal> {
    let Some(first) = tokens.iter().find(|token| token.token != Token::LParen) else {
        return Err(Refusal::new(Rule::Empty, "there is no statement"));
    };
    let Token::Word(word) = &first.token else {
        return Err(Refusal::at(Rule::NotASelect, first.span, "a statement begins with SELECT or WITH"));
    };
    if word.quote_style.is_some() || !matches!(word.keyword, Keyword::SELECT | Keyword::WITH) {
        let message = format!("{} is not allowed, only SELECT", shown(&first.token).to_uppercase());
        return Err(Refusal::at(Rule::NotASelect, first.span, message));
    }
    // Said before the parser gives up on `INTO OUTFILE` or `INTO @variable`.
    match tokens.iter().find(|token| matches!(&token.token, Token::Word(word) if word.keyword == Keyword::INTO && word.quote_style.is_none())) {
        Some(into) if !tokens.iter().any(|token| matches!(&token.token, Token::Word(word) if word.keyword == Keyword::INSERT || word.keyword == Keyword::MERGE)) => {
            Err(Refusal::at(Rule::SelectInto, into.span, "the result goes to the caller and nowhere else"))
        }
        _ => Ok(()),
    }
}

fn depth(tokens: &[TokenWithSpan]) -> Result<(), Refusal> {
    let mut open = 0_usize;
    for token in tokens {
        match token.token {
            Token::LParen | Token::LBracket | Token::LBrace => open += 1,
            Token::RParen | Token::RBracket | Token::RBrace => open = open.saturating_sub(1),
            _ => {}
        }
        if open > MAX_BRACKETS {
            return Err(Refusal::at(
                Rule::TooDeep,
                token.span,
                format!("at most {MAX_BRACKETS} brackets inside one another"),
            ));
        }
    }
    Ok(())
}

/// A word of the statement for a message, cut where it is long.
pub(super) fn shown(token: &Token) -> String {
    token.to_string().chars().take(40).collect()
}

/// Refuses more than `MAX_EXPRESSIONS` expressions.
pub(super) fn check_size(query: &Query) -> Result<(), Refusal> {
    struct Count(usize);
    impl Visitor for Count {
        type Break = ();
        fn pre_visit_expr(&mut self, _: &Expr) -> ControlFlow<()> {
            self.0 += 1;
            if self.0 > MAX_EXPRESSIONS { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        }
    }
    if visit::look(query, &mut Count(0)).is_break() {
        return Err(Refusal::new(Rule::TooComplex, format!("a statement may have {MAX_EXPRESSIONS} expressions")));
    }
    Ok(())
}
