//! A list in a line: the first of it stand there, and the others unfold behind how many they are.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::text::texts::Texts;

#[derive(Template)]
#[template(
    source = r#"{% for one in first %}{% if !loop.first %}, {% endif %}{{ one|safe }}{% endfor %}{% if !rest.is_empty() %}<details class="more"><summary>{{ more }}</summary>{% for one in rest %}{% if !loop.first %}, {% endif %}{{ one|safe }}{% endfor %}</details>{% endif %}"#,
    ext = "html"
)]
pub struct CollapsedList {
    /// As markup.
    first: Vec<String>,
    rest: Vec<String>,
    more: String,
}

impl HtmlSafe for CollapsedList {}

/// A name that somebody has given.
#[derive(Template)]
#[template(source = "<bdi>{{ name }}</bdi>", ext = "html")]
pub struct Name {
    pub name: String,
}

impl CollapsedList {
    /// So many of all first; `key` is the text that counts the others.
    pub fn of<T: Template>(t: Texts, all: impl IntoIterator<Item = T>, most: usize, key: &str) -> CollapsedList {
        // Templates write into memory; what they call does not fail.
        let mut first: Vec<String> = all.into_iter().map(|one| one.render().unwrap_or_default()).collect();
        let rest = first.split_off(first.len().min(most));
        CollapsedList { more: t.count(key, rest.len()), first, rest }
    }

    /// The same of names.
    pub fn of_names(t: Texts, names: Vec<String>, most: usize, key: &str) -> CollapsedList {
        CollapsedList::of(t, names.into_iter().map(|name| Name { name }), most, key)
    }

    pub fn is_empty(&self) -> bool {
        self.first.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_others_unfold_behind_their_number() {
        let t = Texts::by_code("en").expect("English");
        let rendered = |names: &[&str]| {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            CollapsedList::of_names(t, names, 2, "diff.more").render().expect("a text")
        };
        assert_eq!(rendered(&["a", "<b>"]), "<bdi>a</bdi>, <bdi>&#60;b&#62;</bdi>");
        let html = rendered(&["a", "b", "c", "d"]);
        assert!(html.contains("<summary>and 2 more</summary><bdi>c</bdi>, <bdi>d</bdi></details>"), "{html}");
        assert!(CollapsedList::of_names(t, Vec::new(), 2, "diff.more").is_empty());
    }
}
