"""Texts that ask most of whatever reads them: deep in one another, long, or the same over and over."""

#: So long that what takes the square of it takes minutes.
LENGTH = 200_000


def repeated(part: str, length: int = LENGTH) -> str:
    return part * (length // len(part))


#: Markdown: what nests, what opens and is never closed, and what is only long.
MARKDOWN = {
    "quotations": repeated(">"),
    "lists": repeated("- "),
    "numbered lists": repeated("1. "),
    "lists of all sorts": repeated("- + * "),
    "lists, then nothing": repeated("- + ", LENGTH // 2) + "\n" * (LENGTH // 2),
    "quotations, then lines": repeated("> ", LENGTH // 2) + "\n" + repeated("a\n", LENGTH // 2),
    "stairs": "".join("  " * depth + "- a\n" for depth in range(440)) + "\n" * (LENGTH // 10),
    "brackets": repeated("["),
    "pictures": repeated("![a]("),
    "emphasis": repeated("*a _b "),
    "emphasis in itself": repeated("**a *", LENGTH // 2) + repeated("a** a*", LENGTH // 2),
    "backticks": "a".join("`" * count for count in range(1, 600)),
    "cells": "|" + "a|" * 1_000 + "\n|" + "-|" * 1_000 + "\n" + "|\n" * 1_000,
    "markup": repeated("<a b=\""),
    "comments": repeated("<!--"),
    "references": "[a]: " + "x" * 50_000 + "\n\n" + repeated("[a]", LENGTH // 2),
    "words": repeated("word ", 990_000),
    "lines": repeated("\n"),
}
#: SQL that opens more than it closes, and chains without end.
SQL = {
    "brackets": f"SELECT {'(' * 40}1{')' * 40} FROM orders",
    "many brackets": f"SELECT {'(' * 4_000}1{')' * 4_000}",
    "open brackets": "SELECT * FROM " + "(" * 40,
    "queries in queries": "SELECT * FROM " + "(SELECT * FROM (" * 20 + "orders" + ") a) b" * 20,
    "a chain": "SELECT 1" + "+1" * 400_000,
    "unions": "SELECT 1" + " UNION SELECT 1" * 50_000,
    "joins": "SELECT * FROM orders" + " JOIN orders" * 50_000,
    "not": "SELECT " + "NOT " * 200_000 + "1",
    "cases": "SELECT " + "CASE WHEN (" * 40,
    "dots": "SELECT " + "." * 900_000,
    "dollars": "SELECT " + "$a" * 400_000,
    "comment": "SELECT 1 " + "/*" * 200_000,
    "quotes": "SELECT '" + "''" * 200_000,
}
#: YAML that repeats itself, or nests.
YAML = {
    "aliases": "a: &a [" + "x, " * 9 + "]\n" + "".join(
        f"{name}: &{name} [" + f"*{before}, " * 9 + "]\n" for before, name in zip("abcdefghi", "bcdefghij")
    ),
    "a long text repeated": "a: &a " + "x" * 1_000_000 + "\nb: [" + "*a, " * 200_000 + "]\n",
    "lists": repeated("["),
    "maps": repeated("{a: "),
    "items": repeated("- "),
    "keys": repeated("? "),
    "stairs": "".join(" " * depth + "a:\n" for depth in range(600)),
    "open quote": '"' + repeated("a\n"),
    "documents": repeated("---\n"),
    "tags": repeated("!a "),
    "anchors": repeated("&a "),
    "text": repeated("a "),
}  # fmt: skip


def deep(open_: str, inner: str, close: str, depth: int) -> str:
    return open_ * depth + inner + close * depth
