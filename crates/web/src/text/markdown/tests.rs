use super::*;

fn render(text: &str) -> String {
    super::render(text, MOST, &Wanted::surely())
}

/// What asks most of those that read Markdown, each as long as it is told.
fn hostile(length: usize) -> Vec<(&'static str, String)> {
    let repeated = |part: &str| part.repeat(length / part.len());
    let halves = |first: &str, second: &str| {
        format!("{}\n{}", first.repeat(length / 2 / first.len()), second.repeat(length / 2 / second.len()))
    };
    let growing = |part: &str, between: &str| {
        let mut text = String::new();
        for count in 1.. {
            if text.len() >= length {
                break;
            }
            text.push_str(&part.repeat(count));
            text.push_str(between);
        }
        text
    };
    let stairs = |marker: &str, step: &str| {
        let mut text = String::new();
        for depth in 0.. {
            if text.len() >= length / 2 {
                break;
            }
            text.push_str(&step.repeat(depth));
            text.push_str(marker);
            text.push('\n');
        }
        text + &"\n".repeat(length / 2)
    };
    vec![
        ("quotations", repeated(">")),
        ("spaced quotations", repeated("> ")),
        ("lists", repeated("- ")),
        ("lists of all sorts", repeated("- + * ")),
        ("numbered lists", repeated("1. ")),
        ("lists and quotations", repeated("> - ")),
        ("items", repeated("- a\n")),
        ("lists, and lines without anything", halves("- + ", "\n")),
        ("lists, and lines of blanks", halves("- + ", " \n")),
        ("quotations, and lines that go on", halves("> ", "a\n")),
        ("quotations, and quotations of one", halves("> ", ">\n")),
        ("stairs of lists", stairs("- a", "  ")),
        ("stairs of lists by tabs", stairs("- a", "\t")),
        ("stairs of numbers", stairs("1. a", "   ")),
        ("brackets", repeated("[")),
        ("brackets both ways", halves("[", "]")),
        ("brackets of pictures", repeated("![")),
        ("links in links", repeated("[a](")),
        ("links in angles", repeated("[a](<b")),
        ("references", repeated("[a][")),
        ("links that are closed", repeated("[a](b)")),
        ("definitions", format!("[a]: {}\n\n{}", "x".repeat(length / 2), "[a]".repeat(length / 6))),
        ("many definitions", (0..length / 12).map(|n| format!("[{n}]: b{n}\n")).collect()),
        ("emphasis", repeated("*a ")),
        ("emphasis both ways", repeated("*a _b ")),
        ("emphasis that closes", halves("*a ", " a*")),
        ("emphasis in itself", halves("**a *", "a** a*")),
        ("underlines", repeated("_a__b")),
        ("stars", repeated("*")),
        ("struck out", repeated("~~a ")),
        ("backticks", growing("`", "a")),
        ("backticks of one", repeated("`a``b")),
        ("fences", repeated("```\n")),
        ("bars", repeated("|")),
        (
            "a wide table",
            format!("|{}\n|{}\n{}", "a|".repeat(length / 9), "-|".repeat(length / 9), "|\n".repeat(length / 9)),
        ),
        ("rows", format!("a|b\n-|-\n{}", "|\n".repeat(length / 2))),
        ("tags", repeated("<a ")),
        ("attributes", repeated("<a b=\"")),
        ("closing tags", repeated("</a>")),
        ("comments", repeated("<!--")),
        ("comments that begin", repeated("<!-- a -")),
        ("instructions", repeated("<?")),
        ("declarations", repeated("<!A ")),
        ("sections", repeated("<![CDATA[")),
        ("addresses", repeated("<a:")),
        ("ampersands", repeated("&")),
        ("entities", repeated("&#x")),
        ("backslashes", repeated("\\")),
        ("headings", repeated("# ")),
        ("underlined headings", repeated("a\n=\n")),
        ("rules", repeated("***\n")),
        ("blanks", repeated(" ")),
        ("lines", repeated("\n")),
        ("tabs", repeated("\t")),
        ("ends of lines", repeated("a  \n")),
        ("invisible", repeated("\u{200d}\u{fe0f}")),
        ("letters", repeated("a")),
        ("parentheses", format!("[a]({}", repeated("("))),
        ("titles", repeated("[a](b \"")),
    ]
}

/// How deep elements stand in one another, and whether each that is open is closed.
fn depth(html: &str) -> usize {
    let mut open: Vec<&str> = Vec::new();
    let mut deepest = 0;
    for piece in html.split('<').skip(1) {
        let tag = &piece[..piece.find('>').expect("a tag ends")];
        let name = tag.split(' ').next().unwrap_or_default();
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "what is open is closed in its order"),
            None if matches!(name, "br" | "hr") => {}
            None => open.push(name),
        }
        deepest = deepest.max(open.len());
    }
    assert!(open.is_empty(), "open: {open:?}");
    deepest
}

#[test]
fn markdown_is_rendered_below_the_pages_own_headings() {
    assert_eq!(render("# Orders\n\n*All* of them."), "<h3>Orders</h3>\n<p><em>All</em> of them.</p>\n");
    assert!(render("|a|b|\n|-|-|\n|1|2|").contains("<td>1</td>"));
}

#[test]
fn each_sort_of_markdown_is_written() {
    for (text, html) in [
        ("a\\\nb  \nc", "<p>a<br>\nb<br>\nc</p>\n"),
        ("- a\n- b\n  1. c", "<ul>\n<li>a</li>\n<li>b\n<ol>\n<li>c</li>\n</ol>\n</li>\n</ul>\n"),
        ("3. a\n\n4. b", "<ol start=\"3\">\n<li>\n<p>a</p>\n</li>\n<li>\n<p>b</p>\n</li>\n</ol>\n"),
        (
            "> a\n\n---\n~~b~~ **c**",
            "<blockquote>\n<p>a</p>\n</blockquote>\n<hr>\n<p><del>b</del> <strong>c</strong></p>\n",
        ),
        ("```sql\na < \"b\"\n```\n`<i>`", "<pre><code>a &lt; \"b\"\n</code></pre>\n<p><code>&lt;i&gt;</code></p>\n"),
        (
            "|a|b|\n|:-|-|\n|1|",
            "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody>\n<tr><td>1</td><td></td></tr>\n</tbody></table>\n",
        ),
        (
            "[a](/b?c=1&d \"e 'f' \\\"g\\\"\") ![h *i*](j)",
            "<p><a href=\"/b?c=1&amp;d\" title=\"e 'f' &quot;g&quot;\" rel=\"nofollow noopener noreferrer\">a</a> h <em>i</em></p>\n",
        ),
        ("<a@b.c>", "<p><a href=\"mailto:a@b.c\" rel=\"nofollow noopener noreferrer\">a@b.c</a></p>\n"),
        ("<div>\n*a*\n</div>\n\nb <i>c</i>", "&lt;div&gt;\n*a*\n&lt;/div&gt;\n<p>b &lt;i&gt;c&lt;/i&gt;</p>\n"),
        ("&lt;b&gt; &amp;amp;", "<p>&lt;b&gt; &amp;amp;</p>\n"),
    ] {
        assert_eq!(render(text), html, "{text}");
    }
}

#[test]
fn what_is_not_seen_is_marked_however_it_is_written() {
    assert_eq!(render("a&#x202e;b"), "<p>a\u{fffd}b</p>\n");
    assert!(!render("[x](https://e.example \"&#8203;\")").contains('\u{200b}'));
}

#[test]
fn nothing_runs_and_nothing_is_fetched() {
    for hostile in [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![p](https://evil.example/p.png)",
        "[a](javascript:alert(1))",
        "[a](java&#9;script:alert(1))",
        "[a](&#1;javascript:alert(1))",
        "[a](JAVASCRIPT&colon;alert(1))",
        "[a](data:text/html,<script>)",
        "[a](x \"\\\" onmouseover=alert(1) \")",
        "<svg onload=alert(1)>",
        "<a href=\"vbscript:x\" style=\"position:fixed\">a</a>",
        "<iframe src=//evil.example>",
        "<style>*{display:none}</style>",
        "```\"><script>\n</code><script>\n```",
        "|<script>|\n|-|\n|<script>|",
    ] {
        let html = render(hostile);
        let low = html.to_lowercase();
        let of_elements = [
            "<script",
            "<img",
            "<svg",
            "<iframe",
            "<style",
            "<a href=\"java",
            "<a href=\"data",
            "<a href=\"vb",
            "\" onmouse",
        ];
        for bad in of_elements {
            assert!(!low.contains(bad), "{hostile} gave {html}");
        }
        depth(&html);
    }
    assert!(render("[a](https://example.com)").contains("rel=\"nofollow noopener noreferrer\""));
    assert!(!render("a\u{202e}b").contains('\u{202e}'));
}

#[test]
fn nesting_and_growth_are_bounded() {
    for (what, text) in hostile(200_000) {
        let html = render(&text);
        assert!(depth(&html) <= 3 * writer::MOST_DEPTH, "{what} are {} deep", depth(&html));
        assert!(html.len() < 4_000_000, "{what} became {} bytes", html.len());
    }
}

#[test]
fn what_is_read_before_it_is_written_is_no_deeper_than_its_bound() {
    for marker in [">", "> ", "- ", "1. ", "12) ", "* + "] {
        let line = marker.repeat(5_000);
        let kept = shallow(&line);
        assert!(kept.len() <= (MOST_MARKERS + 1) * 4, "{marker}: {} bytes", kept.len());
        assert_eq!(shallow(&format!("a\n{line}b\nc")), format!("a\n{kept}b\nc"));
    }
    for kept in ["- a > b\n", "-----------------------------------------------------------------------------", "**a**"]
    {
        assert_eq!(shallow(kept), kept);
    }
}

#[test]
fn what_is_too_long_to_be_read_is_shown_as_it_was_written() {
    let text = format!("*a*\n\n{}*b* <i>\nd\n\n- e", "c\n\n".repeat(MOST));
    let html = render(&text);
    assert!(html.starts_with("<p><em>a</em></p>\n<p>c</p>\n"));
    assert!(html.ends_with("<p>c</p>\n<p>*b* &lt;i&gt;\nd</p>\n<p>- e</p>\n"), "{}", &html[html.len() - 100..]);
    let cells = format!("|{}\n|{}\n{}", "a|".repeat(900), "-|".repeat(900), "|a\n".repeat(900));
    assert!(render(&cells).starts_with("<p>|a|a|"), "a table that grows is no table");
    assert_eq!(beginning("äö", 3), 2);
}

#[test]
fn of_the_texts_of_a_page_so_much_is_read() {
    let text = format!("*a*\n\n{}", "b".repeat(MOST - 5));
    let html = rendered(&vec![text; 6], &Wanted::surely());
    let read = html.iter().filter(|html| html.starts_with("<p><em>a</em>")).count();
    assert_eq!((read, html.len()), (4, 6));
    assert!(html[5].starts_with("<p>*a*</p>\n<p>bbb"), "the others are shown as they were written");
}
