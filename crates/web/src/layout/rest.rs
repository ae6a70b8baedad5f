//! What of a list is not shown: said below it wherever a list is cut, with the way to the rest.

use askama::Template;
use askama::filters::HtmlSafe;

use emporion_catalog::read::{Count, Page};

use crate::records::address;
use crate::text::texts::Texts;

#[derive(Template)]
#[template(
    source = r#"<p class="hint rest">{{ rendered }}{% if let Some((name, address)) = way %} <a href="{{ address }}">{{ name }}</a>{% endif %}</p>"#,
    ext = "html"
)]
pub struct Rest {
    rendered: String,
    /// What leads to the others is called so, and lies there.
    way: Option<(String, String)>,
}

impl HtmlSafe for Rest {}

impl Rest {
    /// Below so many of all; `None` where all are shown.
    pub fn of_all(t: Texts, shown: usize, all: usize) -> Option<Rest> {
        let (shown_said, all_said) = (t.number(shown as u64), t.number(all as u64));
        let rendered = t.with("rest.of_all", &[("shown", &shown_said), ("all", &all_said)]);
        (shown < all).then_some(Rest { rendered, way: None })
    }

    /// Below the first page of a list.
    pub fn of_first(t: Texts, page: &Page) -> Option<Rest> {
        match page.total_is_exact {
            true => Rest::of_all(t, page.views.len(), page.total as usize),
            false => Rest::of_more(t, page.views.len(), page.more),
        }
    }

    /// Below the first ones, where there are more and nobody has counted them.
    pub fn of_more(t: Texts, shown: usize, is_more: bool) -> Option<Rest> {
        let rendered = match shown {
            0 => t.say("rest.not_shown"),
            _ => t.with("rest.of_more", &[("shown", &t.number(shown as u64))]),
        };
        is_more.then_some(Rest { rendered, way: None })
    }

    /// Below a part of all, which begins after so many: leads on, and from the last part to the first. `at` is where the part
    /// is that begins after a number.
    pub fn of_part(
        t: Texts,
        (from, shown): (usize, usize),
        all: Count,
        at: impl FnOnce(usize) -> String,
    ) -> Option<Rest> {
        let rest = match all.is_exact {
            true => Rest::of_all(t, shown, all.number as usize),
            false => Rest::of_more(t, shown, true),
        }?;
        let next = from.saturating_add(shown);
        Some(match from {
            _ if (next as u64) < all.number => rest.by(t, "rest.next", at(next)),
            // What is not shown is on no other part.
            0 => rest,
            _ => rest.by(t, "rest.first", at(0)),
        })
    }

    /// Below a list on a tab that the service gives page by page; the next one begins at the cursor.
    pub fn of_list(t: Texts, at: &str, (tab, list): (&str, &str), shown: usize, next: Option<String>) -> Option<Rest> {
        let address = next_at(at, (tab, list), &next?);
        Rest::of_more(t, shown, true).map(|rest| rest.by(t, "rest.next", address))
    }

    /// The same below what was found among so many on a page of such a list: nobody knows what is among the others.
    pub fn of_page(
        t: Texts,
        at: &str,
        (tab, list): (&str, &str),
        looked_at: usize,
        next: Option<String>,
    ) -> Option<Rest> {
        let rendered = t.with("rest.of_page", &[("n", &t.number(looked_at as u64))]);
        Some(Rest { rendered, way: None }.by(t, "rest.next", next_at(at, (tab, list), &next?)))
    }

    /// Where the others are, by the text that says so.
    pub fn by(self, t: Texts, key: &str, address: String) -> Rest {
        Rest { way: Some((t.say(key), address)), ..self }
    }
}

/// Where the page of a list on a tab begins at a cursor.
fn next_at(at: &str, (tab, list): (&str, &str), next: &str) -> String {
    format!("{}#{list}", address::with_query(at, &[("tab", tab), (list, next)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_is_whole_says_nothing() {
        let t = Texts::by_code("en").expect("English");
        assert!(Rest::of_all(t, 3, 3).is_none() && Rest::of_more(t, 3, false).is_none());
        let rest = Rest::of_all(t, 500, 1_200).expect("it is cut").by(t, "rest.next", "/x?from=500&a=b".to_owned());
        let html = rest.render().expect("a text");
        assert!(html.contains("500 of 1,200 are shown.") && html.contains(r#"href="/x?from=500&#38;a=b""#), "{html}");
    }

    #[test]
    fn parts_lead_on_and_back() {
        let t = Texts::by_code("en").expect("English");
        let rendered = |from, shown, all| {
            let rest = Rest::of_part(t, (from, shown), all, |from| format!("/x?from={from}"));
            rest.map(|rest| rest.render().expect("a text"))
        };
        assert_eq!(rendered(0, 7, Count::of(7)), None);
        let first = rendered(0, 5, Count::of(7)).expect("there is more");
        assert!(first.contains("5 of 7 are shown.") && first.contains("from=5\">Next page"), "{first}");
        let last = rendered(5, 2, Count::of(7)).expect("it is a part");
        assert!(last.contains("from=0\">First page"), "{last}");
        let uncounted = rendered(0, 5, Count { number: 7, is_exact: false }).expect("there is more");
        assert!(uncounted.contains("5 are shown; there are more."), "{uncounted}");
        for (shown, reported) in [(7, "7 are shown; there are more."), (0, "There may be more that are not shown.")] {
            let hidden =
                rendered(0, shown, Count { number: shown as u64, is_exact: false }).expect("there can be more");
            assert!(hidden.contains(reported) && !hidden.contains("href"), "{hidden}");
        }
    }
}
