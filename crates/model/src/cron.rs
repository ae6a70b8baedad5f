//! Times that come again and again, as cron says them: minute, hour, day of the month, month, day of the week, in UTC or in
//! the time zone that `CRON_TZ=NAME` before them names.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::id::Millis;
use crate::timestamp::{DAY_MILLIS, civil_from_days};

const MINUTE_MILLIS: i64 = 60_000;
/// 29 February can be eight years away, where a century is no leap year.
const MOST_DAYS: i64 = 8 * 366 + 1;
const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// What the name of a time zone stands behind, as cron has it.
const ZONE: &str = "CRON_TZ=";

/// An expression of five fields. Where both sorts of days are named, either of them will do, as cron has it. A time that
/// clocks leave out when they are put forward comes at that moment; one that they show twice comes the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    text: String,
    /// UTC where it names none.
    zone: Option<TimeZone>,
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
        let mut fields: Vec<&str> = text.split_ascii_whitespace().collect();
        let named = fields.first().and_then(|first| first.strip_prefix(ZONE));
        let zone = named.map(|name| zone(name).ok_or_else(|| format!("{name:?} is no time zone of the IANA database")));
        let zone = zone.transpose()?;
        if zone.is_some() {
            fields.remove(0);
        }
        let [minute, hour, day, month, weekday] = fields[..] else {
            return Err("has five fields: minute, hour, day of the month, month, day of the week".into());
        };
        let weekdays = WEEKDAY.bits(weekday)?;
        let cron = Cron {
            text: match zone.as_ref().and_then(TimeZone::iana_name) {
                Some(name) => format!("{ZONE}{name} {}", fields.join(" ")),
                None => fields.join(" "),
            },
            zone,
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
        let zone = self.zone.as_ref();
        let offset = match zone {
            Some(zone) => zone.to_offset(Timestamp::from_millisecond(after.0).ok()?).seconds(),
            None => 0,
        };
        let minute = (after.0 + i64::from(offset) * 1_000).div_euclid(MINUTE_MILLIS) + 1;
        let (first_day, first_minute) = (minute.div_euclid(1_440), minute.rem_euclid(1_440));
        (first_day..first_day + MOST_DAYS).filter(|day| self.has_day(*day)).find_map(|day| {
            let from = if day == first_day { first_minute } else { 0 };
            let is_said =
                |minute: &i64| self.hours & (1 << (minute / 60)) != 0 && self.minutes & (1 << (minute % 60)) != 0;
            let shown = (from..1_440).filter(is_said).map(|minute| day * DAY_MILLIS + minute * MINUTE_MILLIS);
            match zone {
                None => shown.map(Millis).next(),
                // What clocks show a second time has come before.
                Some(zone) => shown.filter_map(|shown| moment(zone, shown)).find(|moment| *moment > after),
            }
        })
    }

    /// The five fields, without the zone.
    pub fn fields(&self) -> &str {
        match &self.zone {
            Some(_) => self.text.split_once(' ').map_or("", |(_, fields)| fields),
            None => &self.text,
        }
    }

    /// The name of the time zone in which its times are.
    pub fn zone(&self) -> &str {
        self.zone.as_ref().and_then(TimeZone::iana_name).unwrap_or("UTC")
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

/// A time zone by its name in the IANA database.
fn zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok().filter(|zone| zone.iana_name().is_some())
}

/// The moment at which clocks of a zone first show a time, which is counted in milliseconds as if it were one of UTC.
fn moment(zone: &TimeZone, shown: i64) -> Option<Millis> {
    let shown = TimeZone::UTC.to_datetime(Timestamp::from_millisecond(shown).ok()?);
    let ambiguous = zone.to_ambiguous_timestamp(shown);
    let moment = match ambiguous.offset() {
        // They are put forward over it.
        AmbiguousOffset::Gap { .. } => zone.following(ambiguous.earlier().ok()?).next()?.timestamp(),
        _ => ambiguous.compatible().ok()?,
    };
    Some(Millis(moment.as_millisecond()))
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
    fn times_are_those_of_the_zone_that_is_named() {
        let berlin = |fields: &str| format!("CRON_TZ=Europe/Berlin {fields}");
        for (cron, after, expected) in [
            // Clocks are put forward on 29 March 2026 at 2, and back on 25 October at 3.
            (
                berlin("0 3 * * *"),
                "2026-03-27T12:00:00Z",
                &["2026-03-28T02:00", "2026-03-29T01:00", "2026-03-30T01:00"][..],
            ),
            (berlin("30 2 * * *"), "2026-03-28T12:00:00Z", &["2026-03-29T01:00", "2026-03-30T00:30"]),
            (
                berlin("0,30 2,3 * * *"),
                "2026-03-29T00:00:00Z",
                &["2026-03-29T01:00", "2026-03-29T01:30", "2026-03-30T00:00"],
            ),
            (berlin("30 2 * * *"), "2026-10-24T12:00:00Z", &["2026-10-25T00:30", "2026-10-26T01:30"]),
            (berlin("30 2 * * *"), "2026-10-25T01:10:00Z", &["2026-10-26T01:30"]),
            (berlin("0 0 * * mon"), "2026-11-21T12:00:00Z", &["2026-11-22T23:00", "2026-11-29T23:00"]),
            (
                "CRON_TZ=Asia/Kolkata 0 9 1 * *".into(),
                "2026-11-22T00:00:00Z",
                &["2026-12-01T03:30", "2027-01-01T03:30"],
            ),
            ("CRON_TZ=America/New_York 0 20 31 12 *".into(), "2026-12-31T23:00:00Z", &["2027-01-01T01:00"]),
        ] {
            assert_eq!(times(&cron, after, expected.len()), expected, "{cron} after {after}");
        }
        let cron: Cron = " CRON_TZ=europe/berlin  0 3 * * * ".parse().unwrap();
        assert_eq!((cron.to_string(), cron.fields(), cron.zone()), (berlin("0 3 * * *"), "0 3 * * *", "Europe/Berlin"));
        assert_eq!("0 3 * * *".parse::<Cron>().unwrap().zone(), "UTC");
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
            ("CRON_TZ=Europe/Berlin", "five fields"),
            ("CRON_TZ=Mars/Olympus 0 3 * * *", "no time zone"),
            ("CRON_TZ= 0 3 * * *", "no time zone"),
        ] {
            let refused = text.parse::<Cron>().unwrap_err();
            assert!(refused.contains(why), "{text}: {refused}");
        }
        assert_eq!(" 0  3 * * * ".parse::<Cron>().unwrap().to_string(), "0 3 * * *");
    }
}
