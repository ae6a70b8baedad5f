//! How times stand in texts, or in the digits of whole numbers: as patterns of Unicode say it (UTS #35), `yyyy-MM`.

use serde_json::Value;

use super::parts::Field;

/// The finest periods that a time tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Granularity {
    Day,
    Month,
    Quarter,
    Year,
}

impl Granularity {
    /// The periods by which such a time can be asked for.
    pub(super) fn grains(self) -> &'static [&'static str] {
        const ALL: [&str; 5] = ["day", "week", "month", "quarter", "year"];
        &ALL[match self {
            Granularity::Day => 0,
            Granularity::Month => 2,
            Granularity::Quarter => 3,
            Granularity::Year => 4,
        }..]
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Four digits.
    Year,
    /// Two digits each.
    Month,
    Day,
    /// `Q1`.
    Quarter,
    /// `Jan` or `January`, in English or in German.
    MonthName,
    Sign(char),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TimeFormat {
    pieces: Vec<Piece>,
}

/// Those that are known by values, the one that is taken first. A day and a month of two digits each tell by their order alone
/// what they are, so that only the order of a point is among them.
const KNOWN: [&str; 19] = [
    "yyyy-MM",
    "yyyy/MM",
    "yyyy.MM",
    "MM/yyyy",
    "MM.yyyy",
    "MM-yyyy",
    "yyyy-QQQ",
    "yyyyQQQ",
    "yyyy QQQ",
    "yyyy/QQQ",
    "QQQ yyyy",
    "QQQ/yyyy",
    "QQQ-yyyy",
    "MMM yyyy",
    "MMM-yyyy",
    "dd.MM.yyyy",
    "yyyy/MM/dd",
    "yyyyMM",
    "yyyy",
];

/// Their names in English and in German, in full and cut short.
pub(crate) const MONTHS: [&[&str]; 12] = [
    &["jan", "january", "januar"],
    &["feb", "february", "februar"],
    &["mar", "march", "mär", "mrz", "märz"],
    &["apr", "april"],
    &["may", "mai"],
    &["jun", "june", "juni"],
    &["jul", "july", "juli"],
    &["aug", "august"],
    &["sep", "sept", "september"],
    &["oct", "october", "okt", "oktober"],
    &["nov", "november"],
    &["dec", "december", "dez", "dezember"],
];

impl TimeFormat {
    /// `None` for what is no pattern, or one by which no time could be read.
    pub fn parse(pattern: &str) -> Option<TimeFormat> {
        let mut pieces = Vec::new();
        let mut rest = pattern;
        while let Some(first) = rest.chars().next() {
            let run = rest.len() - rest.trim_start_matches(first).len();
            let (piece, length) = match (first, run) {
                ('y', 4) => (Piece::Year, run),
                ('M', 2) => (Piece::Month, run),
                ('M', 3 | 4) => (Piece::MonthName, run),
                ('d', 2) => (Piece::Day, run),
                ('Q', 3) => (Piece::Quarter, run),
                ('-' | '/' | '.' | ' ', _) => (Piece::Sign(first), 1),
                _ => return None,
            };
            pieces.push(piece);
            rest = &rest[length..];
        }
        let format = TimeFormat { pieces };
        format.is_whole().then_some(format)
    }

    /// Whether it tells a period, each part once. A month by its name has no length: the year stands behind it.
    fn is_whole(&self) -> bool {
        let many = |piece: Piece| self.pieces.iter().filter(|one| **one == piece).count();
        let [years, months, days, quarters, names] =
            [Piece::Year, Piece::Month, Piece::Day, Piece::Quarter, Piece::MonthName].map(many);
        let is_told = years == 1 && months + quarters + names <= 1 && days <= months;
        let is_placed = names == 0 || matches!(self.pieces[..], [Piece::MonthName, Piece::Sign(_), Piece::Year]);
        is_told && is_placed
    }

    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    pub fn pattern(&self) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Year => "yyyy".to_owned(),
            Piece::Month => "MM".to_owned(),
            Piece::Day => "dd".to_owned(),
            Piece::Quarter => "QQQ".to_owned(),
            Piece::MonthName => "MMM".to_owned(),
            Piece::Sign(sign) => sign.to_string(),
        };
        self.pieces.iter().map(piece).collect()
    }

    pub fn finest(&self) -> Granularity {
        let has = |piece: Piece| self.pieces.contains(&piece);
        match () {
            () if has(Piece::Day) => Granularity::Day,
            () if has(Piece::Month) || has(Piece::MonthName) => Granularity::Month,
            () if has(Piece::Quarter) => Granularity::Quarter,
            () => Granularity::Year,
        }
    }

    /// Whether it is digits alone, which may be anything else as well.
    pub fn is_of_digits(&self) -> bool {
        self.pieces.iter().all(|piece| matches!(piece, Piece::Year | Piece::Month | Piece::Day))
    }

    /// The format in which all of these values are written; `None` of no values.
    pub fn of_values(values: &[Value]) -> Option<TimeFormat> {
        let texts: Vec<String> = values.iter().map(text).collect::<Option<_>>()?;
        let mut known = KNOWN.iter().filter_map(|pattern| TimeFormat::parse(pattern));
        known.find(|format| !texts.is_empty() && texts.iter().all(|text| format.reads(text)))
    }

    fn reads(&self, text: &str) -> bool {
        let mut rest = text;
        let within =
            |digits: &str, from: u16, to: u16| digits.parse().is_ok_and(|number| (from..=to).contains(&number));
        for piece in &self.pieces {
            let length = match piece {
                Piece::Year => 4,
                Piece::Month | Piece::Day | Piece::Quarter => 2,
                Piece::MonthName => rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len()),
                Piece::Sign(sign) => sign.len_utf8(),
            };
            let Some((part, behind)) = rest.split_at_checked(length) else { return false };
            let is_digits = part.bytes().all(|byte| byte.is_ascii_digit());
            let is_it = match piece {
                Piece::Year => is_digits && within(part, 1900, 2199),
                Piece::Month => is_digits && within(part, 1, 12),
                Piece::Day => is_digits && within(part, 1, 31),
                Piece::Quarter => ["Q1", "Q2", "Q3", "Q4"].contains(&part),
                Piece::MonthName => is_month(part),
                Piece::Sign(sign) => part.starts_with(*sign),
            };
            if !is_it {
                return false;
            }
            rest = behind;
        }
        rest.is_empty()
    }
}

/// How the time of a field stands in a text or a number: as is said (`timeFormat`), else as its samples are written.
///
/// Errors: what is said is no format.
pub(crate) fn of_field(field: &Field) -> Result<Option<TimeFormat>, String> {
    let extension = &field.common.extension;
    match extension.get("timeFormat") {
        Some(said) => {
            let known = said.as_str().and_then(TimeFormat::parse);
            known.map(Some).ok_or_else(|| format!("its timeFormat is none that is read, such as {}", KNOWN[0]))
        }
        None if field.time_dimension == Some(true) => {
            let samples = extension.get("sampleValues").and_then(Value::as_array);
            // A number of four digits need not be a year because somebody calls it a time.
            let texts = samples.filter(|samples| samples.iter().all(Value::is_string));
            Ok(texts.and_then(|texts| TimeFormat::of_values(texts)))
        }
        None => Ok(None),
    }
}

fn is_month(name: &str) -> bool {
    MONTHS.iter().any(|names| names.contains(&name.to_lowercase().as_str()))
}

/// Whether all of these values are days as sources compare them, `2024-12-31`, a time of the day behind them or not.
pub(crate) fn are_days(values: &[Value]) -> bool {
    let is_day = |value: &Value| {
        let text = text(value).unwrap_or_default();
        text.split_at_checked(10).is_some_and(|(day, rest)| {
            let is_time = |time: &str| time.starts_with(|first: char| first.is_ascii_digit());
            let is_alone = rest.is_empty() || rest.strip_prefix([' ', 'T']).is_some_and(is_time);
            day.parse::<jiff::civil::Date>().is_ok() && is_alone
        })
    };
    !values.is_empty() && values.iter().all(is_day)
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_format_is_known_by_all_of_its_values() {
        for (values, wanted) in [
            (json!(["2024-01", "2024-12"]), Some("yyyy-MM")),
            (json!(["2024-01", "2024-13"]), None),
            (json!(["01/2024", "12/2023"]), Some("MM/yyyy")),
            (json!(["2024-Q1", "2023-Q4"]), Some("yyyy-QQQ")),
            (json!(["Q1 2024"]), Some("QQQ yyyy")),
            (json!(["Jan 2024", "May 2024"]), Some("MMM yyyy")),
            (json!(["Januar 2024", "März 2024", "Dezember 2023"]), Some("MMM yyyy")),
            (json!(["202401", "202312"]), Some("yyyyMM")),
            (json!([202401, 202312]), Some("yyyyMM")),
            (json!(["2024"]), Some("yyyy")),
            (json!(["31.12.2024"]), Some("dd.MM.yyyy")),
            (json!(["2024-01-31"]), None),
            (json!(["2024-01", "2024-Q1"]), None),
            (json!(["2024-01", null]), None),
            (json!([]), None),
        ] {
            let values = values.as_array().unwrap();
            assert_eq!(TimeFormat::of_values(values).map(|it| it.pattern()).as_deref(), wanted, "{values:?}");
        }
        assert!(are_days(&[json!("2024-01-31"), json!("2024-02-01 10:00:00")]) && !are_days(&[json!("2024-01")]));
    }

    #[test]
    fn what_tells_no_period_is_no_format() {
        for pattern in ["", "MM", "yy", "yyyy-ww", "yyyy-dd", "yyyy MMM", "yyyyMMMM", "MM/dd", "yyyy-MM-QQQ", "x"] {
            assert_eq!(TimeFormat::parse(pattern), None, "{pattern}");
        }
        for pattern in KNOWN.into_iter().chain(["MM/dd/yyyy", "yyyyMMdd"]) {
            assert_eq!(TimeFormat::parse(pattern).map(|format| format.pattern()).as_deref(), Some(pattern));
        }
        let finest = |pattern| TimeFormat::parse(pattern).map(|format| format.finest());
        let all = ["dd.MM.yyyy", "MMM yyyy", "yyyyQQQ", "yyyy"].map(finest);
        assert_eq!(all, [Granularity::Day, Granularity::Month, Granularity::Quarter, Granularity::Year].map(Some));
        assert_eq!(Granularity::Quarter.grains(), ["quarter", "year"]);
    }
}
