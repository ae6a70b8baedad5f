//! Ranges that comparisons are with, and how far their buckets lie from those that they stand beside.

use jiff::ToSpan;
use jiff::civil::Date;

use super::tree::is_begin_of;
use super::{PlanProblem, Planner};
use crate::chat::query::{CompareTo, Grain, Range};

/// How much later the buckets of another range are shown, so that they stand beside those they are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shift {
    Months(i64),
    Days(i64),
}

/// The other side of a comparison of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Other {
    pub range: Option<Range>,
    pub shift: Option<Shift>,
}

impl Planner<'_> {
    /// The other range of a comparison; with `grain`, rows are grouped by it, and buckets are laid beside one another.
    ///
    /// Errors: nothing to compare with, or buckets of the ranges that do not lie beside one another.
    pub(super) fn other_range(&self, to: &CompareTo, grain: Option<Grain>) -> Result<Other, PlanProblem> {
        let range = self.query.time.as_ref().map(|time| time.range);
        match (to, grain) {
            (CompareTo::PreviousPeriod, Some(grain)) => {
                let shift = one(grain);
                Ok(Other { range: range.map(|range| moved(range, shift)).transpose()?, shift: Some(shift) })
            }
            (CompareTo::SamePeriodLastYear, Some(grain)) => {
                // Weeks of 52 weeks ago begin on the same day.
                let shift = if grain == Grain::Week { Shift::Days(364) } else { Shift::Months(12) };
                Ok(Other { range: range.map(|range| moved(range, shift)).transpose()?, shift: Some(shift) })
            }
            (CompareTo::PreviousPeriod, None) => {
                let range = self.closed(range.ok_or(PlanProblem::NothingToCompare)?)?;
                Ok(Other { range: Some(before(range)?), shift: None })
            }
            (CompareTo::SamePeriodLastYear, None) => {
                let range = self.closed(range.ok_or(PlanProblem::NothingToCompare)?)?;
                Ok(Other { range: Some(moved(range, Shift::Months(12))?), shift: None })
            }
            (CompareTo::Range(other), None) => Ok(Other { range: Some(*other), shift: None }),
            (CompareTo::Range(other), Some(grain)) => {
                let range = range.ok_or(PlanProblem::NothingToCompare)?;
                let (Some(from), Some(start)) = (range.from, other.from) else {
                    return Err(PlanProblem::NothingToCompare);
                };
                Ok(Other { range: Some(*other), shift: Some(apart(start, from, grain)?) })
            }
            (CompareTo::Values { .. }, _) => Ok(Other { range, shift: None }),
        }
    }

    /// Of a time of which nothing finer is known than its month, say, a range that ends within one goes to its end: so does the
    /// one that ends with today, as far as there is something.
    pub(super) fn to_end(&self, range: Range) -> Range {
        let time = self.query.time.as_ref();
        let finest = time.map_or(Grain::Day, |time| Grain::from(self.ground.field(time.field).finest));
        let Some(to) = range.to.filter(|_| range.is_partial && finest > Grain::Day) else { return range };
        let is_end = |day: &Date| day.day() == 1 && is_begin_of(finest, day.month());
        let mut firsts = std::iter::successors(Some(to.first_of_month()), |first| first.checked_add(1.month()).ok());
        Range { to: firsts.find(|first| *first >= to && is_end(first)).or(Some(to)), ..range }
    }

    /// A range with both ends; one that goes on ends with today.
    fn closed(&self, range: Range) -> Result<Range, PlanProblem> {
        let from = range.from.ok_or(PlanProblem::NothingToCompare)?;
        let to = match range.to {
            Some(to) => to,
            None => self.today.tomorrow().map_err(|_| PlanProblem::NothingToCompare)?,
        };
        if from >= to {
            return Err(PlanProblem::NothingToCompare);
        }
        Ok(Range { from: Some(from), to: Some(to), is_partial: range.is_partial || range.to.is_none(), ..range })
    }
}

const fn one(grain: Grain) -> Shift {
    match grain {
        Grain::Weekday | Grain::Day => Shift::Days(1),
        Grain::Week => Shift::Days(7),
        Grain::Month => Shift::Months(1),
        Grain::Quarter => Shift::Months(3),
        Grain::Year => Shift::Months(12),
    }
}

fn earlier(date: Date, shift: Shift) -> Result<Date, PlanProblem> {
    let moved = match shift {
        Shift::Months(months) => date.checked_sub(months.months()),
        Shift::Days(days) => date.checked_sub(days.days()),
    };
    moved.map_err(|_| PlanProblem::NothingToCompare)
}

/// The day after the last one, so much earlier: a range until the 28th of February ends then, also in a leap year.
fn end_earlier(to: Date, shift: Shift) -> Result<Date, PlanProblem> {
    if to.day() == 1 {
        return earlier(to, shift);
    }
    let last = to.yesterday().map_err(|_| PlanProblem::NothingToCompare)?;
    earlier(last, shift)?.tomorrow().map_err(|_| PlanProblem::NothingToCompare)
}

fn moved(range: Range, shift: Shift) -> Result<Range, PlanProblem> {
    let from = range.from.map(|from| earlier(from, shift)).transpose()?;
    let to = range.to.map(|to| end_earlier(to, shift)).transpose()?;
    Ok(Range { from, to, ..range })
}

/// The period before a range with both ends: as many of its periods, or as many days.
fn before(range: Range) -> Result<Range, PlanProblem> {
    let (Some(from), Some(to)) = (range.from, range.to) else { return Err(PlanProblem::NothingToCompare) };
    let periods = |grain: Grain| {
        let days = |length: i64| (from.until(to).map_or(0, |span| i64::from(span.get_days())) + length - 1) / length;
        let months =
            (i64::from(to.year()) - i64::from(from.year())) * 12 + i64::from(to.month()) - i64::from(from.month());
        let months = months + i64::from(to.day() > from.day());
        match one(grain) {
            Shift::Days(length) => Shift::Days(days(length).max(1) * length),
            Shift::Months(length) => Shift::Months((months + length - 1).max(1) / length * length),
        }
    };
    match range.grain.map(periods) {
        // Months begin with their first day, or these are no months.
        Some(Shift::Months(months)) if months > 0 && from.day() == 1 => {
            let shift = Shift::Months(months);
            let start = earlier(from, shift)?;
            let end = if range.is_partial { end_earlier(to, shift)?.min(from) } else { from };
            Ok(Range { from: Some(start), to: Some(end), ..range })
        }
        Some(Shift::Days(days)) if range.is_partial => moved(range, Shift::Days(days)),
        _ => {
            let days = i64::from(from.until(to).map_err(|_| PlanProblem::NothingToCompare)?.get_days());
            Ok(Range { from: Some(earlier(from, Shift::Days(days))?), to: Some(from), ..range })
        }
    }
}

/// How far apart two ranges begin, in whole buckets.
fn apart(start: Date, from: Date, grain: Grain) -> Result<Shift, PlanProblem> {
    let unaligned = PlanProblem::Combination("Comparing periods whose parts do not lie beside one another");
    let days = start.until(from).map_err(|_| PlanProblem::NothingToCompare)?.get_days();
    let months =
        (i64::from(from.year()) - i64::from(start.year())) * 12 + i64::from(from.month()) - i64::from(start.month());
    let whole = |length: i64| from.day() == start.day() && months % length == 0;
    match grain {
        Grain::Day if whole(1) => Ok(Shift::Months(months)),
        Grain::Day => Ok(Shift::Days(i64::from(days))),
        Grain::Week if days % 7 == 0 => Ok(Shift::Days(i64::from(days))),
        Grain::Month if whole(1) => Ok(Shift::Months(months)),
        Grain::Quarter if whole(3) => Ok(Shift::Months(months)),
        Grain::Year if whole(12) => Ok(Shift::Months(months)),
        _ => Err(unaligned),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn range(from: Date, to: Date, grain: Grain, is_partial: bool) -> Range {
        Range { from: Some(from), to: Some(to), grain: Some(grain), is_partial }
    }

    #[test]
    fn the_period_before_is_as_many_periods_or_as_much_of_them() {
        for (now, wanted) in [
            (range(date(2026, 7, 1), date(2026, 10, 1), Grain::Quarter, false), (date(2026, 4, 1), date(2026, 7, 1))),
            (range(date(2026, 3, 1), date(2026, 4, 1), Grain::Month, false), (date(2026, 2, 1), date(2026, 3, 1))),
            (range(date(2026, 8, 1), date(2026, 11, 1), Grain::Month, false), (date(2026, 5, 1), date(2026, 8, 1))),
            (range(date(2026, 11, 1), date(2026, 11, 21), Grain::Month, true), (date(2026, 10, 1), date(2026, 10, 21))),
            (range(date(2026, 3, 1), date(2026, 3, 31), Grain::Month, true), (date(2026, 2, 1), date(2026, 3, 1))),
            (range(date(2026, 1, 1), date(2026, 11, 21), Grain::Year, true), (date(2025, 1, 1), date(2025, 11, 21))),
            (range(date(2026, 11, 9), date(2026, 11, 16), Grain::Week, false), (date(2026, 11, 2), date(2026, 11, 9))),
            (range(date(2026, 11, 16), date(2026, 11, 21), Grain::Week, true), (date(2026, 11, 9), date(2026, 11, 14))),
            (range(date(2026, 11, 13), date(2026, 11, 20), Grain::Day, false), (date(2026, 11, 6), date(2026, 11, 13))),
        ] {
            let before = before(now).expect("there is one");
            assert_eq!((before.from, before.to), (Some(wanted.0), Some(wanted.1)), "{now:?}");
        }
    }

    #[test]
    fn a_year_earlier_is_the_same_days() {
        for (now, wanted) in [
            (range(date(2028, 2, 1), date(2028, 2, 29), Grain::Month, true), (date(2027, 2, 1), date(2027, 3, 1))),
            (range(date(2028, 2, 1), date(2028, 3, 1), Grain::Month, false), (date(2027, 2, 1), date(2027, 3, 1))),
            (range(date(2026, 7, 1), date(2026, 10, 1), Grain::Quarter, false), (date(2025, 7, 1), date(2025, 10, 1))),
        ] {
            let other = moved(now, Shift::Months(12)).expect("there is one");
            assert_eq!((other.from, other.to), (Some(wanted.0), Some(wanted.1)), "{now:?}");
        }
        assert_eq!(apart(date(2025, 1, 1), date(2026, 1, 1), Grain::Quarter), Ok(Shift::Months(12)));
        assert!(apart(date(2025, 1, 1), date(2026, 1, 1), Grain::Week).is_err());
    }
}
