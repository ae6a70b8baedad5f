//! Periods of the calendar, of which answers tell the first day.

use serde_json::Value;

/// How long they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    Month,
    Quarter,
    Year,
}

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    pub grain: Grain,
    pub year: u16,
    /// The first one of it, from 1.
    pub month: u8,
}

impl Grain {
    /// As answers name it. Days and weeks are told by their days.
    pub fn named(name: &str) -> Option<Grain> {
        match name {
            "month" => Some(Grain::Month),
            "quarter" => Some(Grain::Quarter),
            "year" => Some(Grain::Year),
            _ => None,
        }
    }
}

impl Period {
    /// The one that begins with a day (`2026-03-01`, also with a midnight behind it).
    pub fn beginning(grain: Grain, value: &Value) -> Option<Period> {
        let (day, time) = value.as_str()?.split_at_checked("2026-03-01".len())?;
        let is_midnight = time.chars().all(|c| "T 0:.Z".contains(c));
        let mut parts = day.split('-');
        let (year, month) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let is_first = parts.next() == Some("01") && parts.next().is_none() && (1..=12).contains(&month);
        (is_first && is_midnight).then_some(Period { grain, year, month })
    }

    /// `2026-03`, `2026-Q1`, `2026`: in their order, and as programs read them.
    pub fn written(self) -> String {
        let Period { year, month, .. } = self;
        match self.grain {
            Grain::Month => format!("{year:04}-{month:02}"),
            Grain::Quarter => format!("{year:04}-Q{}", (month - 1) / 3 + 1),
            Grain::Year => format!("{year:04}"),
        }
    }

    /// `Mar 2026`, `Q1 2026`, `2026`; `months` names months.
    pub fn rendered(self, months: impl FnOnce(u8) -> String) -> String {
        let Period { year, month, .. } = self;
        match self.grain {
            Grain::Month => format!("{} {year}", months(month).chars().take(3).collect::<String>()),
            Grain::Quarter => format!("Q{} {year}", (month - 1) / 3 + 1),
            Grain::Year => year.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_period_is_called_as_people_do() {
        let rendered = |grain, value: &str| {
            let period = Period::beginning(Grain::named(grain)?, &json!(value))?;
            Some(period.rendered(|month| ["", "January", "February", "March"][usize::from(month)].to_owned()))
        };
        assert_eq!(rendered("month", "2026-03-01").as_deref(), Some("Mar 2026"));
        assert_eq!(rendered("month", "2026-03-01T00:00:00Z").as_deref(), Some("Mar 2026"));
        assert_eq!(rendered("quarter", "2026-10-01 00:00:00.000").as_deref(), Some("Q4 2026"));
        assert_eq!(rendered("year", "2026-01-01").as_deref(), Some("2026"));
        let written = |grain| Period::beginning(Grain::named(grain)?, &json!("2026-10-01")).map(Period::written);
        let all = ["month", "quarter", "year"].map(written).map(Option::unwrap_or_default);
        assert_eq!(all, ["2026-10", "2026-Q4", "2026"]);
        for other in ["2026-03-02", "2026-03-01T12:00", "2026-13-01", "2026-3-1", "", "é", "2026-03-0é"] {
            assert_eq!(rendered("month", other), None, "{other}");
        }
        assert_eq!(rendered("week", "2026-03-01"), None);
    }
}
