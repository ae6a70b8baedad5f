//! Where things stand in a picture: in layers from left to right, what is made of others right of them, with few crossings.
//! Things are numbers from 0; edges lead from an origin to what is made of it.

/// How often each layer is put in order.
const SWEEPS: usize = 6;
/// An edge over several layers goes round what stands between: it has a place in each. With more such places than these, edges
/// go straight.
const MOST_PLACES: usize = 20_000;
/// How much room an edge takes in a layer that it passes.
const LANE: usize = 8;

pub struct Measures {
    pub width: usize,
    pub between_layers: usize,
    pub between_rows: usize,
    pub margin: usize,
}

pub struct Layout {
    /// Left and top of each thing.
    pub places: Vec<(usize, usize)>,
    /// For each edge, where it passes the layers between its ends: left edge of the layer, and height.
    pub passes: Vec<Vec<(usize, usize)>>,
    pub width: usize,
    pub height: usize,
}

impl Layout {
    /// Of things with these heights.
    pub fn of(heights: &[usize], edges: &[(usize, usize)], measures: &Measures) -> Layout {
        let number = heights.len();
        let depth = depths(number, edges);
        let layers = depth.iter().max().map_or(0, |deepest| deepest + 1);
        let between = |(from, to): &(usize, usize)| {
            let (left, right) = (depth[*from].min(depth[*to]), depth[*from].max(depth[*to]));
            left + 1..right
        };
        let lanes: usize = edges.iter().map(|edge| between(edge).len()).sum();
        // Lanes are things of their own here, after all others.
        let mut depths = depth.clone();
        let mut pieces: Vec<(usize, usize)> = Vec::new();
        let mut own_lanes: Vec<Vec<usize>> = Vec::with_capacity(edges.len());
        for edge in edges {
            let mut lane: Vec<usize> = Vec::new();
            if lanes <= MOST_PLACES {
                for at in between(edge) {
                    lane.push(depths.len());
                    depths.push(at);
                }
                if depth[edge.0] > depth[edge.1] {
                    lane.reverse();
                }
            }
            let stops: Vec<usize> = [edge.0].into_iter().chain(lane.iter().copied()).chain([edge.1]).collect();
            pieces.extend(stops.windows(2).map(|pair| (pair[0], pair[1])));
            own_lanes.push(lane);
        }
        let mut rows = vec![Vec::new(); layers];
        for (thing, at) in depths.iter().enumerate() {
            rows[*at].push(thing);
        }
        let rows = ordered(rows, &pieces);
        let tall = |thing: usize| heights.get(thing).copied().unwrap_or(LANE);
        let column = |row: &[usize]| {
            row.iter()
                .map(|thing| tall(*thing) + measures.between_rows)
                .sum::<usize>()
                .saturating_sub(measures.between_rows)
        };
        let height = rows.iter().map(|row| column(row)).max().unwrap_or(0) + 2 * measures.margin;
        let mut places = vec![(0, 0); depths.len()];
        for (layer, row) in rows.iter().enumerate() {
            let x = measures.margin + layer * (measures.width + measures.between_layers);
            let mut y = (height - column(row)) / 2;
            for thing in row {
                places[*thing] = (x, y);
                y += tall(*thing) + measures.between_rows;
            }
        }
        let pass = |lane: &usize| (places[*lane].0, places[*lane].1 + LANE / 2);
        let passes = own_lanes.iter().map(|lane| lane.iter().map(pass).collect()).collect();
        let width = (layers * (measures.width + measures.between_layers)).saturating_sub(measures.between_layers);
        places.truncate(number);
        Layout { places, passes, width: width + 2 * measures.margin, height }
    }
}

/// Who stands at the other end of each thing's edges.
fn neighbours(number: usize, edges: impl Iterator<Item = (usize, usize)>) -> Vec<Vec<usize>> {
    let mut found = vec![Vec::new(); number];
    for (from, to) in edges {
        found[from].push(to);
    }
    found
}

/// In which layer each thing stands: right of its farthest origin. A circle is cut where it is first met.
fn depths(number: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let made = neighbours(number, edges.iter().copied());
    // Origins last: a thing is done when all that is made of it is. An edge back to one that is not is one of a circle.
    let (mut done, mut is_open, mut is_met) = (Vec::with_capacity(number), vec![false; number], vec![false; number]);
    let mut kept: Vec<Vec<usize>> = vec![Vec::new(); number];
    let has_origin = edges.iter().fold(vec![false; number], |mut has, (_, to)| {
        has[*to] = true;
        has
    });
    let firsts = (0..number).filter(|thing| !has_origin[*thing]).chain(0..number);
    for first in firsts {
        let mut path = vec![(first, 0)];
        if std::mem::replace(&mut is_met[first], true) {
            continue;
        }
        is_open[first] = true;
        while let Some((thing, next)) = path.last_mut() {
            let Some(result) = made[*thing].get(*next).copied() else {
                is_open[*thing] = false;
                done.push(*thing);
                path.pop();
                continue;
            };
            *next += 1;
            if is_open[result] {
                continue;
            }
            kept[*thing].push(result);
            if !std::mem::replace(&mut is_met[result], true) {
                is_open[result] = true;
                path.push((result, 0));
            }
        }
    }
    let mut depth: Vec<usize> = vec![0; number];
    for thing in done.iter().rev() {
        for result in &kept[*thing] {
            depth[*result] = depth[*result].max(depth[*thing] + 1);
        }
    }
    // What comes from nowhere stands next to what is made of it.
    for (thing, has_origin) in has_origin.iter().enumerate() {
        if !has_origin && let Some(nearest) = kept[thing].iter().map(|result| depth[*result]).min() {
            depth[thing] = nearest.saturating_sub(1);
        }
    }
    depth
}

/// The things of a picture by their layers.
pub fn layers(number: usize, edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let depth = depths(number, edges);
    let mut layers = vec![Vec::new(); depth.iter().max().map_or(0, |deepest| deepest + 1)];
    for (thing, at) in depth.into_iter().enumerate() {
        layers[at].push(thing);
    }
    layers
}

/// Puts each thing near the middle of those that it is linked to, from left to right and back.
pub fn ordered(mut layers: Vec<Vec<usize>>, edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let number = layers.iter().flatten().max().map_or(0, |last| last + 1);
    let after = neighbours(number, edges.iter().copied());
    let before = neighbours(number, edges.iter().map(|(from, to)| (*to, *from)));
    let mut place = vec![0.0; number];
    let put = |place: &mut Vec<f64>, row: &[usize]| {
        let middle = row.len() as f64 / 2.0;
        for (at, thing) in row.iter().enumerate() {
            place[*thing] = at as f64 - middle;
        }
    };
    layers.iter().for_each(|row| put(&mut place, row));
    for sweep in 0..SWEEPS {
        let is_forward = sweep % 2 == 0;
        for at in 0..layers.len() {
            let at = if is_forward { at } else { layers.len() - 1 - at };
            let wanted = |thing: usize| {
                let near = if is_forward { &before[thing] } else { &after[thing] };
                let sum: f64 = near.iter().map(|other| place[*other]).sum();
                if near.is_empty() { place[thing] } else { sum / near.len() as f64 }
            };
            let mut sorted: Vec<(f64, usize)> = layers[at].iter().map(|thing| (wanted(*thing), *thing)).collect();
            sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
            layers[at] = sorted.into_iter().map(|(_, thing)| thing).collect();
            put(&mut place, &layers[at]);
        }
    }
    layers
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEASURES: Measures = Measures { width: 100, between_layers: 50, between_rows: 10, margin: 5 };

    #[test]
    fn origins_stand_left_of_what_is_made_of_them_and_circles_end() {
        let depth = depths(5, &[(0, 1), (1, 2), (0, 2), (3, 4), (4, 3)]);
        assert!(depth[0] < depth[1] && depth[1] < depth[2]);
        assert_eq!((depth[3], depth[4]), (0, 1));
        assert_eq!(depths(2, &[(0, 0), (0, 1), (1, 1)]), [0, 1], "what is made of itself");
    }

    #[test]
    fn what_comes_from_nowhere_stands_next_to_what_is_made_of_it() {
        assert_eq!(depths(4, &[(0, 1), (1, 2), (3, 2)]), [0, 1, 2, 1]);
    }

    #[test]
    fn lines_that_need_not_cross_do_not() {
        let rows = ordered(vec![vec![0, 1], vec![2, 3]], &[(0, 3), (1, 2)]);
        assert_eq!(rows[1], [3, 2]);
    }

    #[test]
    fn a_long_edge_goes_round_what_stands_between() {
        let layout = Layout::of(&[36, 36, 36], &[(0, 1), (1, 2), (0, 2)], &MEASURES);
        let (pass, middle) = (layout.passes[2][0], layout.places[1]);
        assert_eq!(pass.0, middle.0, "it has a place in the layer");
        assert!(pass.1 < middle.1 || pass.1 > middle.1 + 36, "beside the thing there: {pass:?}, {middle:?}");
        assert!(layout.passes[0].is_empty());
    }

    #[test]
    fn nothing_lies_over_anything_else() {
        let edges: Vec<(usize, usize)> = (1..200).flat_map(|n| [(n / 3, n), (n / 7, n)]).collect();
        let heights: Vec<usize> = (0..200).map(|n| 36 + n % 5 * 18).collect();
        let layout = Layout::of(&heights, &edges, &MEASURES);
        for (one, (x, y)) in layout.places.iter().enumerate() {
            assert!(x + 100 <= layout.width && y + heights[one] <= layout.height);
            for (other, place) in layout.places.iter().enumerate().skip(one + 1) {
                assert!(x != &place.0 || y + heights[one] <= place.1 || place.1 + heights[other] <= *y);
            }
        }
    }

    #[test]
    fn of_two_thousand_none_lies_over_another() {
        // Twenty layers of a hundred: each thing is made of three of the layer before, and one in ten of one far away.
        let near = |n: usize| (1..4).map(move |k| (n / 100 * 100 - 100 + (n * 7 + k * 13) % 100, n));
        let far = (700..2_000).step_by(10).map(|n| (n - 650, n));
        let edges: Vec<(usize, usize)> = (100..2_000).flat_map(near).chain(far).collect();
        let layout = Layout::of(&vec![36; 2_000], &edges, &MEASURES);
        let mut places = layout.places;
        assert_eq!(places.len(), 2_000);
        places.sort_unstable();
        for pair in places.windows(2) {
            assert!(pair[0].0 < pair[1].0 || pair[0].1 + 36 <= pair[1].1, "{pair:?}");
        }
    }
}
