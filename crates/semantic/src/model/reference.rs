//! References, `$ref(alias.table)`: a dataset whose table belongs to a product that this one is composed of.

const OPEN: &str = "$ref(";

/// A table of a composed product, as a dataset names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference<'a> {
    /// The composition's.
    pub alias: &'a str,
    /// A dataset or a table of the composed product; with its schema where it needs one.
    pub table: &'a str,
}

impl<'a> Reference<'a> {
    /// Whether a source is meant as a reference, well formed or not.
    pub fn is_meant(source: &str) -> bool {
        source.trim_start().starts_with("$ref")
    }

    /// `None` for a source that is no reference.
    pub fn parse(source: &'a str) -> Option<Reference<'a>> {
        let inner = source.trim().strip_prefix(OPEN)?.strip_suffix(')')?;
        let (alias, table) = inner.split_once('.')?;
        let (alias, table) = (alias.trim(), table.trim());
        let is_alias = alias.starts_with(|c: char| c.is_ascii_lowercase())
            && alias.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        (is_alias && !table.is_empty() && !table.contains(['(', ')'])).then_some(Reference { alias, table })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_names_an_alias_and_a_table() {
        let of = |text| Reference::parse(text).map(|found| (found.alias, found.table));
        assert_eq!(of("$ref(sales.orders)"), Some(("sales", "orders")));
        assert_eq!(of(" $ref( sales . shop.orders ) "), Some(("sales", "shop.orders")));
        for broken in [
            "$ref(orders)",
            "$ref(.orders)",
            "$ref(sales.)",
            "$ref(Sales.orders)",
            "$ref(a.b",
            "ref(a.b)",
            "$ref(a.b))",
        ] {
            assert_eq!(of(broken), None, "{broken}");
        }
        assert!(Reference::is_meant("$ref(orders)") && !Reference::is_meant("shop.orders"));
    }
}
