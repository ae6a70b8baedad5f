"""The pages as a browser without a script sees them: cookies, redirects, forms."""

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests

from emporion_server import Principal, Server

BROWSER = {"Accept": "text/html,application/xhtml+xml", "Accept-Language": "en"}
#: A text that some day stands where people write.
HOSTILE = "<script>alert(1)</script>\u202egnp.exe\u200b &amp; \"quoted\" 'x'"
#: What every answer of the pages says of itself.
GUARDS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def by_mail(who: Principal, account: str) -> Principal:
    """The administrator of another account, as he signs in: several are called admin."""
    return replace(who, name=f"admin@{account}.example.com")


def until_found(server: Server) -> None:
    """Whatever programs have written can be found: a page waits for what its visitor has changed there."""
    headers = {"Accept": "application/json", "Authorization": f"Bearer {server.admin.token}"}
    parameters = {"q": "x", "at_least": "head"}
    requests.get(f"{server.url}/search", params=parameters, headers=headers, timeout=30).raise_for_status()


def words(html: str) -> str:
    return " ".join(unescape(re.sub("<[^>]*>", " ", html)).split())


def links(html: str) -> list[str]:
    return re.findall(r'<a [^>]*href="([^"]*)"', html)


class Page(HTMLParser):
    """An answer, read as far as the tests look: its text, its links, its forms."""

    VOID = {"input", "meta", "link", "img", "br", "wbr", "hr", "use"}

    def __init__(self, answer: requests.Response):
        super().__init__(convert_charrefs=True)
        self.answer, self.status, self.url = answer, answer.status_code, answer.url
        self.source = answer.text
        self.title, self.words, self.links, self.forms, self.roles = "", [], [], [], {}
        self.tags: list[tuple[str, dict]] = []
        self._open: list[tuple[str, dict]] = []
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            self.feed(self.source)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append((tag, given))
        if tag not in self.VOID:
            self._open.append((tag, given))
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "form":
            self.forms.append({"action": given.get("action", ""), "method": given.get("method", "get"), "fields": {}})
        if tag in ("input", "textarea", "select", "button") and self.forms and given.get("name"):
            if tag == "input" and given.get("type") in ("checkbox", "radio") and "checked" not in given:
                return
            if tag != "button":
                fields, name, value = self.forms[-1]["fields"], given["name"], given.get("value", "")
                if tag == "input" and given.get("type") != "radio" and fields.get(name):
                    # Of several that are called alike, all that hold something.
                    before = fields[name] if isinstance(fields[name], list) else [fields[name]]
                    value = [*before, value] if value else fields[name]
                fields[name] = value
        if tag == "option" and "selected" in given and self.forms:
            name = next(a.get("name") for t, a in reversed(self._open) if t == "select")
            self.forms[-1]["fields"][name] = given.get("value", "")

    def handle_endtag(self, tag):
        while tag not in self.VOID and self._open:
            if self._open.pop()[0] == tag:
                break

    def handle_data(self, data):
        inside = [tag for tag, _ in self._open]
        if inside and inside[-1] == "title":
            self.title += data
        if inside and inside[-1] == "textarea" and "name" in self._open[-1][1]:
            self.forms[-1]["fields"][self._open[-1][1]["name"]] += data.removeprefix("\n")
        if data.strip():
            self.words.append(data.strip())
        for _, given in self._open:
            if role := given.get("role"):
                self.roles.setdefault(role, []).append(data.strip())

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def form(self, action: str) -> dict:
        """The form that is sent to an address (its path, where the address holds no query)."""
        fits = [form for form in self.forms if action in (form["action"], urlsplit(form["action"]).path)]
        return next((form for form in fits if form["method"].lower() == "post"), fits[0])


class Browser:
    """One browser without a script. `visit` follows redirects, `send` fills a form in as a person does."""

    #: What it reads an answer as.
    reads = Page

    def __init__(self, server: Server):
        self.base = server.url
        self.session = requests.Session()
        self.session.headers.update(BROWSER)
        self.page: Page | None = None

    def ask(self, method: str, path: str, follow: bool = True, **kwargs) -> Page:
        answer = self.session.request(method, urljoin(self.base, path), timeout=30, allow_redirects=follow, **kwargs)
        assert answer.status_code < 500, f"{method} {path}: {answer.status_code} {answer.text[:2000]}"
        for name, value in GUARDS.items():
            assert answer.headers.get(name) == value, (path, name, answer.headers)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
        self.page = self.reads(answer)
        return self.page

    def visit(self, path: str, expect: int = 200, **kwargs) -> Page:
        page = self.ask("GET", path, **kwargs)
        assert page.status == expect, f"{path}: {page.status} {page.text[:500]}"
        return page

    def send(self, action: str, expect: int | tuple[int, int] = 200, **fields) -> Page:
        """Sends the form of the present page that goes to an address, with its hidden fields."""
        form = self.page.form(action)
        assert form["method"].lower() == "post", form
        here = {"Origin": self.base, "Sec-Fetch-Site": "same-origin", "Referer": self.page.url}
        page = self.ask("POST", form["action"], data=form["fields"] | fields, headers=here)
        expected = expect if isinstance(expect, tuple) else (expect,)
        assert page.status in expected, f"{action}: {page.status} {page.text[:500]}"
        return page

    def send_sure(self, action: str, **fields) -> Page:
        """Sends a form that takes something away: what goes is shown first, and nothing has gone then."""
        shown = self.send(action, **fields)
        assert "What will be removed" in shown.text and "sure" in shown.form(action)["fields"], shown.text[:500]
        return self.send(action, **fields)

    def send_previewed(self, action: str, expect: int = 200, **fields) -> Page:
        """Sends a form that shows first what comes of it, where it takes anything: from there it is sent again."""
        shown = self.send(action, (200, expect), **fields)
        # What labels change is shown first where a policy of anybody names one of them.
        previewed = [form["action"] for form in shown.forms if form["fields"].keys() & {"previewed", "checked"}]
        if not any(action in (at, urlsplit(at).path) for at in previewed):
            assert shown.status == expect, f"{action}: {shown.status} {shown.text[:500]}"
            return shown
        assert "Nothing is saved yet" in shown.text or "What saving changes" in shown.text, shown.text[:500]
        return self.send(action, expect, **fields)

    def sign_in(self, who: Principal) -> "Browser":
        self.visit("/login")
        page = self.send("/login", username=who.name, password=who.password)
        assert "/login" not in page.url, page.text
        return self

    def show_token(self, who: Principal) -> "Browser":
        """Looks at pages as programs may, with a token; forms are not taken from it."""
        self.session.headers["Authorization"] = f"Bearer {who.token}"
        return self

    @property
    def path(self) -> str:
        """Where the browser is."""
        return urlsplit(self.page.url).path

    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.page.url).query))
