//! The picture as a file that needs nothing else: its pictures of kinds within, its colours in it, and no links, which lead
//! nowhere from a file.

use std::collections::BTreeSet;

use askama::Template;

use super::Picture;

#[derive(Template)]
#[template(path = "parts/picture_file.html")]
pub struct File<'a> {
    picture: &'a Picture,
    title: String,
    rendered: String,
    symbols: Vec<&'static str>,
}

impl<'a> File<'a> {
    /// `title` and `said` are for who opens it later: of what it is, and of when.
    pub fn of(picture: &'a Picture, title: String, rendered: String) -> File<'a> {
        let icons: BTreeSet<&'static str> = picture.nodes.iter().map(|node| node.link.icon.0).collect();
        let symbols = icons.into_iter().filter_map(|icon| crate::layout::icon::Icon(icon).symbol()).collect();
        File { picture, title, rendered, symbols }
    }

    /// The text of the file. What no file of its form may hold is left out.
    pub fn text(&self) -> askama::Result<String> {
        Ok(self.render()?.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}"))
    }
}
