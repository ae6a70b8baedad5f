//! Parts that many pages have. Each is a template of its own, so that its code is generated once: an included file is generated
//! anew in each template that includes it.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::layout::shell::Shell;
use crate::layout::tabs::Tab;
use crate::records::head::{Head, Label};
use crate::records::record::Top;

/// How every page looks: viewport, icon, stylesheet.
#[derive(Template)]
#[template(path = "parts/look.html")]
pub struct HeadMeta;

/// The bar on top, the places on the left, the way down to the page; it opens `<main>`.
#[derive(Template)]
#[template(path = "header.html")]
pub struct Header<'a> {
    p: &'a Shell,
}

/// Closes `<main>`; the foot, and the keys that every page has.
#[derive(Template)]
#[template(path = "footer.html")]
pub struct Footer<'a> {
    p: &'a Shell,
}

/// What a record is, who answers for it, what can be done to it.
#[derive(Template)]
#[template(path = "parts/head.html")]
pub struct RecordHeader<'a> {
    p: &'a Shell,
    top: &'a Top,
    head: &'a Head,
}

#[derive(Template)]
#[template(path = "parts/tabs.html")]
pub struct TabList<'a> {
    p: &'a Shell,
    tabs: &'a [Tab],
}

#[derive(Template)]
#[template(path = "parts/faults.html")]
pub struct ErrorSummary<'a> {
    faults: &'a [String],
}

#[derive(Template)]
#[template(path = "parts/labels.html")]
pub struct Labels<'a> {
    p: &'a Shell,
    labels: &'a [Label],
}

#[derive(Template)]
#[template(path = "parts/owners.html")]
pub struct Owners<'a> {
    p: &'a Shell,
    head: &'a Head,
}

impl HtmlSafe for HeadMeta {}
impl HtmlSafe for Header<'_> {}
impl HtmlSafe for Footer<'_> {}
impl HtmlSafe for RecordHeader<'_> {}
impl HtmlSafe for TabList<'_> {}
impl HtmlSafe for ErrorSummary<'_> {}
impl HtmlSafe for Labels<'_> {}
impl HtmlSafe for Owners<'_> {}

pub fn error_summary(faults: &[String]) -> ErrorSummary<'_> {
    ErrorSummary { faults }
}

impl Shell {
    pub fn header(&self) -> Header<'_> {
        Header { p: self }
    }

    pub fn footer(&self) -> Footer<'_> {
        Footer { p: self }
    }

    pub fn record_header<'a>(&'a self, top: &'a Top) -> RecordHeader<'a> {
        RecordHeader { p: self, top, head: &top.head }
    }

    pub fn tabs<'a>(&'a self, tabs: &'a [Tab]) -> TabList<'a> {
        TabList { p: self, tabs }
    }

    pub fn labels<'a>(&'a self, labels: &'a [Label]) -> Labels<'a> {
        Labels { p: self, labels }
    }

    pub fn owners<'a>(&'a self, head: &'a Head) -> Owners<'a> {
        Owners { p: self, head }
    }
}
