"""What holds of every page: its language and direction, what it says of itself, and that keys reach all of it."""

import re
from urllib.parse import quote

import pytest
import requests

import datazone_door
from every_page import world  # noqa: F401
from pages_browser import LOOKS, sign_in
from pages_door import BROWSER

#: Fields in which people write words; dates, numbers and what is ticked have no direction.
WORDS = {None, "text", "search", "email", "url"}
#: Marks all that keys are to reach, in its order; of several to choose one from, the one that is chosen stands for all.
STOPS = """() => {
  const all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')]
    .filter(one => !one.disabled && one.tabIndex >= 0 && one.checkVisibility() && !one.closest('dialog:not([open])'))
    .filter(one => {
      if (one.type !== 'radio') return true;
      const group = [...document.getElementsByName(one.name)].filter(other => other.form === one.form);
      return one === (group.find(other => other.checked) ?? group[0]);
    });
  all.forEach((one, at) => one.dataset.stop = at);
  return all.map(one => (one.getAttribute('aria-label') || one.textContent || one.name || one.tagName).trim().slice(0, 60));
}"""
#: Which of them keys are at.
AT = "document.activeElement === document.body ? null : document.activeElement.dataset.stop ?? 'other'"


def test_every_page_says_what_it_is_about_and_turns_with_what_is_written(browser, world):  # noqa: F811
    wrong = []
    for what, address in world.items():
        page = browser.ask("GET", address)
        about = [given.get("content", "") for tag, given in page.tags if tag == "meta" and given.get("name") == "description"]
        if len(about) != 1 or not about[0].strip():
            wrong.append(f"{what}: described as {about}")
        for tag, given in page.tags:
            is_written = tag == "textarea" or tag == "input" and given.get("type") in WORDS
            if is_written and not given.get("dir"):
                wrong.append(f"{what}: {tag} {given.get('name')} has no direction")
        foot = page.source.split('<footer class="foot">')[-1].split("</footer>")[0]
        if re.search(r"\d{2,}", re.sub(r"Emporion [\d.]+", "", re.sub("<[^>]+>", " ", foot))):
            wrong.append(f"{what}: a number in the footer: {foot}")
    assert not wrong, "\n".join(wrong)


def test_who_is_not_signed_in_is_told_what_it_is_about(server):
    for path in ("/login", "/login?next=%2Fproducts"):
        page = requests.get(server.url + path, headers=BROWSER, timeout=30).text
        assert re.search(r'<meta name="description" content="[^"]+">', page), path


def test_tags_are_called_so_wherever_a_change_of_them_is_told(browser, om, sales_tables):
    table = next(iter(sales_tables.values()))
    label = {"tagFQN": "PII.NonSensitive", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
    om.patch(f"/tables/{table['id']}", [{"op": "add", "path": "/tags", "value": [label]}, {"op": "add", "path": "/columns/0/tags", "value": [label]}])
    try:
        at = "/tables/" + quote(table["fullyQualifiedName"], safe="")
        for address in ("/admin/audit?kind=table", f"{at}?tab=activity", "/"):
            page = browser.visit(address)
            assert "/tags" not in page.text and "tagged" not in page.text, address
        assert "NonSensitive" in browser.visit("/admin/audit?kind=table").text
    finally:
        om.patch(f"/tables/{table['id']}", [{"op": "add", "path": "/tags", "value": []}, {"op": "add", "path": "/columns/0/tags", "value": []}])


def test_a_browser_that_asks_for_tags_is_led_to_them_and_a_signed_client_gets_its_own(server, admin, browser):
    assert "/classifications" in browser.visit("/tags").url
    nobody = requests.get(server.url + "/tags", headers=BROWSER, timeout=30, allow_redirects=False)
    assert nobody.status_code == 303 and nobody.headers["Location"].startswith("/login"), nobody.headers
    for headers in ({}, {"Accept": "application/json"}):
        plain = requests.get(server.url + "/tags", headers=headers, timeout=30)
        assert plain.status_code == 403 and plain.headers["X-Amzn-ErrorType"] == "MissingAuthenticationTokenException"
    client = datazone_door.client(server, admin)
    domain = client.get_domain(identifier=datazone_door.Workshop(client, "Tagged").domain)
    assert client.list_tags_for_resource(resourceArn=domain["arn"])["tags"] == {}


def test_preferences_are_taken_from_the_sessions_own_form_alone(server, browser):
    here = {"Origin": server.url, "Sec-Fetch-Site": "same-origin"}
    form = browser.visit("/").form("/preferences")
    assert form["fields"]["token"]
    for token in ({}, {"token": ""}, {"token": form["fields"]["token"][::-1]}):
        answer = browser.ask("POST", "/preferences", data={"theme": "dark", "next": "/"} | token, headers=here, follow=False)
        assert answer.status == 403 and "theme" not in answer.answer.headers.get("Set-Cookie", ""), token


#: Pages on which keys once stopped before the end.
TRYING = ("admin audit", "admin audit/reads", "table", "table joined", "product access", "classification", "admin policies")


@pytest.mark.parametrize("look", LOOKS)
def test_keys_reach_all_that_can_be_reached(chromium, server, admin, world, look):  # noqa: F811
    assert not (wrong := unreached(chromium, server, admin, [world[name] for name in TRYING], look)), "\n".join(wrong)


@pytest.mark.on_demand
@pytest.mark.parametrize("look", LOOKS)
def test_keys_reach_all_that_can_be_reached_on_any_page(chromium, server, admin, world, look):  # noqa: F811
    others = [address for name, address in world.items() if name not in TRYING]
    assert not (wrong := unreached(chromium, server, admin, others, look)), "\n".join(wrong)


def unreached(chromium, server, admin, addresses: list[str], look: str) -> list[str]:
    """What no key leads to."""
    context = chromium.new_context(**LOOKS[look])
    page = context.new_page()
    sign_in(page, server, admin)
    wrong = []
    for address in addresses:
        page.goto(server.url + address)
        names = page.evaluate(STOPS)
        # Where a form begins in its first field, what stands before that comes after the end.
        met, last = set(), page.evaluate(AT)
        is_round = last is None
        for _ in range(3 * len(names) + 20):
            page.keyboard.press("Tab")
            now = page.evaluate(AT)
            if now is None and is_round or now is not None and now in met and now not in (last, "other"):
                break
            is_round |= now is None
            last = now
            met.add(now)
        missed = [name for at, name in enumerate(names) if str(at) not in met]
        if missed:
            wrong.append(f"{address}: of {len(names)}, no key leads to {missed[:5]}")
    context.close()
    return wrong


def test_what_is_chosen_is_told_from_the_rest_in_the_dark(chromium, server, admin, world):  # noqa: F811
    """Text on what stands below it, by the formula of WCAG 2: the place in the menu, the tab, and what is pressed."""
    context = chromium.new_context(color_scheme="dark", **LOOKS["wide"])
    page = context.new_page()
    sign_in(page, server, admin)
    page.goto(server.url + world["product"])
    page.click("details.account > summary")
    ratio = """one => {
      const parse = text => text.match(/[\\d.]+/g).map(Number);
      const light = ([r, g, b]) => { const of = v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
                                     return .2126 * of(r) + .7152 * of(g) + .0722 * of(b); };
      let below = one; while (parse(getComputedStyle(below).backgroundColor)[3] === 0) below = below.parentElement;
      const [a, b] = [light(parse(getComputedStyle(one).color)), light(parse(getComputedStyle(below).backgroundColor))];
      return (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    }"""
    chosen = page.locator("[aria-current=page]:visible, [aria-pressed=true]:visible, [aria-selected=true]:visible")
    assert chosen.count() >= 3
    for at in range(chosen.count()):
        one = chosen.nth(at)
        assert one.evaluate(ratio) >= 4.5, one.evaluate("one => one.outerHTML.slice(0, 120)")
    context.close()
