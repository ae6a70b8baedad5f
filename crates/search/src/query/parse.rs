//! From text to a query, by descent: any of all of clauses.

use emporion_catalog::text::{Role, split};

use super::fields::{Field, PROPERTY};
use super::reader::{Reader, ends_word};
use super::{At, BUILT_IN, Bound, Expr, Fault, Form, Query, Value, when};

/// The longest query, in code points.
const MOST_LENGTH: usize = 4_096;
/// How deep groups may stand in one another.
const MOST_DEPTH: usize = 32;
/// How many clauses a query may have. Each value of a list is one, as if it stood alone, and so is each part of a word
/// (`net_sales` has two) and each word of a phrase; a group is what stands in it.
const MOST_CLAUSES: usize = 256;

/// Signs that mean something wherever they stand.
const SYNTAX: &[char] = &['(', ')', '"', '\'', ':', '<', '>', '*', '='];

const CLAUSE: &[&str] = &["a word", "a phrase in quotes", "field:value", "("];
pub(super) const VALUE: &[&str] = &["a value", "a value in quotes", "("];

/// Reads a query. One without anything in it asks for everything.
pub fn parse(text: &str) -> Result<Query, Fault> {
    let reader = Reader::of(text);
    if reader.len() > MOST_LENGTH {
        return Err(Fault::new(MOST_LENGTH, format!("a query has at most {MOST_LENGTH} characters"), &["the end"]));
    }
    let mut parser = Parser { reader, depth: 0, clauses: 0 };
    parser.reader.skip_space();
    if parser.reader.peek().is_none() {
        return Ok(Query::default());
    }
    let root = parser.any()?;
    match parser.reader.peek() {
        None => Ok(Query { root: Some(root) }),
        Some(c) => Err(Fault::new(parser.reader.at, format!("{c} closes no group"), &["a clause", "the end"])),
    }
}

struct Parser {
    reader: Reader,
    depth: usize,
    clauses: usize,
}

impl Parser {
    fn any(&mut self) -> Result<Expr, Fault> {
        let mut any = vec![self.all()?];
        while self.keyword("OR") {
            any.push(self.all()?);
        }
        Ok(joined(any, Expr::Any, |expr| match expr {
            Expr::Any(inner) => Ok(inner),
            other => Err(other),
        }))
    }

    fn all(&mut self) -> Result<Expr, Fault> {
        self.skip_signs(|run| !run.starts_with('-'));
        let mut all = vec![self.negated()?];
        loop {
            self.skip_signs(|_| true);
            let is_and = self.keyword("AND");
            if !is_and && (matches!(self.reader.peek(), None | Some(')')) || self.is_keyword("OR")) {
                break;
            }
            all.push(self.negated()?);
        }
        Ok(joined(all, Expr::All, |expr| match expr {
            Expr::All(inner) => Ok(inner),
            other => Err(other),
        }))
    }

    /// Signs that stand alone beside words (`orders & returns`, `net sales - returns`) ask for nothing. Nothing but signs is
    /// no query.
    fn skip_signs(&mut self, is_skipped: impl Fn(&str) -> bool) {
        self.reader.skip_space();
        let (begin, mut kept) = (self.reader.at, self.reader.at);
        loop {
            let run = self.reader.run(char::is_whitespace);
            let is_sign = !run.is_empty() && !run.contains(|c: char| c.is_alphanumeric() || SYNTAX.contains(&c));
            if !is_sign || !is_skipped(&run) {
                break;
            }
            self.reader.advance(&run);
            self.reader.skip_space();
            // What is left out is a group or a phrase as well: there the sign is one of the language.
            if run.starts_with('-') && matches!(self.reader.peek(), Some('(' | '"')) {
                break;
            }
            kept = self.reader.at;
        }
        self.reader.at = if begin == 0 && kept == self.reader.len() { begin } else { kept };
    }

    fn negated(&mut self) -> Result<Expr, Fault> {
        self.reader.skip_space();
        let at = self.reader.at;
        let is_not = if self.keyword("NOT") {
            true
        } else if self.reader.take('-') {
            if self.reader.peek().is_none_or(char::is_whitespace) {
                return Err(Fault::new(self.reader.at, "- stands before what is not wanted", CLAUSE));
            }
            true
        } else {
            false
        };
        if !is_not {
            return self.clause();
        }
        self.deeper(at)?;
        let inner = self.negated()?;
        self.depth -= 1;
        Ok(Expr::Not(Box::new(inner)))
    }

    fn clause(&mut self) -> Result<Expr, Fault> {
        let at = self.reader.at;
        if self.reader.peek() != Some('(') {
            self.count(at)?;
        }
        match self.reader.peek() {
            None => Err(Fault::new(at, "the query ends where something should follow", CLAUSE)),
            Some(')') => Err(Fault::new(at, "a group has nothing in it", CLAUSE)),
            Some('(') => {
                self.deeper(at)?;
                self.reader.next();
                let inner = self.any()?;
                if !self.reader.take(')') {
                    return Err(Fault::new(self.reader.at, "a group is never closed", &[")"]));
                }
                self.depth -= 1;
                Ok(inner)
            }
            Some('"') => {
                let text = self.reader.quoted('"')?;
                self.reader.end_of_quoted()?;
                if split(&text).is_empty() {
                    return Err(Fault::new(at, "a phrase has no letter and no digit", &["words"]));
                }
                self.count_parts(&text, at)?;
                Ok(Expr::Phrase(text))
            }
            Some(_) => self.word_or_field(),
        }
    }

    fn word_or_field(&mut self) -> Result<Expr, Fault> {
        let at = self.reader.at;
        for keyword in ["AND", "OR"] {
            if self.is_keyword(keyword) {
                return Err(Fault::new(at, format!("{keyword} stands between two clauses"), CLAUSE));
            }
        }
        let run = self.reader.run(ends_word);
        if run == PROPERTY && self.reader.peek_at(PROPERTY.len()) == Some('"') {
            self.reader.advance(PROPERTY);
            let name = self.reader.quoted('"')?;
            return self.comparison(Field::Property(name), At(at));
        }
        let Some(end) = run.find([':', '<', '>']) else { return self.word(&run, at) };
        let name = &run[..end];
        // As in a sentence: what is no field of the language, with a space behind it.
        let is_said =
            run[end..] == *":" && is_name(name) && BUILT_IN.iter().all(|field| field.name != name) && name != "has";
        if is_said && self.reader.peek_at(run.chars().count()).is_some_and(char::is_whitespace) {
            let said = self.word(name, at)?;
            self.reader.take(':');
            return Ok(said);
        }
        if !is_name(name) {
            let fields: Vec<&str> = BUILT_IN.iter().map(|field| field.name).collect();
            let sign = &run[end..=end];
            return Err(Fault::new(
                at,
                format!("a field has to stand before {sign}; other text goes in quotes"),
                &fields,
            ));
        }
        self.reader.advance(name);
        if name == "has" && self.reader.peek() == Some(':') {
            return self.has();
        }
        self.comparison(Field::named(name), At(at))
    }

    fn word(&mut self, run: &str, at: usize) -> Result<Expr, Fault> {
        self.reader.advance(run);
        // What goes on after a word without a space between them.
        if let Some(c) = self.reader.peek().filter(|c| matches!(c, '(' | '"')) {
            return Err(Fault::new(self.reader.at, format!("{c} follows a word at once"), &["a space"]));
        }
        if run == "*" {
            return Ok(Expr::Everything);
        }
        let (text, prefix) = starred(run, at)?;
        if split(&text).is_empty() {
            return Err(Fault::new(at, format!("{run} has no letter and no digit"), CLAUSE));
        }
        self.count_parts(&text, at)?;
        Ok(Expr::Word { text, prefix })
    }

    fn has(&mut self) -> Result<Expr, Fault> {
        self.reader.next();
        let at = self.reader.at;
        let run = self.reader.run(ends_word);
        if run == PROPERTY && self.reader.peek_at(PROPERTY.len()) == Some('"') {
            self.reader.advance(PROPERTY);
            let name = self.reader.quoted('"')?;
            self.reader.end_of_quoted()?;
            return Ok(Expr::Has { field: Field::Property(name), at: At(at) });
        }
        if !is_name(&run) {
            let fields: Vec<&str> = BUILT_IN.iter().map(|field| field.name).collect();
            return Err(Fault::new(at, "has: is followed by the name of a field", &fields));
        }
        self.reader.advance(&run);
        self.reader.end_of_quoted()?;
        Ok(Expr::Has { field: Field::named(&run), at: At(at) })
    }

    /// What follows the name of a field.
    fn comparison(&mut self, field: Field, at: At) -> Result<Expr, Fault> {
        let sign_at = self.reader.at;
        match self.reader.next() {
            Some(':') => self.values(field, at),
            Some(sign @ ('<' | '>')) => {
                let inclusive = self.reader.take('=');
                field.has_order(sign_at)?;
                let value = self.value()?;
                let bound = Some(self.bound(&field, &value, inclusive)?);
                let (from, to) = if sign == '>' { (bound, None) } else { (None, bound) };
                Ok(Expr::Within { field, at, from, to })
            }
            _ => Err(Fault::new(sign_at, "a field is compared with something", &[":", ">", ">=", "<", "<="])),
        }
    }

    fn values(&mut self, field: Field, field_at: At) -> Result<Expr, Fault> {
        let at = self.reader.at;
        let mut values = Vec::new();
        if self.reader.take('(') {
            loop {
                self.reader.skip_space();
                self.listed(&mut values)?;
                self.reader.skip_space();
                if self.reader.take(')') {
                    break;
                }
                if !self.keyword("OR") {
                    return Err(Fault::new(
                        self.reader.at,
                        "the values of a list stand with OR between them",
                        &["OR", ")"],
                    ));
                }
            }
            self.reader.end_of_quoted()?;
        } else {
            loop {
                self.listed(&mut values)?;
                if !self.reader.take(',') {
                    break;
                }
            }
            self.reader.end_of_quoted()?;
            if let [Value { text, form: Form::Plain | Form::Prefix, alone: false, .. }] = values.as_slice() {
                if text.is_empty() {
                    return Ok(Expr::Has { field, at: field_at });
                }
                if let Some((from, to)) = text.split_once("..") {
                    return self.range(field, field_at, at, from, to);
                }
            }
        }
        for value in &values {
            field.can_be(value)?;
        }
        Ok(Expr::Is { field, at: field_at, values })
    }

    /// One more value of a list. The first is counted with its field.
    fn listed(&mut self, values: &mut Vec<Value>) -> Result<(), Fault> {
        if !values.is_empty() {
            self.count(self.reader.at)?;
        }
        values.push(self.value()?);
        Ok(())
    }

    fn range(&self, field: Field, field_at: At, at: usize, from: &str, to: &str) -> Result<Expr, Fault> {
        field.has_order(at)?;
        if from.is_empty() && to.is_empty() {
            return Err(Fault::new(at, "a range has at least one end", &["a..b", "a..", "..b"]));
        }
        let to_at = at + from.chars().count() + 2;
        let end = |text: &str, at: usize| -> Result<Option<Bound>, Fault> {
            if text.is_empty() {
                return Ok(None);
            }
            let value = Value { at: At(at), text: text.to_owned(), form: Form::Plain, alone: false };
            self.bound(&field, &value, true).map(Some)
        };
        let (from, to) = (end(from, at)?, end(to, to_at)?);
        Ok(Expr::Within { field, at: field_at, from, to })
    }

    fn bound(&self, field: &Field, value: &Value, inclusive: bool) -> Result<Bound, Fault> {
        let is_bound = match field.sort() {
            Some(_) => when::is_time(&value.text),
            None => when::is_time(&value.text) || value.text.parse::<f64>().is_ok_and(f64::is_finite),
        };
        if !is_bound || value.alone || value.form == Form::Prefix {
            let expected: &[&str] = if field.sort().is_some() { when::FORMS } else { &["a number", "2026-01-31"] };
            return Err(Fault::new(value.at.0, format!("{} is no end of a range", value.text), expected));
        }
        Ok(Bound { text: value.text.clone(), inclusive })
    }

    /// One value. A single star is one without text.
    fn value(&mut self) -> Result<Value, Fault> {
        let start = self.reader.at;
        let alone = self.reader.take('=');
        let at = self.reader.at;
        let quoted = |text: String, form: Form| {
            if text.is_empty() {
                return Err(Fault::new(at, "a value is empty", VALUE));
            }
            Ok(Value { at: At(start), text, form, alone })
        };
        match self.reader.peek() {
            Some('"') => quoted(self.reader.quoted('"')?, Form::Exact),
            Some('\'') => quoted(self.reader.quoted('\'')?, Form::Folded),
            _ => {
                let run = self.reader.run(|c| ends_word(c) || c == ',');
                self.reader.advance(&run);
                let no_value = run.is_empty() || (run == "*" && alone) || run.starts_with(['<', '>', ':']);
                if no_value || run == "OR" || run == "AND" {
                    return Err(Fault::new(at, "a field is followed by a value, without a space between them", VALUE));
                }
                let (text, prefix) = if run == "*" { (String::new(), true) } else { starred(&run, at)? };
                Ok(Value { at: At(start), text, form: if prefix { Form::Prefix } else { Form::Plain }, alone })
            }
        }
    }

    fn is_keyword(&self, keyword: &str) -> bool {
        self.reader.run(ends_word) == keyword && !matches!(self.reader.peek_at(keyword.len()), Some('"'))
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        self.reader.skip_space();
        let is = self.is_keyword(keyword);
        if is {
            self.reader.advance(keyword);
        }
        is
    }

    fn deeper(&mut self, at: usize) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err(Fault::new(at, format!("groups stand in one another at most {MOST_DEPTH} deep"), &["a word"]));
        }
        Ok(())
    }

    /// One more clause.
    fn count(&mut self, at: usize) -> Result<(), Fault> {
        self.count_all(1, at)
    }

    /// The parts of a word, or the words of a phrase. The first is counted with its clause.
    fn count_parts(&mut self, text: &str, at: usize) -> Result<(), Fault> {
        let parts = split(text).iter().filter(|word| word.role == Role::Part).count();
        self.count_all(parts.saturating_sub(1), at)
    }

    fn count_all(&mut self, clauses: usize, at: usize) -> Result<(), Fault> {
        self.clauses += clauses;
        if self.clauses > MOST_CLAUSES {
            return Err(Fault::new(
                at,
                format!("a query has at most {MOST_CLAUSES} clauses, each part of a word and value of a list counted"),
                &["fewer words", "the end"],
            ));
        }
        Ok(())
    }
}

/// One expression is itself; those of the same sort stand beside one another.
fn joined(parts: Vec<Expr>, join: impl Fn(Vec<Expr>) -> Expr, inner: impl Fn(Expr) -> Result<Vec<Expr>, Expr>) -> Expr {
    let mut flat = Vec::with_capacity(parts.len());
    for part in parts {
        match inner(part) {
            Ok(parts) => flat.extend(parts),
            Err(part) => flat.push(part),
        }
    }
    if flat.len() == 1 { flat.remove(0) } else { join(flat) }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-'))
}

/// A word and whether a star stands at its end, which is the only place for one.
fn starred(run: &str, at: usize) -> Result<(String, bool), Fault> {
    let (text, prefix) = run.strip_suffix('*').map_or((run, false), |text| (text, true));
    if let Some(star) = text.find('*') {
        let before = text[..star].chars().count();
        return Err(Fault::new(at + before, "a star stands at the end of a word", &["a letter or digit"]));
    }
    Ok((text.to_owned(), prefix))
}
