//! Formats that are read, told by what a sender says of a file and by the file itself.

/// How far into a file the mark of a PDF may stand.
const PDF_MARK_WITHIN: usize = 1_024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Text,
    Markdown,
    Csv,
    Html,
    Pdf,
}

/// (format, its media type, other names of that, extensions of files)
type Row = (Format, &'static str, &'static [&'static str], &'static [&'static str]);

const TABLE: &[Row] = &[
    (Format::Text, "text/plain", &[], &["txt", "text", "log"]),
    (Format::Markdown, "text/markdown", &["text/x-markdown"], &["md", "markdown"]),
    (Format::Csv, "text/csv", &["application/csv"], &["csv"]),
    (Format::Html, "text/html", &["application/xhtml+xml"], &["html", "htm", "xhtml"]),
    (Format::Pdf, "application/pdf", &["application/x-pdf"], &["pdf"]),
];

impl Format {
    pub const ALL: [Format; 5] = [Format::Text, Format::Markdown, Format::Csv, Format::Html, Format::Pdf];

    pub fn media_type(self) -> &'static str {
        TABLE.iter().find(|row| row.0 == self).map_or("application/octet-stream", |row| row.1)
    }

    /// Whether what it is read with was written here, and not for whatever somebody else made up.
    pub fn is_plain(self) -> bool {
        matches!(self, Format::Text | Format::Markdown)
    }

    /// The format that a media type names, whatever its parameters.
    pub fn of_media_type(media_type: &str) -> Option<Format> {
        let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        TABLE.iter().find(|row| row.1 == essence || row.2.contains(&essence.as_str())).map(|row| row.0)
    }

    /// The format that the end of a file's name names.
    pub fn of_name(name: &str) -> Option<Format> {
        let (_, extension) = name.rsplit_once('.')?;
        let extension = extension.to_ascii_lowercase();
        TABLE.iter().find(|row| row.3.contains(&extension.as_str())).map(|row| row.0)
    }

    /// The format of an upload: what its media type says, where that says nothing what its name says, and only if the
    /// bytes can be that. A plain text whose name says more is what its name says.
    pub fn of_upload(media_type: Option<&str>, name: &str, bytes: &[u8]) -> Option<Format> {
        Format::told(media_type, name).filter(|told| told.can_be(bytes))
    }

    /// The same before anybody has looked at the bytes.
    pub fn told(media_type: Option<&str>, name: &str) -> Option<Format> {
        let says_nothing = |told: &str| matches!(told.trim(), "" | "application/octet-stream");
        match media_type.filter(|told| !says_nothing(told)) {
            Some(told) => match (Format::of_media_type(told)?, Format::of_name(name)) {
                (Format::Text, Some(named @ (Format::Markdown | Format::Csv))) => Some(named),
                (told, _) => Some(told),
            },
            None => Format::of_name(name),
        }
    }

    fn can_be(self, bytes: &[u8]) -> bool {
        const MARK: &[u8] = b"%PDF-";
        let head = &bytes[..bytes.len().min(PDF_MARK_WITHIN)];
        let is_pdf = head.windows(MARK.len()).any(|window| window == MARK);
        match self {
            Format::Pdf => is_pdf,
            _ => !bytes.starts_with(MARK) && !bytes.contains(&0) && std::str::from_utf8(bytes).is_ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_is_what_it_says_if_it_can_be() {
        let of = |told: Option<&str>, name: &str, bytes: &[u8]| Format::of_upload(told, name, bytes);
        assert_eq!(of(Some("text/plain; charset=utf-8"), "a.bin", b"hi"), Some(Format::Text));
        assert_eq!(of(Some("text/plain"), "notes.MD", b"# hi"), Some(Format::Markdown));
        assert_eq!(of(Some("application/octet-stream"), "a.csv", b"a,b"), Some(Format::Csv));
        assert_eq!(of(None, "a.htm", b"<p>"), Some(Format::Html));
        assert_eq!(of(Some("application/pdf"), "x", b"%PDF-1.7 ..."), Some(Format::Pdf));
        assert_eq!(of(Some("application/pdf"), "x.pdf", b"hello"), None);
        assert_eq!(of(Some("text/plain"), "x.txt", b"%PDF-1.7"), None);
        assert_eq!(of(Some("text/plain"), "x.txt", b"\x89PNG\r\n\x1a\n\0"), None);
        assert_eq!(of(Some("image/png"), "x.txt", b"hi"), None);
        assert_eq!(of(None, "no-extension", b"hi"), None);
    }

    #[test]
    fn every_format_is_known_by_its_media_type() {
        for format in Format::ALL {
            assert_eq!(Format::of_media_type(format.media_type()), Some(format));
        }
    }
}
