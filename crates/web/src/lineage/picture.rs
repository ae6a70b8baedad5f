//! Lineage as a picture: layers from left to right, origins left of what is made of them, few crossings.

pub mod file;
pub mod layout;
mod trace;

use askama::Template;
use askama::filters::HtmlSafe;

use crate::records::link::Link;
use crate::text::texts::Texts;
use layout::{Layout, Measures};
use trace::Trace;

pub use trace::Spot;

const WIDTH: usize = 210;
const HEIGHT: usize = 36;
/// A row below the name, and where the first begins. A finger finds one.
const ROW: usize = 24;
const ROWS_AT: usize = 32;
const BELOW: usize = 4;
const MEASURES: Measures = Measures { width: WIDTH, between_layers: 64, between_rows: 14, margin: 8 };
/// Boxes and lines that one picture bears: it is to be looked at, and to be a small part of a light page. All that there is
/// stands in a table.
pub const MOST: usize = 500;
pub const MOST_LINES: usize = 1_000;
/// Characters of a name that fit, alone and beside the sign that unfolds it, and of a row below it.
const FITTING: usize = 23;
const FITTING_FOLDED: usize = 19;
const FITTING_ROW: usize = 27;

#[derive(Template)]
#[template(path = "parts/picture.html")]
pub struct Picture {
    t: Texts,
    /// Where it lies as a file, where it does.
    file: Option<String>,
    nodes: Vec<Node>,
    lines: Vec<Drawn>,
    width: usize,
    height: usize,
}

impl HtmlSafe for Picture {}

/// What is drawn as a box.
pub struct Thing {
    pub link: Link,
    /// What the page is about.
    pub is_own: bool,
    /// Only its name is the visitor's to know.
    pub is_restricted: bool,
    /// What stands in it below its name: columns.
    pub rows: Vec<Row>,
    /// Where it is unfolded.
    pub unfold: Option<String>,
}

/// Below the name of a box.
pub struct Row {
    pub text: String,
    /// Where its path is shown alone, and what that link says.
    pub focus: Option<(String, String)>,
    /// Its path is.
    pub is_chosen: bool,
}

impl Row {
    pub fn plain(text: String) -> Row {
        Row { text, focus: None, is_chosen: false }
    }
}

/// From an origin to what is made of it; from and to a row of theirs, where it is known which.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Line {
    pub from: usize,
    pub to: usize,
    pub rows: Option<(usize, usize)>,
    /// Rows could be known, and are not.
    pub is_unsure: bool,
}

impl Line {
    fn begin(&self) -> Spot {
        Spot { thing: self.from, row: self.rows.map(|rows| rows.0) }
    }

    fn end(&self) -> Spot {
        Spot { thing: self.to, row: self.rows.map(|rows| rows.1) }
    }
}

struct Node {
    link: Link,
    short: String,
    is_own: bool,
    is_restricted: bool,
    is_dim: bool,
    rows: Vec<DrawnRow>,
    unfold: Option<String>,
    x: usize,
    y: usize,
    height: usize,
}

struct DrawnRow {
    short: String,
    focus: Option<(String, String)>,
    is_chosen: bool,
    /// Its upper edge.
    y: usize,
    is_dim: bool,
}

struct Drawn {
    from: String,
    to: String,
    path: String,
    is_unsure: bool,
    is_dim: bool,
}

impl Picture {
    /// What is no part of the way to the `focus` and on from it stands back.
    pub fn of(t: Texts, things: Vec<Thing>, lines: &[Line], focus: Option<Spot>) -> Picture {
        let edges: Vec<(usize, usize)> = lines.iter().map(|line| (line.from, line.to)).collect();
        let heights: Vec<usize> = things.iter().map(height).collect();
        let layout = Layout::of(&heights, &edges, &MEASURES);
        let trace = focus.map(|focus| Trace::of(lines, focus));
        let is_beside = |has: &dyn Fn(&Trace) -> bool| trace.as_ref().is_some_and(|trace| !has(trace));
        let drawn = lines.iter().zip(&layout.passes).enumerate().map(|(at, (line, passes))| Drawn {
            from: line.begin().rendered(),
            to: line.end().rendered(),
            path: path(line, passes, &layout),
            is_unsure: line.is_unsure,
            is_dim: is_beside(&|trace| trace.has_line(at)),
        });
        let lines = drawn.collect();
        let node = |(at, thing): (usize, Thing)| {
            let (x, y) = layout.places[at];
            let fitting = if thing.unfold.is_some() { FITTING_FOLDED } else { FITTING };
            let row = |(number, row): (usize, Row)| DrawnRow {
                short: short(&row.text, FITTING_ROW),
                focus: row.focus,
                is_chosen: row.is_chosen,
                y: y + ROWS_AT + number * ROW,
                is_dim: is_beside(&|trace| trace.has_row(at, number)),
            };
            Node {
                short: short(&thing.link.name, fitting),
                rows: thing.rows.into_iter().enumerate().map(row).collect(),
                link: thing.link,
                is_own: thing.is_own,
                is_restricted: thing.is_restricted,
                is_dim: is_beside(&|trace| trace.has_thing(at)),
                unfold: thing.unfold,
                x,
                y,
                height: heights[at],
            }
        };
        let nodes = things.into_iter().enumerate().map(node).collect();
        Picture { t, file: None, nodes, lines, width: layout.width, height: layout.height }
    }

    /// Whether of any of its lines columns could be known, and are not.
    fn is_unsure(&self) -> bool {
        self.lines.iter().any(|line| line.is_unsure)
    }

    pub fn with_file(self, file: Option<String>) -> Picture {
        Picture { file, ..self }
    }
}

fn height(thing: &Thing) -> usize {
    if thing.rows.is_empty() { HEIGHT } else { ROWS_AT + thing.rows.len() * ROW + BELOW }
}

fn short(name: &str, fitting: usize) -> String {
    match name.chars().count() > fitting {
        true => name.chars().take(fitting - 1).chain(['…']).collect(),
        false => name.to_owned(),
    }
}

/// Where a line goes: out on the right and in on the left; one of a circle that leads back the other way round.
fn path(line: &Line, passes: &[(usize, usize)], layout: &Layout) -> String {
    let ((x1, y1), (x2, y2)) = (layout.places[line.from], layout.places[line.to]);
    let height = |y: usize, row: Option<usize>| row.map_or(y + HEIGHT / 2, |row| y + ROWS_AT + row * ROW + ROW / 2);
    let (y1, y2) = (height(y1, line.rows.map(|rows| rows.0)), height(y2, line.rows.map(|rows| rows.1)));
    let is_forward = x1 < x2;
    let (out, into) = if is_forward { (WIDTH, 0) } else { (0, WIDTH) };
    let mut path = format!("M{} {y1}", x1 + out);
    let (mut x, mut y) = (x1 + out, y1);
    let mut bend_to = |path: &mut String, to_x: usize, to_y: usize| {
        let half = x.abs_diff(to_x) / 2;
        let (a, b) =
            if is_forward { (x + half, to_x.saturating_sub(half)) } else { (x.saturating_sub(half), to_x + half) };
        path.push_str(&format!("C{a} {y} {b} {to_y} {to_x} {to_y}"));
        (x, y) = (to_x, to_y);
    };
    for (left, height) in passes {
        bend_to(&mut path, left + into, *height);
        bend_to(&mut path, left + out, *height);
    }
    bend_to(&mut path, x2 + into, y2);
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_circle_leads_back() {
        let layout = Layout { places: vec![(0, 0), (300, 0)], passes: Vec::new(), width: 600, height: 50 };
        let back = path(&Line { from: 1, to: 0, rows: None, is_unsure: false }, &[], &layout);
        assert_eq!(back, "M300 18C255 18 255 18 210 18");
    }
}
