//! Times that come again and again, as cron says them: minute, hour, day of the month, month, day of the week, in UTC.

use std::fmt;
use std::str::FromStr;

use crate::id::Millis;
use crate::timestamp::{DAY_MILLIS, civil_from_days};

const MINUTE_MILLIS: i64 = 60_000;
/// 29 February can be eight years away, where a century is no leap year.
const MOST_DAYS: i64 = 8 * 366 + 1;
const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// An expression of five fields. Where both sorts of days are named, either of them will do, as cron has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    text: String,
    /// Bits of what each field names.
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    any_day: bool,
    any_weekday: bool,
}

/// What a field may name.
struct Field {
    name: &'static str,
    least: u32,
    most: u32,
    /// Words for numbers, from `least` on.
    words: &'static [&'static str],
}

const MINUTE: Field = Field { name: "minute", least: 0, most: 59, words: &[] };
const HOUR: Field = Field { name: "hour", least: 0, most: 23, words: &[] };
const DAY: Field = Field { name: "day of the month", least: 1, most: 31, words: &[] };
const MONTH: Field = Field { name: "month", least: 1, most: 12, words: MONTHS };
/// 7 is Sunday, too.
const WEEKDAY: Field = Field { name: "day of the week", least: 0, most: 7, words: DAYS };

impl Field {
    fn number(&self, text: &str) -> Result<u32, String> {
        let word = self.words.iter().position(|word| text.eq_ignore_ascii_case(word));
        let number = match word.and_then(|at| u32::try_from(at).ok()) {
            Some(at) => Some(self.least + at),
            None => text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit())),
        };
        number.filter(|number| (self.least..=self.most).contains(number)).ok_or_else(|| self.wrong(text))
    }

    fn wrong(&self, text: &str) -> String {
        format!("{text:?} is no {}, which is from {} to {}", self.name, self.least, self.most)
    }

    /// The bits of a list: numbers, ranges, `*`, each with a step.
    fn bits(&self, text: &str) -> Result<u64, String> {
        let mut bits = 0;
        for part in text.split(',') {
            let (range, step) = match part.split_once('/') {
                Some((range, step)) => (range, Some(step)),
                None => (part, None),
            };
            let every = match step {
                None => 1,
                Some(step) => step
                    .parse()
                    .ok()
                    .filter(|every: &usize| (1..=59).contains(every))
                    .ok_or_else(|| self.wrong(part))?,
            };
            let (from, to) = match range.split_once('-') {
                _ if range == "*" => (self.least, self.most),
                Some((from, to)) => (self.number(from)?, self.number(to)?),
                // `5/15` goes on to the end.
                None if step.is_some() => (self.number(range)?, self.most),
                None => (self.number(range)?, self.number(range)?),
            };
            if from > to {
                return Err(self.wrong(part));
            }
            bits = (from..=to).step_by(every).fold(bits, |bits, number| bits | 1 << number);
        }
        Ok(bits)
    }
}

impl FromStr for Cron {
    type Err = String;

    fn from_str(text: &str) -> Result<Cron, String> {
        let fields: Vec<&str> = text.split_ascii_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields[..] else {
            return Err("has five fields: minute, hour, day of the month, month, day of the week".into());
        };
        let weekdays = WEEKDAY.bits(weekday)?;
        let cron = Cron {
            text: fields.join(" "),
            minutes: MINUTE.bits(minute)?,
            hours: HOUR.bits(hour)?,
            days: DAY.bits(day)?,
            months: MONTH.bits(month)?,
            weekdays: weekdays | weekdays >> 7,
            any_day: day.starts_with('*'),
            any_weekday: weekday.starts_with('*'),
        };
        // From a leap year on, so that 29 February is a day.
        match cron.next_after(Millis(0)) {
            Some(_) => Ok(cron),
            None => Err("names a day that never comes".into()),
        }
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Cron {
    /// The first of its times after a moment.
    pub fn next_after(&self, after: Millis) -> Option<Millis> {
        let minute = after.0.div_euclid(MINUTE_MILLIS) + 1;
        let (first_day, first_minute) = (minute.div_euclid(1_440), minute.rem_euclid(1_440));
        (first_day..first_day + MOST_DAYS).filter(|day| self.has_day(*day)).find_map(|day| {
            let from = if day == first_day { first_minute } else { 0 };
            let minute = (from..1_440)
                .find(|minute| self.hours & (1 << (minute / 60)) != 0 && self.minutes & (1 << (minute % 60)) != 0)?;
            Some(Millis(day * DAY_MILLIS + minute * MINUTE_MILLIS))
        })
    }

    /// Whether it names a day, counted from 1 January 1970, which was a Thursday.
    fn has_day(&self, day: i64) -> bool {
        let (_, month, of_month) = civil_from_days(day);
        let in_month = self.days & (1 << of_month) != 0;
        let in_week = self.weekdays & (1 << (day + 4).rem_euclid(7)) != 0;
        let fits = if self.any_day || self.any_weekday { in_month && in_week } else { in_month || in_week };
        fits && self.months & (1 << month) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timestamp;

    fn at(text: &str) -> Millis {
        Millis(timestamp::parse(text).unwrap())
    }

    fn times(cron: &str, after: &str, many: usize) -> Vec<String> {
        let cron: Cron = cron.parse().unwrap();
        let mut now = at(after);
        let mut found = Vec::new();
        for _ in 0..many {
            now = cron.next_after(now).unwrap();
            found.push(timestamp::print(now.0)[..16].to_owned());
        }
        found
    }

    #[test]
    fn times_come_in_their_order() {
        let after = "2026-11-22T22:14:30Z";
        for (cron, expected) in [
            ("* * * * *", ["2026-11-22T22:15", "2026-11-22T22:16"]),
            ("0 3 * * *", ["2026-11-23T03:00", "2026-11-24T03:00"]),
            ("*/20 22 * * *", ["2026-11-22T22:20", "2026-11-22T22:40"]),
            ("5/25 * * * *", ["2026-11-22T22:30", "2026-11-22T22:55"]),
            ("30 9-10 * * mon-fri", ["2026-11-23T09:30", "2026-11-23T10:30"]),
            ("0 0 * * 7", ["2026-11-29T00:00", "2026-12-06T00:00"]),
            ("0 0 * * SUN", ["2026-11-29T00:00", "2026-12-06T00:00"]),
            ("0 12 1 jan,Feb *", ["2027-01-01T12:00", "2027-02-01T12:00"]),
            ("0 0 31 * *", ["2026-12-31T00:00", "2027-01-31T00:00"]),
            ("0 0 29 2 *", ["2028-02-29T00:00", "2032-02-29T00:00"]),
            // Either of two named days.
            ("0 0 1 * mon", ["2026-11-23T00:00", "2026-11-30T00:00"]),
            // A step over all days names no day: both must fit.
            ("0 0 */2 * 0", ["2026-11-29T00:00", "2026-12-13T00:00"]),
        ] {
            assert_eq!(times(cron, after, 2), expected, "{cron}");
        }
        assert_eq!(times("0 0 29 2 *", "2096-03-01T00:00:00Z", 1), ["2104-02-29T00:00"], "2100 has none");
    }

    #[test]
    fn a_time_is_not_its_own_next_one() {
        assert_eq!(times("15 22 * * *", "2026-11-22T22:15:00Z", 1), ["2026-11-23T22:15"]);
        assert_eq!(times("15 22 * * *", "2026-11-22T22:14:59Z", 1), ["2026-11-22T22:15"]);
        assert_eq!(times("0 0 1 1 *", "1969-06-01T00:00:00Z", 1), ["1970-01-01T00:00"]);
    }

    #[test]
    fn what_is_no_expression_is_told() {
        for (text, why) in [
            ("", "five fields"),
            ("* * * *", "five fields"),
            ("* * * * * *", "five fields"),
            ("60 * * * *", "no minute"),
            ("* 24 * * *", "no hour"),
            ("* * 0 * *", "no day of the month"),
            ("* * * 13 *", "no month"),
            ("* * * * 8", "no day of the week"),
            ("5-1 * * * *", "no minute"),
            ("*/0 * * * *", "no minute"),
            ("+5 * * * *", "no minute"),
            ("1,,2 * * * *", "no minute"),
            ("0 0 31 2 *", "never comes"),
        ] {
            let refused = text.parse::<Cron>().unwrap_err();
            assert!(refused.contains(why), "{text}: {refused}");
        }
        assert_eq!(" 0  3 * * * ".parse::<Cron>().unwrap().to_string(), "0 3 * * *");
    }
}
