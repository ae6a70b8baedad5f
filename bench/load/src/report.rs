//! What was measured, for people and as JSON.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::drive::Figures;
use crate::freshness::Freshness;
use crate::lifecycle::{Memory, Starts};
use crate::scenario::Scenario;
use crate::world::Engine;

/// Above this share of its processor the generator was the limit.
const GENERATOR_BUSY: f64 = 0.9;
/// Aims that hold for every store.
const START_MS: f64 = 30.0;
const START_AFTER_KILL_MS: f64 = 40.0;
const EMPTY_MIB: f64 = 25.0;
const LOADED_MIB: f64 = 400.0;
/// From the acknowledgement of a product until searches find it, of 95 in a hundred.
const FOUND_MS: f64 = 100.0;
/// What reads of what was kept keep of their rate where the store is a PostgreSQL database.
const OVER_POSTGRES: f64 = 0.6;
/// What the catalogue keeps of its rate when the store grows, relative to what the floor keeps.
const KEPT: f64 = 0.8;

pub struct Compared {
    pub name: &'static str,
    pub what: &'static str,
    pub aim: f64,
    pub reads: bool,
    pub is_kept: bool,
    pub engine: Engine,
    pub records: u64,
    pub emporion: Figures,
    pub floor: Figures,
}

impl Compared {
    pub fn new(scenario: &Scenario, engine: Engine, records: u64, emporion: Figures, floor: Figures) -> Compared {
        let &Scenario { name, what, reads, .. } = scenario;
        let (aim, is_kept) = (scenario.aim_over(engine), scenario.is_kept());
        Compared { name, what, aim, reads, is_kept, engine, records, emporion, floor }
    }

    pub fn ratio(&self) -> f64 {
        self.emporion.per_second / self.floor.per_second
    }

    /// How much more processor time a request takes than the floor's.
    pub fn cpu_ratio(&self) -> f64 {
        self.emporion.cpu_us / self.floor.cpu_us
    }

    /// One line for the eye.
    pub fn line(&self) -> String {
        let limited =
            if self.floor.generator.max(self.emporion.generator) > GENERATOR_BUSY { " (generator busy)" } else { "" };
        format!(
            "{:<20} {:<8} {:>9} {:>9.0}/s p50 {:>7.0} µs p99 {:>7.0} µs cpu {:>8.1} µs | floor {:>9.0}/s p50 {:>7.0} µs cpu \
             {:>8.1} µs | ratio {:.2} (aim {:.2}, {}) cpu ×{:.2}{limited}",
            self.name,
            self.engine.name(),
            self.records,
            self.emporion.per_second,
            self.emporion.p50_us,
            self.emporion.p99_us,
            self.emporion.cpu_us,
            self.floor.per_second,
            self.floor.p50_us,
            self.floor.cpu_us,
            self.ratio(),
            self.aim,
            met(self.ratio() >= self.aim),
            self.cpu_ratio(),
        )
    }

    fn json(&self) -> Value {
        json!({
            "name": self.name,
            "what": self.what,
            "engine": self.engine.name(),
            "records": self.records,
            "emporion": figures(&self.emporion),
            "floor": figures(&self.floor),
            "ratio": rounded(self.ratio()),
            "cpuRatio": rounded(self.cpu_ratio()),
            "aim": self.aim,
            "met": self.ratio() >= self.aim,
        })
    }
}

/// Start times and memory of one store.
pub struct Store {
    pub records: u64,
    pub starts: Option<(Starts, Starts)>,
    pub memory: Option<Memory>,
    pub freshness: Option<Freshness>,
}

#[derive(Default)]
pub struct Report {
    pub compared: Vec<Compared>,
    pub stores: Vec<Store>,
}

impl Report {
    /// Everything that is not one run of one scenario.
    pub fn summary(&self) -> String {
        let mut text = String::new();
        for store in &self.stores {
            let records = store.records;
            if let Some((emporion, floor)) = &store.starts {
                let _ = writeln!(
                    text,
                    "start at {records} records: {:.0} ms (aim {START_MS:.0}, {}), after kill -9 {:.0} ms (aim \
                     {START_AFTER_KILL_MS:.0}, {}); floor {:.0} and {:.0} ms",
                    emporion.after_stop_ms,
                    met(emporion.after_stop_ms <= START_MS),
                    emporion.after_kill_ms,
                    met(emporion.after_kill_ms <= START_AFTER_KILL_MS),
                    floor.after_stop_ms,
                    floor.after_kill_ms,
                );
            }
            if let Some(freshness) = &store.freshness {
                let _ = writeln!(
                    text,
                    "found while 32 clients create, of {} products: p50 {:.0} ms, p95 {:.0} ms (aim {FOUND_MS:.0}, {}); by who \
                     asks for what was written until then: p50 {:.0} ms, p95 {:.0} ms",
                    freshness.found,
                    freshness.p50_ms,
                    freshness.p95_ms,
                    met(freshness.p95_ms <= FOUND_MS),
                    freshness.asked_p50_ms,
                    freshness.asked_p95_ms,
                );
            }
            if let Some(memory) = &store.memory {
                let _ = writeln!(
                    text,
                    "anonymous memory: empty {:.1} MiB (aim {EMPTY_MIB:.0}, {}), with {records} records after reads \
                     {:.1} MiB (aim {LOADED_MIB:.0}, {})",
                    memory.empty_mib,
                    met(memory.empty_mib <= EMPTY_MIB),
                    memory.loaded_mib,
                    met(memory.loaded_mib <= LOADED_MIB),
                );
            }
        }
        for kept in self.kept() {
            let _ = writeln!(
                text,
                "{} at {} records keeps {:.2} of its rate at {}, the floor {:.2}: {:.2} of it (aim {KEPT}, {})",
                kept.name,
                kept.large,
                kept.emporion,
                kept.small,
                kept.floor,
                kept.ratio(),
                met(kept.ratio() >= KEPT),
            );
        }
        for (name, ratio) in self.over_postgres() {
            let is_met = met(ratio >= OVER_POSTGRES);
            let _ = writeln!(
                text,
                "{name} over PostgreSQL has {ratio:.2} of its rate over SQLite (aim {OVER_POSTGRES}, {is_met})"
            );
        }
        text
    }

    /// Each reading scenario that ran over two stores.
    fn kept(&self) -> Vec<Kept> {
        let reads = || self.compared.iter().filter(|one| one.reads && one.engine == Engine::Sqlite);
        let Some(small) = reads().map(|one| one.records).min() else { return Vec::new() };
        reads()
            .filter(|one| one.records > small)
            .filter_map(|large| {
                let base = reads().find(|one| one.name == large.name && one.records == small)?;
                Some(Kept {
                    name: large.name,
                    small,
                    large: large.records,
                    emporion: large.emporion.per_second / base.emporion.per_second,
                    floor: large.floor.per_second / base.floor.per_second,
                })
            })
            .collect()
    }

    /// Of each read of what was kept, the rate over PostgreSQL relative to that over SQLite.
    fn over_postgres(&self) -> Vec<(&'static str, f64)> {
        let over = |engine| self.compared.iter().filter(move |one: &&Compared| one.is_kept && one.engine == engine);
        over(Engine::Postgres)
            .filter_map(|one| {
                let other =
                    over(Engine::Sqlite).find(|other| other.name == one.name && other.records == one.records)?;
                Some((one.name, one.emporion.per_second / other.emporion.per_second))
            })
            .collect()
    }

    pub fn json(&self) -> Value {
        let starts = |starts: &Starts| {
            json!({
                "afterStopMs": rounded(starts.after_stop_ms),
                "afterKillMs": rounded(starts.after_kill_ms),
            })
        };
        let store = |store: &Store| {
            json!({
                "records": store.records,
                "start": store.starts.as_ref().map(|(emporion, floor)| {
                    json!({
                        "emporion": starts(emporion), "floor": starts(floor),
                        "aimMs": START_MS, "aimAfterKillMs": START_AFTER_KILL_MS,
                    })
                }),
                "freshness": store.freshness.as_ref().map(|freshness| {
                    json!({
                        "found": freshness.found,
                        "p50Ms": rounded(freshness.p50_ms),
                        "p95Ms": rounded(freshness.p95_ms),
                        "aimP95Ms": FOUND_MS,
                        "askedP50Ms": rounded(freshness.asked_p50_ms),
                        "askedP95Ms": rounded(freshness.asked_p95_ms),
                    })
                }),
                "anonymousMemory": store.memory.as_ref().map(|memory| {
                    json!({
                        "emptyMiB": rounded(memory.empty_mib),
                        "emptyAimMiB": EMPTY_MIB,
                        "loadedMiB": rounded(memory.loaded_mib),
                        "loadedAimMiB": LOADED_MIB,
                    })
                }),
            })
        };
        let kept = |kept: &Kept| {
            json!({
                "name": kept.name,
                "records": kept.large,
                "against": kept.small,
                "emporion": rounded(kept.emporion),
                "floor": rounded(kept.floor),
                "ratio": rounded(kept.ratio()),
                "aim": KEPT,
                "met": kept.ratio() >= KEPT,
            })
        };
        let over_postgres = |(name, ratio): &(&str, f64)| json!({"name": name, "ratio": rounded(*ratio), "aim": OVER_POSTGRES, "met": *ratio >= OVER_POSTGRES});
        json!({
            "scenarios": self.compared.iter().map(Compared::json).collect::<Vec<_>>(),
            "stores": self.stores.iter().map(store).collect::<Vec<_>>(),
            "kept": self.kept().iter().map(kept).collect::<Vec<_>>(),
            "overPostgres": self.over_postgres().iter().map(over_postgres).collect::<Vec<_>>(),
        })
    }
}

/// How much of its rate over a small store each server keeps over a large one.
struct Kept {
    name: &'static str,
    small: u64,
    large: u64,
    emporion: f64,
    floor: f64,
}

impl Kept {
    fn ratio(&self) -> f64 {
        self.emporion / self.floor
    }
}

fn figures(figures: &Figures) -> Value {
    json!({
        "perSecond": rounded(figures.per_second),
        "p50Us": rounded(figures.p50_us),
        "p99Us": rounded(figures.p99_us),
        "cpuUs": rounded(figures.cpu_us),
        "generatorBusy": rounded(figures.generator),
    })
}

fn rounded(number: f64) -> f64 {
    (number * 1_000.0).round() / 1_000.0
}

fn met(is_met: bool) -> &'static str {
    if is_met { "met" } else { "missed" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(records: u64, emporion: f64, floor: f64) -> Compared {
        let figures = |per_second| Figures { per_second, p50_us: 1.0, p99_us: 1.0, cpu_us: 1.0, generator: 0.1 };
        Compared {
            name: "get",
            what: "a read",
            aim: 0.7,
            reads: true,
            is_kept: true,
            engine: Engine::Sqlite,
            records,
            emporion: figures(emporion),
            floor: figures(floor),
        }
    }

    #[test]
    fn what_a_store_keeps_is_measured_against_the_floors_loss() {
        let report =
            Report { compared: vec![compared(10, 80.0, 100.0), compared(1_000, 60.0, 50.0)], stores: Vec::new() };
        let json = report.json();
        assert_eq!(json["kept"][0]["emporion"], 0.75);
        assert_eq!(json["kept"][0]["floor"], 0.5);
        assert_eq!(json["kept"][0]["ratio"], 1.5);
        assert_eq!(json["scenarios"][0]["met"], true);
    }

    #[test]
    fn what_is_kept_is_compared_between_engines() {
        let over = |engine, per_second| Compared { engine, ..compared(10, per_second, 10.0) };
        let compared = vec![over(Engine::Sqlite, 80.0), over(Engine::Postgres, 60.0)];
        let json = Report { compared, stores: Vec::new() }.json();
        assert_eq!((&json["overPostgres"][0]["ratio"], &json["overPostgres"][0]["met"]), (&json!(0.75), &json!(true)));
        assert_eq!(json["kept"], json!([]));
    }

    #[test]
    fn one_store_has_nothing_to_be_compared_with() {
        let report = Report { compared: vec![compared(10, 80.0, 100.0)], stores: Vec::new() };
        assert!(report.kept().is_empty());
    }
}
