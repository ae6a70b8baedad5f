//! What a product promises to those who use it, its service level agreement, and whether that is kept. Of the promises one
//! alone is measured: how old its data may be, by the runs of the pipelines that make it, or by the latest moment in them.

use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::record::View;
use serde_json::Value;

use crate::forms::choice;
use crate::layout::icon::Icon;
use crate::lineage::upstream_pipelines::UpstreamPipelines;
use crate::records::data_age::Newest;
use crate::request::visit::Visit;
use crate::text::moment::Moment;
use crate::text::plain::spaced;
use crate::text::texts::Texts;

pub const FIELD: &str = "sla";
/// Of its members: the greatest age of the data, in minutes.
pub const FRESHNESS: &str = "data_freshness";
pub const MINUTES_OF_DAY: u64 = 1_440;
const MINUTE: f64 = 60_000.0;

/// One promise.
pub struct Promise {
    pub name: String,
    pub rendered: String,
    pub standing: Option<Standing>,
}

/// Whether it is kept, in words.
pub struct Standing {
    pub mood: &'static str,
    pub icon: Option<Icon>,
    pub rendered: String,
}

/// Whether the data are as fresh as promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fresh {
    Kept,
    Late(Late),
    /// They were older when they were measured; this is the latest moment in them.
    WasOlder(Millis),
    /// They were not; nor are they now, if that is so.
    WasKept {
        at: Millis,
        measured: Millis,
        is_now: bool,
    },
}

/// They are older: by this pipeline, whose newest run was then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Late {
    pub pipeline: RecordId,
    pub at: Millis,
    /// What is said of that run.
    key: &'static str,
}

/// What a product holds, of that what pipelines make or are.
pub struct Held<'a> {
    pub assets: &'a [RecordId],
    /// It is all of it.
    pub is_whole: bool,
}

/// How old the data may be, in milliseconds, if that is promised.
pub fn promised_age(view: &View) -> Option<f64> {
    let minutes = view.field(FIELD)?[FRESHNESS].as_f64()?;
    (minutes > 0.0).then_some(minutes * MINUTE)
}

/// By the newest run of each pipeline that makes the product. Where one is older than promised, nothing was made since, however
/// it ended. `None` where the runs do not tell: a newer one that did not succeed says nothing of the run before it, nor does
/// anybody of what has no maker that the reader sees.
pub fn fresh(promised: f64, makers: &UpstreamPipelines, held: &Held<'_>, now: Millis) -> Option<Fresh> {
    let runs = || held.assets.iter().flat_map(|asset| makers.of_asset(*asset)).map(|maker| makers.runs.get(&maker));
    let oldest = runs().flatten().min_by_key(|run| (run.at, run.record))?;
    let is = |state: &str| oldest.value["executionStatus"] == state;
    if (now.0.saturating_sub(oldest.at.0)) as f64 > promised {
        let key = if is("Successful") {
            "promise.made"
        } else if is("Failed") {
            "promise.failed"
        } else {
            "promise.unended"
        };
        return Some(Fresh::Late(Late { pipeline: oldest.record, at: oldest.at, key }));
    }
    let has_maker = |asset: &RecordId| makers.of_asset(*asset).next().is_some();
    let is_known = held.is_whole && !makers.is_cut && held.assets.iter().all(has_maker);
    let succeeded = runs().all(|run| run.is_some_and(|run| run.value["executionStatus"] == "Successful"));
    (is_known && succeeded).then_some(Fresh::Kept)
}

/// By the latest moment in the data: what came since they were measured nobody has told. Of a part of them, whose rest may be
/// younger, it is told only that they are young enough.
fn by_age(promised: f64, newest: Newest, now: Millis) -> Option<Fresh> {
    let Newest::Seen { at, measured, is_whole, .. } = newest else { return None };
    let is_older = |then: Millis| (then.0.saturating_sub(at.0)) as f64 > promised;
    match is_older(measured) {
        true => is_whole.then_some(Fresh::WasOlder(at)),
        false => Some(Fresh::WasKept { at, measured, is_now: !is_older(now) }),
    }
}

/// By both: a run says that something was made, not that new data came with it.
pub fn judged(by_runs: Option<Fresh>, promised: f64, newest: Newest, now: Millis) -> Option<Fresh> {
    match (by_runs, by_age(promised, newest, now)) {
        (Some(Fresh::Late(late)), _) => Some(Fresh::Late(late)),
        (_, Some(Fresh::WasOlder(at))) => Some(Fresh::WasOlder(at)),
        (by_runs, by_age) => by_runs.or(by_age),
    }
}

/// What of it is promised, in the reader's words, with what is known of its being kept; `withheld`, why he is not told.
pub fn promises(visit: &Visit, view: &View, fresh: Option<Fresh>, withheld: Option<&str>) -> Vec<Promise> {
    let t = visit.t;
    let members = view.field(FIELD).and_then(Value::as_object).into_iter().flatten();
    let promise = |(name, value): (&String, &Value)| {
        let standing = (name == FRESHNESS).then(|| Standing::of(visit, fresh, withheld));
        Some(Promise { name: called(t, name), rendered: rendered(t, name, value)?, standing })
    };
    members.filter_map(promise).collect()
}

/// What a promise is called.
pub fn called(t: Texts, name: &str) -> String {
    t.find(&format!("promise.{name}")).map_or_else(|| spaced(name), str::to_owned)
}

/// What is promised.
pub fn rendered(t: Texts, name: &str, value: &Value) -> Option<String> {
    let whole =
        |key: &str, unit: u64| value.as_u64().filter(|n| *n > 0 && n % unit == 0).map(|n| t.count(key, n / unit));
    match value {
        Value::String(text) => Some(choice::rendered(t, text)),
        Value::Number(number) => {
            let of_days = || whole("count.days", MINUTES_OF_DAY).or_else(|| whole("count.hours", 60));
            let long = if name == FRESHNESS { of_days() } else { None };
            let (key, number) = (format!("promise.of.{name}"), number.to_string());
            let plain = || if t.find(&key).is_some() { t.with(&key, &[("n", &number)]) } else { number.clone() };
            Some(long.unwrap_or_else(plain))
        }
        _ => None,
    }
}

impl Standing {
    fn of(visit: &Visit, fresh: Option<Fresh>, withheld: Option<&str>) -> Standing {
        match fresh {
            Some(Fresh::Kept) => {
                Standing { mood: "good", icon: Some(Icon("check")), rendered: visit.t.say("promise.kept") }
            }
            Some(Fresh::Late(late)) => {
                Standing { mood: "bad", icon: Some(Icon("warning")), rendered: late.rendered(visit) }
            }
            Some(Fresh::WasOlder(at)) => {
                let rendered = was_older(visit, at);
                Standing { mood: "bad", icon: Some(Icon("warning")), rendered }
            }
            Some(Fresh::WasKept { at, is_now: true, .. }) => {
                let rendered = visit.t.with("promise.kept_by_age", &[("newest", &visit.moment(at).rendered)]);
                Standing { mood: "good", icon: Some(Icon("check")), rendered }
            }
            Some(Fresh::WasKept { at, measured, is_now: false }) => {
                let moment = |at: Millis| visit.moment(at).rendered;
                let values = [("newest", &*moment(at)), ("when", &*moment(measured))];
                let rendered = visit.t.with("promise.was_kept", &values);
                Standing { mood: "", icon: None, rendered }
            }
            None => {
                let unknown = || visit.t.say("promise.unknown");
                Standing { mood: "", icon: None, rendered: withheld.map_or_else(unknown, str::to_owned) }
            }
        }
    }
}

/// That data were older than promised when they were measured. When that was says nothing of how old they are.
pub fn was_older(visit: &Visit, at: Millis) -> String {
    visit.t.with("promise.was_older", &[("newest", &visit.moment(at).rendered)])
}

impl Late {
    pub fn rendered(&self, visit: &Visit) -> String {
        visit.t.with(self.key, &[("when", &Moment::since(self.at, visit.now, visit.t).rendered)])
    }
}

#[cfg(test)]
mod tests {
    use emporion_catalog::observation::{Observation, PIPELINE_STATUS};
    use serde_json::json;

    use super::*;

    const NOW: Millis = Millis(1_790_000_000_000);
    const HOUR: f64 = 60.0 * MINUTE;

    fn run(record: RecordId, minutes_ago: i64, state: &str) -> Observation {
        let at = Millis(NOW.0 - minutes_ago * 60_000);
        let value = json!({"executionStatus": state});
        Observation { record, series: PIPELINE_STATUS, item: String::new(), at, value }
    }

    #[test]
    fn data_are_late_where_their_newest_run_is_older_than_promised() {
        let (table, one, other) = (RecordId::fresh(), RecordId::fresh(), RecordId::fresh());
        let of = |runs: &[(RecordId, i64, &str)]| {
            let runs = runs.iter().map(|(record, ago, state)| run(*record, *ago, state)).collect();
            let makers = UpstreamPipelines::reported(&[(table, one), (table, other)], runs);
            fresh(HOUR, &makers, &Held { assets: &[table], is_whole: true }, NOW)
        };
        let late = |pipeline: RecordId, ago: i64, key: &'static str| {
            Some(Fresh::Late(Late { pipeline, at: Millis(NOW.0 - ago * 60_000), key }))
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[(one, 59, "Successful"), (other, 5, "Successful")]), Some(Fresh::Kept));
        assert_eq!(of(&[(one, 5, "Successful"), (other, 61, "Successful")]), late(other, 61, "promise.made"));
        // What failed made nothing, and what has not ended has not either, whatever stood before it.
        assert_eq!(of(&[(one, 61, "Failed")]), late(one, 61, "promise.failed"));
        assert_eq!(of(&[(one, 61, "Pending")]), late(one, 61, "promise.unended"));
        // Within the time, the run before it may have been in time or not.
        assert_eq!(of(&[(one, 5, "Failed"), (other, 5, "Successful")]), None);
        assert_eq!(of(&[(one, 5, "Pending"), (other, 5, "Successful")]), None);
        assert_eq!(of(&[(one, 5, "Successful")]), None, "the other has not run, or is not seen");
    }

    #[test]
    fn nothing_is_kept_of_which_not_all_is_known() {
        let (table, bare, one) = (RecordId::fresh(), RecordId::fresh(), RecordId::fresh());
        let of = |assets: &[RecordId], is_whole: bool, is_cut: bool| {
            let mut makers = UpstreamPipelines::reported(&[(table, one)], vec![run(one, 5, "Successful")]);
            makers.is_cut = is_cut;
            fresh(HOUR, &makers, &Held { assets, is_whole }, NOW)
        };
        assert_eq!(of(&[table], true, false), Some(Fresh::Kept));
        assert_eq!(of(&[table, bare], true, false), None, "nothing is known to make one of them");
        assert_eq!(of(&[table], false, false), None);
        assert_eq!(of(&[table], true, true), None);
    }

    #[test]
    fn old_data_break_a_promise_that_runs_would_keep() {
        let minutes = |ago: i64| Millis(NOW.0 - ago * 60_000);
        let seen = |ago: i64, measured: i64, is_whole: bool| {
            let (at, measured) = (minutes(ago), minutes(measured));
            Newest::Seen { table: RecordId::fresh(), at, measured, is_whole }
        };
        let of = |by_runs, newest| judged(by_runs, HOUR, newest, NOW);
        let older = Some(Fresh::WasOlder(minutes(90)));
        assert_eq!(of(Some(Fresh::Kept), seen(90, 10, true)), older);
        assert_eq!(of(None, seen(90, 10, true)), older);
        // What is not seen may be younger.
        assert_eq!(of(Some(Fresh::Kept), seen(90, 10, false)), Some(Fresh::Kept));
        assert_eq!(of(None, seen(90, 10, false)), None);
        let kept =
            |ago, measured, is_now| Some(Fresh::WasKept { at: minutes(ago), measured: minutes(measured), is_now });
        assert_eq!(of(None, seen(30, 10, false)), kept(30, 10, true));
        assert_eq!(of(None, seen(90, 80, true)), kept(90, 80, false));
        assert_eq!(of(None, Newest::Unknown), None);
        let late = Some(Fresh::Late(Late { pipeline: RecordId::fresh(), at: minutes(70), key: "promise.made" }));
        assert_eq!(of(late, seen(90, 10, true)), late);
    }

    #[test]
    fn an_age_is_said_in_the_largest_unit_that_fits() {
        let t = Texts::by_code("en").expect("English");
        for (minutes, words) in [(1440, "1 day"), (4320, "3 days"), (120, "2 hours"), (90, "90 min"), (0, "0 min")] {
            assert_eq!(rendered(t, FRESHNESS, &json!(minutes)).as_deref(), Some(words));
        }
        assert_eq!(rendered(t, "availability", &json!(99.5)).as_deref(), Some("99.5 %"));
    }
}
