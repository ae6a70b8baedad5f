"""Walks through the pages as somebody sees them, and says what is wrong with one, whatever texts it is made of."""

import gzip
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests

from hostile_texts import RIGHT_TO_LEFT, UNSEEN
from pages_door import Browser, Page

#: What the pages are made of; nothing else becomes an element, whoever wrote it.
OWN_TAGS = set(
    "html head meta link title script body header main nav footer section article aside "
    "div p span b strong em del ins i small bdi code pre kbd "
    "h1 h2 h3 h4 h5 h6 ul ol li dl dt dd table caption thead tbody tfoot tr th td a br hr img figure figcaption blockquote details summary "
    "dialog time form fieldset legend label input textarea select optgroup option datalist button output progress meter mark abbr wbr "
    "svg g defs desc marker pattern path line rect circle polyline polygon text tspan use symbol".split()
)
ADDRESSES = {
    "href", "src", "action", "formaction", "xlink:href", "data", "poster", "srcset", "background", "ping", "cite",
    "data-names", "data-live", "data-at",
}  # fmt: skip
#: What stands in these keeps the direction of its writing to itself: a form's own boxes, titles, and what is a line of its own.
ISOLATING = {"bdi", "textarea", "title", "option", "text", "pre", "desc", "input"}
MOST_BYTES = 100_000


class Whole(Page):
    """A page with the texts where they stand, each with what it stands in."""

    def __init__(self, answer: requests.Response):
        self.texts: list[tuple[str, tuple[tuple[str, dict], ...]]] = []
        self.stood_in: list[tuple[str, dict, tuple[tuple[str, dict], ...]]] = []
        super().__init__(answer)
        # A picture is read as a page is; rows to take away are shown by no browser.
        is_picture = answer.headers.get("Content-Type", "").startswith("image/svg+xml")
        self.is_file = is_picture or answer.headers.get("Content-Disposition", "").startswith("attachment")
        if is_picture:
            self.feed(self.source)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.stood_in.append((tag, given, tuple(self._open)))
        super().handle_starttag(tag, attrs)
        if tag == "form":
            self.forms[-1]["buttons"] = []
        if tag == "button" and given.get("name") and self.forms:
            self.forms[-1]["buttons"].append((given["name"], given.get("value", "")))

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.handle_endtag(tag)

    def handle_data(self, data):
        self.texts.append((data, tuple(self._open)))
        super().handle_data(data)


def is_within(standing, tag: str | None = None, of_class: str | None = None) -> bool:
    def fits(one: str, given: dict) -> bool:
        return (tag is None or one == tag) and (of_class is None or of_class in (given.get("class") or "").split())

    return any(fits(one, given) for one, given in standing)


def leads_to(value: str) -> str:
    """`here` for an address of this origin, `elsewhere` for one of another, `nowhere` for what is no address to follow."""
    # Browsers leave these out before they read an address, and take the one slash for the other.
    plain = re.sub("[\t\r\n]", "", value).strip("".join(map(chr, range(33)))).replace("\\", "/")
    scheme = re.match("([a-zA-Z][a-zA-Z0-9+.-]*):", plain)
    if scheme:
        return "elsewhere" if scheme.group(1).lower() in ("http", "https", "mailto") else "nowhere"
    return "elsewhere" if plain.startswith("//") else "here"


def faults(page: Whole, is_piece: bool = False) -> list[str]:
    """What no page may hold, whatever it is made of. `is_piece`: it is put into one."""
    wrong = []
    scripts = [given for tag, given in page.tags if tag == "script"]
    address = re.compile(r"/assets/[0-9a-f]+/(script|tried)\.js")
    own = [given for given in scripts if given.get("type") == "module" and address.fullmatch(given.get("src") or "")]
    # Beside the one of all pages, one that tries what is typed.
    most = 2 if any("data-tried" in given for _, given in page.tags) else 1
    if len(scripts) != (0 if is_piece else most) or len(own) != len(scripts):
        wrong.append(f"scripts {scripts}")
    for tag, given, standing in page.stood_in:
        if tag not in OWN_TAGS:
            wrong.append(f"an element <{tag}>")
        for name, value in given.items():
            value = value or ""
            if name.startswith("on") or name in ("style", "srcdoc"):
                wrong.append(f"<{tag} {name}={value[:60]!r}>")
            if name in ADDRESSES:
                to = leads_to(value)
                is_written = to == "elsewhere" and tag == "a" and is_within(standing, of_class="prose")
                if is_written and not {"noopener", "noreferrer", "nofollow"} <= set((given.get("rel") or "").split()):
                    wrong.append(f"<{tag} {name}={value[:80]!r}> without rel")
                if to != "here" and not is_written:
                    wrong.append(f"<{tag} {name}={value[:80]!r}>")
            if tag == "meta" and name == "content" and given.get("http-equiv") and not re.fullmatch(r"\d+", value):
                wrong.append(f"<meta content={value[:60]!r}>")
            # What a form sends is what was written, to the letter: what it shows of it is the browser's.
            if UNSEEN.search(value) and (tag, name) not in (("input", "value"), ("option", "value"), ("button", "value")):
                wrong.append(f"unseen {UNSEEN.findall(value)} in <{tag} {name}={value[:40]!r}>")
    for text, standing in page.texts:
        if UNSEEN.search(text) and not is_within(standing, "textarea"):
            at, place = UNSEEN.search(text).start(), "/".join(tag for tag, _ in standing[-3:])
            wrong.append(f"unseen {sorted(set(UNSEEN.findall(text)))} in {place}: {text[max(at - 30, 0) : at + 10]!r}")
        if "zq49" in text:
            wrong.append(f"a template was filled in: {text[:80]!r}")
    size = len(gzip.compress(page.source.encode(), 6))
    if size >= MOST_BYTES:
        wrong.append(f"{size} bytes, compressed")
    return wrong


def turning(page: Whole) -> list[str]:
    """Texts from right to left that reach what stands beside them on a line."""
    found = []
    for text, standing in page.texts:
        # What is said to readers of screens alone stands on no line.
        is_apart = any(tag in ISOLATING for tag, _ in standing) or any(is_within(standing, of_class=one) for one in ("prose", "vh"))
        if RIGHT_TO_LEFT.search(text) and not is_apart:
            found.append(f"{'/'.join(tag for tag, _ in standing[-3:])}: {text[:60]!r}")
    return found


@dataclass
class Walk:
    """All pages that somebody comes to by links, each sort of address a few times. `of` says what sort one is of; None: it is left out."""

    browser: Browser
    most_of_a_sort: int = 3
    pages: dict[str, Whole] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    sorts: dict[tuple, int] = field(default_factory=dict)

    #: Parameters whose values are places of their own.
    TELLING = ("tab", "edit", "ask", "add", "which", "kind", "show", "view", "of")

    def sort_of(self, address: str) -> tuple | None:
        at = urlsplit(address)
        if at.path.startswith("/assets/") or at.fragment and not at.path:
            return None
        parts = at.path.strip("/").split("/")
        folder = parts[0] if len(parts) > 1 and parts[0] not in ("admin", "login") else at.path
        below = tuple(part for part in parts[2:] if not re.fullmatch(r"[0-9a-f-]{36}|\d+", part)) if len(parts) > 2 else ()
        query = parse_qsl(at.query)
        told = tuple((name, value if name in self.TELLING else "") for name, value in sorted(query))
        return (folder, below, told)

    def walk(self, *seeds: str) -> "Walk":
        waiting = list(seeds)
        seen = set(waiting)
        while waiting:
            address = waiting.pop(0)
            page = self.look(address)
            for link in page.links:
                to = urljoin(page.url, link)
                if not to.startswith(self.browser.base + "/") or leads_to(link) != "here":
                    continue
                to = to.removeprefix(self.browser.base).split("#")[0]
                sort = self.sort_of(to)
                if to in seen or sort is None or self.sorts.get(sort, 0) >= self.most_of_a_sort:
                    continue
                seen.add(to)
                self.sorts[sort] = self.sorts.get(sort, 0) + 1
                waiting.append(to)
        return self

    def look(self, address: str, is_piece: bool = False) -> Whole:
        self.browser.reads = Whole
        page = self.browser.ask("GET", address)
        self.pages[address] = page
        self.wrong += [f"{address[:120]}: {one}" for one in faults(page, is_piece or page.is_file)]
        return page
