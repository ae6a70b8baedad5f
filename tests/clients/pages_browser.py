"""The pages in a real browser: Chromium, how somebody signs in with it, and what axe finds.

Chromium comes from Debian (`EMPORION_CHROMIUM` names another one), axe-core and Lighthouse from npm. `cargo xtask clients` gets both; here
a missing one fails the tests with what to install. Where there is the build of Chromium without windows (the package
chromium-headless-shell), pages are shown by it: the same engine, which starts and opens pages for half the processor time. Where
`EMPORION_SCREENS` names a folder (`cargo xtask test --all` does), pictures of every page are left in it, in the light and in the dark of
each width: nothing is found in them but by people, and Chromium takes longer to draw them than axe to judge the page.
"""

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright

REPOSITORY = Path(__file__).resolve().parents[2]
CLIENTS = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")) / "clients"
PACKAGES = Path(os.environ.get("EMPORION_NODE_MODULES", CLIENTS / "node" / "node_modules"))
AXE = PACKAGES / "axe-core" / "axe.min.js"
PICTURES = "EMPORION_SCREENS"
SCREENS = Path(os.environ.get(PICTURES, CLIENTS / "screens"))
SCREENS.mkdir(parents=True, exist_ok=True)
#: Nothing is drawn by a graphics card; and what was compiled of a script, axe's above all, is kept for the next page.
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--js-flags=--no-flush-bytecode"]
WIDE = {"viewport": {"width": 1280, "height": 900}}
# Each is looked at in the light and in the dark (`pictured`, `judged`).
LOOKS = {
    "wide": WIDE,
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
}


@pytest.fixture(scope="session")
def chromium_program() -> str:
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("EMPORION_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    assert found, "no Chromium: install the package chromium, or name one with EMPORION_CHROMIUM"
    return found


# One for each module: while it runs, its event loop does, and other modules start loops of their own.
@pytest.fixture(scope="module")
def chromium(chromium_program) -> Browser:
    assert AXE.exists(), f"{AXE} is missing: run `cargo xtask clients`, which gets it with npm"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_program, args=ARGUMENTS)
        yield browser
        browser.close()


def sign_in(page: Page, server, who) -> None:
    page.goto(server.url + "/login")
    page.fill("#username", who.name)
    page.fill("#password", who.password)
    page.click("button.primary")
    page.wait_for_url(server.url + "/")


VIOLATIONS = """options => axe.run(options).then(({ violations }) => violations.map(({ id, impact, nodes }) =>
    ({ id, impact, targets: nodes.slice(0, 3).map(({ target }) => target) })))"""


def findings(page: Page, *rules: str) -> list[str]:
    """What axe finds, of whatever impact; by these rules alone, where some are named."""
    if not page.evaluate("'axe' in window"):
        # `page.evaluate` would have it compiled anew for each page.
        session = page.context.new_cdp_session(page)
        session.send("Runtime.evaluate", {"expression": AXE.read_text()})
        session.detach()
    options = {"resultTypes": ["violations"]} | ({"runOnly": rules} if rules else {})
    return [f"{one['id']} ({one['impact']}): {one['targets']}" for one in page.evaluate(VIOLATIONS, options)]


def too_wide(page: Page) -> list[str]:
    """Whether the page is wider than its window."""
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{over} pixels too wide"] if over > 0 else []


SMALL = """() => {
    const text = e => { const copy = e.cloneNode(true); copy.querySelectorAll('a, button, summary, .vh').forEach(one => one.remove());
                        return copy.textContent.trim(); };
    const block = e => getComputedStyle(e).display === 'inline' ? block(e.parentElement) : e;
    const isInText = e => getComputedStyle(e).display === 'inline' && text(block(e)) !== '';
    const fits = e => { const box = e.getBoundingClientRect(); return box.width >= 23.5 && box.height >= 23.5; };
    const isTicked = e => e.matches('[type=checkbox], [type=radio]');
    return [...document.querySelectorAll('a[href], button, summary, select, textarea, input:not([type=hidden])')]
        .filter(e => e.checkVisibility() && !e.closest('.skip, svg') && !isInText(e))
        .filter(e => ![e, ...(isTicked(e) ? e.labels : [])].some(fits))
        .map(e => { const box = e.getBoundingClientRect(); return `${Math.round(box.width)}x${Math.round(box.height)} ${e.outerHTML.slice(0, 90)}`; });
}"""


def too_small(page: Page) -> list[str]:
    """What is hard to hit: below 24 pixels either way. Links in a sentence are as high as its lines; of boxes to tick the label counts."""
    return [f"too small to hit: {one}" for one in page.evaluate(SMALL)[:3]]


# Sizes and weights of text beside the four and two that there are, and paragraphs with lines of more than 72 characters: in one line, a
# few more of them fit where they are narrow.
LOUD = """() => {
    const usual = new Set(['13px', '15px', '19px', '28px'].flatMap(size => [`${size} 400`, `${size} 600`]));
    const says = e => [...e.childNodes].some(one => one.nodeType === Node.TEXT_NODE && one.data.trim()) && e.checkVisibility();
    const look = e => { const style = getComputedStyle(e); return `${style.fontSize} ${style.fontWeight}`; };
    const lines = e => { const range = document.createRange(); range.selectNodeContents(e);
                         return new Set([...range.getClientRects()].map(box => Math.round(box.bottom / 12))).size; };
    const text = e => { const copy = e.cloneNode(true); copy.querySelectorAll('.vh').forEach(one => one.remove());
                        return copy.textContent.trim().replace(/\\s+/g, ' '); };
    const all = [...document.querySelectorAll('body *')].filter(says);
    const odd = all.filter(e => !usual.has(look(e))).map(e => `text of ${look(e)}: ${e.outerHTML.slice(0, 90)}`);
    const long = all.filter(e => e.matches('main p:not(.vh, :has(code))') && text(e).length > 76 * lines(e));
    return [...odd, ...long.map(e => `lines of ${Math.round(text(e).length / lines(e))}: ${text(e).slice(0, 90)}`)];
}"""


def too_loud(page: Page) -> list[str]:
    """Texts of another size or weight than the few that there are, and lines that are too long to be read."""
    return page.evaluate(LOUD)[:3]


def pictured(page: Page, name: str, full_page: bool = True) -> None:
    """Pictures of the page as it stands, in the light and in the dark, where they are asked for. It stays in the light."""
    for scheme in ("dark", "light") if PICTURES in os.environ else ():
        in_scheme(page, scheme)
        folder = SCREENS / f"{page.viewport_size['width']}-{scheme}"
        folder.mkdir(parents=True, exist_ok=True)
        capture(page, folder / f"{name.replace(' ', '-')}.png", full_page)
    in_scheme(page, "light")


def capture(page: Page, path: Path, full_page: bool) -> None:
    """Chromium may have no frame to give while the machine is busy: it is asked for one once more, then the test fails."""
    try:
        page.screenshot(path=path, full_page=full_page)
    except Error as error:
        if "Unable to capture screenshot" not in error.message:
            raise
        page.screenshot(path=path, full_page=full_page)


def judged(page: Page, name: str) -> list[str]:
    """What is wrong with the page as it stands, of which it takes pictures; in the dark the colours alone are others."""
    pictured(page, name)
    wrong = findings(page) + too_wide(page) + too_small(page) + too_loud(page)
    in_scheme(page, "dark")
    wrong += [f"dark: {one}" for one in findings(page, "color-contrast")]
    in_scheme(page, "light")
    return [f"{name}: {one}" for one in wrong]


def in_scheme(page: Page, scheme: str) -> None:
    # What changes its colour slowly would be looked at on the way.
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")


class Visitor:
    """Somebody in front of states of pages; at his end it fails if something was wrong with one of them."""

    def __init__(self, chromium: Browser, server, who=None):
        self.server, self.wrong = server, []
        self.context = chromium.new_context(**WIDE)
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.wrong.append(f"the script failed: {error}"))
        self.page.on("dialog", lambda dialog: dialog.accept())
        if who is not None:
            sign_in(self.page, server, who)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_) -> None:
        self.context.close()
        assert kind or not self.wrong, "\n".join(dict.fromkeys(self.wrong))

    def open(self, path: str, status: int = 200) -> None:
        answer = self.page.goto(self.server.url + path)
        assert answer.status == status, (path, answer.status)

    def send(self, button: str, status: int = 200) -> None:
        """With the button of what the page is about that is called so."""
        with self.page.expect_navigation() as waited:
            self.page.locator("main").get_by_role("button", name=button, exact=True).first.click()
        assert waited.value.status == status, (self.page.url, waited.value.status)

    def look(self, what: str) -> None:
        """Wide and narrow, in the light and in the dark."""
        for look in LOOKS.values():
            self.page.set_viewport_size(look["viewport"])
            self.wrong += judged(self.page, f"state {what}")
        self.page.set_viewport_size(WIDE["viewport"])
