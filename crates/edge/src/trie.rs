//! Finds the row of a route table for a raw path: literal segments beat `{label}`s, with back-tracking.

use http::Method;

/// More labels than any template needs; a fixed bound keeps matching free of allocation.
pub const MOST_LABELS: usize = 12;

/// Path templates by segment. Nodes are numbered; the root is 0.
#[derive(Debug)]
pub struct Trie {
    nodes: Vec<Node>,
    /// The template with the literal is the one that is meant, also where only another one has the method.
    pub literals_win: bool,
}

#[derive(Debug, Default)]
struct Node {
    /// Sorted by segment.
    literals: Vec<(Box<str>, usize)>,
    label: Option<usize>,
    /// What ends here, by method.
    rows: Vec<(Method, usize)>,
}

/// The raw segments that stood where a template has labels, in order.
#[derive(Debug, Clone, Copy)]
pub struct Captures<'p> {
    segments: [&'p str; MOST_LABELS],
    count: usize,
}

impl<'p> Captures<'p> {
    pub fn as_slice(&self) -> &[&'p str] {
        &self.segments[..self.count]
    }
}

#[derive(Debug)]
pub enum Found<'p> {
    Row(usize, Captures<'p>),
    /// Templates match, but none with this method; these are the ones there are, for `Allow`.
    WrongMethod(String),
    Nothing,
}

impl Default for Trie {
    fn default() -> Trie {
        Trie { nodes: vec![Node::default()], literals_win: false }
    }
}

impl Trie {
    /// Adds a row and answers the label names of its template.
    ///
    /// Errors: why the template cannot be served, or the row that already stands there.
    pub fn insert<'t>(&mut self, method: &Method, template: &'t str, row: usize) -> Result<Vec<&'t str>, Refused> {
        let rest = template.strip_prefix('/').ok_or(Refused::Template("it does not start with a slash"))?;
        let mut labels = Vec::new();
        let mut at = 0;
        for segment in rest.split('/').filter(|_| !rest.is_empty()) {
            at = match label_name(segment)? {
                Some(label) if labels.contains(&label) => return Err(Refused::Template("a label stands there twice")),
                Some(label) => {
                    labels.push(label);
                    self.label_child(at)
                }
                None => self.literal_child(at, segment),
            };
        }
        if labels.len() > MOST_LABELS {
            return Err(Refused::Template("it has too many labels"));
        }
        match self.nodes[at].rows.iter().find(|(other, _)| other == method) {
            Some((_, other)) => Err(Refused::Taken(*other)),
            None => {
                self.nodes[at].rows.push((method.clone(), row));
                Ok(labels)
            }
        }
    }

    fn label_child(&mut self, at: usize) -> usize {
        if let Some(child) = self.nodes[at].label {
            return child;
        }
        let child = self.new_node();
        self.nodes[at].label = Some(child);
        child
    }

    fn literal_child(&mut self, at: usize, segment: &str) -> usize {
        match self.nodes[at].literals.binary_search_by(|(literal, _)| (**literal).cmp(segment)) {
            Ok(place) => self.nodes[at].literals[place].1,
            Err(place) => {
                let child = self.new_node();
                self.nodes[at].literals.insert(place, (segment.into(), child));
                child
            }
        }
    }

    fn new_node(&mut self) -> usize {
        self.nodes.push(Node::default());
        self.nodes.len() - 1
    }

    /// Finds the row for a plain path (see `path::is_plain`). HEAD falls back to GET.
    ///
    /// Cost: a binary search per segment, no allocation unless the method is wrong.
    pub fn find<'p>(&self, method: &Method, path: &'p str) -> Found<'p> {
        let captures = Captures { segments: [""; MOST_LABELS], count: 0 };
        let mut search = Search { trie: self, method, captures, settled: None };
        let rest = path.strip_prefix('/').filter(|rest| !rest.is_empty());
        if let Some(row) = search.walk(0, rest) {
            return Found::Row(row, search.captures);
        }
        let mut methods = Vec::new();
        match search.settled {
            Some(node) => methods.extend(self.nodes[node].rows.iter().map(|(method, _)| method.as_str())),
            None => self.methods(0, rest, &mut methods),
        }
        if methods.is_empty() {
            return Found::Nothing;
        }
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.sort_unstable();
        methods.dedup();
        Found::WrongMethod(methods.join(", "))
    }

    /// Collects the methods of all templates that match.
    fn methods<'s>(&'s self, at: usize, rest: Option<&str>, found: &mut Vec<&'s str>) {
        let Some(rest) = rest else {
            found.extend(self.nodes[at].rows.iter().map(|(method, _)| method.as_str()));
            return;
        };
        let (segment, after) = split(rest);
        if let Some(child) = self.nodes[at].literal(segment) {
            self.methods(child, after, found);
        }
        if let Some(child) = self.nodes[at].label {
            self.methods(child, after, found);
        }
    }
}

impl Node {
    fn literal(&self, segment: &str) -> Option<usize> {
        let compared = |(literal, _): &(Box<str>, usize)| {
            #[cfg(test)]
            tests::COMPARED.set(tests::COMPARED.get() + 1);
            (**literal).cmp(segment)
        };
        let place = self.literals.binary_search_by(compared).ok()?;
        Some(self.literals[place].1)
    }

    fn row(&self, method: &Method) -> Option<usize> {
        let with = |wanted: &Method| self.rows.iter().find(|(method, _)| method == wanted).map(|(_, row)| *row);
        with(method).or_else(|| if *method == Method::HEAD { with(&Method::GET) } else { None })
    }
}

struct Search<'a, 'p> {
    trie: &'a Trie,
    method: &'a Method,
    captures: Captures<'p>,
    /// The path leads here, and here the method is not.
    settled: Option<usize>,
}

impl<'p> Search<'_, 'p> {
    /// `rest` is what follows the slash after the node, `None` when the path has ended. As deep as the longest template.
    fn walk(&mut self, at: usize, rest: Option<&'p str>) -> Option<usize> {
        let node = &self.trie.nodes[at];
        let Some(rest) = rest else {
            let row = node.row(self.method);
            if row.is_none() && self.trie.literals_win && !node.rows.is_empty() {
                self.settled = Some(at);
            }
            return row;
        };
        let (segment, after) = split(rest);
        if let Some(child) = node.literal(segment)
            && let Some(row) = self.walk(child, after)
        {
            return Some(row);
        }
        let is_open = self.settled.is_none() && self.captures.count < MOST_LABELS;
        let child = node.label.filter(|_| is_open)?;
        self.captures.segments[self.captures.count] = segment;
        self.captures.count += 1;
        let row = self.walk(child, after);
        if row.is_none() {
            self.captures.count -= 1;
        }
        row
    }
}

fn split(rest: &str) -> (&str, Option<&str>) {
    match rest.split_once('/') {
        Some((segment, after)) => (segment, Some(after)),
        None => (rest, None),
    }
}

fn label_name(segment: &str) -> Result<Option<&str>, Refused> {
    match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(name) if name.is_empty() || name.contains(['{', '}']) => Err(Refused::Template("a label is malformed")),
        Some(name) => Ok(Some(name)),
        None if segment.contains(['{', '}']) => Err(Refused::Template("a label must fill its segment")),
        None if segment.is_empty() => Err(Refused::Template("a segment is empty")),
        None => Ok(None),
    }
}

/// Why a row cannot stand in the trie.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    Template(&'static str),
    Taken(usize),
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn trie(rows: &[(Method, &str)]) -> Trie {
        let mut trie = Trie::default();
        for (row, (method, template)) in rows.iter().enumerate() {
            trie.insert(method, template, row).unwrap();
        }
        trie
    }

    fn find(trie: &Trie, method: Method, path: &str) -> String {
        match trie.find(&method, path) {
            Found::Row(row, captures) => format!("{row} {}", captures.as_slice().join(" ")).trim_end().to_owned(),
            Found::WrongMethod(allow) => allow,
            Found::Nothing => "nothing".into(),
        }
    }

    #[test]
    fn literals_beat_labels_and_back_track() {
        let trie = trie(&[
            (Method::GET, "/products/{id}"),
            (Method::GET, "/products/name/{fqn}"),
            (Method::PUT, "/products/{id}/assets/add"),
            (Method::PUT, "/products/name/{fqn}/assets/{asset}/remove"),
            (Method::GET, "/"),
        ]);
        assert_eq!(find(&trie, Method::GET, "/products/7"), "0 7");
        assert_eq!(find(&trie, Method::GET, "/products/name"), "0 name");
        assert_eq!(find(&trie, Method::GET, "/products/name/a.b"), "1 a.b");
        assert_eq!(find(&trie, Method::PUT, "/products/7/assets/add"), "2 7");
        assert_eq!(find(&trie, Method::PUT, "/products/name/assets/add"), "2 name");
        assert_eq!(find(&trie, Method::PUT, "/products/name/x/assets/9/remove"), "3 x 9");
        assert_eq!(find(&trie, Method::GET, "/"), "4");
        assert_eq!(find(&trie, Method::GET, "/products"), "nothing");
        assert_eq!(find(&trie, Method::GET, "/products/name/a/b"), "nothing");
    }

    #[test]
    fn encoded_letters_never_match_a_literal() {
        let trie = trie(&[(Method::GET, "/tables/name/x"), (Method::GET, "/tables/{id}")]);
        assert_eq!(find(&trie, Method::GET, "/t%61bles/7"), "nothing");
        assert_eq!(find(&trie, Method::GET, "/tables/n%61me"), "1 n%61me");
        assert_eq!(find(&trie, Method::GET, "/tables/n%61me/x"), "nothing");
        assert_eq!(find(&trie, Method::GET, "/tables%2F7"), "nothing");
    }

    #[test]
    fn a_method_is_sought_in_all_matching_templates() {
        let trie = trie(&[
            (Method::POST, "/listings/search"),
            (Method::GET, "/listings/{id}"),
            (Method::DELETE, "/listings/{id}"),
        ]);
        assert_eq!(find(&trie, Method::GET, "/listings/search"), "1 search");
        assert_eq!(find(&trie, Method::HEAD, "/listings/7"), "1 7");
        assert_eq!(find(&trie, Method::PUT, "/listings/search"), "DELETE, GET, HEAD, POST");
        assert_eq!(find(&trie, Method::POST, "/listings/7"), "DELETE, GET, HEAD");
    }

    #[test]
    fn the_template_with_the_literal_can_be_the_only_one() {
        let mut trie = trie(&[
            (Method::POST, "/models/generate"),
            (Method::GET, "/models/{id}"),
            (Method::PATCH, "/models/{id}"),
            (Method::GET, "/{kind}/generate/x"),
        ]);
        trie.literals_win = true;
        assert_eq!(find(&trie, Method::POST, "/models/generate"), "0");
        assert_eq!(find(&trie, Method::GET, "/models/generate"), "POST");
        assert_eq!(find(&trie, Method::GET, "/models/7"), "1 7");
        assert_eq!(find(&trie, Method::POST, "/models/7"), "GET, HEAD, PATCH");
        assert_eq!(find(&trie, Method::GET, "/models/generate/x"), "3 models");
        assert_eq!(find(&trie, Method::GET, "/models/7/y"), "nothing");
    }

    #[test]
    fn bad_templates_and_collisions_are_refused() {
        let mut trie = Trie::default();
        assert_eq!(trie.insert(&Method::GET, "/a/{id}", 0), Ok(vec!["id"]));
        assert_eq!(trie.insert(&Method::GET, "/a/{name}", 1), Err(Refused::Taken(0)));
        for template in ["a", "/a//b", "/a/", "/a/{}", "/a/{x}.json", "/a/b}", "/{x}/{x}"] {
            assert!(matches!(trie.insert(&Method::PUT, template, 2), Err(Refused::Template(_))), "{template}");
        }
    }

    thread_local! {
        /// How often a segment was held against a literal.
        pub static COMPARED: Cell<usize> = const { Cell::new(0) };
    }

    #[test]
    fn a_row_of_thousands_is_found_by_a_few_comparisons() {
        let compared = |rows: usize| {
            let mut trie = Trie::default();
            for row in 0..rows {
                let template = format!("/v1/collection{row}/{{id}}/versions/{{version}}");
                trie.insert(&Method::GET, &template, row).unwrap();
            }
            COMPARED.set(0);
            assert!(matches!(trie.find(&Method::GET, "/v1/collection1/7/versions/0.2"), Found::Row(1, _)));
            COMPARED.get()
        };
        let (of_two, of_thousands) = (compared(2), compared(3_000));
        assert!(of_two >= 3 && of_thousands > of_two, "{of_two} {of_thousands}");
        assert!(of_thousands <= 20, "{of_thousands}");
    }
}
