"""The pages in a real browser: Chromium, how somebody signs in with it, and what axe finds.

Chromium comes from Debian (`EMPORION_CHROMIUM` names another one), axe-core and Lighthouse from npm. `cargo xtask clients` gets both; here
a missing one fails the tests with what to install. Pictures of every page lie below `target/clients/screens`.
"""

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

REPOSITORY = Path(__file__).resolve().parents[2]
CLIENTS = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")) / "clients"
PACKAGES = Path(os.environ.get("EMPORION_NODE_MODULES", CLIENTS / "node" / "node_modules"))
AXE = PACKAGES / "axe-core" / "axe.min.js"
SCREENS = Path(os.environ.get("EMPORION_SCREENS", CLIENTS / "screens"))
WIDE = {"viewport": {"width": 1280, "height": 900}}
LOOKS = {
    "light": WIDE,
    "dark": WIDE | {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
}


@pytest.fixture(scope="session")
def chromium_program() -> str:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("EMPORION_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    assert found, "no Chromium: install the package chromium, or name one with EMPORION_CHROMIUM"
    return found


# One for each module: while it runs, its event loop does, and other modules start loops of their own.
@pytest.fixture(scope="module")
def chromium(chromium_program) -> Browser:
    assert AXE.exists(), f"{AXE} is missing: run `cargo xtask clients`, which gets it with npm"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_program, args=["--no-sandbox"])
        yield browser
        browser.close()


def sign_in(page: Page, server, who) -> None:
    page.goto(server.url + "/login")
    page.fill("#username", who.name)
    page.fill("#password", who.password)
    page.click("button.primary")
    page.wait_for_url(server.url + "/")


def findings(page: Page) -> list[str]:
    """What axe finds, of whatever impact."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    return [f"{one['id']} ({one['impact']}): {[node['target'] for node in one['nodes']][:3]}" for one in found]


def too_wide(page: Page) -> list[str]:
    """Whether the page is wider than its window."""
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{over} pixels too wide"] if over > 0 else []
