//! Documents of every format, and files that are made to harm.

use lopdf::content::{Content, Operation};
use lopdf::{Document, Object, Stream, dictionary};

use super::*;

fn texts(format: Format, bytes: &[u8]) -> Vec<String> {
    passages(format, bytes).expect("a good document").into_iter().map(|passage| passage.text).collect()
}

#[test]
fn markdown_is_cut_at_headings_but_not_within_code() {
    let text = "\u{feff}# One #\n\nFirst\nline.\n\n```\n# no heading\n```\n## Two\nSecond.\n#no heading\n";
    let done = passages(Format::Markdown, text.as_bytes()).unwrap();
    let shown: Vec<(Option<&str>, &str)> =
        done.iter().map(|passage| (passage.heading.as_deref(), passage.text.as_str())).collect();
    assert_eq!(shown, [(Some("One"), "First\nline.\n```\n# no heading\n```"), (Some("Two"), "Second.\n#no heading")]);
    assert_eq!(texts(Format::Text, b"# One\n\nFirst"), ["# One\nFirst"]);
}

#[test]
fn rows_of_a_table_stand_beside_the_names_of_its_columns() {
    let table = "region,amount,note\r\nEU,4,\"two\r\nlines\"\r\nUS,3,\r\n,,\r\nAsia,1,x,more\r\n";
    assert_eq!(
        texts(Format::Csv, table.as_bytes()),
        ["region: EU; amount: 4; note: two\r\nlines\nregion: US; amount: 3\nregion: Asia; amount: 1; note: x; more"]
    );
    assert_eq!(passages(Format::Csv, b"a,b\n"), Err(ExtractError::NoText));
}

#[test]
fn of_html_only_what_readers_see_is_taken() {
    let page = "<html><head><title>T</title><style>p{}</style></head><body><h1>Prices &amp; more</h1>\
                <p>Amounts are <b>in</b>&nbsp;EUR.<script>alert(1)</script></p><svg><text>no</text></svg>\
                <table><tr><td>EU</td><td>4</td></tr></table><p>End<p>unclosed &lt;tag&gt;";
    let done = passages(Format::Html, page.as_bytes()).unwrap();
    assert!(done.iter().all(|passage| passage.heading.as_deref() == Some("Prices & more")));
    let text: Vec<&str> = done.iter().map(|passage| passage.text.as_str()).collect();
    assert_eq!(text.join("\n"), "Prices & more\nAmounts are in EUR.\nEU 4\nEnd\nunclosed <tag>");
    assert_eq!(passages(Format::Html, b"<script>x</script>"), Err(ExtractError::NoText));
}

/// A document with one page for each text.
fn pdf(pages: &[&str]) -> Vec<u8> {
    let mut document = Document::with_version("1.5");
    let tree = document.new_object_id();
    let font = document.add_object(dictionary! {
        "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Courier", "Encoding" => "WinAnsiEncoding",
    });
    let resources = document.add_object(dictionary! { "Font" => dictionary! { "F1" => font } });
    let kids: Vec<Object> = pages
        .iter()
        .map(|text| {
            let content = Content {
                operations: vec![
                    Operation::new("BT", vec![]),
                    Operation::new("Tf", vec!["F1".into(), 12.into()]),
                    Operation::new("Td", vec![100.into(), 600.into()]),
                    Operation::new("Tj", vec![Object::string_literal(*text)]),
                    Operation::new("ET", vec![]),
                ],
            };
            let stream = Stream::new(dictionary! {}, content.encode().expect("a content prints"));
            let content = document.add_object(stream);
            let page =
                dictionary! { "Type" => "Page", "Parent" => tree, "Contents" => content, "Resources" => resources };
            document.add_object(page).into()
        })
        .collect();
    let count = i64::try_from(pages.len()).expect("few pages");
    let root = dictionary! {
        "Type" => "Pages", "Kids" => kids, "Count" => count, "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
    };
    document.objects.insert(tree, Object::Dictionary(root));
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
    document.trailer.set("Root", catalog);
    document.compress();
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).expect("a document prints");
    bytes
}

#[test]
fn each_page_of_a_pdf_is_read() {
    let done = passages(Format::Pdf, &pdf(&["Goods come back within 30 days.", "Amounts are in EUR."])).unwrap();
    let shown: Vec<(Option<u32>, &str)> = done.iter().map(|passage| (passage.page, passage.text.as_str())).collect();
    assert_eq!(shown, [(Some(1), "Goods come back within 30 days."), (Some(2), "Amounts are in EUR.")]);
    assert_eq!(passages(Format::Pdf, &pdf(&[])), Err(ExtractError::NoText));
}

#[test]
fn damaged_and_cut_off_files_are_told() {
    let whole = pdf(&["Amounts are in EUR."]);
    for length in [5, 20, whole.len() / 2] {
        assert!(passages(Format::Pdf, &whole[..length]).is_err(), "{length}");
    }
    assert_eq!(passages(Format::Text, b"\xff\xfe"), Err(ExtractError::NotText));
    assert_eq!(passages(Format::Text, b" \n \n"), Err(ExtractError::NoText));
}

#[test]
fn a_part_that_swells_without_end_is_not_followed() {
    let mut document = Document::load_mem(&pdf(&["x"])).unwrap();
    let page = document.page_iter().next().expect("a page");
    let bomb = vec![b' '; 64 << 20];
    let mut stream = Stream::new(dictionary! {}, bomb);
    stream.compress().expect("blanks can be compressed");
    let content = document.add_object(stream);
    document.get_object_mut(page).unwrap().as_dict_mut().unwrap().set("Contents", content);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    assert!(bytes.len() < 1 << 20);
    assert_eq!(passages(Format::Pdf, &bytes), Err(ExtractError::TooLarge));
    assert!(ExtractError::TooLarge.to_string().contains("16 MiB"));
}
