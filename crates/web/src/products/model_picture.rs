//! A semantic model as a picture: datasets with their keys, and which of them have many rows for one of another.

use std::collections::{BTreeSet, HashMap};

use askama::Template;
use askama::filters::HtmlSafe;

use crate::lineage::picture::layout::{layers, ordered};
use crate::products::model::Model;
use crate::text::texts::Texts;

const WIDTH: usize = 200;
const HEAD: usize = 32;
const LINE: usize = 20;
const BETWEEN_LAYERS: usize = 110;
const BETWEEN_ROWS: usize = 22;
const MARGIN: usize = 8;
/// More are a table only.
const MOST: usize = 60;
/// Characters of a line that fit.
const FITTING: usize = 25;

#[derive(Template)]
#[template(path = "parts/model_picture.html")]
pub struct ModelPicture {
    t: Texts,
    cards: Vec<Card>,
    links: Vec<Link>,
    width: usize,
    height: usize,
}

impl HtmlSafe for ModelPicture {}

struct Card {
    name: String,
    short: String,
    lines: Vec<(usize, String)>,
    x: usize,
    y: usize,
    height: usize,
}

struct Link {
    name: String,
    d: String,
    /// Where it says how many rows there are at either end.
    many: (usize, usize),
    one: (usize, usize),
}

impl ModelPicture {
    /// `None` where there is nothing to see, or too much.
    pub fn of(t: Texts, model: &Model) -> Option<ModelPicture> {
        let datasets = &model.datasets;
        if datasets.len() < 2 || datasets.len() > MOST {
            return None;
        }
        let number = |name: &str| datasets.iter().position(|dataset| dataset.name == name);
        let known =
            model.relationships.iter().filter_map(|one| Some((number(&one.from)?, number(&one.to)?, &one.name)));
        let known: Vec<(usize, usize, &String)> = known.filter(|(from, to, _)| from != to).collect();
        let edges: BTreeSet<(usize, usize)> = known.iter().map(|(from, to, _)| (*from, *to)).collect();
        let edges: Vec<(usize, usize)> = edges.into_iter().collect();
        let layers = ordered(layers(datasets.len(), &edges), &edges);
        let lines_of = |at: usize| {
            let dataset = &datasets[at];
            let key = Some(&dataset.keys).filter(|keys| !keys.is_empty()).map(|keys| short(keys));
            key.into_iter().chain([t.count("count.fields", dataset.fields.len())]).collect::<Vec<String>>()
        };
        let height_of = |at: usize| HEAD + lines_of(at).len() * LINE + 6;
        let tall =
            |layer: &Vec<usize>| layer.iter().map(|at| height_of(*at) + BETWEEN_ROWS).sum::<usize>() - BETWEEN_ROWS;
        let height = layers.iter().map(tall).max().unwrap_or(0) + 2 * MARGIN;
        let mut places: HashMap<usize, (usize, usize)> = HashMap::new();
        for (layer, all) in layers.iter().enumerate() {
            let mut y = (height - tall(all)) / 2;
            for at in all {
                places.insert(*at, (MARGIN + layer * (WIDTH + BETWEEN_LAYERS), y));
                y += height_of(*at) + BETWEEN_ROWS;
            }
        }
        let link = |(from, to, name): &(usize, usize, &String)| {
            let ((x1, y1), (x2, y2)) = (places[from], places[to]);
            let (y1, y2) = (y1 + HEAD / 2, y2 + HEAD / 2);
            // A circle of datasets leads back to the left.
            let (x1, x2, out) = match x1 < x2 {
                true => (x1 + WIDTH, x2, 1),
                false => (x1, x2 + WIDTH, -1),
            };
            let beside = |x: usize, by: i64| usize::try_from(x as i64 + by * out).unwrap_or(0);
            let bend = BETWEEN_LAYERS as i64 / 2;
            Link {
                name: (*name).clone(),
                d: format!("M{x1} {y1}C{} {y1} {} {y2} {x2} {y2}", beside(x1, bend), beside(x2, -bend)),
                many: (beside(x1, 12), y1 - 6),
                one: (beside(x2, -10), y2 - 6),
            }
        };
        let links = known.iter().map(link).collect();
        let cards = (0..datasets.len()).map(|at| {
            let (x, y) = places[&at];
            let lines =
                lines_of(at).into_iter().enumerate().map(|(n, line)| (y + HEAD + n * LINE + 14, line)).collect();
            Card {
                name: datasets[at].name.clone(),
                short: short(&datasets[at].name),
                lines,
                x,
                y,
                height: height_of(at),
            }
        });
        let width = layers.len() * (WIDTH + BETWEEN_LAYERS) - BETWEEN_LAYERS + 2 * MARGIN;
        Some(ModelPicture { t, cards: cards.collect(), links, width, height })
    }
}

fn short(text: &str) -> String {
    match text.chars().count() > FITTING {
        true => text.chars().take(FITTING - 1).chain(['…']).collect(),
        false => text.to_owned(),
    }
}
