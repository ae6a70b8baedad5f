//! A text with the words marked that were looked for.

use std::ops::Range;

use askama::Template;
use askama::filters::HtmlSafe;

use crate::text::plain::shown;

#[derive(Clone, Template)]
#[template(
    source = r#"<bdi>{% for (text, is_marked) in self.0 %}{% if *is_marked %}<mark>{{ text }}</mark>{% else %}{{ text }}{% endif %}{% endfor %}</bdi>"#,
    ext = "html"
)]
pub struct Marked(Vec<(String, bool)>);

impl HtmlSafe for Marked {}

impl Marked {
    /// `marks` are in bytes of the text; those that are none are left out.
    pub fn of(text: &str, marks: &[Range<usize>]) -> Marked {
        let mut marks: Vec<&Range<usize>> = marks.iter().collect();
        marks.sort_by_key(|mark| (mark.start, mark.end));
        let mut pieces = Vec::new();
        let mut at = 0;
        for mark in marks {
            let (from, to) = (mark.start.max(at), mark.end);
            if let (Some(before), Some(marked)) = (text.get(at..from), text.get(from..to))
                && !marked.is_empty()
            {
                pieces.push((shown(before), false));
                pieces.push((shown(marked), true));
                at = to;
            }
        }
        pieces.push((shown(text.get(at..).unwrap_or_default()), false));
        pieces.retain(|(text, _)| !text.is_empty());
        Marked(pieces)
    }

    pub fn plain(text: &str) -> Marked {
        Marked::of(text, &[])
    }

    /// The same as HTML in which lines end behind dots: a name of many parts is not broken within one.
    pub fn breaking(&self) -> String {
        self.to_string().replace('.', ".<wbr>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_marked_once_and_nothing_is_lost() {
        let text = "größe <b> net_sales";
        for (marks, rendered) in [
            (vec![], "<bdi>größe &#60;b&#62; net_sales</bdi>"),
            (vec![14..17, 0..7, 11..17], "<bdi><mark>größe</mark> &#60;b&#62;<mark> net_s</mark>ales</bdi>"),
            (vec![3..4, 90..99], "<bdi>größe &#60;b&#62; net_sales</bdi>"),
        ] {
            assert_eq!(Marked::of(text, &marks).to_string(), rendered, "{marks:?}");
        }
        assert_eq!(Marked::plain("shop.main.a<b").breaking(), "<bdi>shop.<wbr>main.<wbr>a&#60;b</bdi>");
    }
}
