//! A table for a terminal: columns side by side, no wider than there is room for.

use console::{measure_text_width, truncate_str};

/// What a column keeps when others want its room.
const LEAST: usize = 6;
const BETWEEN: usize = 2;

pub struct Grid {
    pub headings: Vec<String>,
    /// Of each column, whether it holds figures, which stand at its right.
    pub figures: Vec<bool>,
    pub rows: Vec<Vec<String>>,
}

impl Grid {
    /// The lines of the table, and how many of its columns had no room.
    pub fn lines(&self, room: Option<usize>) -> (Vec<String>, usize) {
        let all = || std::iter::once(&self.headings).chain(&self.rows);
        let widest = |at: usize| all().filter_map(|row| row.get(at)).map(|cell| measure_text_width(cell)).max();
        let mut widths: Vec<usize> = (0..self.headings.len()).map(|at| widest(at).unwrap_or(0)).collect();
        if let Some(room) = room {
            fit(&mut widths, room);
        }
        let line = |row: &Vec<String>| {
            let cells: Vec<String> = (0..widths.len())
                .map(|at| {
                    let (width, cell) = (widths[at], row.get(at).map_or("", String::as_str));
                    let cell = truncate_str(cell, width, "…");
                    let pad = " ".repeat(width.saturating_sub(measure_text_width(&cell)));
                    if self.figures[at] { format!("{pad}{cell}") } else { format!("{cell}{pad}") }
                })
                .collect();
            cells.join(&" ".repeat(BETWEEN)).trim_end().to_owned()
        };
        (all().map(line).collect(), self.headings.len() - widths.len())
    }
}

/// Takes room from the widest, and the last columns away where all are as narrow as they may be.
fn fit(widths: &mut Vec<usize>, room: usize) {
    let taken = |widths: &[usize]| widths.iter().sum::<usize>() + BETWEEN * widths.len().saturating_sub(1);
    while taken(widths) > room {
        let over = taken(widths) - room;
        let widest = widths.iter().copied().max().unwrap_or(0);
        if widest > LEAST {
            // Down to the next one, or as far as needed.
            let next = widths.iter().copied().filter(|width| *width < widest).max().unwrap_or(0).max(LEAST);
            let width = widths.iter_mut().rev().find(|width| **width == widest).expect("there is a widest");
            *width -= (widest - next).clamp(1, over);
        } else if widths.len() > 1 {
            widths.pop();
        } else {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Grid {
        let texts = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect();
        Grid {
            headings: texts(&["Town", "What is said of it", "n"]),
            figures: vec![false, false, true],
            rows: vec![texts(&["東京", "large and old, and never asleep", "12"]), texts(&["Rome", "old", "5"])],
        }
    }

    #[test]
    fn columns_stand_below_one_another() {
        let (lines, hidden) = grid().lines(None);
        assert_eq!(hidden, 0);
        assert_eq!(lines[0], "Town  What is said of it                n");
        assert_eq!(lines[1], "東京  large and old, and never asleep  12");
        assert_eq!(lines[2], "Rome  old                               5");
    }

    #[test]
    fn no_line_is_wider_than_the_room() {
        let (lines, hidden) = grid().lines(Some(20));
        assert_eq!((lines[1].as_str(), hidden), ("東京  large and…  12", 0));
        let (lines, hidden) = grid().lines(Some(12));
        assert_eq!((lines[1].as_str(), hidden), ("東京  large…", 1));
        for room in 1..60 {
            let (lines, hidden) = grid().lines(Some(room));
            assert!(
                hidden < 3 && lines.iter().all(|line| measure_text_width(line) <= room.max(LEAST)),
                "{room}: {lines:?}"
            );
        }
    }
}
