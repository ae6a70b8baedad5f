//! Reads tokens into statements: shapes with members and traits, names not yet resolved.

use super::ModelFault;
use super::lexer::{Placed, Token, tokens};

/// Traits nest values; deeper ones than this mean nothing to a form.
const MAX_DEPTH: usize = 32;

/// A file of shapes.
#[derive(Debug, Default)]
pub struct Source {
    pub shapes: Vec<RawShape>,
}

#[derive(Debug)]
pub struct RawShape {
    /// `structure`, `list`, `string`…
    pub keyword: String,
    pub name: String,
    pub traits: Vec<Trait>,
    pub mixins: Vec<String>,
    pub members: Vec<RawMember>,
    pub line: usize,
}

#[derive(Debug, Clone)]
pub struct RawMember {
    pub name: String,
    /// None for a value of an enumeration.
    pub target: Option<String>,
    /// The value of an enumeration, or a default.
    pub value: Option<Node>,
    pub traits: Vec<Trait>,
    pub line: usize,
}

#[derive(Debug, Clone)]
pub struct Trait {
    /// Without `smithy.api#`.
    pub name: String,
    pub value: Node,
    pub line: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// A trait without parentheses.
    Absent,
    Word(String),
    Text(String),
    Number(f64),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

impl Node {
    pub fn get(&self, key: &str) -> Option<&Node> {
        match self {
            Node::Object(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn number(&self) -> Option<f64> {
        match self {
            Node::Number(number) => Some(*number),
            _ => None,
        }
    }
}

const SIMPLE: [&str; 13] = [
    "blob",
    "boolean",
    "document",
    "string",
    "byte",
    "short",
    "integer",
    "long",
    "float",
    "double",
    "bigInteger",
    "bigDecimal",
    "timestamp",
];
const AGGREGATE: [&str; 7] = ["structure", "union", "list", "set", "map", "enum", "intEnum"];

pub fn parse(text: &str) -> Result<Source, ModelFault> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0 };
    let mut source = Source::default();
    while parser.peek().is_some() {
        parser.statement(&mut source)?;
    }
    Ok(source)
}

struct Parser {
    tokens: Vec<Placed>,
    at: usize,
}

impl Parser {
    fn statement(&mut self, source: &mut Source) -> Result<(), ModelFault> {
        if self.accept('$') {
            self.word("the name of a control")?;
            self.expect(':')?;
            return self.node(0).map(drop);
        }
        let traits = self.traits()?;
        let line = self.line();
        let keyword = self.word("a shape")?;
        match keyword.as_str() {
            "namespace" | "use" => self.word("a name").map(drop),
            "metadata" => {
                self.key()?;
                self.expect('=')?;
                self.node(0).map(drop)
            }
            keyword if SIMPLE.contains(&keyword) || AGGREGATE.contains(&keyword) => {
                source.shapes.push(self.shape(keyword, traits, line)?);
                Ok(())
            }
            other => Err(ModelFault { line, message: format!("{other:?} is not a shape of a form") }),
        }
    }

    fn shape(&mut self, keyword: &str, traits: Vec<Trait>, line: usize) -> Result<RawShape, ModelFault> {
        let name = self.identifier("the name of a shape")?;
        let mut mixins = Vec::new();
        if self.accept_word("for") {
            self.word("the name of a resource")?;
        }
        if self.accept_word("with") {
            self.expect('[')?;
            while !self.accept(']') {
                mixins.push(self.word("the name of a mixin")?);
            }
        }
        let mut members = Vec::new();
        if AGGREGATE.contains(&keyword) || self.peek() == Some(&Token::Sign('{')) {
            self.expect('{')?;
            while !self.accept('}') {
                members.push(self.member(matches!(keyword, "enum" | "intEnum"))?);
            }
        }
        Ok(RawShape { keyword: keyword.to_owned(), name, traits, mixins, members, line })
    }

    fn member(&mut self, of_enumeration: bool) -> Result<RawMember, ModelFault> {
        let traits = self.traits()?;
        let line = self.line();
        let name = self.identifier("the name of a member")?;
        let mut target = None;
        if !of_enumeration {
            self.expect(':')?;
            target = Some(self.word("the shape of a member")?);
        }
        let value = if self.accept('=') { Some(self.node(0)?) } else { None };
        Ok(RawMember { name, target, value, traits, line })
    }

    fn traits(&mut self) -> Result<Vec<Trait>, ModelFault> {
        let mut traits = Vec::new();
        while self.accept('@') {
            let line = self.line();
            let name = self.word("the name of a trait")?;
            let name = name.strip_prefix("smithy.api#").unwrap_or(&name).to_owned();
            let value = if self.accept('(') { self.trait_value()? } else { Node::Absent };
            traits.push(Trait { name, value, line });
        }
        Ok(traits)
    }

    /// What stands in the parentheses of a trait: pairs, one value, or nothing.
    fn trait_value(&mut self) -> Result<Node, ModelFault> {
        let is_key = matches!(self.peek(), Some(Token::Word(_) | Token::Text(_)));
        if is_key && self.peek_at(1) == Some(&Token::Sign(':')) {
            return self.pairs(')', 1);
        }
        if self.accept(')') {
            return Ok(Node::Absent);
        }
        let value = self.node(1)?;
        self.expect(')')?;
        Ok(value)
    }

    fn node(&mut self, depth: usize) -> Result<Node, ModelFault> {
        if depth > MAX_DEPTH {
            return Err(self.fault("values are nested too deeply"));
        }
        match self.next() {
            Some(Token::Text(text)) => Ok(Node::Text(text)),
            Some(Token::Number(number)) => Ok(Node::Number(number)),
            Some(Token::Word(word)) => Ok(Node::Word(word)),
            Some(Token::Sign('[')) => {
                let mut entries = Vec::new();
                while !self.accept(']') {
                    entries.push(self.node(depth + 1)?);
                }
                Ok(Node::List(entries))
            }
            Some(Token::Sign('{')) => self.pairs('}', depth + 1),
            _ => Err(self.previous_fault("expected a value")),
        }
    }

    fn pairs(&mut self, end: char, depth: usize) -> Result<Node, ModelFault> {
        let mut entries = Vec::new();
        while !self.accept(end) {
            let key = self.key()?;
            self.expect(':')?;
            entries.push((key, self.node(depth)?));
        }
        Ok(Node::Object(entries))
    }

    fn key(&mut self) -> Result<String, ModelFault> {
        match self.next() {
            Some(Token::Word(key) | Token::Text(key)) => Ok(key),
            _ => Err(self.previous_fault("expected a key")),
        }
    }

    /// A word of letters, digits and underscores only.
    fn identifier(&mut self, what: &str) -> Result<String, ModelFault> {
        let word = self.word(what)?;
        if word.contains(['.', '#', '$', '-']) {
            return Err(self.previous_fault(format!("{word:?} cannot be {what}")));
        }
        Ok(word)
    }

    fn word(&mut self, what: &str) -> Result<String, ModelFault> {
        match self.next() {
            Some(Token::Word(word)) => Ok(word),
            _ => Err(self.previous_fault(format!("expected {what}"))),
        }
    }

    fn expect(&mut self, sign: char) -> Result<(), ModelFault> {
        if self.accept(sign) { Ok(()) } else { Err(self.fault(format!("expected \"{sign}\""))) }
    }

    fn accept(&mut self, sign: char) -> bool {
        self.accept_token(&Token::Sign(sign))
    }

    fn accept_word(&mut self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Word(next)) if next == word) && {
            self.at += 1;
            true
        }
    }

    fn accept_token(&mut self, token: &Token) -> bool {
        let accepted = self.peek() == Some(token);
        self.at += usize::from(accepted);
        accepted
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.at += usize::from(token.is_some());
        token
    }

    fn peek(&self) -> Option<&Token> {
        self.peek_at(0)
    }

    fn peek_at(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.at + ahead).map(|placed| &placed.token)
    }

    /// The line of the next token, or of the last one at the end.
    fn line(&self) -> usize {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(1, |placed| placed.line)
    }

    fn fault(&self, message: impl Into<String>) -> ModelFault {
        ModelFault { line: self.line(), message: message.into() }
    }

    /// A fault of the token that was just taken.
    fn previous_fault(&self, message: impl Into<String>) -> ModelFault {
        let line = self.tokens.get(self.at.saturating_sub(1)).map_or(1, |placed| placed.line);
        ModelFault { line, message: message.into() }
    }
}
