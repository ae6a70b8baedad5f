//! Long texts that people and sources write, as HTML that does nothing but be read.
//!
//! Whoever may describe something chooses what is read here, so all of it is bounded: how much of a text is read as Markdown,
//! how deep what it says is nested, how much it grows to. What is beyond stands on the page as it was written.

mod writer;

use std::borrow::Cow;

use emporion_edge::apart::{Wanted, apart};
use pulldown_cmark::{Options, Parser};

use self::writer::{Writer, escape};
use crate::fault::Fault;

/// So much of a text is read as Markdown, in bytes.
const MOST: usize = 64 << 10;
/// So much of all texts of a page together.
const MOST_OF_A_PAGE: usize = 4 * MOST;
/// What begins lists and quotations at the beginning of one line; more of it says nothing more.
const MOST_MARKERS: usize = 64;
/// A text that says more than this is shown as it was written: a table of two lines has as many cells as these have
/// characters, multiplied.
const MOST_EVENTS: usize = 100_000;
/// Texts of a page that are not longer together are read where they are asked for: sooner than another thread begins.
const SHORT: usize = 4 << 10;

/// The description where it says more than its first line, which stands above it.
pub async fn beyond(text: Option<&str>, line: &str) -> Result<Option<String>, Fault> {
    // No line is as long as that.
    let is_beyond = |text: &&str| text.len() > SHORT || crate::text::plain::shown(text.trim()) != line;
    shown(text.filter(is_beyond)).await
}

/// A description, below a heading of the second level.
pub async fn shown(text: Option<&str>) -> Result<Option<String>, Fault> {
    Ok(match text {
        Some(text) => all_shown(&[text]).await?.pop(),
        None => None,
    })
}

/// The same of a text that the program itself brings, which is short.
pub fn of_ours(text: &str) -> String {
    render(text, MOST, &Wanted::surely())
}

/// The same of the texts of a page. Long ones are read beside what answers requests, as long as their reader waits.
pub async fn all_shown(texts: &[&str]) -> Result<Vec<String>, Fault> {
    if texts.iter().map(|text| text.len()).sum::<usize>() <= SHORT {
        return Ok(rendered(texts, &Wanted::surely()));
    }
    let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
    Ok(apart(move |wanted| rendered(&texts, wanted)).await?)
}

fn rendered<T: AsRef<str>>(texts: &[T], wanted: &Wanted) -> Vec<String> {
    let mut left = MOST_OF_A_PAGE;
    let one = |text: &T| {
        let text = text.as_ref();
        let most = MOST.min(left);
        left -= most.min(text.len());
        render(text, most, wanted)
    };
    texts.iter().map(one).collect()
}

/// Renders a text, of which the first `most` bytes are read as Markdown.
fn render(text: &str, most: usize, wanted: &Wanted) -> String {
    let text = crate::text::plain::shown_prose(text);
    let (read, rest) = text.split_at(beginning(&text, most));
    let mut html = match of_markdown(&shallow(read), wanted) {
        Some(html) => html,
        None => plainly(read),
    };
    html.push_str(&plainly(rest));
    // What was written as a reference is a character by now.
    crate::text::plain::shown_prose(&html)
}

/// Where the beginning of a text ends that is no longer than `most`: with a line, where it has any.
fn beginning(text: &str, most: usize) -> usize {
    if text.len() <= most {
        return text.len();
    }
    let whole = text.floor_char_boundary(most);
    text[..whole].rfind('\n').map_or(whole, |end| end + 1)
}

/// `None` where it says more than is written, or nobody reads it any more.
fn of_markdown(text: &str, wanted: &Wanted) -> Option<String> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut writer = Writer::default();
    for (count, event) in Parser::new_ext(text, options).enumerate() {
        if count >= MOST_EVENTS || !wanted.is_still() {
            return None;
        }
        writer.write(event);
    }
    Some(writer.finish())
}

/// A text as it was written, in its paragraphs.
fn plainly(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    let is_empty = |line: &str| line.trim().is_empty();
    for paragraph in text.split_inclusive('\n').collect::<Vec<_>>().split(|line| is_empty(line)) {
        if paragraph.is_empty() {
            continue;
        }
        html.push_str("<p>");
        paragraph.iter().for_each(|line| escape(line, &mut html));
        html.truncate(html.trim_end().len());
        html.push_str("</p>\n");
    }
    html
}

/// The text with no more in the beginning of a line than so many markers of lists and quotations: what reads Markdown looks at
/// all that is open for each line.
fn shallow(text: &str) -> Cow<'_, str> {
    let mut kept: Option<String> = None;
    let mut from = 0;
    for line in text.split_inclusive('\n') {
        let to = from + line.len();
        if let Some((start, end)) = excess(line) {
            let kept = kept.get_or_insert_with(|| text[..from].to_owned());
            kept.push_str(&line[..start]);
            kept.push_str(&line[end..]);
        } else if let Some(kept) = &mut kept {
            kept.push_str(line);
        }
        from = to;
    }
    kept.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Where in a line the markers stand that are too many.
fn excess(line: &str) -> Option<(usize, usize)> {
    let bytes = line.as_bytes();
    let (mut at, mut count, mut start) = (0, 0, None);
    loop {
        at += bytes[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let Some(length) = marker(&bytes[at..]) else { break };
        count += 1;
        if count > MOST_MARKERS {
            start.get_or_insert(at);
        }
        at += length;
    }
    start.map(|start| (start, at))
}

/// The length of what begins a quotation or an item of a list.
fn marker(bytes: &[u8]) -> Option<usize> {
    let length = match bytes.first()? {
        b'>' => return Some(1),
        b'-' | b'*' | b'+' => 1,
        b'0'..=b'9' => {
            let digits = bytes.iter().take(10).take_while(|byte| byte.is_ascii_digit()).count();
            matches!(bytes.get(digits)?, b'.' | b')').then_some(digits + 1)?
        }
        _ => return None,
    };
    bytes.get(length).is_none_or(u8::is_ascii_whitespace).then_some(length)
}

#[cfg(test)]
mod tests;
