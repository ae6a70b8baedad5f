//! What is said of a file beside it, as CSV on the Web has it: delimiter, encoding, header, the names, types and
//! descriptions of columns, and keys.

use encoding_rs::Encoding;
use serde::Deserialize;

use super::values::Type;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Metadata {
    #[serde(rename = "dc:description")]
    pub description: Option<String>,
    dialect: Dialect,
    null: Option<Names>,
    pub table_schema: TableSchema,
}

#[derive(Debug, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Dialect {
    delimiter: Option<String>,
    encoding: Option<String>,
    header: Option<bool>,
    /// `null` where quotes are signs like others.
    quote_char: Option<String>,
}

impl Default for Dialect {
    fn default() -> Dialect {
        Dialect { delimiter: None, encoding: None, header: None, quote_char: Some("\"".to_owned()) }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TableSchema {
    pub columns: Vec<Column>,
    null: Option<Names>,
    pub primary_key: Names,
    pub foreign_keys: Vec<ForeignKey>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Column {
    pub name: Option<String>,
    null: Option<Names>,
    datatype: Option<Datatype>,
    #[serde(rename = "dc:description")]
    pub description: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Datatype {
    Base(String),
    Described { base: String, format: Option<Format> },
}

#[derive(Debug, Deserialize)]
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

    pub fn encoding(&self) -> Result<Option<&'static Encoding>, String> {
        let Some(label) = &self.dialect.encoding else { return Ok(None) };
        let known = Encoding::for_label(label.as_bytes());
        known.map(Some).ok_or_else(|| "its metadata names an encoding that is not known".to_owned())
    }

    pub fn delimiter(&self) -> Result<Option<u8>, String> {
        match self.dialect.delimiter.as_deref().map(str::as_bytes) {
            None => Ok(None),
            Some([one]) if !matches!(one, b'"' | b'\n' | b'\r') => Ok(Some(*one)),
            Some(_) => Err("the delimiter that its metadata names is not one character of ASCII".to_owned()),
        }
    }

    pub fn is_quoted(&self) -> bool {
        self.dialect.quote_char.is_some()
    }

    pub fn header(&self) -> Option<bool> {
        self.dialect.header
    }

    /// What stands for no value in a column: said of it, of all columns, or of the file.
    pub fn null(&self, at: usize) -> Option<&[String]> {
        let column = self.table_schema.columns.get(at).and_then(|column| column.null.as_ref());
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
            _ => return Err("its metadata names a datatype that is not read".to_owned()),
        }))
    }
}
