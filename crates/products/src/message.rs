//! Messages for people: sentences in which the noun for a product is whoever tells them to choose.

/// A sentence of ours with values of the client's.
///
/// `{product}`, `{products}` and `{Product}` in the template become the noun of who tells it, and each `{}` one argument.
/// Arguments are never searched for nouns: a product called "my data product" keeps its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    template: &'static str,
    arguments: Vec<String>,
}

/// What a product is called: inside a sentence, as several, and where a sentence begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nouns {
    pub one: &'static str,
    pub many: &'static str,
    pub title: &'static str,
}

impl Nouns {
    pub const DATA_PRODUCT: Nouns = Nouns { one: "data product", many: "data products", title: "Data product" };
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

    /// With these words for a product.
    pub fn text(&self, nouns: &Nouns) -> String {
        let mut text = String::with_capacity(self.template.len() + 32);
        let mut arguments = self.arguments.iter();
        let mut rest = self.template;
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            text.push_str(match name {
                "product" => nouns.one,
                "products" => nouns.many,
                "Product" => nouns.title,
                _ => arguments.next().map_or("", String::as_str),
            });
            rest = after;
        }
        text.push_str(rest);
        text
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

    const WORKSPACE: Nouns = Nouns { one: "workspace", many: "workspaces", title: "Workspace" };

    #[test]
    fn nouns_are_chosen_and_arguments_are_not_searched() {
        let message = Message::with("{Product} \"{}\": no {product} of the {products} has {}", ["my {product}", "x"]);
        assert_eq!(
            message.text(&Nouns::DATA_PRODUCT),
            "Data product \"my {product}\": no data product of the data products has x"
        );
        assert_eq!(message.text(&WORKSPACE), "Workspace \"my {product}\": no workspace of the workspaces has x");
    }

    #[test]
    fn verbatim_prose_is_not_touched() {
        let text = "a {} {product} data product";
        assert_eq!(Message::verbatim(text).text(&WORKSPACE), text);
    }
}
