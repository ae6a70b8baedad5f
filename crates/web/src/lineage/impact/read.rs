//! What of a product reads columns, as pages show it.

use askama::Template;
use askama::filters::HtmlSafe;

use super::MOST_NAMES;
use super::products::Part;
use crate::layout::collapsed_list::CollapsedList;
use crate::records::column::ColumnLink;
use crate::records::link::Link;
use crate::text::texts::Texts;

/// The texts that count parts, in the order in which these are told.
pub const SORTS: [&str; 4] = ["count.fields", "count.metrics", "count.relationships", "count.verified"];

/// What of a product reads them.
#[derive(Template)]
#[template(
    source = r#"{{ product }}{% for sort in parts %}<div class="line">{{ sort.rendered }}: {{ sort.links }}</div>{% endfor %}{% if let Some(partly) = partly %}<p class="hint">{{ partly }}</p>{% endif %}"#,
    ext = "html"
)]
pub struct ReadBy {
    /// Its model, where all of this stands.
    product: Link,
    parts: Vec<Parts>,
    /// Where not all of its models and queries were looked at.
    partly: Option<String>,
}

impl HtmlSafe for ReadBy {}

/// Parts of one sort.
pub struct Parts {
    /// How many there are.
    rendered: String,
    links: CollapsedList,
}

impl ReadBy {
    pub fn of(t: Texts, product: &Link, all: &[&Part], is_cut: bool) -> ReadBy {
        let of_sort = |sort: &'static str| {
            let of_it = all.iter().filter(|part| part.sort == sort);
            let links: Vec<ColumnLink> = of_it.map(|part| part.link.clone()).collect();
            (!links.is_empty()).then(|| Parts::reported(t, sort, links))
        };
        ReadBy::reported(t, product.clone(), SORTS.into_iter().filter_map(of_sort).collect(), is_cut)
    }

    pub fn reported(t: Texts, product: Link, parts: Vec<Parts>, is_cut: bool) -> ReadBy {
        ReadBy { product, parts, partly: is_cut.then(|| t.say("losses.read_partly")) }
    }
}

impl Parts {
    /// The first are named, the others unfold; `key` is the text that counts them all.
    pub fn reported(t: Texts, key: &str, links: Vec<ColumnLink>) -> Parts {
        let rendered = t.count(key, links.len());
        Parts { rendered, links: CollapsedList::of(t, links, MOST_NAMES, "diff.more") }
    }
}
