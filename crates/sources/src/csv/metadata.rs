//! What is said of a file beside it, as CSV on the Web has it: delimiter, encoding, header, the names, types and
//! descriptions of columns, and keys. What the connection of a source says of a file has the same form, and wins.

use encoding_rs::{Encoding, REPLACEMENT};
use serde::{Deserialize, Deserializer};

use super::values::Type;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Metadata {
    #[serde(rename = "dc:description")]
    pub description: Option<String>,
    dialect: Dialect,
    null: Option<Names>,
    pub table_schema: TableSchema,
    /// What else is said of columns, by the names that the file has for them.
    #[serde(skip)]
    corrections: Vec<Column>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Dialect {
    delimiter: Option<String>,
    encoding: Option<String>,
    header: Option<bool>,
    /// `null` where quotes are signs like others.
    #[serde(deserialize_with = "said")]
    quote_char: Option<Option<String>>,
}

fn said<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(value).map(Some)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TableSchema {
    pub columns: Vec<Column>,
    null: Option<Names>,
    pub primary_key: Names,
    pub foreign_keys: Vec<ForeignKey>,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Column {
    /// What the file calls it; only corrections are found by it.
    titles: Option<Names>,
    pub name: Option<String>,
    null: Option<Names>,
    datatype: Option<Datatype>,
    #[serde(rename = "dc:description")]
    pub description: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Datatype {
    Base(String),
    Described { base: String, format: Option<Format> },
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Format {
    Pattern(String),
    #[serde(rename_all = "camelCase")]
    Numeric {
        decimal_char: Option<char>,
        group_char: Option<char>,
    },
}

/// One name, or several.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(untagged)]
pub enum Names {
    One(String),
    Several(Vec<String>),
    #[default]
    #[serde(skip)]
    None,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ForeignKey {
    pub column_reference: Names,
    pub reference: Reference,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reference {
    /// The file of the other table.
    pub resource: String,
    pub column_reference: Names,
}

impl Names {
    pub fn all(&self) -> &[String] {
        match self {
            Names::One(name) => std::slice::from_ref(name),
            Names::Several(names) => names,
            Names::None => &[],
        }
    }
}

impl Metadata {
    /// Errors: what is wrong with it, and where.
    pub fn parse(bytes: &[u8]) -> Result<Metadata, String> {
        serde_json::from_slice(bytes)
            .map_err(|error| format!("its metadata cannot be read at line {}, column {}", error.line(), error.column()))
    }

    /// Errors: what can be of no file.
    pub fn check(&self) -> Result<(), String> {
        self.encoding()?;
        self.delimiter()?;
        self.table_schema.columns.iter().try_for_each(|column| {
            if column.name.as_ref().is_some_and(|name| name.trim().is_empty() || name.contains(char::is_control)) {
                return Err("a column is given a name that is none".to_owned());
            }
            column.kind().map(drop)
        })
    }

    /// The same, and what `by` says instead.
    pub fn corrected(mut self, by: Metadata) -> Metadata {
        let Dialect { delimiter, encoding, header, quote_char } = by.dialect;
        let dialect = &mut self.dialect;
        dialect.delimiter = delimiter.or(dialect.delimiter.take());
        dialect.encoding = encoding.or(dialect.encoding.take());
        dialect.header = header.or(dialect.header);
        dialect.quote_char = quote_char.or(dialect.quote_char.take());
        self.description = by.description.or(self.description);
        self.null = by.table_schema.null.or(by.null).or(self.null);
        self.corrections = by.table_schema.columns;
        self
    }

    /// The same, with what `all` says where this says nothing.
    pub fn or(mut self, all: Metadata) -> Metadata {
        let (dialect, default) = (&mut self.dialect, all.dialect);
        dialect.delimiter = dialect.delimiter.take().or(default.delimiter);
        dialect.encoding = dialect.encoding.take().or(default.encoding);
        dialect.header = dialect.header.or(default.header);
        dialect.quote_char = dialect.quote_char.take().or(default.quote_char);
        self.null = self.null.or(all.table_schema.null).or(all.null);
        self
    }

    /// What is said of the columns that the file has these names for.
    pub fn columns(&self, titles: &[String]) -> Vec<Column> {
        let one = |(at, title): (usize, &String)| {
            let is_it = |column: &&Column| column.titles.as_ref().is_some_and(|titles| titles.all().contains(title));
            let beside = self.table_schema.columns.get(at).cloned().unwrap_or_default();
            let Some(by) = self.corrections.iter().find(is_it) else { return beside };
            let by = by.clone();
            Column {
                titles: None,
                name: by.name.or(beside.name),
                null: by.null.or(beside.null),
                datatype: by.datatype.or(beside.datatype),
                description: by.description.or(beside.description),
            }
        };
        titles.iter().enumerate().map(one).collect()
    }

    pub fn encoding(&self) -> Result<Option<&'static Encoding>, String> {
        let Some(label) = &self.dialect.encoding else { return Ok(None) };
        // The last one means that it is known and never read.
        let known = Encoding::for_label(label.as_bytes()).filter(|known| *known != REPLACEMENT);
        known.map(Some).ok_or_else(|| "the encoding that is named for it is not known".to_owned())
    }

    pub fn delimiter(&self) -> Result<Option<u8>, String> {
        match self.dialect.delimiter.as_deref().map(str::as_bytes) {
            None => Ok(None),
            Some([one]) if !matches!(one, b'"' | b'\n' | b'\r' | 0) => Ok(Some(*one)),
            Some(_) => Err("the delimiter that is named for it is not one character of ASCII".to_owned()),
        }
    }

    pub fn is_quoted(&self) -> bool {
        !matches!(self.dialect.quote_char, Some(None))
    }

    pub fn header(&self) -> Option<bool> {
        self.dialect.header
    }

    /// What stands for no value in a column: said of it, of all columns, or of the file.
    pub fn null<'a>(&'a self, column: Option<&'a Column>) -> Option<&'a [String]> {
        let column = column.and_then(|column| column.null.as_ref());
        column.or(self.table_schema.null.as_ref()).or(self.null.as_ref()).map(Names::all)
    }
}

impl Column {
    /// The type that is said; `None` where it is to be inferred.
    ///
    /// Errors: that it is not one that is read.
    pub fn kind(&self) -> Result<Option<Type>, String> {
        let (base, format) = match &self.datatype {
            None => return Ok(None),
            Some(Datatype::Base(base)) => (base, None),
            Some(Datatype::Described { base, format }) => (base, format.as_ref()),
        };
        let (decimal, group) = match format {
            Some(Format::Numeric { decimal_char, group_char }) => (decimal_char.unwrap_or('.'), *group_char),
            _ => ('.', None),
        };
        Ok(Some(match base.as_str() {
            "string" | "anyURI" | "any" | "json" | "xml" | "html" | "time" => Type::Text,
            "boolean" => Type::Boolean,
            "integer" | "long" | "int" | "short" | "byte" | "nonNegativeInteger" | "positiveInteger" => Type::Integer,
            "number" | "decimal" | "double" | "float" => Type::Number { decimal, group },
            "date" => Type::Date(match format {
                Some(Format::Pattern(pattern)) => pattern.clone(),
                _ => "yyyy-MM-dd".to_owned(),
            }),
            "dateTime" | "datetime" | "dateTimeStamp" => Type::Timestamp,
            _ => return Err("a datatype that is named for it is not read".to_owned()),
        }))
    }
}
