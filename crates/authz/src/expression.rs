//! Parses the expression language of policy conditions, which OpenMetadata writes as a subset of SpEL.
//!
//! ```text
//! expression = conjunction { ("||" | "or") conjunction }
//! conjunction = negation { ("&&" | "and") negation }
//! negation = ("!" | "not") negation | "(" expression ")" | "true" | "false" | call
//! call = name "(" [ text { "," text } ] ")"          a quote inside a text is doubled
//! ```
//!
//! Nothing else of SpEL is known here and nothing is ever evaluated: an expression becomes a tree or an error.

use std::fmt;

use crate::condition::{Condition, Test};

/// The longest condition that OpenMetadata ships has under 100 bytes.
pub const MAX_BYTES: usize = 4096;
/// Parentheses and negations inside one another; keeps the recursion shallow, here and in Cedar's own parser.
const MAX_DEPTH: usize = 32;
const MAX_CALLS: usize = 128;

/// Which functions an expression may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vocabulary {
    /// Those that people may use in policies.
    Policy,
    /// These and the ones that the catalogue's own rules are written with.
    Core,
}

struct Function {
    name: &'static str,
    vocabulary: Vocabulary,
    make: Make,
}

enum Make {
    Plain(fn() -> Test),
    WithNames(fn(Vec<String>) -> Test),
}

const FUNCTIONS: &[Function] = &[
    Function { name: "noOwner", vocabulary: Vocabulary::Policy, make: Make::Plain(|| Test::NoOwner) },
    Function { name: "isOwner", vocabulary: Vocabulary::Policy, make: Make::Plain(|| Test::IsOwner) },
    Function { name: "isReviewer", vocabulary: Vocabulary::Policy, make: Make::Plain(|| Test::IsReviewer) },
    Function { name: "hasDomain", vocabulary: Vocabulary::Policy, make: Make::Plain(|| Test::HasDomain) },
    Function { name: "noDomain", vocabulary: Vocabulary::Policy, make: Make::Plain(|| Test::NoDomain) },
    Function { name: "matchAllTags", vocabulary: Vocabulary::Policy, make: Make::WithNames(Test::MatchAllTags) },
    Function { name: "matchAnyTag", vocabulary: Vocabulary::Policy, make: Make::WithNames(Test::MatchAnyTag) },
    Function {
        name: "matchAnyCertification",
        vocabulary: Vocabulary::Policy,
        make: Make::WithNames(Test::MatchAnyCertification),
    },
    Function { name: "matchTeam", vocabulary: Vocabulary::Policy, make: Make::Plain(|| Test::MatchTeam) },
    Function { name: "inAnyTeam", vocabulary: Vocabulary::Policy, make: Make::WithNames(Test::InAnyTeam) },
    Function { name: "hasAnyRole", vocabulary: Vocabulary::Policy, make: Make::WithNames(Test::HasAnyRole) },
    Function { name: "isAdmin", vocabulary: Vocabulary::Core, make: Make::Plain(|| Test::IsAdmin) },
    Function { name: "isBot", vocabulary: Vocabulary::Core, make: Make::Plain(|| Test::IsBot) },
    Function { name: "inOwningTeam", vocabulary: Vocabulary::Core, make: Make::Plain(|| Test::InOwningTeam) },
    Function { name: "isEditor", vocabulary: Vocabulary::Core, make: Make::Plain(|| Test::IsEditor) },
    Function { name: "isViewer", vocabulary: Vocabulary::Core, make: Make::Plain(|| Test::IsViewer) },
    Function { name: "isSelf", vocabulary: Vocabulary::Core, make: Make::Plain(|| Test::IsSelf) },
    Function { name: "isLed", vocabulary: Vocabulary::Core, make: Make::Plain(|| Test::IsLed) },
    Function { name: "isOpen", vocabulary: Vocabulary::Core, make: Make::Plain(|| Test::IsOpen) },
];

impl Function {
    fn is_in(&self, vocabulary: Vocabulary) -> bool {
        vocabulary == Vocabulary::Core || self.vocabulary == Vocabulary::Policy
    }
}

/// What is wrong with an expression, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpressionError {
    /// The character at which it goes wrong, counted from 1.
    pub position: usize,
    pub fault: Flaw,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    Empty,
    TooLong,
    TooDeep,
    TooManyCalls,
    UnknownFunction { name: String, known: Vec<&'static str> },
    UnclosedText,
    EmptyName,
    NeedsNames { function: &'static str },
    TakesNothing { function: &'static str },
    Unexpected { found: String, expected: &'static str },
}

impl fmt::Display for ExpressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at character {}: ", self.position)?;
        match &self.fault {
            Flaw::Empty => write!(f, "the condition is empty"),
            Flaw::TooLong => write!(f, "the condition is longer than {MAX_BYTES} bytes"),
            Flaw::TooDeep => write!(f, "more than {MAX_DEPTH} parentheses and negations inside one another"),
            Flaw::TooManyCalls => write!(f, "more than {MAX_CALLS} function calls"),
            Flaw::UnknownFunction { name, known } => {
                write!(f, "unknown function {name:?}, known are {}", known.join(", "))
            }
            Flaw::UnclosedText => write!(f, "the text that begins here has no closing quote"),
            Flaw::EmptyName => write!(f, "a name must not be empty"),
            Flaw::NeedsNames { function } => write!(f, "{function} needs at least one name in quotes"),
            Flaw::TakesNothing { function } => write!(f, "{function} takes no arguments"),
            Flaw::Unexpected { found, expected } => write!(f, "found {found}, expected {expected}"),
        }
    }
}

impl std::error::Error for ExpressionError {}

/// The condition that `source` writes down.
pub fn parse(source: &str, vocabulary: Vocabulary) -> Result<Condition, ExpressionError> {
    if source.len() > MAX_BYTES {
        return Err(ExpressionError { position: 1, fault: Flaw::TooLong });
    }
    let mut parser = Parser { tokens: tokens(source)?, next: 0, depth: 0, calls: 0, vocabulary };
    if parser.tokens.len() == 1 {
        return Err(parser.fail(Flaw::Empty));
    }
    let condition = parser.expression()?;
    match parser.peek() {
        Token::End => Ok(condition),
        _ => Err(parser.unexpected("an operator or the end")),
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Open,
    Close,
    Comma,
    And,
    Or,
    Not,
    /// Anything that the language does not know; the parser refuses it where it stands.
    Other(char),
    End,
}

/// Tokens with the position of their first character; the last is always `End`.
fn tokens(source: &str) -> Result<Vec<(usize, Token)>, ExpressionError> {
    let mut out = Vec::new();
    let mut characters = source.chars().zip(1..).peekable();
    while let Some((c, position)) = characters.next() {
        let token = match c {
            c if c.is_whitespace() => continue,
            '(' => Token::Open,
            ')' => Token::Close,
            ',' => Token::Comma,
            '!' => Token::Not,
            '&' | '|' if characters.next_if(|&(next, _)| next == c).is_some() => match c {
                '&' => Token::And,
                _ => Token::Or,
            },
            quote @ ('\'' | '"') => {
                let mut text = String::new();
                loop {
                    match characters.next() {
                        Some((c, _)) if c != quote => text.push(c),
                        Some(_) if characters.next_if(|&(next, _)| next == quote).is_some() => text.push(quote),
                        Some(_) => break,
                        None => return Err(ExpressionError { position, fault: Flaw::UnclosedText }),
                    }
                }
                Token::Text(text)
            }
            c if c.is_ascii_alphabetic() || c == '_' => {
                let mut word = String::from(c);
                while let Some((c, _)) = characters.next_if(|&(c, _)| c.is_ascii_alphanumeric() || c == '_') {
                    word.push(c);
                }
                match word.to_ascii_lowercase().as_str() {
                    "and" => Token::And,
                    "or" => Token::Or,
                    "not" => Token::Not,
                    _ => Token::Word(word),
                }
            }
            other => Token::Other(other),
        };
        out.push((position, token));
    }
    let end = source.chars().count() + 1;
    out.push((end, Token::End));
    Ok(out)
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    next: usize,
    depth: usize,
    calls: usize,
    vocabulary: Vocabulary,
}

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.next].1
    }

    /// Steps over the next token, but never over the end.
    fn advance(&mut self) -> Token {
        let token = self.peek().clone();
        if token != Token::End {
            self.next += 1;
        }
        token
    }

    fn take(&mut self, wanted: &Token) -> bool {
        let found = self.peek() == wanted;
        if found {
            self.next += 1;
        }
        found
    }

    fn fail(&self, fault: Flaw) -> ExpressionError {
        ExpressionError { position: self.tokens[self.next].0, fault }
    }

    fn unexpected(&self, expected: &'static str) -> ExpressionError {
        let found = match self.peek() {
            Token::Word(word) => format!("{:?}", shortened(word)),
            Token::Text(_) => "a text".into(),
            Token::Open => "\"(\"".into(),
            Token::Close => "\")\"".into(),
            Token::Comma => "\",\"".into(),
            Token::And => "\"&&\"".into(),
            Token::Or => "\"||\"".into(),
            Token::Not => "\"!\"".into(),
            Token::Other(c) => format!("{:?}", c.to_string()),
            Token::End => "the end".into(),
        };
        self.fail(Flaw::Unexpected { found, expected })
    }

    fn expression(&mut self) -> Result<Condition, ExpressionError> {
        let mut parts = vec![self.conjunction()?];
        while self.take(&Token::Or) {
            parts.push(self.conjunction()?);
        }
        Ok(Condition::any(parts))
    }

    fn conjunction(&mut self) -> Result<Condition, ExpressionError> {
        let mut parts = vec![self.negation()?];
        while self.take(&Token::And) {
            parts.push(self.negation()?);
        }
        Ok(Condition::all(parts))
    }

    fn negation(&mut self) -> Result<Condition, ExpressionError> {
        if !matches!(self.peek(), Token::Not | Token::Open) {
            return self.call();
        }
        if self.depth == MAX_DEPTH {
            return Err(self.fail(Flaw::TooDeep));
        }
        self.depth += 1;
        let inner = if self.take(&Token::Not) {
            Condition::negated(self.negation()?)
        } else {
            self.advance();
            let inner = self.expression()?;
            if !self.take(&Token::Close) {
                return Err(self.unexpected("an operator or \")\""));
            }
            inner
        };
        self.depth -= 1;
        Ok(inner)
    }

    fn call(&mut self) -> Result<Condition, ExpressionError> {
        let Token::Word(word) = self.peek().clone() else {
            return Err(self.unexpected("a function, \"!\" or \"(\""));
        };
        match word.to_ascii_lowercase().as_str() {
            "true" => {
                self.advance();
                return Ok(Condition::Constant(true));
            }
            "false" => {
                self.advance();
                return Ok(Condition::Constant(false));
            }
            _ => {}
        }
        let Some(function) = FUNCTIONS.iter().find(|f| f.name == word && f.is_in(self.vocabulary)) else {
            let known = FUNCTIONS.iter().filter(|f| f.is_in(self.vocabulary)).map(|f| f.name).collect();
            return Err(self.fail(Flaw::UnknownFunction { name: shortened(&word), known }));
        };
        self.calls += 1;
        if self.calls > MAX_CALLS {
            return Err(self.fail(Flaw::TooManyCalls));
        }
        self.advance();
        if !self.take(&Token::Open) {
            return Err(self.unexpected("\"(\" after the function's name"));
        }
        let test = match function.make {
            Make::Plain(make) => {
                if !matches!(self.peek(), Token::Close) {
                    return Err(self.fail(Flaw::TakesNothing { function: function.name }));
                }
                make()
            }
            Make::WithNames(make) => make(self.names(function.name)?),
        };
        if !self.take(&Token::Close) {
            return Err(self.unexpected("\",\" or \")\""));
        }
        Ok(Condition::Test(test))
    }

    fn names(&mut self, function: &'static str) -> Result<Vec<String>, ExpressionError> {
        let mut names = Vec::new();
        loop {
            match self.peek().clone() {
                Token::Text(name) if name.is_empty() => return Err(self.fail(Flaw::EmptyName)),
                Token::Text(name) => names.push(name),
                Token::Close if names.is_empty() => return Err(self.fail(Flaw::NeedsNames { function })),
                _ => return Err(self.unexpected("a name in quotes")),
            }
            self.advance();
            if !self.take(&Token::Comma) {
                return Ok(names);
            }
        }
    }
}

/// Errors travel to logs and answers: they quote a word, not a kilobyte.
fn shortened(word: &str) -> String {
    const LONGEST: usize = 40;
    match word.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &word[..end]),
        None => word.to_owned(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn test(test: Test) -> Condition {
        Condition::Test(test)
    }

    fn fault(source: &str) -> (usize, Flaw) {
        let error = parse(source, Vocabulary::Policy).expect_err(source);
        (error.position, error.fault)
    }

    #[test]
    fn the_conditions_that_people_write_are_understood() {
        let cases = [
            ("isOwner()", test(Test::IsOwner)),
            ("!isOwner()", Condition::negated(test(Test::IsOwner))),
            ("noOwner() || isOwner()", Condition::any([test(Test::NoOwner), test(Test::IsOwner)])),
            (
                "hasAnyRole('DataSteward', \"DataEngineer\")",
                test(Test::HasAnyRole(names(&["DataSteward", "DataEngineer"]))),
            ),
            (
                "matchAllTags('PersonalData.Personal', 'Tier.Tier1', 'Business Glossary.Clothing')",
                test(Test::MatchAllTags(names(&["PersonalData.Personal", "Tier.Tier1", "Business Glossary.Clothing"]))),
            ),
            ("not (hasDomain())", Condition::negated(test(Test::HasDomain))),
            ("!(!isOwner())", test(Test::IsOwner)),
            ("inAnyTeam('it''s')", test(Test::InAnyTeam(names(&["it's"])))),
            (
                "isReviewer() AND noDomain() or matchTeam()",
                Condition::any([Condition::all([test(Test::IsReviewer), test(Test::NoDomain)]), test(Test::MatchTeam)]),
            ),
            (
                "matchAnyCertification('Certification.Gold')&&!matchAnyTag('PII.Sensitive')",
                Condition::all([
                    test(Test::MatchAnyCertification(names(&["Certification.Gold"]))),
                    Condition::negated(test(Test::MatchAnyTag(names(&["PII.Sensitive"])))),
                ]),
            ),
            ("true", Condition::Constant(true)),
        ];
        for (source, expected) in cases {
            assert_eq!(parse(source, Vocabulary::Policy), Ok(expected), "{source}");
        }
    }

    #[test]
    fn and_binds_more_tightly_than_or_and_parentheses_win() {
        let (a, b, c) = (test(Test::IsOwner), test(Test::NoOwner), test(Test::HasDomain));
        assert_eq!(
            parse("isOwner() || noOwner() && hasDomain()", Vocabulary::Policy).unwrap(),
            Condition::any([a.clone(), Condition::all([b.clone(), c.clone()])])
        );
        assert_eq!(
            parse("(isOwner() || noOwner()) && hasDomain()", Vocabulary::Policy).unwrap(),
            Condition::all([Condition::any([a, b]), c])
        );
    }

    #[test]
    fn broken_expressions_name_the_place() {
        assert_eq!(fault(""), (1, Flaw::Empty));
        assert_eq!(fault("   "), (4, Flaw::Empty));
        assert_eq!(fault("matchAnyTag()"), (13, Flaw::NeedsNames { function: "matchAnyTag" }));
        assert_eq!(fault("matchAnyTag('')"), (13, Flaw::EmptyName));
        assert_eq!(fault("isOwner('x')"), (9, Flaw::TakesNothing { function: "isOwner" }));
        assert_eq!(fault("matchAnyTag('x"), (13, Flaw::UnclosedText));
        for (source, position) in [
            ("isOwner", 8),
            ("isOwner()) ", 10),
            ("(isOwner()", 11),
            ("isOwner() isOwner()", 11),
            ("isOwner() &", 11),
            ("isOwner() & noOwner()", 11),
            ("|| isOwner()", 1),
            ("isOwner() &&", 13),
            ("matchAnyTag('x',)", 17),
            ("matchAnyTag('x' 'y')", 17),
            ("matchAnyTag(x)", 13),
            ("'isOwner()'", 1),
            ("héllo()", 2),
        ] {
            let (found, fault) = match parse(source, Vocabulary::Policy) {
                Err(error) => (error.position, error.fault),
                Ok(condition) => panic!("{source} was read as {condition}"),
            };
            let expected_fault = matches!(fault, Flaw::Unexpected { .. } | Flaw::UnknownFunction { .. });
            assert!(expected_fault, "{source}: {fault:?}");
            assert!(found == position || source == "héllo()", "{source}: {found}");
        }
    }

    #[test]
    fn an_unknown_function_is_named_beside_the_known_ones() {
        let error = parse("isOwner() && isKing()", Vocabulary::Policy).unwrap_err();
        assert_eq!(error.position, 14);
        let text = error.to_string();
        assert!(text.contains("\"isKing\"") && text.contains("hasAnyRole") && !text.contains("isEditor"), "{text}");
    }

    #[test]
    fn the_cores_own_functions_are_not_for_policies() {
        for source in
            ["isAdmin()", "isBot()", "isEditor()", "isViewer()", "isOpen()", "isSelf()", "isLed()", "inOwningTeam()"]
        {
            assert!(parse(source, Vocabulary::Policy).is_err(), "{source}");
            assert!(parse(source, Vocabulary::Core).is_ok(), "{source}");
        }
    }

    #[test]
    fn hostile_expressions_are_refused() {
        for source in [
            "T(java.lang.Runtime).getRuntime().exec('id')",
            "T(java.lang.Runtime)",
            "isOwner().getClass().forName('x')",
            "new java.io.File('/')",
            "#root",
            "#this.x = 1",
            "@bean",
            "${isOwner()}",
            "{isOwner()}",
            "isOwner() ? true : false",
            "isOwner() == true",
            "isOwner(); noOwner()",
            "isOwner() // comment",
            "matchAnyTag({'a'})",
            "''.class",
            "1",
            "principal.admin",
            "\u{0}",
            "\u{202e}isOwner()",
        ] {
            assert!(parse(source, Vocabulary::Core).is_err(), "{source}");
        }
    }

    #[test]
    fn size_depth_and_number_are_limited() {
        assert_eq!(fault(&format!("matchAnyTag('{}')", "x".repeat(10_000))), (1, Flaw::TooLong));
        assert_eq!(fault(&"(".repeat(4000)).1, Flaw::TooDeep);
        assert_eq!(fault(&"!".repeat(4000)).1, Flaw::TooDeep);
        assert_eq!(fault(&vec!["isOwner()"; MAX_CALLS + 1].join("||")).1, Flaw::TooManyCalls);
        let deepest = format!("{}isOwner(){}", "(".repeat(MAX_DEPTH), ")".repeat(MAX_DEPTH));
        assert!(parse(&deepest, Vocabulary::Policy).is_ok());
        let side_by_side = vec!["(!isOwner())"; 100].join("||");
        assert!(parse(&side_by_side, Vocabulary::Policy).is_ok());
        assert!(parse(&"x".repeat(4000), Vocabulary::Policy).unwrap_err().to_string().len() < 400);
    }

    fn any_names() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec("[a-c'\"\\\\. é]{1,4}", 1..3)
    }

    fn any_test() -> impl Strategy<Value = Test> {
        let plain: Vec<Test> = FUNCTIONS
            .iter()
            .filter_map(|f| match f.make {
                Make::Plain(make) => Some(make()),
                Make::WithNames(_) => None,
            })
            .collect();
        let with_names: Vec<fn(Vec<String>) -> Test> = FUNCTIONS
            .iter()
            .filter_map(|f| match f.make {
                Make::WithNames(make) => Some(make),
                Make::Plain(_) => None,
            })
            .collect();
        prop_oneof![
            prop::sample::select(plain),
            (prop::sample::select(with_names), any_names()).prop_map(|(make, names)| make(names)),
        ]
    }

    pub(crate) fn any_condition() -> impl Strategy<Value = Condition> {
        let leaf =
            prop_oneof![8 => any_test().prop_map(Condition::Test), 1 => any::<bool>().prop_map(Condition::Constant)];
        leaf.prop_recursive(4, 16, 3, |inner| {
            prop_oneof![
                inner.clone().prop_map(Condition::negated),
                prop::collection::vec(inner.clone(), 1..4).prop_map(Condition::all),
                prop::collection::vec(inner, 1..4).prop_map(Condition::any),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_printed_parses_to_the_same_condition(condition in any_condition()) {
            prop_assert_eq!(parse(&condition.to_string(), Vocabulary::Core), Ok(condition));
        }

        #[test]
        fn no_text_makes_the_parser_panic(source in "\\PC{0,60}|[()!&|'\", a-z]{0,60}") {
            if let Err(error) = parse(&source, Vocabulary::Core) {
                prop_assert!(error.position <= source.chars().count() + 1);
            }
        }
    }
}
