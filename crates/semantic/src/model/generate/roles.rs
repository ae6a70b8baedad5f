//! Roles of columns, judged by type, keys and name, as an analyst would at first sight.

use std::collections::HashSet;

use serde_json::Value;

use super::super::datatype::{self, BOOLEAN, DATE, DATE_TIME, DATE_TIME_TZ, DECIMAL, FLOAT, INTEGER};
use super::super::time_format::{Granularity, TimeFormat};
use super::words::{singular, words};
use super::{SourceColumn, SourceTable};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Time,
    /// Groups and filters.
    Dimension,
    /// A number that something is said of.
    Fact,
    /// Bytes that nobody asks about.
    Opaque,
}

/// When a row was written, not when what it tells of happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Audit {
    Created,
    /// Changed, loaded, deleted.
    Touched,
}

/// The tables' names, against which run-together keys such as `customerid` are read.
pub(super) struct Roles {
    entities: HashSet<String>,
}

/// Names of whole numbers that count nothing, in the last word.
const KEYS: &[&str] =
    &["id", "key", "uuid", "guid", "sk", "pk", "fk", "code", "isbn", "ean", "sku", "barcode", "ssn", "pin"];
/// The same where another word stands before them.
const NUMBERS: &[&str] = &["no", "nr", "num", "number"];
const PLACES: &[&str] =
    &["zip", "zipcode", "postcode", "postal", "phone", "fax", "latitude", "longitude", "lat", "lon", "lng"];
const CALENDAR: &[&str] =
    &["year", "yr", "quarter", "month", "week", "weekday", "day", "hour", "decade", "dow", "doy", "yyyymm", "yyyymmdd"];
/// The same in other words, and in German.
const PERIODS: &[&str] = &[
    "period",
    "yearmonth",
    "datum",
    "tag",
    "woche",
    "monat",
    "buchungsmonat",
    "quartal",
    "jahr",
    "zeitraum",
    "periode",
];
/// Whole numbers that stand for one of a few things, or for a place in a row of them.
const CLASSES: &[&str] = &[
    "status", "state", "type", "category", "kind", "class", "group", "stage", "tier", "level", "priority", "mode",
    "role", "segment", "channel", "version", "seq", "sequence", "position", "line", "sort", "ordinal", "index",
    "ordering",
];
const FLAG_BEGINS: &[&str] = &["is", "has", "was", "can", "should", "allow", "allows"];
const FLAG_ENDS: &[&str] = &["flag", "flg", "yn"];
/// Whole numbers of such a name, and no other word, say yes or no.
const FLAG_NAMES: &[&str] = &[
    "active",
    "enabled",
    "disabled",
    "deleted",
    "archived",
    "verified",
    "published",
    "approved",
    "cancelled",
    "canceled",
    "discontinued",
    "visible",
    "hidden",
    "locked",
    "default",
];

const CREATED: &[&str] = &["created", "create", "creation", "inserted", "insert", "added"];
const TOUCHED: &[&str] = &[
    "updated",
    "update",
    "upd",
    "modified",
    "modification",
    "changed",
    "edited",
    "touched",
    "loaded",
    "load",
    "etl",
    "dwh",
    "dw",
    "ingested",
    "ingestion",
    "imported",
    "synced",
    "sync",
    "refreshed",
    "refresh",
    "extracted",
    "archived",
    "deleted",
    "last",
    "rowversion",
];
/// The same where a name runs together: `createdat`, `lastupdate`, `modifieddate`.
const CREATED_BEGINS: &[&str] = &["created", "creationd", "inserted"];
const TOUCHED_BEGINS: &[&str] =
    &["updated", "modified", "lastupd", "lastmod", "lastchange", "loaddate", "loadts", "etl"];
/// Times of things that never are when something happened here.
const OF_PEOPLE: &[&str] = &["birth", "birthday", "birthdate", "dob", "death"];
/// Words of days that are agreed on before they come.
const AHEAD: &[&str] = &[
    "due",
    "deadline",
    "required",
    "expected",
    "planned",
    "promised",
    "estimated",
    "target",
    "end",
    "ends",
    "expiry",
    "expires",
    "expiration",
    "until",
    "thru",
    "renewal",
];
/// What is left of the name of a time when its own word is taken off.
const TIME_WORDS: &[&str] = &["date", "time", "datetime", "timestamp", "ts", "dt", "at", "on", "day"];

impl Roles {
    pub(super) fn among(tables: &[SourceTable]) -> Roles {
        Roles { entities: tables.iter().map(|table| singular(&table.name.to_lowercase())).collect() }
    }

    pub(super) fn of(&self, column: &SourceColumn, table: &SourceTable) -> Role {
        if is_time(column) || written_time(table).is_some_and(|(time, _)| time.name == column.name) {
            return Role::Time;
        }
        if is_opaque(&column.data_type) {
            return Role::Opaque;
        }
        let is_key = table.primary_key.contains(&column.name)
            || table.foreign_keys.iter().any(|key| key.columns.contains(&column.name));
        if is_key || !is_number(column) || is_flag(column) || self.names_a_thing(column) {
            Role::Dimension
        } else {
            Role::Fact
        }
    }

    /// Whether the number is a name of something: nobody adds or averages those.
    fn names_a_thing(&self, column: &SourceColumn) -> bool {
        let words = words(&column.name);
        let (Some(first), Some(last)) = (words.first(), words.last()) else { return false };
        let is = |list: &[&str], word: &String| list.contains(&word.as_str());
        let is_whole = datatype::logical(&column.data_type) == Some(INTEGER) || column.data_type == "NUMERIC";
        // `customerid`, where there are customers.
        let is_run_together =
            words.len() == 1 && last.strip_suffix("id").is_some_and(|entity| self.entities.contains(&singular(entity)));
        column.data_type == "YEAR"
            || is(KEYS, last)
            || is_run_together
            || words.len() > 1 && is(NUMBERS, last)
            || words.iter().any(|word| is(PLACES, word))
            // A rate per year is no year; nor are sales of the year to date.
            || is(CALENDAR, last) && !words.iter().any(|word| matches!(word.as_str(), "per" | "of")) && words.len() < 4
            || matches!(last.as_str(), "month" | "week" | "year" | "day") && words.iter().any(|word| word == "of")
            || is(&["year", "yr"], first) && words.len() < 3
            || is_whole && is(CLASSES, last)
    }
}

/// The column whose time questions mean when they name none, where that is clear: the one that is not an audit column,
/// or that is called after the table, or that every row has: what may be missing came later. Of audit columns only the
/// creation of a row stands for something that happened. Where no column is a time by its type, it is the one whose texts
/// tell the finest periods.
pub(super) fn default_time(table: &SourceTable) -> Option<&SourceColumn> {
    if let Some((written, _)) = written_time(table) {
        return Some(written);
    }
    let times =
        || table.columns.iter().filter(|column| is_time(column) && column.data_type != "TIME" && !is_of_people(column));
    let happened: Vec<&SourceColumn> = times().filter(|column| audit(&column.name).is_none()).collect();
    if happened.is_empty() {
        let created: Vec<&SourceColumn> =
            times().filter(|column| audit(&column.name) == Some(Audit::Created)).collect();
        return if let [only] = created[..] { Some(only) } else { None };
    }
    if let [only] = happened[..] {
        return Some(only);
    }
    let named: Vec<&SourceColumn> =
        happened.iter().copied().filter(|column| is_called_after(&column.name, &table.name)).collect();
    if let [only] = named[..] {
        return Some(only);
    }
    let every: Vec<&SourceColumn> =
        happened.into_iter().filter(|column| column.is_required && !lies_ahead(&column.name)).collect();
    if let [only] = every[..] { Some(only) } else { None }
}

/// A day that is known from the beginning, and on which nothing has happened yet.
fn lies_ahead(name: &str) -> bool {
    words(name).iter().any(|word| AHEAD.contains(&word.as_str()))
}

/// The column of a table whose texts, or digits, name the periods in which its rows happened, and how: the one that tells the
/// finest. Where a column has a time by its type that is when, and others are what their rows are called by.
pub(super) fn written_time(table: &SourceTable) -> Option<(&SourceColumn, TimeFormat)> {
    let is_known =
        |column: &SourceColumn| is_time(column) && column.data_type != "TIME" && audit(&column.name).is_none();
    if table.columns.iter().any(|column| is_known(column) && !is_of_people(column)) {
        return None;
    }
    let is_key = |column: &SourceColumn| {
        table.primary_key[..] == [column.name.clone()]
            || table.foreign_keys.iter().any(|key| key.columns.contains(&column.name))
    };
    let of = |column: &'_ SourceColumn| {
        let format = TimeFormat::of_values(&column.sample_values)?;
        // A number of four digits is a year, which is asked for as one.
        let fits = match is_number(column) {
            true => is_called_time(&column.name) && format.finest() == Granularity::Month,
            false => is_called_time(&column.name) || !format.is_of_digits(),
        };
        (fits && !is_key(column) && !is_of_people(column)).then_some(format)
    };
    let written = table.columns.iter().filter_map(|column| Some((column, of(column)?)));
    // The first of those that are as fine as one another.
    written.min_by_key(|(_, format)| format.finest())
}

/// Whether a name says that its column tells when.
pub fn is_called_time(name: &str) -> bool {
    words(name).iter().any(|word| {
        let word = word.as_str();
        CALENDAR.contains(&word) || PERIODS.contains(&word) || TIME_WORDS[..4].contains(&word)
    })
}

pub(super) fn audit(name: &str) -> Option<Audit> {
    let words = words(name);
    let compact = words.concat();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let begins = |list: &[&str]| list.iter().any(|begin| compact.starts_with(begin));
    if has(TOUCHED) || begins(TOUCHED_BEGINS) {
        Some(Audit::Touched)
    } else if has(CREATED) || begins(CREATED_BEGINS) {
        Some(Audit::Created)
    } else {
        None
    }
}

fn is_of_people(column: &SourceColumn) -> bool {
    words(&column.name).iter().any(|word| OF_PEOPLE.contains(&word.as_str()))
}

/// `order_date` in `orders`, `rentaldate` in `rental`, `date` in any table.
fn is_called_after(column: &str, table: &str) -> bool {
    let compact = words(column).concat();
    let entity: String = words(table).last().map(|word| singular(word)).unwrap_or_default();
    TIME_WORDS.contains(&compact.as_str())
        || !entity.is_empty() && compact.strip_prefix(entity.as_str()).is_some_and(|rest| TIME_WORDS.contains(&rest))
}

pub(super) fn is_time(column: &SourceColumn) -> bool {
    matches!(datatype::logical(&column.data_type), Some(DATE | DATE_TIME | DATE_TIME_TZ))
}

pub(super) fn is_number(column: &SourceColumn) -> bool {
    matches!(datatype::logical(&column.data_type), Some(INTEGER | DECIMAL | FLOAT))
}

fn is_opaque(data_type: &str) -> bool {
    ["BINARY", "BLOB", "BYTEA", "BYTES", "IMAGE"].iter().any(|part| data_type.contains(part))
}

/// Whether the values say yes or no.
fn is_flag(column: &SourceColumn) -> bool {
    let words = words(&column.name);
    let is = |list: &[&str], word: Option<&String>| word.is_some_and(|word| list.contains(&word.as_str()));
    let is_one_bit = |value: &Value| value.is_boolean() || matches!(value.as_i64(), Some(0 | 1));
    let is_whole = datatype::logical(&column.data_type) == Some(INTEGER);
    datatype::logical(&column.data_type) == Some(BOOLEAN)
        || column.native_type.as_deref().is_some_and(|native| native.starts_with("tinyint(1)"))
        || column.complete && !column.sample_values.is_empty() && column.sample_values.iter().all(is_one_bit)
        || words.len() > 1 && (is(FLAG_BEGINS, words.first()) || is(FLAG_ENDS, words.last()))
        || is_whole && words.len() == 1 && is(FLAG_NAMES, words.first())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, data_type: &str) -> SourceColumn {
        SourceColumn { name: name.to_owned(), data_type: data_type.to_owned(), ..SourceColumn::default() }
    }

    fn table(name: &str, columns: &[(&str, &str)]) -> SourceTable {
        let columns = columns.iter().map(|(name, data_type)| column(name, data_type)).collect();
        SourceTable { name: name.to_owned(), columns, ..SourceTable::default() }
    }

    #[test]
    fn numbers_that_name_things_are_no_facts() {
        let tables = [table("customers", &[])];
        let roles = Roles::among(&tables);
        let role = |column: SourceColumn| roles.of(&column, &tables[0]);
        for name in [
            "customer_id",
            "CustomerID",
            "customerid",
            "id",
            "order_key",
            "release_year",
            "fiscal_year",
            "year_built",
            "month",
            "day_of_week",
            "zip",
            "invoice_no",
            "is_active",
            "has_children",
            "active",
            "discontinued",
            "late_flag",
            "status",
            "sort_order_index",
            "latitude",
        ] {
            assert_eq!(role(column(name, "INT")), Role::Dimension, "{name}");
        }
        for name in
            ["amount", "quantity", "years_of_service", "rental_duration", "amount_per_year", "number_of_items", "paid"]
        {
            assert_eq!(role(column(name, "INT")), Role::Fact, "{name}");
        }
        assert_eq!(role(column("active", "DECIMAL")), Role::Fact);
        assert_eq!(role(column("released", "YEAR")), Role::Dimension);
        assert_eq!(role(column("agreed", "BOOLEAN")), Role::Dimension);
        assert_eq!(role(column("photo", "BLOB")), Role::Opaque);
        let native = Some("tinyint(1)".to_owned());
        assert_eq!(role(SourceColumn { native_type: native, ..column("paid", "TINYINT") }), Role::Dimension);
        let seen = vec![Value::from(0), Value::from(1)];
        assert_eq!(
            role(SourceColumn { sample_values: seen, complete: true, ..column("paid", "TINYINT") }),
            Role::Dimension
        );
    }

    #[test]
    fn texts_and_digits_that_name_periods_are_a_time_where_there_is_no_other() {
        let seen = |name: &str, data_type: &str, values: &[&str]| {
            let value = |text: &&str| match data_type {
                "INT" => text.parse::<i64>().map_or(Value::Null, Value::from),
                _ => Value::from(*text),
            };
            SourceColumn { sample_values: values.iter().map(value).collect(), ..column(name, data_type) }
        };
        let time = |columns: Vec<SourceColumn>| {
            let table = SourceTable { name: "takings".to_owned(), columns, ..SourceTable::default() };
            default_time(&table).map(|column| column.name.clone())
        };
        let (month, quarter) = (["2024-01", "2024-02"], ["2024-Q1"]);
        let both = || vec![seen("q", "VARCHAR", &quarter), seen("m", "TEXT", &month), column("amount", "DECIMAL")];
        assert_eq!(time(both()).as_deref(), Some("m"), "the finest");
        assert_eq!(time([both(), vec![column("paid_on", "DATE")]].concat()).as_deref(), Some("paid_on"));
        assert_eq!(time([both(), vec![column("updated_at", "DATE")]].concat()).as_deref(), Some("m"));
        assert_eq!(time(vec![seen("month", "VARCHAR", &["2024-01", "soon"])]), None);
        assert_eq!(time(vec![seen("Monat", "INT", &["202401", "202402"])]).as_deref(), Some("Monat"));
        assert_eq!(time(vec![seen("code", "VARCHAR", &["202401", "202402"])]), None, "digits may be anything");
        assert_eq!(time(vec![seen("year", "INT", &["2024"])]), None, "a year is asked for as a number");
    }

    #[test]
    fn audit_columns_are_no_default_time_where_there_is_another() {
        let time = |name: &str, columns: &[&str]| {
            let columns: Vec<(&str, &str)> = columns.iter().map(|name| (*name, "TIMESTAMP")).collect();
            default_time(&table(name, &columns)).map(|column| column.name.clone())
        };
        assert_eq!(time("orders", &["created_at", "shipped_on", "updated_at"]).as_deref(), Some("shipped_on"));
        assert_eq!(time("rental", &["rental_date", "return_date", "last_update"]).as_deref(), Some("rental_date"));
        assert_eq!(time("Orders", &["OrderDate", "RequiredDate"]).as_deref(), Some("OrderDate"));
        assert_eq!(time("orders", &["shipped_on", "billed_on"]), None, "somebody has to say which");
        assert_eq!(time("customer", &["create_date", "last_update"]).as_deref(), Some("create_date"));
        assert_eq!(time("events", &["createdat", "etl_loaded_at"]).as_deref(), Some("createdat"));
        assert_eq!(time("actor", &["last_update"]), None, "when a row was touched is no answer to when");
        assert_eq!(time("people", &["birth_date", "created_at"]).as_deref(), Some("created_at"));
        let required = |required: &[&str], columns: &[&str]| {
            let columns = columns
                .iter()
                .map(|name| SourceColumn { is_required: required.contains(name), ..column(name, "DATE") });
            let table = SourceTable { columns: columns.collect(), ..table("bills", &[]) };
            default_time(&table).map(|column| column.name.clone())
        };
        let days = ["issued_on", "due_on", "paid_on"];
        assert_eq!(
            required(&["issued_on", "due_on"], &days).as_deref(),
            Some("issued_on"),
            "each has it, and it is past"
        );
        assert_eq!(required(&["issued_on", "paid_on"], &days), None, "each has both");
        assert_eq!(time("people", &[]), None);
    }
}
