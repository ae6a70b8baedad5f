//! What the connection of a source says of its files, by their names: how each is read where it is guessed wrong. Each is text of
//! JSON in the form of the metadata beside a file, whose columns are found by what the file calls them (`titles`).

use std::collections::BTreeMap;

use serde_json::Value;

use super::metadata::Metadata;

/// What stands for every file, where nothing else is said of it.
pub const ALL: &str = "*";
/// Of one source.
const MOST_BYTES: usize = 256 << 10;

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Corrections(BTreeMap<String, String>);

impl Corrections {
    /// Of the text that a connection keeps.
    ///
    /// Errors: that it is none.
    pub fn parse(text: &str) -> Result<Corrections, String> {
        let said: BTreeMap<String, Value> =
            serde_json::from_str(text).map_err(|_| "what is said of its files cannot be read".to_owned())?;
        Ok(Corrections(said.into_iter().map(|(file, said)| (file, said.to_string())).collect()))
    }

    /// What a connection keeps of it; nothing where nothing is said.
    pub fn text(&self) -> Option<String> {
        let said = |text: &String| serde_json::from_str(text).unwrap_or(Value::Null);
        let all: BTreeMap<&String, Value> = self.0.iter().map(|(file, text)| (file, said(text))).collect();
        (!all.is_empty()).then(|| serde_json::to_string(&all).unwrap_or_default())
    }

    /// The same with this said of a file, and nothing else; `None` leaves it to be guessed.
    ///
    /// Errors: what of it can be of no file.
    pub fn with(mut self, file: &str, said: Option<&Value>) -> Result<Corrections, String> {
        match said.map(Value::to_string) {
            None => drop(self.0.remove(file)),
            Some(text) => {
                let read = parsed(&text)?;
                read.check()?;
                if file == ALL && !read.table_schema.columns.is_empty() {
                    return Err("columns are named file by file".to_owned());
                }
                self.0.insert(file.to_owned(), text);
            }
        }
        let bytes: usize = self.0.iter().map(|(file, text)| file.len() + text.len()).sum();
        if bytes > MOST_BYTES { Err("more is said of the files than is kept".to_owned()) } else { Ok(self) }
    }

    /// What is said of a file.
    pub fn said(&self, file: &str) -> Option<Value> {
        serde_json::from_str(self.0.get(file)?).ok()
    }

    /// The same, read; of all files as by their name [`ALL`].
    ///
    /// Errors: that it cannot be.
    pub(super) fn of(&self, file: &str) -> Result<Option<Metadata>, String> {
        self.0.get(file).map(|text| parsed(text)).transpose()
    }
}

fn parsed(text: &str) -> Result<Metadata, String> {
    // A list could be taken for the members of an object in their order.
    let read = text.starts_with('{').then(|| Metadata::parse(text.as_bytes()).ok()).flatten();
    read.ok_or_else(|| "what is said of it cannot be read".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_can_be_of_no_file_is_not_kept() {
        let kept = Corrections::default().with("a.csv", Some(&json!({"dialect": {"delimiter": ";"}}))).unwrap();
        assert_eq!(Corrections::parse(&kept.text().unwrap()), Ok(kept.clone()));
        assert_eq!(kept.clone().with("a.csv", None).unwrap().text(), None);
        let all = json!({"dialect": {"header": false}, "null": "-"});
        assert_eq!(kept.clone().with(ALL, Some(&all)).unwrap().said(ALL), Some(all));
        let columns = json!({"tableSchema": {"columns": [{"titles": "a", "datatype": "string"}]}});
        assert!(kept.clone().with(ALL, Some(&columns)).is_err() && kept.clone().with("a.csv", Some(&columns)).is_ok());
        let long = "x".repeat(MOST_BYTES);
        for said in [
            json!([]),
            json!("x"),
            json!({"dialect": {"delimiter": "\""}}),
            json!({"dialect": {"delimiter": "\n"}}),
            json!({"dialect": {"delimiter": "\0"}}),
            json!({"dialect": {"delimiter": ";;"}}),
            json!({"dialect": {"delimiter": "\u{20ac}"}}),
            json!({"dialect": {"delimiter": ""}}),
            json!({"dialect": {"encoding": "klingon"}}),
            json!({"dialect": {"encoding": "hz-gb-2312"}}),
            json!({"dialect": {"header": "yes"}}),
            json!({"tableSchema": {"columns": [{"titles": "a", "datatype": "money"}]}}),
            json!({"tableSchema": {"columns": [{"titles": "a", "name": " "}]}}),
            json!({"tableSchema": {"columns": [{"titles": "a", "name": "a\nb"}]}}),
            json!({"dc:description": long}),
        ] {
            assert!(kept.clone().with("a.csv", Some(&said)).is_err(), "{said}");
        }
    }
}
