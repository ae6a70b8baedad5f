//! What stands once on a page of its own stands on the kit in each of its states. There it is told apart: ids that are taken
//! get another name, and with them what refers to them; landmarks and the like are called by the state, too; and nothing takes
//! the focus.

use std::collections::HashSet;

/// What stands before an id, and behind it.
const REFERRING: &[(&str, &str)] = &[
    (" id=\"", "\""),
    (" for=\"", "\""),
    (" list=\"", "\""),
    (" aria-labelledby=\"", "\""),
    (" aria-describedby=\"", "\""),
    (" href=\"#", "\""),
    ("=\"url(#", ")\""),
];

/// Those that something on the page has.
#[derive(Default)]
pub struct Ids(HashSet<String>);

impl Ids {
    /// A state that is called so, by what stands above it under this id. Whatever is the first of its name keeps it: style
    /// and script know it by that.
    pub fn apart(&mut self, state: &str, id: &str, called: &str) -> String {
        let mut html = state.replace(" autofocus", "");
        for own in ids(state) {
            if self.0.insert(own.to_owned()) {
                continue;
            }
            for (before, behind) in REFERRING {
                html = html.replace(&format!("{before}{own}{behind}"), &format!("{before}{own}-{id}{behind}"));
            }
        }
        html.replace(" aria-labelledby=\"", &format!(" aria-labelledby=\"{id} "))
            .replace(" aria-label=\"", &format!(" aria-label=\"{called}: "))
    }
}

fn ids(html: &str) -> impl Iterator<Item = &str> {
    html.split(" id=\"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_twice_is_told_apart() {
        let html = |label: &str, id: &str, labelled: &str| {
            format!(
                r##"<nav aria-label="{label}"><a href="#{id}">x</a></nav><i id="{id}" data-id="x" aria-labelledby="{labelled}">"##
            )
        };
        let once = html("Tabs", "x", "x").replace("<a", "<a autofocus");
        let mut ids = Ids::default();
        assert_eq!(ids.apart(&once, "k-1", "one"), html("one: Tabs", "x", "k-1 x"));
        assert_eq!(ids.apart(&once, "k-2", "other"), html("other: Tabs", "x-k-2", "k-2 x-k-2"));
    }
}
