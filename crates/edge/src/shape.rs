//! What a value on the wire may be: one description serves the check of requests and the OpenAPI document.
//!
//! Shapes are plain data. Doors declare them as `static`s; shapes made at start (from the kind registry) are leaked
//! once, since they live as long as the program.

/// What one JSON value may be.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    Text(Text),
    /// A JSON number without fraction, both ends included.
    Integer {
        min: i64,
        max: i64,
    },
    Number {
        min: f64,
        max: f64,
    },
    Boolean,
    /// A point in time, in the form that the dialect uses.
    Time(TimeForm),
    Enumeration(&'static [&'static str]),
    List {
        of: &'static Shape,
        min: usize,
        max: usize,
    },
    /// An object with free keys.
    Map {
        of: &'static Shape,
        max: usize,
    },
    Struct(&'static Struct),
    /// An object with exactly one of the members.
    Union(&'static Struct),
    /// The shape, or an explicit null that means something: elsewhere null is the same as an absent member.
    Nullable(&'static Shape),
    /// The shape, or a list of so many at most.
    OneOrMany {
        of: &'static Shape,
        max: usize,
    },
    /// Something of one of these shapes.
    AnyOf(&'static [Shape]),
    /// Any JSON object.
    Object,
    /// Any JSON value.
    Json,
}

/// How a dialect writes a point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeForm {
    /// A number of seconds since 1970 with at most three decimals.
    EpochSeconds,
    /// A whole number of milliseconds since 1970.
    EpochMillis,
    /// RFC 3339 in UTC with milliseconds.
    Rfc3339,
}

/// A string; lengths count Unicode scalar values.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    pub min: usize,
    pub max: usize,
    pub pattern: Option<Pattern>,
    /// The OpenAPI `format`, where one fits (`uuid`, `email`, `uri`, `password`).
    pub format: Option<&'static str>,
}

/// A rule for a whole string: the text that documents it, and the function that decides it.
#[derive(Clone, Copy)]
pub struct Pattern {
    pub source: &'static str,
    pub matches: fn(&str) -> bool,
}

impl std::fmt::Debug for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.source)
    }
}

/// A named object type; becomes one component of the OpenAPI document.
#[derive(Debug)]
pub struct Struct {
    pub name: &'static str,
    pub members: &'static [Member],
    /// Whether members that are not listed are left alone (true) or are a violation (false).
    pub open: bool,
}

#[derive(Debug, Clone, Copy)]
pub struct Member {
    pub name: &'static str,
    pub shape: Shape,
    pub required: bool,
    pub place: Location,
}

/// Where a member of a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    Body,
    Path,
    Query,
    Header,
}

impl Text {
    pub const ANY: Text = Text { min: 0, max: usize::MAX, pattern: None, format: None };

    pub const fn between(min: usize, max: usize) -> Text {
        Text { min, max, pattern: None, format: None }
    }

    pub const fn matching(self, source: &'static str, matches: fn(&str) -> bool) -> Text {
        Text { pattern: Some(Pattern { source, matches }), ..self }
    }

    pub const fn format(self, format: &'static str) -> Text {
        Text { format: Some(format), ..self }
    }
}

/// Any string.
pub const TEXT: Shape = Shape::Text(Text::ANY);
/// A UUID in text form.
pub const UUID: Shape = Shape::Text(Text { min: 36, max: 36, pattern: None, format: Some("uuid") });

impl Member {
    pub const fn required(name: &'static str, shape: Shape) -> Member {
        Member { name, shape, required: true, place: Location::Body }
    }

    pub const fn optional(name: &'static str, shape: Shape) -> Member {
        Member { name, shape, required: false, place: Location::Body }
    }

    pub const fn at(self, place: Location) -> Member {
        Member { place, ..self }
    }
}

impl Struct {
    pub const EMPTY: &'static Struct = &Struct { name: "Empty", members: &[], open: true };

    pub fn member(&self, name: &str) -> Option<&'static Member> {
        self.members.iter().find(|member| member.name == name)
    }
}
