//! What of a lineage the address asks for: how far, of what, unfolded where, seen from where.

use emporion_catalog::id::RecordId;

use crate::records::address;
use crate::request::visit::Visit;

/// Steps that are shown each way where nobody asks for more.
const STEPS: u32 = 4;
const MOST_STEPS: u32 = 64;
/// What is offered to choose.
const DEPTHS: [u32; 6] = [1, 2, STEPS, 8, 16, MOST_STEPS];
/// Products and groups that are unfolded at once.
const MOST_UNFOLDED: usize = 50;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    Products,
    /// What lies in one schema or service, by kind.
    Schemas,
    Tables,
    Columns,
}

impl Level {
    pub const ALL: [Level; 4] = [Level::Products, Level::Schemas, Level::Tables, Level::Columns];

    pub fn name(self) -> &'static str {
        match self {
            Level::Products => "products",
            Level::Schemas => "schemas",
            Level::Tables => "tables",
            Level::Columns => "columns",
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// `None`: what suits the record.
    pub level: Option<Level>,
    pub up: u32,
    pub down: u32,
    /// After how many rows the tables begin, upwards and downwards.
    pub from: [usize; 2],
    /// Products, and groups by one that is in them, of which the assets are shown.
    pub unfolded: Vec<RecordId>,
    /// What is not on the way to it, or on from it, stands back.
    pub focus: Option<RecordId>,
    /// The same, for a column of it.
    pub column: Option<String>,
    /// What the tables are narrowed to, and what stands by itself in the picture.
    pub words: String,
}

impl Asked {
    pub fn of(visit: &Visit) -> Asked {
        let number = |name: &str| visit.query(name).parse::<u32>().ok();
        // One number for both directions, as the form sends it, or one for each.
        let both = number("steps");
        let steps = |name: &str| number(name).or(both).unwrap_or(STEPS).clamp(1, MOST_STEPS);
        let from = |name: &str| visit.query(name).parse().unwrap_or(0);
        let unfolded = visit.query("unfold");
        Asked {
            level: Level::ALL.into_iter().find(|level| level.name() == visit.query("level")),
            up: steps("up"),
            down: steps("down"),
            from: [from("from_up"), from("from_down")],
            unfolded: unfolded.split(',').take(MOST_UNFOLDED).filter_map(|id| id.parse().ok()).collect(),
            focus: visit.query("focus").parse().ok(),
            column: Some(visit.query("column")).filter(|column| !column.is_empty()),
            words: visit.query("q").trim().to_owned(),
        }
        .agreeing()
    }

    /// Of a column without its table, or of a picture without columns, there is none.
    fn agreeing(self) -> Asked {
        let has_columns = self.level == Some(Level::Columns) && self.focus.is_some();
        Asked { column: self.column.filter(|_| has_columns), ..self }
    }

    /// The address below a page's that asks for this.
    pub fn at(&self, page: &str, tab: &str) -> String {
        address::with_query(page, &self.pairs(tab).each_ref().map(|(name, value)| (*name, &**value)))
    }

    /// What the address says, by name; nothing stands for what is usual.
    fn pairs(&self, tab: &str) -> [(&'static str, String); 10] {
        let steps = |steps: u32| if steps == STEPS { String::new() } else { steps.to_string() };
        let [from_up, from_down] = self.from.map(|from| if from == 0 { String::new() } else { from.to_string() });
        let unfolded = self.unfolded.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let focus = self.focus.map(|id| id.to_string()).unwrap_or_default();
        [
            ("tab", tab.to_owned()),
            ("q", self.words.clone()),
            ("level", self.level.map_or("", Level::name).to_owned()),
            ("up", steps(self.up)),
            ("down", steps(self.down)),
            ("from_up", from_up),
            ("from_down", from_down),
            ("unfold", unfolded),
            ("focus", focus),
            ("column", self.column.clone().unwrap_or_default()),
        ]
    }

    /// What a form bears unseen that asks for other words and other steps of the same.
    pub fn beside_words(&self) -> Vec<(&'static str, String)> {
        let asked = Asked { up: STEPS, down: STEPS, from: [0, 0], words: String::new(), ..self.clone() };
        asked.pairs("lineage").into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    /// How far may be chosen, and how far it is now.
    pub fn depths(&self) -> impl Iterator<Item = (u32, bool)> + use<> {
        let now = self.up.max(self.down);
        let mut depths = DEPTHS.to_vec();
        depths.push(now);
        depths.sort_unstable();
        depths.dedup();
        depths.into_iter().map(move |depth| (depth, depth == now))
    }

    pub fn without_words(&self) -> Asked {
        Asked { words: String::new(), from: [0, 0], ..self.clone() }
    }

    pub fn on(&self, level: Level) -> Asked {
        Asked { level: Some(level), ..self.clone() }.agreeing()
    }

    /// As much again upwards, or downwards; `None` where it is as far as it goes.
    pub fn farther(&self, is_up: bool) -> Option<Asked> {
        let now = if is_up { self.up } else { self.down };
        let then = (now + STEPS).min(MOST_STEPS);
        let (up, down) = if is_up { (then, self.down) } else { (self.up, then) };
        (then > now).then(|| Asked { up, down, ..self.clone() })
    }

    /// With the rows of the table upwards, or downwards, after so many.
    pub fn after(&self, is_up: bool, rows: usize) -> Asked {
        let [up, down] = self.from;
        Asked { from: if is_up { [rows, down] } else { [up, rows] }, ..self.clone() }
    }

    pub fn focused(&self, focus: Option<RecordId>) -> Asked {
        Asked { focus, column: None, ..self.clone() }
    }

    pub fn focused_on(&self, table: RecordId, column: &str) -> Asked {
        let asked = Asked { unfolded: Vec::new(), ..self.focused(Some(table)) };
        Asked { column: Some(column.to_owned()), ..asked.on(Level::Columns) }
    }

    pub fn unfolding(&self, product: RecordId) -> Asked {
        let mut asked = self.clone();
        asked.unfolded.push(product);
        asked
    }

    pub fn folding(&self, product: RecordId) -> Asked {
        let unfolded = self.unfolded.iter().copied().filter(|id| *id != product).collect();
        Asked { unfolded, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_usual_stands_in_no_address() {
        let usual = Asked {
            level: None,
            up: STEPS,
            down: STEPS,
            from: [0, 0],
            unfolded: Vec::new(),
            focus: None,
            column: None,
            words: String::new(),
        };
        assert_eq!(usual.at("/tables/a", "lineage"), "/tables/a?tab=lineage");
        let product = RecordId::fresh();
        let asked = usual.farther(true).expect("farther").unfolding(product).on(Level::Columns);
        assert_eq!(asked.at("/p", ""), format!("/p?level=columns&up=8&unfold={product}"));
        assert!(asked.folding(product).unfolded.is_empty());
        let of_column = usual.focused_on(product, "a b");
        assert_eq!(of_column.at("/p", ""), format!("/p?level=columns&focus={product}&column=a+b"));
        assert_eq!(of_column.on(Level::Tables).column, None);
        assert_eq!(usual.after(false, 50).at("/p", "lineage"), "/p?tab=lineage&from_down=50");
        assert_eq!(Asked { down: MOST_STEPS, ..usual.clone() }.farther(false), None);
        let sought = Asked { words: "a b".into(), up: 7, ..usual };
        assert_eq!(sought.at("/p", "lineage"), "/p?tab=lineage&q=a+b&up=7");
        assert_eq!(sought.beside_words(), [("tab", "lineage".to_owned())]);
        let depths: Vec<u32> = sought.depths().filter(|(_, is_now)| *is_now).map(|(depth, _)| depth).collect();
        assert!(depths == [7] && sought.depths().count() == 7);
    }
}
