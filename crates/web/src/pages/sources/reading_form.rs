//! How a file of CSV is read, as a form has it: what is left open is guessed.

use serde_json::{Map, Value, json};

use crate::forms::form::Form;
use crate::text::plain::shown;
use crate::text::texts::Texts;

/// Columns in the form; what is said of others stays.
pub const MOST_COLUMNS: usize = 200;
/// Those that are offered; what else the server knows is typed.
pub const ENCODINGS: &[&str] = &[
    "UTF-8",
    "UTF-16LE",
    "UTF-16BE",
    "windows-1252",
    "windows-1250",
    "windows-1251",
    "ISO-8859-2",
    "ISO-8859-15",
    "macintosh",
    "Shift_JIS",
    "EUC-KR",
    "GB18030",
    "Big5",
];
const DELIMITERS: &[&str] = &[",", ";", "\t", "|", ":", " "];
const OTHER: &str = "other";
const YES: &str = "yes";
const NO: &str = "no";
/// Types as the form calls them: the word of CSV on the Web, and its format.
const TYPES: &[&str] = &[
    "string",
    "integer",
    "number .",
    "number ,",
    "number .,",
    "number ,.",
    "boolean",
    "date yyyy-MM-dd",
    "date dd.MM.yyyy",
    "date dd/MM/yyyy",
    "date MM/dd/yyyy",
    "datetime",
];

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReadingForm {
    /// A sign, or `other`, and what was typed then.
    pub delimiter: String,
    pub other: String,
    pub encoding: String,
    /// `yes`, `no` or nothing.
    pub header: String,
    /// `no` where quotes are signs like others.
    pub quotes: String,
    pub columns: Vec<Column>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Column {
    /// As the file calls it.
    pub title: String,
    /// What it is called instead, and what it is said to be; nothing where nothing is said.
    pub name: String,
    pub said: String,
    /// What it is read as, and guessed to be.
    pub taken: String,
    pub guessed: String,
}

pub struct Choice {
    pub value: String,
    pub rendered: String,
    pub is_chosen: bool,
}

impl ReadingForm {
    /// Of what is said of a file.
    pub fn of_said(said: &Value) -> ReadingForm {
        let dialect = &said["dialect"];
        let delimiter = dialect["delimiter"].as_str().unwrap_or_default();
        let is_offered = delimiter.is_empty() || DELIMITERS.contains(&delimiter);
        ReadingForm {
            delimiter: if is_offered { delimiter } else { OTHER }.to_owned(),
            other: if is_offered { "" } else { delimiter }.to_owned(),
            encoding: dialect["encoding"].as_str().unwrap_or_default().to_owned(),
            header: dialect["header"].as_bool().map_or("", |header| if header { YES } else { NO }).to_owned(),
            quotes: match dialect.get("quoteChar") {
                Some(Value::Null) => NO.to_owned(),
                _ => String::new(),
            },
            columns: Vec::new(),
        }
    }

    pub fn sent(form: &Form) -> ReadingForm {
        let columns = form.all("title").zip(form.all("name")).zip(form.all("type"));
        let column = |((title, name), said): ((&str, &str), &str)| Column {
            title: title.to_owned(),
            name: name.trim().to_owned(),
            said: said.to_owned(),
            ..Column::default()
        };
        ReadingForm {
            delimiter: form.text("delimiter").to_owned(),
            other: form.text("other").to_owned(),
            encoding: form.trimmed("encoding").to_owned(),
            header: form.text("header").to_owned(),
            quotes: form.text("quotes").to_owned(),
            columns: columns.map(column).collect(),
        }
    }

    /// What it says of the file; what the form does not know of what is kept stays. Null where it says nothing.
    pub fn said(&self, kept: &Value) -> Value {
        let mut said = kept.as_object().cloned().unwrap_or_default();
        let mut dialect = said.get("dialect").and_then(Value::as_object).cloned().unwrap_or_default();
        let mut put = |name: &str, value: Option<Value>| match value {
            Some(value) => drop(dialect.insert(name.to_owned(), value)),
            None => drop(dialect.remove(name)),
        };
        let delimiter = if self.delimiter == OTHER { &self.other } else { &self.delimiter };
        put("delimiter", Some(delimiter.as_str()).filter(|said| !said.is_empty()).map(Value::from));
        put("encoding", Some(self.encoding.as_str()).filter(|said| !said.is_empty()).map(Value::from));
        put("header", matches!(&*self.header, YES | NO).then(|| (self.header == YES).into()));
        put("quoteChar", (self.quotes == NO).then_some(Value::Null));
        put_or_leave(&mut said, "dialect", dialect);

        let mut schema = said.get("tableSchema").and_then(Value::as_object).cloned().unwrap_or_default();
        let before = schema.remove("columns").and_then(|columns| columns.as_array().cloned()).unwrap_or_default();
        let is_here = |title: &Value| self.columns.iter().any(|column| *title == column.title.as_str());
        let others = before.iter().filter(|one| !is_here(&one["titles"])).cloned();
        let own = self.columns.iter().filter_map(|column| {
            let kept = before.iter().find(|one| one["titles"] == column.title.as_str());
            column.member(kept)
        });
        let columns: Vec<Value> = own.chain(others).collect();
        if !columns.is_empty() {
            schema.insert("columns".to_owned(), columns.into());
        }
        put_or_leave(&mut said, "tableSchema", schema);
        if said.is_empty() { Value::Null } else { said.into() }
    }

    pub fn delimiters(&self, t: Texts) -> Vec<Choice> {
        let offered = [""].iter().chain(DELIMITERS).chain(&[OTHER]);
        let one = |value: &&str| Choice {
            value: (*value).to_owned(),
            rendered: match *value {
                "" => t.say("files.guessed"),
                OTHER => t.say("files.other"),
                sign_of => sign(t, sign_of),
            },
            is_chosen: self.delimiter == *value,
        };
        offered.map(one).collect()
    }

    pub fn headers(&self, t: Texts) -> Vec<Choice> {
        let says = [("", "files.guessed"), (YES, "files.first_line.yes"), (NO, "files.first_line.no")];
        choices(t, &says, &self.header)
    }

    pub fn quotes(&self, t: Texts) -> Vec<Choice> {
        choices(t, &[("", "files.quoting.usual"), (NO, "files.quoting.none")], &self.quotes)
    }
}

impl Column {
    /// As the server tells it, with what is said of it.
    pub fn of(told: &Value, said: &Value) -> Column {
        let title = told["title"].as_str().unwrap_or_default();
        let columns = said["tableSchema"]["columns"].as_array().map(Vec::as_slice).unwrap_or_default();
        let by = columns.iter().find(|one| one["titles"] == title).unwrap_or(&Value::Null);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Column {
            title: title.to_owned(),
            name: text(&by["name"]),
            said: code(&by["datatype"]),
            taken: code(&told["datatype"]),
            guessed: code(&told["guessed"]),
        }
    }

    /// What it is called, as it is read.
    pub fn called(&self) -> String {
        if self.name.is_empty() { &self.title } else { &self.name }.clone()
    }

    pub fn shown_title(&self) -> String {
        shown(&self.title)
    }

    /// What is said of it beside what is kept; nothing where that is nothing.
    fn member(&self, kept: Option<&Value>) -> Option<Value> {
        let mut member = kept.and_then(Value::as_object).cloned().unwrap_or_default();
        let mut put = |name: &str, value: Option<Value>| match value {
            Some(value) => drop(member.insert(name.to_owned(), value)),
            None => drop(member.remove(name)),
        };
        let is_own = !self.name.is_empty() && self.name != self.title;
        put("name", is_own.then(|| self.name.as_str().into()));
        put("datatype", datatype(&self.said));
        member.remove("titles");
        if member.is_empty() {
            return None;
        }
        member.insert("titles".to_owned(), self.title.as_str().into());
        Some(member.into())
    }

    /// What it can be said to be.
    pub fn types(&self, t: Texts) -> Vec<Choice> {
        let guessed = match &*self.guessed {
            "" => t.say("files.guessed"),
            guessed => t.with("files.guessed_as", &[("type", &type_name(t, guessed))]),
        };
        let open = Choice { value: String::new(), rendered: guessed, is_chosen: self.said.is_empty() };
        let is_other = !self.said.is_empty() && !TYPES.contains(&&*self.said);
        let others = is_other.then_some(&*self.said);
        let one = |value: &str| Choice {
            value: value.to_owned(),
            rendered: type_name(t, value),
            is_chosen: self.said == value,
        };
        [open].into_iter().chain(TYPES.iter().copied().chain(others).map(one)).collect()
    }
}

/// What is said of a file, a line for each thing; that all is guessed where nothing is.
pub fn in_words(t: Texts, said: &Value) -> String {
    let form = ReadingForm::of_said(said);
    let of = |key: &str, value: String| format!("{}: {value}", t.say(key));
    let chosen = |key: &str, choices: Vec<Choice>, value: &str| {
        let chosen = choices.into_iter().find(|choice| choice.is_chosen && !value.is_empty());
        chosen.map(|choice| of(key, choice.rendered))
    };
    let delimiter = said["dialect"]["delimiter"].as_str().map(|is| of("files.delimiter", sign(t, is)));
    let encoding = Some(&form.encoding).filter(|is| !is.is_empty()).map(|is| of("files.encoding", shown(is)));
    let header = chosen("files.header", form.headers(t), &form.header);
    let quotes = chosen("files.quotes", form.quotes(t), &form.quotes);
    let columns = said["tableSchema"]["columns"].as_array().into_iter().flatten().map(|column| {
        let text = |member: &str| column[member].as_str().map(shown);
        let kind = Some(code(&column["datatype"])).filter(|code| !code.is_empty()).map(|code| type_name(t, &code));
        let said: Vec<String> = [text("name"), kind].into_iter().flatten().collect();
        format!("{}: {}", text("titles").unwrap_or_default(), said.join(", "))
    });
    let lines: Vec<String> = [delimiter, encoding, header, quotes].into_iter().flatten().chain(columns).collect();
    if lines.is_empty() { t.say("files.guessed") } else { lines.join("\n") }
}

fn choices(t: Texts, says: &[(&str, &str)], chosen: &str) -> Vec<Choice> {
    let one = |(value, key): &(&str, &str)| Choice {
        value: (*value).to_owned(),
        rendered: t.say(key),
        is_chosen: *value == chosen,
    };
    says.iter().map(one).collect()
}

fn put_or_leave(said: &mut Map<String, Value>, name: &str, members: Map<String, Value>) {
    match members.is_empty() {
        true => drop(said.remove(name)),
        false => drop(said.insert(name.to_owned(), members.into())),
    }
}

/// A sign between fields, in words.
pub fn sign(t: Texts, sign: &str) -> String {
    let name = match sign {
        "," => "comma",
        ";" => "semicolon",
        "\t" => "tab",
        "|" => "bar",
        ":" => "colon",
        " " => "blank",
        other => return shown(other),
    };
    t.say(&format!("files.sign.{name}"))
}

/// A type as the form calls it, of what metadata says; nothing of what it says nothing of.
fn code(datatype: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (base, format) = match datatype {
        Value::String(base) => (base.clone(), &Value::Null),
        other => (text(&other["base"]), &other["format"]),
    };
    match &*base {
        "number" => {
            let decimal = format["decimalChar"].as_str().unwrap_or(".");
            format!("number {decimal}{}", format["groupChar"].as_str().unwrap_or_default())
        }
        "date" => format!("date {}", format.as_str().unwrap_or("yyyy-MM-dd")),
        _ => base,
    }
}

fn datatype(code: &str) -> Option<Value> {
    match code.split_once(' ') {
        _ if code.is_empty() => None,
        Some(("number", signs)) => {
            let mut signs = signs.chars().map(String::from);
            let (decimal, group) = (signs.next(), signs.next());
            Some(match group {
                Some(group) => json!({"base": "number", "format": {"decimalChar": decimal, "groupChar": group}}),
                None => json!({"base": "number", "format": {"decimalChar": decimal}}),
            })
        }
        Some((base, format)) => Some(json!({"base": base, "format": format})),
        None => Some(code.into()),
    }
}

/// A type in words.
pub fn type_name(t: Texts, code: &str) -> String {
    match code.split_once(' ') {
        Some(("number", signs)) => {
            let mut signs = signs.chars();
            let (decimal, group) = (signs.next().unwrap_or('.'), signs.next().map(String::from).unwrap_or_default());
            let sample = format!("1{group}234{decimal}5");
            t.with("files.type.number", &[("sample", &shown(&sample))])
        }
        Some(("date", order)) => t.with("files.type.date", &[("order", &shown(order))]),
        _ => t.find(&format!("files.type.{code}")).map_or_else(|| shown(code), str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_what_the_form_shows_and_what_it_does_not_know_stays() {
        let kept = json!({
            "dialect": {"delimiter": "^", "encoding": "UTF-8", "header": false, "quoteChar": null, "skipRows": 1},
            "null": ["", "NA"],
            "tableSchema": {"columns": [
                {"titles": "a", "name": "b", "null": "-", "datatype": {"base": "date", "format": "yy"}},
                {"titles": "gone", "datatype": "string"},
            ]},
        });
        let mut form = ReadingForm::of_said(&kept);
        assert_eq!((&*form.delimiter, &*form.other, &*form.header, &*form.quotes), ("other", "^", "no", "no"));
        form.columns = vec![Column::of(&json!({"title": "a"}), &kept), Column::of(&json!({"title": "c"}), &kept)];
        assert_eq!(form.said(&kept), kept);
        form.columns[1].said = "number ,.".to_owned();
        let wanted = json!({"base": "number", "format": {"decimalChar": ",", "groupChar": "."}});
        assert_eq!(form.said(&kept)["tableSchema"]["columns"][1]["datatype"], wanted);
        assert_eq!(ReadingForm::of_said(&Value::Null).said(&Value::Null), Value::Null);
        for code in TYPES {
            assert_eq!(super::code(&datatype(code).unwrap()), *code);
        }
    }
}
