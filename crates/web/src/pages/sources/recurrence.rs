//! How often a source is read, as a form offers it: what most schedules are is chosen, anything else typed as cron.

use emporion_catalog::cron::Cron;

use crate::forms::form::Form;
use crate::text::texts::Texts;

const UTC: &str = "UTC";
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// What can be chosen, in this order.
pub const CHOICES: [&str; 6] = ["hour", "day", "weekdays", "week", "month", "cron"];

/// What stands in the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recurrence {
    /// One of `CHOICES`.
    pub every: &'static str,
    /// `03:00`.
    pub time: String,
    /// 1 is Monday.
    pub weekday: usize,
    /// Of the month.
    pub day: String,
    /// The fields of cron, where nothing else says the times.
    pub cron: String,
    /// The name of a time zone.
    pub zone: String,
}

impl Default for Recurrence {
    fn default() -> Recurrence {
        let zone = UTC.to_owned();
        Recurrence { every: "day", time: "03:00".into(), weekday: 1, day: "1".into(), cron: String::new(), zone }
    }
}

impl Recurrence {
    /// What most would choose, by the clocks of a zone.
    pub fn usual(zone: &str) -> Recurrence {
        Recurrence { zone: zone.to_owned(), ..Recurrence::default() }
    }

    /// Of an expression that stands; one that is none is shown as it is typed.
    pub fn of(expression: &str) -> Recurrence {
        let typed = |fields: &str| Recurrence { every: "cron", cron: fields.to_owned(), ..Recurrence::default() };
        let Ok(cron) = expression.parse::<Cron>() else { return typed(expression) };
        let zone = cron.zone().to_owned();
        let chosen = chosen(cron.fields()).unwrap_or_else(|| typed(cron.fields()));
        Recurrence { zone, ..chosen }
    }

    pub fn sent(form: &Form) -> Recurrence {
        let every = CHOICES.into_iter().find(|choice| *choice == form.text("every")).unwrap_or("cron");
        let or = |typed: &str, otherwise: &str| if typed.is_empty() { otherwise } else { typed }.to_owned();
        Recurrence {
            every,
            time: form.trimmed("time").to_owned(),
            weekday: form.trimmed("weekday").parse().ok().filter(|day| (1..=7).contains(day)).unwrap_or(1),
            day: form.trimmed("day").to_owned(),
            cron: form.trimmed("cron").to_owned(),
            zone: or(&form.trimmed("zone").replace(' ', "_"), UTC),
        }
    }

    /// The expression that says it.
    ///
    /// Errors: what the form says of a time or a day that is none.
    pub fn expression(&self, t: Texts) -> Result<String, String> {
        let fields = match self.every {
            "cron" => self.cron.clone(),
            "hour" => "0 * * * *".to_owned(),
            every => {
                let (hour, minute) = time(&self.time).ok_or_else(|| t.say("schedule.no_time"))?;
                let (day, weekday) = match every {
                    "weekdays" => ("*", "mon-fri"),
                    "week" => ("*", WEEKDAYS[self.weekday - 1]),
                    "month" => (month_day(&self.day).ok_or_else(|| t.say("schedule.no_day"))?, "*"),
                    _ => ("*", "*"),
                };
                format!("{minute} {hour} {day} * {weekday}")
            }
        };
        // Every hour is that everywhere, also where clocks change.
        let is_plain = self.zone == UTC || self.every == "hour" || fields.starts_with("CRON_TZ=");
        Ok(if is_plain { fields } else { format!("CRON_TZ={} {fields}", self.zone) })
    }

    /// In words; `None` for what only cron says.
    pub fn rendered(&self, t: Texts) -> Option<String> {
        if self.every == "cron" {
            return None;
        }
        let weekday = t.say(&format!("weekday.{}", self.weekday));
        let zone = self.zone.replace('_', " ");
        let values = [("time", &*self.time), ("weekday", &weekday), ("day", &self.day), ("zone", &zone)];
        Some(t.with(&format!("schedule.says.{}", self.every), &values))
    }
}

/// What can be chosen of five fields.
fn chosen(fields: &str) -> Option<Recurrence> {
    let fields: Vec<&str> = fields.split(' ').collect();
    let [minute, hour, day, "*", weekday] = fields[..] else { return None };
    if (minute, hour, day, weekday) == ("0", "*", "*", "*") {
        return Some(Recurrence { every: "hour", ..Recurrence::default() });
    }
    let (hour, minute) = (hour.parse::<u8>().ok()?, minute.parse::<u8>().ok()?);
    let at = |every| Recurrence { every, time: format!("{hour:02}:{minute:02}"), ..Recurrence::default() };
    let weekday = weekday.to_ascii_lowercase();
    match (day, &*weekday) {
        ("*", "*") => Some(at("day")),
        ("*", "mon-fri" | "1-5") => Some(at("weekdays")),
        ("*", named) => {
            let by_name = WEEKDAYS.iter().position(|day| *day == named).map(|place| place + 1);
            let by_number =
                || named.parse().ok().filter(|number| *number <= 7).map(|number: usize| (number + 6) % 7 + 1);
            Some(Recurrence { weekday: by_name.or_else(by_number)?, ..at("week") })
        }
        (day, "*") => Some(Recurrence { day: month_day(day)?.to_owned(), ..at("month") }),
        _ => None,
    }
}

/// Hour and minute, without the seconds that some browsers send.
fn time(text: &str) -> Option<(u8, u8)> {
    let is_two_digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = text.split(':').map(|part| part.parse().ok().filter(|_| is_two_digits(part)));
    let (hour, minute) = (parts.next()??, parts.next()??);
    (hour < 24 && minute < 60).then_some((hour, minute))
}

fn month_day(text: &str) -> Option<&str> {
    text.parse().ok().filter(|day: &u8| (1..=31).contains(day)).map(|_| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn english() -> Texts {
        Texts::by_code("en").expect("English")
    }

    #[test]
    fn what_is_chosen_is_said_as_cron_and_shown_as_it_was_chosen() {
        for (expression, rendered) in [
            ("0 * * * *", Some("every hour")),
            ("0 3 * * *", Some("every day at 03:00 (UTC)")),
            ("30 17 * * mon-fri", Some("on working days at 17:30 (UTC)")),
            ("CRON_TZ=Europe/Berlin 5 0 * * sun", Some("every Sunday at 00:05 (Europe/Berlin)")),
            ("CRON_TZ=America/New_York 0 6 31 * *", Some("on day 31 of every month at 06:00 (America/New York)")),
            ("*/5 * * * *", None),
            ("5 * * * *", None),
            ("0 3 1 * mon", None),
            ("0 3 1,15 * *", None),
            ("0 3 * 2 *", None),
        ] {
            let shown = Recurrence::of(expression);
            assert_eq!(shown.expression(english()).as_deref(), Ok(expression));
            assert_eq!(shown.rendered(english()).as_deref(), rendered, "{expression}");
        }
        assert_eq!(Recurrence::of("0 3 * * 0").weekday, 7);
        assert_eq!(Recurrence::of("0 3 * * 1-5").every, "weekdays");
        assert_eq!(Recurrence::of("whenever").cron, "whenever");
    }

    #[test]
    fn a_time_or_a_day_that_is_none_is_refused() {
        let of = |every, time: &str, day: &str| Recurrence {
            every,
            time: time.into(),
            day: day.into(),
            ..Recurrence::default()
        };
        for time in ["", "3", "24:00", "12:60", "+1:00", "1:2"] {
            assert!(of("day", time, "1").expression(english()).is_err(), "{time}");
        }
        for day in ["", "0", "32", "*", "1 * * * *"] {
            assert!(of("month", "03:00", day).expression(english()).is_err(), "{day}");
        }
        assert_eq!(of("day", "03:04:59", "").expression(english()).as_deref(), Ok("4 3 * * *"));
    }
}
