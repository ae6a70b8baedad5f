//! The clocks that somebody reads times by: those of a time zone that he has chosen.

use std::sync::{LazyLock, OnceLock};

use jiff::tz::{self, TimeZone};

/// Of a zone that was chosen; without one they are of UTC, where nothing else says which. Cheap to copy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TimeZoneChoice(Option<u16>);

struct Zone {
    name: String,
    read: OnceLock<TimeZone>,
}

/// By their names.
static ZONES: LazyLock<Vec<Zone>> = LazyLock::new(|| {
    let mut names: Vec<String> = tz::db().available().map(|name| name.to_string()).collect();
    names.sort_unstable();
    names.into_iter().map(|name| Zone { name, read: OnceLock::new() }).collect()
});

/// Parts of the world that zones are named after. Other names are older ones of the same, or say no place.
const PLACES: [&str; 10] = [
    "Africa/",
    "America/",
    "Antarctica/",
    "Arctic/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
];
const UTC: &str = "UTC";

impl TimeZoneChoice {
    /// Those of the zone that is called so, whatever the case of its letters.
    pub fn by_name(name: &str) -> Option<TimeZoneChoice> {
        let place = ZONES.iter().position(|zone| zone.name.eq_ignore_ascii_case(name.trim()))?;
        u16::try_from(place).ok().map(|place| TimeZoneChoice(Some(place)))
    }

    fn zone_of(self) -> Option<&'static Zone> {
        ZONES.get(usize::from(self.0?))
    }

    /// The name of the zone that was chosen.
    pub fn chosen(self) -> Option<&'static str> {
        self.zone_of().map(|zone| zone.name.as_str())
    }

    pub fn name(self) -> &'static str {
        self.chosen().unwrap_or(UTC)
    }

    pub fn zone(self) -> TimeZone {
        let read = |zone: &Zone| TimeZone::get(&zone.name).unwrap_or(TimeZone::UTC);
        self.zone_of().map_or(TimeZone::UTC, |zone| zone.read.get_or_init(|| read(zone)).clone())
    }

    /// The names of zones that can be chosen from: that of no place first.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let of_places = ZONES.iter().map(|zone| zone.name.as_str());
        std::iter::once(UTC).chain(of_places.filter(|name| PLACES.iter().any(|place| name.starts_with(place))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_known_by_their_names() {
        let berlin = TimeZoneChoice::by_name("europe/berlin").expect("a zone");
        assert_eq!((berlin.chosen(), berlin.zone().iana_name()), (Some("Europe/Berlin"), Some("Europe/Berlin")));
        assert_eq!((TimeZoneChoice::default().chosen(), TimeZoneChoice::default().name()), (None, "UTC"));
        assert_eq!(TimeZoneChoice::by_name("UTC").map(TimeZoneChoice::name), Some("UTC"), "which can be chosen, too");
        for unknown in ["", "Mars/Olympus", "Europe/Berlin; Path=/", "é"] {
            assert_eq!(TimeZoneChoice::by_name(unknown), None, "{unknown}");
        }
        let names: Vec<&str> = TimeZoneChoice::names().collect();
        assert!(names.starts_with(&["UTC", "Africa/Abidjan"]) && names.len() > 300 && !names.contains(&"Etc/GMT+5"));
        assert!(names.iter().all(|name| TimeZoneChoice::by_name(name).is_some()));
    }
}
