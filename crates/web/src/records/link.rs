//! The name of a record, with its page where the reader can go there.

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::record::{Card, Record};

use crate::layout::icon::Icon;
use crate::records::{address, naming};

#[derive(Clone, Template)]
#[template(
    source = r#"{% if let Some(address) = address %}<a class="link" href="{{ address }}">{{ icon }}<bdi>{{ name }}</bdi></a>{% else %}<span class="link">{{ icon }}<bdi>{{ name }}</bdi></span>{% endif %}"#,
    ext = "html"
)]
pub struct Link {
    pub icon: Icon,
    pub name: String,
    pub address: Option<String>,
}

impl HtmlSafe for Link {}

impl Link {
    pub fn of(card: &Card) -> Link {
        Link { icon: Icon::of(card.kind), name: naming::rendered(card), address: address::of(card.kind, &card.fqn) }
    }

    pub fn of_record(record: &Record) -> Link {
        Link::of(&Card::of(record))
    }

    /// For who cannot go there.
    pub fn closed(self) -> Link {
        Link { address: None, ..self }
    }
}
