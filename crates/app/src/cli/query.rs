//! What `emporion query` takes, and the formats in which rows are taken away.

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::place::Remote;

/// How rows are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RowFormat {
    /// For people.
    Table,
    /// Comma-separated values; no cell is a formula.
    Csv,
    /// A workbook, for a file: figures are figures and days are days.
    Xlsx,
    /// The whole answer of the server.
    Json,
}

#[derive(Args)]
pub struct QueryArgs {
    /// The product's name or its id.
    pub product: String,
    /// A SELECT on the tables of the product; `-` reads it from standard input.
    pub sql: String,
    /// The value of a parameter of the statement (`:name`), as JSON or else as a text; may be repeated.
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = parameter)]
    pub parameters: Vec<(String, Value)>,
    /// How rows are printed; outranks -o [default: as -o says, else table].
    #[arg(long, value_enum)]
    pub format: Option<RowFormat>,
    /// Fetch so many rows at most [default: 1000; for csv and xlsx 10000].
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub rows: Option<u32>,
    /// Query what the next deploy would leave; for those who may change the product.
    #[arg(long)]
    pub preview: bool,
    /// Show no progress.
    #[arg(short, long)]
    pub quiet: bool,
    #[command(flatten)]
    pub remote: Remote,
}

fn parameter(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    // A number that would lose digits is a text.
    let is_kept = |read: &Value| match read {
        Value::Object(_) | Value::Array(_) => false,
        Value::Number(number) => number.to_string().as_str() == value,
        _ => true,
    };
    let scalar = serde_json::from_str(value).ok().filter(is_kept);
    Ok((name.to_owned(), scalar.unwrap_or_else(|| value.into())))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_parameter_is_a_name_and_a_value() {
        let read = |text| parameter(text).ok();
        assert_eq!(read("a=1"), Some(("a".into(), json!(1))));
        assert_eq!(read("a=b=c"), Some(("a".into(), json!("b=c"))));
        assert_eq!(read("a=null"), Some(("a".into(), json!(null))));
        assert_eq!(read("a=\"1\""), Some(("a".into(), json!("1"))));
        assert_eq!(read("a=12345678901234567890123"), Some(("a".into(), json!("12345678901234567890123"))));
        assert_eq!(read("a=[1]"), Some(("a".into(), json!("[1]"))));
        assert_eq!(read("a"), None);
    }
}
