//! Values of an answer as people read them: figures by their formats (`#,##0.00`, `0.0%`) and with their units.

use emporion_export::{Grain, Period};
use emporion_products::chat::answer::{self, Table};
use emporion_semantic::chat::numbers::{self, fixed, formatted, grouped};
use emporion_semantic::model::is_called_time;
use serde_json::Value;

use crate::text::plain::{shown, shown_prose};
use crate::text::texts::Texts;

/// Decimals of what has no format.
const DECIMALS: usize = 2;
const MOST_DECIMALS: usize = 10;
/// From here on what has no format is no year.
const GROUPED: f64 = 10_000.0;

/// A column of an answer.
#[derive(Debug, Clone, Default)]
pub struct Column {
    pub name: String,
    pub label: String,
    pub format: Option<String>,
    pub unit: Option<String>,
    pub is_figure: bool,
    /// Its figures have no format, and are too large to be years.
    pub is_grouped: bool,
    /// Its days stand for periods that begin with them.
    pub grain: Option<Grain>,
}

/// The columns of a table as files have them.
pub fn exported(table: &Table) -> Vec<emporion_export::Column> {
    let column = |(at, column): (usize, &answer::Column)| {
        let answer::Column { name, label, ty, format, unit, grain, .. } = column;
        let label = if label.is_empty() { name } else { label };
        emporion_export::Column::new(label, ty, format.as_deref(), unit.as_deref(), &table.rows, at)
            .of_periods(grain.as_deref())
    };
    table.columns.iter().enumerate().map(column).collect()
}

impl Column {
    /// The columns of a table. Not every source knows the type of what it computes, so what stands in it counts, too.
    pub fn all(table: &Table) -> Vec<Column> {
        let column = |(at, exported): (usize, emporion_export::Column)| {
            let emporion_export::Column { label, format, unit, is_figure, grain, .. } = exported;
            let name = table.columns[at].name.clone();
            let is_large = |row: &Vec<Value>| row.get(at).and_then(numbers::of).is_some_and(|one| one.abs() >= GROUPED);
            let is_grouped = format.is_none() && !tells_apart(&name) && table.rows.iter().any(is_large);
            Column { name, label, format, unit, is_figure, is_grouped, grain }
        };
        exported(table).into_iter().enumerate().map(column).collect()
    }

    /// A cell with what its figure is counted in.
    pub fn with_unit(&self, t: Texts, value: &Value) -> Option<String> {
        let cell = self.cell(t, value)?;
        Some(match self.unit.as_deref().filter(|_| !cell.ends_with('%')) {
            Some(unit) => format!("{cell} {}", shown(unit)),
            None => cell,
        })
    }

    /// Its heading, with the unit of all its figures.
    pub fn heading(&self) -> String {
        match &self.unit {
            Some(unit) => shown_prose(&format!("{} ({unit})", self.label)),
            None => shown_prose(&self.label),
        }
    }

    /// A cell; `None` where nothing stands in it. What has no format is not grouped where it may be a year.
    pub fn cell(&self, t: Texts, value: &Value) -> Option<String> {
        if let Some(period) = self.grain.and_then(|grain| Period::beginning(grain, value)) {
            return Some(period.rendered(|month| t.say(&format!("month.{month}"))));
        }
        match (value, numbers::of(value)) {
            (Value::Null, _) => None,
            (Value::Bool(truth), _) => Some(truth.to_string()),
            (_, Some(number)) if self.is_figure => Some(t.figure(&match &self.format {
                Some(format) => formatted(number, format),
                None if self.is_grouped => grouped(&plain(value, number)),
                None => plain(value, number),
            })),
            (Value::String(text), _) => Some(shown_prose(text)),
            (other, _) => Some(shown_prose(&other.to_string())),
        }
    }
}

/// Whether a name says that numbers of its column are no amounts.
fn tells_apart(name: &str) -> bool {
    let name = name.to_lowercase();
    let ends = |end: &str| name == end || name.ends_with(&format!("_{end}")) || name.ends_with(&format!(" {end}"));
    ["id", "no", "nr", "number", "code", "key", "zip"].into_iter().any(ends) || is_called_time(&name)
}

/// A number that has no format, as it stands alone. `None` for what is none.
pub fn of(value: &Value) -> Option<String> {
    numbers::of(value).map(|number| plain(value, number))
}

/// A sentence of an answer, its figures in the reader's notation. What is quoted, or may be part of a name or a date, stays.
pub fn in_notation(t: Texts, text: &str) -> String {
    let is_in_figure = |c: char| c.is_ascii_digit() || matches!(c, ',' | '.');
    let mut rendered = String::with_capacity(text.len());
    let (mut rest, mut is_quoted) = (text, false);
    while let Some(first) = rest.chars().next() {
        let run = if first.is_ascii_digit() { rest.find(|c| !is_in_figure(c)).unwrap_or(rest.len()) } else { 0 };
        let run = rest[..run].trim_end_matches([',', '.']);
        if run.is_empty() {
            is_quoted = (is_quoted || first == '“') && first != '”';
            rendered.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let behind = rest[run.len()..].chars().next();
        let stands_alone = behind.is_none_or(|c| !c.is_alphanumeric() && !"-/:".contains(c));
        let is_told = run.contains(',') && rendered.ends_with(' ') || follows_words(&rendered);
        let is_figure = !is_quoted && stands_alone && is_told && is_english(run);
        rendered.push_str(&if is_figure { t.figure(run) } else { run.to_owned() });
        rest = &rest[run.len()..];
    }
    rendered
}

/// Whether what comes next can be a figure: names begin with a capital letter, and a figure behind them is theirs.
fn follows_words(before: &str) -> bool {
    let before = before.trim_end_matches('-');
    let Some(words) = before.strip_suffix(' ') else { return before.is_empty() || before.ends_with('(') };
    let word = words.rsplit(' ').next().unwrap_or_default();
    word.ends_with(|c: char| !c.is_alphanumeric()) || word.starts_with(|c: char| c.is_lowercase() || c.is_ascii_digit())
}

/// Whether digits are written as figures are in English: in groups, or with decimals.
fn is_english(run: &str) -> bool {
    let (whole, decimals) = run.split_once('.').map_or((run, None), |(whole, decimals)| (whole, Some(decimals)));
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let is_grouped = !first.is_empty() && groups.all(|group| group.len() == 3);
    is_grouped && decimals.is_none_or(|decimals| !decimals.contains(['.', ',']))
}

fn plain(value: &Value, number: f64) -> String {
    // Whole numbers beyond what a float holds are shown as they came.
    if let Some(whole) = value.as_i64() {
        return whole.to_string();
    }
    if number == number.trunc() && number.abs() < 1e15 {
        return fixed(number, 0);
    }
    let decimals = match number.abs() {
        large if large >= 1.0 => DECIMALS,
        small => (-small.log10().floor()) as usize + DECIMALS,
    };
    let text = fixed(number, decimals.min(MOST_DECIMALS));
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn english() -> Texts {
        Texts::by_code("en").expect("English")
    }

    #[test]
    fn a_sentence_has_its_figures_in_the_notation_of_its_reader() {
        let german = Texts::by_code("de").expect("German");
        for (text, rendered) in [
            ("Net sales in 2026: 1,234.50 EUR.", "Net sales in 2026: 1.234,50 EUR."),
            ("North (12.5 %), South (-1,200).", "North (12,5 %), South (-1.200)."),
            ("Net sales, up 3.5 % on 2025, to EUR 12,000.", "Net sales, up 3,5 % on 2025, to EUR 12.000."),
            ("Orders of “Vitamin 1.5” on 2026-01-02: 7.", "Orders of “Vitamin 1.5” on 2026-01-02: 7."),
            ("Vitamin 1.5 (3.5)", "Vitamin 1.5 (3,5)"),
            ("Version 1.2.3 at 10:30 is 1,2", "Version 1.2.3 at 10:30 is 1,2"),
        ] {
            assert_eq!(in_notation(german, text), rendered);
            assert_eq!(in_notation(english(), text), text);
        }
        let column = Column { is_figure: true, format: Some("#,##0.00".to_owned()), ..Column::default() };
        assert_eq!(column.cell(german, &json!(1234.5)).as_deref(), Some("1.234,50"));
    }

    #[test]
    fn figures_are_known_by_what_they_are() {
        let table = |column: Value, rows: Value| json!({"columns": [column], "rows": rows});
        let cells = |table: Value| {
            let table: Table = serde_json::from_value(table).expect("a table");
            let column = Column::all(&table).remove(0);
            (column.is_figure, table.rows.iter().map(|row| column.cell(english(), &row[0])).collect::<Vec<_>>())
        };
        let texts = |texts: &[&str]| texts.iter().map(|text| Some((*text).to_owned())).collect::<Vec<_>>();
        let years = table(json!({"name": "y", "type": "VARCHAR"}), json!([[2026], [1.23456]]));
        assert_eq!(cells(years), (true, texts(&["2026", "1.23"])));
        let codes = table(json!({"name": "c", "type": "VARCHAR"}), json!([["0123"], ["1"]]));
        assert_eq!(cells(codes), (false, texts(&["0123", "1"])));
        let sums = table(json!({"name": "sum", "type": "NUMBER"}), json!([[2026], [1_234_567.5]]));
        assert_eq!(cells(sums), (true, texts(&["2,026", "1,234,567.5"])));
        let ids = table(json!({"name": "order_id", "type": "NUMBER"}), json!([[2_000_123]]));
        assert_eq!(cells(ids), (true, texts(&["2000123"])));
        let rates = table(json!({"name": "r", "type": "VARCHAR", "format": "0.0%"}), json!([["0.25"], [null]]));
        assert_eq!(cells(rates), (true, vec![Some("25.0 %".into()), None]));
        let months =
            table(json!({"name": "m", "type": "VARCHAR", "grain": "month"}), json!([["2026-03-01"], ["2026-03-02"]]));
        assert_eq!(cells(months), (false, texts(&["Mar 2026", "2026-03-02"])));
    }
}
