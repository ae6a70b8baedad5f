//! Times as people say them, with the exact one beside it.

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::id::Millis;
use emporion_catalog::timestamp::DAY_MILLIS;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::text::texts::Texts;

#[derive(Clone, Template)]
#[template(
    source = r#"<time datetime="{{ iso }}" title="{{ exact }}">{{ rendered }}<span class="vh"> ({{ exact }})</span></time>"#,
    ext = "html"
)]
pub struct Moment {
    /// `3 hours ago`, `12 March`.
    pub rendered: String,
    /// `12 March 2026, 14:05 UTC`, by the reader's clocks.
    pub exact: String,
    pub iso: String,
}

impl HtmlSafe for Moment {}

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

impl Moment {
    pub fn of(at: Millis, now: Millis, t: Texts) -> Moment {
        Moment::on_clocks(at, now, &t.clocks.zone(), t)
    }

    /// The same of a time that is set in a zone, whose days may be others: who has chosen no clocks of his own is told it by
    /// those of the zone. One that nobody knows is UTC.
    pub fn in_zone(at: Millis, now: Millis, zone: &str, t: Texts) -> Moment {
        match TimeZone::get(zone) {
            Ok(zone) if t.clocks.chosen().is_none() => Moment::on_clocks(at, now, &zone, t),
            _ => Moment::of(at, now, t),
        }
    }

    fn on_clocks(at: Millis, now: Millis, zone: &TimeZone, t: Texts) -> Moment {
        let Ok(stamp) = Timestamp::from_millisecond(at.0) else {
            let rendered = at.0.to_string();
            return Moment { exact: rendered.clone(), iso: String::new(), rendered };
        };
        let then = stamp.to_zoned(zone.clone());
        let full = date(t, then.date());
        let clock = format!("{:02}:{:02}", then.hour(), then.minute());
        let ago = now.0 - at.0;
        let today = Timestamp::from_millisecond(now.0).ok().map(|now| now.to_zoned(zone.clone()));
        let is_this_year = today.as_ref().is_some_and(|today| today.year() == then.year());
        // Yesterday is the day before this one, not what is a day ago.
        let days = today.and_then(|today| Some(i64::from(then.date().until(today.date()).ok()?.get_days())));
        let rendered = match ago {
            ..0 if ago > -MINUTE => t.say("time.now"),
            0..MINUTE => t.say("time.now"),
            MINUTE..HOUR => t.count("time.minutes", ago / MINUTE),
            HOUR..DAY_MILLIS => t.count("time.hours", ago / HOUR),
            DAY_MILLIS.. if ago < 7 * DAY_MILLIS => t.count("time.days", days.unwrap_or(ago / DAY_MILLIS)),
            _ if is_this_year => {
                let month = t.say(&format!("month.{}", then.month()));
                t.with("time.day", &[("day", &then.day().to_string()), ("month", &month)])
            }
            _ => full.clone(),
        };
        let zone = zone.iana_name().unwrap_or("UTC");
        let exact = t.with("time.exact", &[("day", &full), ("clock", &clock), ("zone", zone)]);
        Moment { rendered, exact, iso: stamp.to_string() }
    }

    /// A day: `today`, `yesterday`, `12 March`. What is told of a whole day has no hour, and is of that day everywhere.
    pub fn day(at: Millis, now: Millis, t: Texts) -> Moment {
        let moment = Moment::on_clocks(at, now, &TimeZone::UTC, t);
        let day = Timestamp::from_millisecond(at.0).map(|stamp| date(t, stamp.to_zoned(TimeZone::UTC).date()));
        let moment = Moment { exact: day.unwrap_or_else(|_| moment.exact.clone()), ..moment };
        match at.0.div_euclid(DAY_MILLIS) == now.0.div_euclid(DAY_MILLIS) {
            true => Moment { rendered: t.say("time.today"), ..moment },
            false => moment,
        }
    }

    /// The same as a point in time that something has been going on since: `Saturday 14:02 UTC`.
    pub fn since(at: Millis, now: Millis, t: Texts) -> Moment {
        let moment = Moment::of(at, now, t);
        let zone = t.clocks.zone();
        let day = |at: Millis| Some(Timestamp::from_millisecond(at.0).ok()?.to_zoned(zone.clone()));
        let (Some(then), Some(today)) = (day(at), day(now)) else { return moment };
        let clock = format!("{:02}:{:02}", then.hour(), then.minute());
        let weekday = t.say(&format!("weekday.{}", then.weekday().to_monday_one_offset()));
        let days = then.date().until(today.date()).map_or(i32::MAX, |span| span.get_days());
        let rendered = match days {
            0 => t.with("time.clock", &[("clock", &clock), ("zone", t.clocks.name())]),
            1 => t.with("time.yesterday", &[("clock", &clock), ("zone", t.clocks.name())]),
            2..7 => t.with("time.weekday", &[("weekday", &weekday), ("clock", &clock), ("zone", t.clocks.name())]),
            _ => moment.exact.clone(),
        };
        Moment { rendered, ..moment }
    }
}

/// `12 March 2026`.
pub fn date(t: Texts, date: Date) -> String {
    let month = t.say(&format!("month.{}", date.month()));
    let (day, year) = (date.day().to_string(), date.year().to_string());
    t.with("time.day_of_year", &[("day", &day), ("month", &month), ("year", &year)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::time_zone::TimeZoneChoice;

    #[test]
    fn times_of_a_zone_are_told_there() {
        let (at, t) = (Millis(1_795_912_139_000), Texts::by_code("en").expect("English"));
        let exact = |zone: &str| Moment::in_zone(at, at, zone, t).exact;
        assert_eq!(exact("Europe/Berlin"), "29 November 2026, 01:28 Europe/Berlin");
        assert_eq!(exact("America/New_York"), "28 November 2026, 19:28 America/New_York");
        for zone in ["UTC", "", "Mars/Olympus"] {
            assert_eq!(exact(zone), "29 November 2026, 00:28 UTC", "{zone}");
        }
        // The day of a coming time is that of the same clock.
        let (eve, now) = (Millis(1_796_065_200_000), Millis(1_795_912_139_000));
        let coming = Moment::in_zone(eve, now, "Asia/Kolkata", t);
        assert_eq!((&*coming.rendered, &*coming.exact), ("1 December", "1 December 2026, 00:30 Asia/Kolkata"));
        assert_eq!(Moment::of(eve, now, t).rendered, "30 November");
    }

    #[test]
    fn who_has_chosen_clocks_reads_all_times_by_them() {
        let at_noon = Millis(1_795_912_139_000);
        let t =
            Texts::by_code("en").expect("English").by_clocks(TimeZoneChoice::by_name("Asia/Kolkata").expect("a zone"));
        let now = Millis(at_noon.0 + HOUR);
        assert_eq!(Moment::of(at_noon, now, t).exact, "29 November 2026, 05:58 Asia/Kolkata");
        assert_eq!(Moment::in_zone(at_noon, now, "Europe/Berlin", t).exact, "29 November 2026, 05:58 Asia/Kolkata");
        assert_eq!(Moment::since(at_noon, now, t).rendered, "05:58 Asia/Kolkata");
        // Seven in the evening of the day before, there.
        let t = t.by_clocks(TimeZoneChoice::by_name("America/New_York").expect("a zone"));
        assert_eq!(Moment::of(at_noon, Millis(at_noon.0 + 9 * DAY_MILLIS), t).rendered, "28 November");
        assert_eq!(
            Moment::since(at_noon, Millis(at_noon.0 + 6 * HOUR), t).rendered,
            "yesterday 19:28 America/New_York"
        );
        assert_eq!(Moment::day(Millis(1_795_910_400_000), now, t).rendered, "today", "a day has no hour");
        assert_eq!(Moment::day(Millis(1_795_910_400_000), now, t).exact, "29 November 2026");
    }

    #[test]
    fn times_are_said_as_people_do() {
        let t = Texts::by_code("en").expect("English");
        let now = Millis(1_790_000_000_000);
        for (ago, rendered) in [
            (5_000, "just now"),
            (MINUTE, "1 minute ago"),
            (3 * HOUR + 5, "3 hours ago"),
            (DAY_MILLIS, "yesterday"),
            (DAY_MILLIS + 15 * HOUR, "2 days ago"),
            (6 * DAY_MILLIS, "6 days ago"),
            (40 * DAY_MILLIS, "12 August"),
            (800 * DAY_MILLIS, "13 July 2024"),
        ] {
            assert_eq!(Moment::of(Millis(now.0 - ago), now, t).rendered, rendered);
        }
        assert_eq!(Moment::of(Millis(0), now, t).exact, "1 January 1970, 00:00 UTC");
    }

    #[test]
    fn a_point_in_time_is_said_by_day_and_clock() {
        let t = Texts::by_code("en").expect("English");
        // A Monday, 14:13:20.
        let now = Millis(1_790_000_000_000);
        for (ago, rendered) in [
            (HOUR, "13:13 UTC"),
            (15 * HOUR, "yesterday 23:13 UTC"),
            (2 * DAY_MILLIS, "Saturday 14:13 UTC"),
            (6 * DAY_MILLIS, "Tuesday 14:13 UTC"),
            (7 * DAY_MILLIS, "14 September 2026, 14:13 UTC"),
        ] {
            assert_eq!(Moment::since(Millis(now.0 - ago), now, t).rendered, rendered);
        }
    }
}
