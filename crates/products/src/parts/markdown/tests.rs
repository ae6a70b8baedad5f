use proptest::prelude::*;

use super::*;

#[test]
fn prose_and_links_stay() {
    for text in [
        "# Title\n\n*a* < b, 3 > 2\n\n- [x](https://e.com/?a=1&b=2) ![p](/p.png) <https://e.com>",
        "[a]: https://e.com\n[b](mailto:a@b) [c](#here) `x[0]`",
        "[a](/x(1)) [c](page.html \"Note: this\") <HTTPS://e.com> <ada@example.com>",
        "[a](/q?x=1&amp;y=2) [b](a%3Ab) [c](https://e.com/&#58;)",
        "[^1]: Note: see the other page.",
        "[a]:\n> /page",
    ] {
        assert_eq!(sanitised(text), text);
    }
}

#[test]
fn code_stays_as_it_was_written() {
    for text in [
        "`<b>` code",
        "see [x](https://e.com) and ``a ` <b> [y](javascript:1)``, then `<i>`",
        "- `<b>`\n- `[x](javascript:1)`",
        "```html\n<b onclick=\"x\">\n\n[x](javascript:1)\n``\n``` x\n   ````\nafter",
        "~~~\n<b>\n```\n<i>",
        "a < b\r\n\r\n```\r\n<b>\r\n```\r\n",
    ] {
        assert_eq!(sanitised(text), text);
    }
}

#[test]
fn what_would_run_goes() {
    for (text, safe) in [
        ("a<script>alert(1)</script>b", "aalert(1)b"),
        ("<img src=x onerror=alert(1)>", ""),
        ("<scr<script>ipt>alert(1)", "ipt>alert(1)"),
        ("<<<b>a>i>", "a>i>"),
        ("a <!-- x --> b", "a  b"),
        ("<iframe src=x", ""),
        ("<javascript:1>", ""),
        ("<javas&#99;ript:1>", ""),
        ("<a href=\"javas&#99;ript:1\">x</a>", "x"),
        ("[x](javascript:alert(1))", "[x](#)"),
        ("[x](javascript:alert(1) \"t\")", "[x](# \"t\")"),
        ("[x]( JaVaScRiPt:alert)", "[x](#)"),
        ("[x](java\u{1}script:alert)", "[x](#)"),
        ("[x](javascript&#58;alert)", "[x](#)"),
        ("[x]: data:text/html,y", "[x]:#"),
        ("[z](JaVa&#115;cript:1)", "[z](#)"),
        ("[z](&#x6A;avascript:1)", "[z](#)"),
        ("[z](&#0000106;avascript:1)", "[z](#)"),
        ("[z](java&Tab;script&colon;1)", "[z](#)"),
        ("[z](java&amp;#115;cript:1)", "[z](#)"),
        ("[z](javascript\\:1)", "[z](#)"),
        ("[z](javascript\\&colon;1)", "[z](#)"),
        ("[z](java\tscript:1)", "[z](#)"),
        ("[z](java\nscript:1)", "[z](#)"),
        ("[z](java\u{200b}script:1)", "[z](#)"),
        ("[z](<java\tscript:1>)", "[z]()"),
        ("![z](vbscript:1)", "![z](#)"),
        ("[a]: javas&#99;ript:1", "[a]:#"),
        ("[a]: <javascript:1> 'x'", "[a]:  'x'"),
        ("> [a]:\n> javascript:1", "> [a]:#"),
        ("[z](x:1) [y](y:1)", "[z](#) [y](#)"),
    ] {
        assert_eq!(sanitised(text), safe, "{text}");
    }
    let hidden = format!("[z]({}javascript:1)", "&Tab;".repeat(1_000));
    assert_eq!(sanitised(&hidden), "[z](#)");
}

/// What is left of a tag may be code in earnest.
#[test]
fn a_tag_that_holds_a_backtick_goes_up_to_it() {
    assert_eq!(sanitised("<a title=\"`\"> <b> `"), "`\"> <b> `");
    assert_eq!(sanitised("<https://a`b> <b> `"), "`b> <b> `");
}

/// Backticks that other readers of Markdown pair in another way, and so see what stands between ours.
#[test]
fn what_only_looks_like_code_is_none() {
    for text in [
        // Closed in a later line, behind an escape, or by a run of another length.
        "a ` b\nc ` <script> ` d",
        "a ` b\n\u{a0}\nc ` <script> ` d",
        "\\` <script> `",
        "`` <script> `",
        // Taken by a target, a title, a label or a cell.
        "[a](/x`y) <script> ` z",
        "[a](</x`y>) <script> ` z",
        "[a](/x \"`\") <script> ` z",
        "[a](/x\n\"`\") <script> ` z",
        "[a`b]: javascript:1 '`'",
        "| ` | <script> ` |",
        // Fences that end before they seem to, or never begin.
        "- a\n  ```\n<script>\n  ```",
        "```\n```\n<script>",
        "```\r```\r<script>",
        "``` a`\n<script>\n```",
        "~~~\n\t~~~\n~~~\n<script>\n~~~",
    ] {
        let safe = sanitised(text);
        assert!(!safe.contains("<script") && !safe.contains("javascript:"), "{text:?} became {safe:?}");
    }
}

proptest! {
    #[test]
    fn doing_it_twice_changes_nothing(text in "([<>`~\\[\\]():\\\\\n >a-c&;#|\"]|javascript:|<b>|```|&colon;){0,60}") {
        let safe = sanitised(&text);
        prop_assert_eq!(sanitised(&safe), safe);
    }
}

/// Of these each round takes one out, and leaves the next for another.
#[test]
fn what_would_take_as_many_rounds_as_it_is_long_ends_sooner() {
    let long: String = (0..8_000_usize).map(|n| if n * n % 7 < 3 { "]: " } else { "]:" }).collect();
    for text in [long.as_str(), &"]: ]:]: ".repeat(2_000), &"]: ".repeat(6_000), &"](<a ".repeat(3_000)] {
        let safe = sanitised(text);
        assert_eq!(sanitised(&safe), safe);
        assert_eq!(without_dangerous_targets(&without_tags(&safe)), safe, "nothing is left to take out");
    }
    assert_eq!(without_markup("a ]<( b ]: c <d>"), "a ] ( b ] : c d>");
}
