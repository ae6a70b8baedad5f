//! Long texts that people and sources write, as HTML that does nothing but be read.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::Builder;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder
        .tags(HashSet::from([
            "p",
            "br",
            "hr",
            "h3",
            "h4",
            "h5",
            "h6",
            "ul",
            "ol",
            "li",
            "blockquote",
            "pre",
            "code",
            "em",
            "strong",
            "del",
            "a",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
        ]))
        .tag_attributes(HashMap::from([("a", HashSet::from(["href", "title"])), ("ol", HashSet::from(["start"]))]))
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .link_rel(Some("nofollow noopener noreferrer"));
    builder
});

/// The description where it says more than its first line, which stands above it.
pub fn beyond(text: Option<&str>, line: &str) -> Option<String> {
    text.filter(|text| crate::plain::shown(text.trim()) != line).map(render)
}

/// Renders a description below a heading of the second level. Pictures become their descriptions: they would be asked for
/// from elsewhere.
pub fn render(text: &str) -> String {
    let text = crate::plain::shown_prose(text);
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let events = Parser::new_ext(&text, options).filter_map(|event| match event {
        Event::Start(Tag::Heading { level, id, classes, attrs }) => {
            Some(Event::Start(Tag::Heading { level: lowered(level), id, classes, attrs }))
        }
        Event::End(TagEnd::Heading(level)) => Some(Event::End(TagEnd::Heading(lowered(level)))),
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => None,
        // Markup of its own is shown as it was written.
        Event::Html(markup) | Event::InlineHtml(markup) => Some(Event::Text(markup)),
        event => Some(event),
    });
    let mut written = String::with_capacity(text.len() * 2);
    html::push_html(&mut written, events);
    // What was written as a reference is a character by now.
    crate::plain::shown_prose(&CLEANER.clean(&written).to_string())
}

fn lowered(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H3,
        HeadingLevel::H2 => HeadingLevel::H4,
        HeadingLevel::H3 => HeadingLevel::H5,
        _ => HeadingLevel::H6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_is_rendered_below_the_pages_own_headings() {
        assert_eq!(render("# Orders\n\n*All* of them."), "<h3>Orders</h3>\n<p><em>All</em> of them.</p>\n");
        assert!(render("|a|b|\n|-|-|\n|1|2|").contains("<td>1</td>"));
    }

    #[test]
    fn what_is_not_seen_is_marked_however_it_is_written() {
        assert_eq!(render("a&#x202e;b"), "<p>a\u{fffd}b</p>\n");
        assert!(!render("[x](https://e.example \"&#8203;\")").contains('\u{200b}'));
    }

    #[test]
    fn nothing_runs_and_nothing_is_fetched() {
        for hostile in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "![p](https://evil.example/p.png)",
            "[a](javascript:alert(1))",
            "[a](data:text/html,<script>)",
            "<svg onload=alert(1)>",
            "<a href=\"vbscript:x\" style=\"position:fixed\">a</a>",
            "<iframe src=//evil.example>",
            "<style>*{display:none}</style>",
        ] {
            let html = render(hostile);
            for bad in [
                "<script",
                "<img",
                "<svg",
                "<iframe",
                "<style",
                "<a href=\"javascript",
                "<a href=\"data",
                "<a href=\"vb",
            ] {
                assert!(!html.contains(bad), "{hostile} gave {html}");
            }
        }
        assert!(render("[a](https://example.com)").contains("rel=\"nofollow noopener noreferrer\""));
        assert!(!render("a\u{202e}b").contains('\u{202e}'));
    }
}
