//! Pictures of kinds and of what can be done, from one file that browsers keep.

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::kind::Kind;

#[derive(Clone, Copy, Template)]
#[template(
    source = r#"<svg class="icon" aria-hidden="true" focusable="false"><use href="{{ crate::layout::assets::address("icons.svg") }}#{{ self.0 }}"></use></svg>"#,
    ext = "html"
)]
pub struct Icon(pub &'static str);

impl HtmlSafe for Icon {}

impl Icon {
    /// The picture itself, for what has to stand alone.
    pub fn symbol(self) -> Option<&'static str> {
        let text = crate::layout::assets::text("icons.svg");
        let from = text.find(&format!("<symbol id=\"{}\"", self.0))?;
        let end = text[from..].find("</symbol>")? + "</symbol>".len();
        Some(&text[from..from + end])
    }

    pub fn of(kind: Kind) -> Icon {
        Icon(match kind.name() {
            "data_product" => "product",
            "domain" => "domain",
            name if name.ends_with("_service") => "service",
            "database" => "database",
            "database_schema" => "schema",
            "table" => "table",
            "pipeline" => "pipeline",
            "dashboard" | "chart" => "board",
            "dashboard_data_model" => "table",
            "glossary" => "glossary",
            "glossary_term" => "term",
            "user" => "person",
            "team" => "team",
            _ => "other",
        })
    }
}
