"""What a page says of lineage: in its picture, and in the tables below."""

import re
from html import unescape

from pages_door import words

BOX = r'<(?:a|g)[^>]* class="(node[^"]*)" data-at="\d+"><title>([^<]*)</title>(.*?</(?:a|g)>(?:<a class="row.*?</a>)*)'
ROW = re.compile(r'<tr><th scope="row">(.*?)</th><td>.*?</td><td>(.*?)<span.*?</td><td>(.*?)</td></tr>', re.S)


def drawn(page) -> dict[str, list[str]]:
    """What stands in the picture, by its name: how it is drawn, and the lines within it."""
    found = {}
    for how, name, within in re.findall(BOX, page.source):
        found[unescape(name)] = [*how.split()[1:], *re.findall(r'class="detail"[^>]*>([^<]*)<', within)]
    return found


def row_links(page) -> dict[str, list[str]]:
    """Where the columns of the picture lead, by their names."""
    found: dict[str, list[str]] = {}
    for address, name in re.findall(r'<a class="row[^"]*" href="([^"]*)"[^>]*><title>[^<]*\.([^<.]*)<', page.source):
        found.setdefault(unescape(name), []).append(unescape(address))
    return found


def path_of(page) -> tuple[str, list[str]]:
    """The column whose path is told, and its steps."""
    section = page.source.split('id="lineage-path"', 1)[1].split("</section>")[0]
    name = unescape(re.search("<bdi>([^<]*)</bdi></h2>", section)[1])
    return name, [words(step) for step in re.findall("<li>(.*?)</li>", section)]


def lines(page) -> int:
    return len(re.findall(r'<path class="line', page.source))


def rows(page) -> list[dict]:
    """The rows of both tables: which way, what, how far, and in which products."""
    found = []
    for way in ("up", "down"):
        section = page.source.split(f'id="lineage-{way}"', 1)[1].split("</section>")[0]
        for first, steps, products in ROW.findall(section):
            named = [unescape(name) for name in re.findall("<bdi>([^<]*)</bdi>", products)]
            more = re.search(r"and ([\d,]+) more", products)
            count = len(named) + (int(more[1].replace(",", "")) if more else 0)
            name = unescape(re.search("<bdi>([^<]*)</bdi>", first)[1])
            found.append({"way": way, "name": name, "is_direct": steps.strip() == "directly", "products": named, "count": count})
    return found


def said(page) -> tuple[set, set]:
    """What the picture of products says: what stands around what the page is of, and what is next to it, which way."""
    boxes = drawn(page)
    names = list(boxes)
    own = {at for at, name in enumerate(names) if "own" in boxes[name]}
    around = {(name, next((line for line in boxes[name] if line.startswith("in ")), "")) for name in names if "own" not in boxes[name]}
    ends = [(int(a), int(b)) for a, b in re.findall(r'<path class="line[^"]*" data-from="(\d+)" data-to="(\d+)"', page.source)]
    beside = {("down", names[b]) for a, b in ends if a in own} | {("up", names[a]) for a, b in ends if b in own}
    return around, beside


def told(page) -> tuple[set, set]:
    """The same as the tables say it: what one product alone holds is told as that product."""
    around, beside = set(), set()
    for row in rows(page):
        box = row["products"][0] if row["count"] == 1 else row["name"]
        around.add((box, f"in {row['count']} products" if row["count"] > 1 else ""))
        if row["is_direct"]:
            beside.add((row["way"], box))
    return around, beside
