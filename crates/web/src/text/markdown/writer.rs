//! What is read of Markdown, as HTML: elements of a short list, no attribute but those of links and of numbered lists, nothing
//! open that is not closed, and nothing nested deeper than people read.

use emporion_catalog::formats::LINKED;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, LinkType, Tag};
use url::{ParseError, Url};

/// Lists and quotations in one another; deeper ones are read as what stands in the last.
pub(super) const MOST_DEPTH: usize = 16;
const REL: &str = "nofollow noopener noreferrer";
/// What stands in an address as it is.
const IN_ADDRESS: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'%')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b'-')
    .remove(b'.')
    .remove(b'/')
    .remove(b':')
    .remove(b';')
    .remove(b'=')
    .remove(b'?')
    .remove(b'@')
    .remove(b'_')
    .remove(b'~');

/// An element that was begun.
enum Open {
    /// It holds others of its sort, and counts for depth.
    Nesting(&'static str),
    Plain(&'static str),
    /// It is not written; what stands in it is.
    Left,
}

#[derive(Default)]
pub(super) struct Writer {
    html: String,
    open: Vec<Open>,
    depth: usize,
    is_head: bool,
}

impl Writer {
    pub fn write(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.begin(tag),
            Event::End(_) => self.end(),
            // Markup of its own is shown as it was written.
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => escape(&text, &mut self.html),
            Event::Code(text) => {
                self.html.push_str("<code>");
                escape(&text, &mut self.html);
                self.html.push_str("</code>");
            }
            Event::SoftBreak => self.html.push('\n'),
            Event::HardBreak => self.html.push_str("<br>\n"),
            Event::Rule => self.on_its_line("<hr>\n"),
            // Of what is not read (footnotes, tasks, formulas) there is none.
            _ => {}
        }
    }

    /// All of it, with what is open closed.
    pub fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.end();
        }
        self.html
    }

    fn begin(&mut self, tag: Tag<'_>) {
        let open = match tag {
            Tag::Paragraph => self.block("<p>", "</p>\n"),
            Tag::Heading { level, .. } => {
                let (start, end) = heading(level);
                self.block(start, end)
            }
            Tag::CodeBlock(CodeBlockKind::Fenced(_) | CodeBlockKind::Indented) => {
                self.block("<pre><code>", "</code></pre>\n")
            }
            Tag::Table(_) => self.block("<table>", "</tbody></table>\n"),
            Tag::TableHead => {
                self.is_head = true;
                self.plain("<thead><tr>", "</tr></thead><tbody>\n")
            }
            Tag::TableRow => {
                self.is_head = false;
                self.plain("<tr>", "</tr>\n")
            }
            Tag::TableCell if self.is_head => self.plain("<th>", "</th>"),
            Tag::TableCell => self.plain("<td>", "</td>"),
            Tag::BlockQuote(_) => self.nesting("<blockquote>\n", "</blockquote>\n"),
            Tag::List(None) => self.nesting("<ul>\n", "</ul>\n"),
            Tag::List(Some(1)) => self.nesting("<ol>\n", "</ol>\n"),
            Tag::List(Some(start)) => self.nesting(&format!("<ol start=\"{start}\">\n"), "</ol>\n"),
            // One of a list that is not written is none.
            Tag::Item if matches!(self.open.last(), Some(Open::Left)) => {
                self.html.push('\n');
                Open::Left
            }
            Tag::Item => self.block("<li>", "</li>\n"),
            Tag::Emphasis => self.inline("<em>", "</em>"),
            Tag::Strong => self.inline("<strong>", "</strong>"),
            Tag::Strikethrough => self.inline("<del>", "</del>"),
            Tag::Link { link_type, dest_url, title, .. } => {
                self.link(link_type, &dest_url, &title);
                Open::Plain("</a>")
            }
            // Pictures become their descriptions: they would be asked for from elsewhere.
            _ => Open::Left,
        };
        self.open.push(open);
    }

    fn end(&mut self) {
        match self.open.pop() {
            Some(Open::Nesting(end)) => {
                self.depth -= 1;
                self.html.push_str(end);
            }
            Some(Open::Plain(end)) => self.html.push_str(end),
            Some(Open::Left) | None => {}
        }
    }

    fn plain(&mut self, start: &str, end: &'static str) -> Open {
        self.html.push_str(start);
        Open::Plain(end)
    }

    fn block(&mut self, start: &str, end: &'static str) -> Open {
        self.on_its_line(start);
        Open::Plain(end)
    }

    fn nesting(&mut self, start: &str, end: &'static str) -> Open {
        if self.depth >= MOST_DEPTH {
            return Open::Left;
        }
        self.depth += 1;
        self.on_its_line(start);
        Open::Nesting(end)
    }

    /// Emphasis within emphasis counts as other nesting does.
    fn inline(&mut self, start: &str, end: &'static str) -> Open {
        if self.depth >= 2 * MOST_DEPTH {
            return Open::Left;
        }
        self.depth += 1;
        self.html.push_str(start);
        Open::Nesting(end)
    }

    fn on_its_line(&mut self, start: &str) {
        if !self.html.is_empty() && !self.html.ends_with('\n') {
            self.html.push('\n');
        }
        self.html.push_str(start);
    }

    fn link(&mut self, link_type: LinkType, target: &str, title: &str) {
        let scheme = if link_type == LinkType::Email { "mailto:" } else { "" };
        let address = format!("{scheme}{}", utf8_percent_encode(target, IN_ADDRESS));
        self.html.push_str("<a");
        // As it was written too: what a browser takes out of an address is none of its scheme.
        if leads_well(&address) && leads_well(&format!("{scheme}{target}")) {
            self.attribute("href", &address);
        }
        if !title.is_empty() {
            self.attribute("title", title);
        }
        self.attribute("rel", REL);
        self.html.push('>');
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.html.push(' ');
        self.html.push_str(name);
        self.html.push_str("=\"");
        let mut escaped = String::with_capacity(value.len());
        escape(value, &mut escaped);
        self.html.push_str(&escaped.replace('"', "&quot;"));
        self.html.push('"');
    }
}

/// Below a heading of the second level.
fn heading(level: HeadingLevel) -> (&'static str, &'static str) {
    match level {
        HeadingLevel::H1 => ("<h3>", "</h3>\n"),
        HeadingLevel::H2 => ("<h4>", "</h4>\n"),
        HeadingLevel::H3 => ("<h5>", "</h5>\n"),
        _ => ("<h6>", "</h6>\n"),
    }
}

/// Whether a browser that follows the address comes to a page or a mailbox.
fn leads_well(address: &str) -> bool {
    match Url::parse(address) {
        Ok(url) => LINKED.contains(&url.scheme()),
        Err(error) => error == ParseError::RelativeUrlWithoutBase,
    }
}

/// The text as it stands in an element.
pub(super) fn escape(text: &str, into: &mut String) {
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let written = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            _ => continue,
        };
        into.push_str(&text[from..at]);
        into.push_str(written);
        from = at + 1;
    }
    into.push_str(&text[from..]);
}
