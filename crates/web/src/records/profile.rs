//! What a profiler has measured of a table and its columns, as far as the visitor may see it: counts, and values that were
//! computed of rows.

use std::collections::HashMap;

use emporion_catalog::id::Millis;
use emporion_catalog::observation::{COLUMN_PROFILE, Key, Observation, TABLE_PROFILE};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::rows::redaction::Redaction;
use emporion_semantic::chat::numbers::{formatted, of as number};
use serde_json::Value;

use crate::answers::figures;
use crate::fault::Fault;
use crate::layout::sparkline::Sparkline;
use crate::request::visit::Visit;
use crate::text::moment::Moment;
use crate::text::plain::shown;
use crate::text::texts::Texts;

/// Runs that the line of rows goes back.
const RUNS: u32 = 30;
/// Runs that the lines of columns go back, and how many profiles are read for all of them together.
const COLUMN_RUNS: usize = 12;
const MOST_READ: usize = 1_200;
/// Bars of a column; of more ranges, neighbours share one.
const MOST_BARS: usize = 24;
/// Characters of a value.
const LONGEST: usize = 40;

/// The newest profile of a table.
#[derive(Default)]
pub struct Profile {
    pub at: Option<Moment>,
    pub rows: Option<String>,
    /// The latest moment in the data, which tells how old they are; when they were measured does not.
    pub newest: Option<Moment>,
    /// How the number of rows has gone, and the same as a table.
    pub line: Option<Sparkline>,
    pub runs: Vec<(Moment, String)>,
    /// Values were measured, and are not open to the visitor.
    pub hides_values: bool,
    /// Not even numbers are: he sees a part of the rows only.
    pub hides_counts: bool,
    columns: HashMap<String, Measured>,
}

/// What was measured of a column.
#[derive(Clone, Default)]
pub struct Measured {
    pub nulls: Option<String>,
    pub distinct: Option<String>,
    /// The least and the greatest value.
    pub range: Option<(String, String)>,
    pub mean: Option<String>,
    /// How its values spread, or how what was counted of it has gone.
    pub picture: Option<Sparkline>,
    /// When, where that was not with the table.
    pub at: Option<Moment>,
}

impl Profile {
    /// The right is asked for before anything is read.
    pub async fn of(visit: &Visit, reading: &Reading<'_>, view: &View) -> Result<Profile, Fault> {
        let record = &view.record;
        let redaction = reading.rows().redactions(&[record]).await?.pop().unwrap_or_default();
        let newest = reading.newest_observations(&[record], &[TABLE_PROFILE, COLUMN_PROFILE]).await?;
        let (tables, columns): (Vec<Observation>, Vec<Observation>) =
            newest.into_iter().partition(|one| one.series == TABLE_PROFILE);
        if tables.is_empty() && columns.is_empty() {
            return Ok(Profile::default());
        }
        let mut profile = Profile {
            hides_values: redaction.counts() && !redaction.values(),
            hides_counts: !redaction.counts(),
            ..Profile::default()
        };
        let table = tables.into_iter().find(|one| one.item.is_empty());
        let whole =
            table.as_ref().and_then(|table| redaction.table(&table.value)).and_then(|seen| number(&seen["rowCount"]));
        let at = table.map(|table| table.at);
        profile.at = at.map(|at| visit.moment(at));
        profile.rows = whole.map(|rows| visit.t.count("profile.rows", rows as u64));
        let runs = match whole {
            Some(_) => profile.look_back(visit, reading, view, &redaction).await?,
            None => Vec::new(),
        };
        for column in &columns {
            profile.add(visit, &redaction, column, (whole, at));
        }
        profile.look_back_at_columns(visit, reading, view, &redaction, &runs).await?;
        Ok(profile)
    }

    /// Whether there is anything to show beside the columns.
    pub fn is_of_columns(&self) -> bool {
        !self.columns.is_empty()
    }

    /// What was measured of a column, by its path as FQNs are written. Profilers name a top column by its bare name, too.
    pub fn of_column(&self, path: &str, name: &str, depth: usize) -> Option<Measured> {
        let bare = || self.columns.get(name).filter(|_| depth == 0);
        self.columns.get(path).or_else(bare).cloned()
    }

    /// Answers when the runs were, newest first.
    async fn look_back(
        &mut self,
        visit: &Visit,
        reading: &Reading<'_>,
        view: &View,
        redaction: &Redaction,
    ) -> Result<Vec<Millis>, Fault> {
        let ever = (Millis(i64::MIN), Millis(i64::MAX));
        let found = reading.observations(&view.record, (TABLE_PROFILE, ""), ever, RUNS).await?.found;
        let rows = |one: &Observation| Some((one.at, number(&redaction.table(&one.value)?["rowCount"])?));
        let runs: Vec<(Millis, f64)> = found.iter().filter_map(rows).collect();
        let points: Vec<(i64, f64)> = runs.iter().rev().map(|(at, rows)| (at.0, *rows)).collect();
        let rendered = |rows: &f64| visit.t.number(*rows as u64);
        if let (Some((from, first)), Some((to, last))) = (runs.last(), runs.first()) {
            let (from, to) = (visit.moment(*from).exact, visit.moment(*to).exact);
            let values = [("first", &*rendered(first)), ("from", &*from), ("last", &*rendered(last)), ("to", &*to)];
            self.line = Sparkline::of(visit.t.with("profile.line", &values), &points);
        }
        if self.line.is_some() {
            self.runs = runs.iter().map(|(at, rows)| (visit.moment(*at), rendered(rows))).collect();
        }
        Ok(runs.into_iter().map(|(at, _)| at).collect())
    }

    /// How what was counted of columns has gone over the runs of the table: of those that have no picture yet.
    async fn look_back_at_columns(
        &mut self,
        visit: &Visit,
        reading: &Reading<'_>,
        view: &View,
        redaction: &Redaction,
        runs: &[Millis],
    ) -> Result<(), Fault> {
        let bare: Vec<(&String, &mut Measured)> =
            self.columns.iter_mut().filter(|(_, measured)| measured.picture.is_none()).collect();
        let back = runs.len().min(COLUMN_RUNS).min(MOST_READ / bare.len().max(1));
        if back < 2 {
            return Ok(());
        }
        let runs: Vec<Millis> = runs[..back].iter().rev().copied().collect();
        let key = |item: &str, at: &Millis| Key { series: COLUMN_PROFILE, item: item.to_owned(), at: *at };
        let keys: Vec<Key> = bare.iter().flat_map(|(item, _)| runs.iter().map(|at| key(item, at))).collect();
        let found = reading.observed_at(&view.record, &keys).await?;
        for ((_, measured), then) in bare.into_iter().zip(found.chunks(back)) {
            let seen = runs.iter().zip(then).filter_map(|(at, one)| Some((*at, redaction.column(one.as_ref()?)?)));
            measured.picture = course(visit, &seen.collect::<Vec<_>>());
        }
        Ok(())
    }

    fn add(
        &mut self,
        visit: &Visit,
        redaction: &Redaction,
        one: &Observation,
        (rows, with): (Option<f64>, Option<Millis>),
    ) {
        let Some(seen) = redaction.column(&one.value) else { return };
        let t = visit.t;
        let figure = |member: &str| number(&seen[member]);
        // Of how many rows, only a profile of the same moment says.
        let rows = rows.filter(|rows| *rows > 0.0 && with == Some(one.at));
        let share = figure("nullProportion").or_else(|| Some(figure("nullCount")? / rows?));
        let nulls = share.map(|share| t.figure(&formatted(share.clamp(0.0, 1.0), "0.#%")));
        let nulls = nulls.or_else(|| figure("nullCount").map(|count| t.number(count as u64)));
        let value = |member: &str| value(t, &seen[member]);
        let measured = Measured {
            nulls: nulls.map(|nulls| t.with("profile.nulls", &[("n", &nulls)])),
            distinct: figure("distinctCount").map(|count| t.count("profile.distinct", count as u64)),
            range: value("min").zip(value("max")),
            mean: value("mean").map(|mean| t.with("profile.mean", &[("n", &mean)])),
            at: (with != Some(one.at)).then(|| visit.moment(one.at)),
            picture: spread(visit, &seen["histogram"]),
        };
        let has_figures = measured.nulls.is_some() || measured.distinct.is_some() || measured.range.is_some();
        if has_figures || measured.picture.is_some() {
            self.columns.insert(one.item.clone(), measured);
        }
    }
}

/// How values spread, as a profiler has counted them by ranges.
fn spread(visit: &Visit, histogram: &Value) -> Option<Sparkline> {
    let heights: Vec<f64> =
        histogram["frequencies"].as_array()?.iter().map(|height| number(height).unwrap_or(0.0)).collect();
    let bars: Vec<f64> =
        heights.chunks(heights.len().div_ceil(MOST_BARS).max(1)).map(|together| together.iter().sum()).collect();
    let (most, height) = heights.iter().enumerate().max_by(|one, other| one.1.total_cmp(other.1))?;
    let ranges = visit.t.number(heights.len() as u64);
    let rendered = match value(visit.t, &histogram["boundaries"][most]) {
        Some(range) => {
            let height = visit.t.number(*height as u64);
            visit.t.with("profile.spread_most", &[("n", &ranges), ("most", &height), ("range", &range)])
        }
        None => visit.t.with("profile.spread", &[("n", &ranges)]),
    };
    Sparkline::bars(rendered, &bars)
}

/// How a column has gone from run to run, oldest first: the first count of it that has changed, or else that was made.
fn course(visit: &Visit, seen: &[(Millis, Value)]) -> Option<Sparkline> {
    let t = visit.t;
    let mut steady = None;
    for (member, text) in [
        ("nullProportion", "profile.nulls_line"),
        ("nullCount", "profile.nulls_line"),
        ("distinctCount", "profile.distinct_line"),
    ] {
        let points: Vec<(i64, f64)> = seen.iter().filter_map(|(at, one)| Some((at.0, number(&one[member])?))).collect();
        let (Some(first), Some(last)) = (points.first(), points.last()) else { continue };
        let figure = |figure: f64| match member {
            "nullProportion" => t.figure(&formatted(figure.clamp(0.0, 1.0), "0.#%")),
            _ => t.number(figure as u64),
        };
        let exact = |at: i64| visit.moment(Millis(at)).exact;
        let (from, to, before, now) = (exact(first.0), exact(last.0), figure(first.1), figure(last.1));
        let rendered = t.with(text, &[("first", &before), ("from", &from), ("last", &now), ("to", &to)]);
        let line = Sparkline::of(rendered, &points);
        if line.is_some() && points.iter().any(|(_, figure)| *figure != first.1) {
            return line;
        }
        steady = steady.or(line);
    }
    steady
}

/// A value as it can stand beside others.
fn value(t: Texts, value: &Value) -> Option<String> {
    let text = match value {
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
        Value::Number(one) => t.figure(&figures::of(value).unwrap_or_else(|| one.to_string())),
        Value::String(text) => text.clone(),
        Value::Bool(one) => one.to_string(),
    };
    let cut: String = text.chars().take(LONGEST).collect();
    Some(shown(&if cut.len() < text.len() { format!("{cut}…") } else { cut }))
}
