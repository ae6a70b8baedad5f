//! Prose for people: a sentence that says "data product" on one mount and "workspace" on the other.

use crate::mount::Mount;

/// A sentence of ours with values of the client's.
///
/// `{product}`, `{products}` and `{Product}` in the template become the mount's noun, and each `{}` one argument.
/// Arguments are never searched for nouns: a product called "my data product" keeps its name on both mounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    template: &'static str,
    arguments: Vec<String>,
}

impl Message {
    /// Shape: `template` has as many `{}` as there are arguments.
    pub fn with(template: &'static str, arguments: impl IntoIterator<Item = impl Into<String>>) -> Message {
        let arguments: Vec<String> = arguments.into_iter().map(Into::into).collect();
        debug_assert_eq!(template.matches("{}").count(), arguments.len(), "{template}");
        Message { template, arguments }
    }

    /// Prose that was written elsewhere and is passed on as it is.
    pub fn verbatim(text: impl Into<String>) -> Message {
        Message { template: "{}", arguments: vec![text.into()] }
    }

    pub fn print(&self, mount: Mount) -> String {
        let mut printed = String::with_capacity(self.template.len() + 32);
        let mut arguments = self.arguments.iter();
        let mut rest = self.template;
        while let Some((before, after)) = rest.split_once('{') {
            printed.push_str(before);
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            printed.push_str(match (name, mount) {
                ("product", Mount::DataProducts) => "data product",
                ("product", Mount::Workspaces) => "workspace",
                ("products", Mount::DataProducts) => "data products",
                ("products", Mount::Workspaces) => "workspaces",
                ("Product", Mount::DataProducts) => "Data product",
                ("Product", Mount::Workspaces) => "Workspace",
                _ => arguments.next().map_or("", String::as_str),
            });
            rest = after;
        }
        printed.push_str(rest);
        printed
    }
}

impl From<&'static str> for Message {
    fn from(template: &'static str) -> Message {
        Message::with(template, [] as [String; 0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_noun_follows_the_mount_and_arguments_do_not() {
        let message = Message::with("{Product} \"{}\": no {product} of the {products} has {}", ["my {product}", "x"]);
        assert_eq!(
            message.print(Mount::DataProducts),
            "Data product \"my {product}\": no data product of the data products has x"
        );
        assert_eq!(
            message.print(Mount::Workspaces),
            "Workspace \"my {product}\": no workspace of the workspaces has x"
        );
    }

    #[test]
    fn verbatim_prose_is_not_touched() {
        assert_eq!(
            Message::verbatim("a {} {product} data product").print(Mount::Workspaces),
            "a {} {product} data product"
        );
    }
}
