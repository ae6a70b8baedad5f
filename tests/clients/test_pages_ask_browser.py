"""Asking in a real browser: with the script and without, by keyboard alone, on a phone, looked at by axe."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from chat_world import Shop
from pages_browser import LOOKS, WIDE, judged, sign_in

QUESTIONS = {
    "bars": "turnover per area in 2026",
    "lines": "turnover by month",
    "several lines": "turnover by month by region",
    "one figure": "number of customers",
    "asked back": "turnover for Georgia",
    "refused": "net sales by happiness",
    "list": "list orders over 20",
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = Shop(tmp_path_factory.mktemp("browser-ask"))
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


@pytest.mark.parametrize("look", LOOKS)
def test_every_sort_of_answer_is_for_everybody(chromium, shop, look):
    context = chromium.new_context(**LOOKS[look])
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(f"the script failed: {error}"))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("request", lambda one: None if one.url.startswith(shop.server.url) else wrong.append(f"asked for {one.url}"))
    sign_in(page, shop.server, shop.server.admin)
    page.goto(f"{shop.server.url}/products/{shop.product}?tab=ask")
    at = page.url
    for name, question in {"empty": None, **QUESTIONS}.items():
        page.goto(at)
        if question:
            page.fill("#question", question)
            page.press("#question", "Enter")
            page.wait_for_url(re.compile("thread="))
            for fold in page.locator("details.fold").all():
                fold.locator("summary").click()
        wrong += judged(page, f"ask {name}")
        wrong += [f"{name}: texts of the chart lie over one another: {one}" for one in overlaps(page)]
    page.goto(at.replace("tab=ask", "tab=model"))
    for fold in page.locator("details.fold").all():
        fold.locator("summary").click()
    wrong += judged(page, "model")
    page.locator(".titled a.button").click()
    wrong += judged(page, "model edit")
    context.close()
    assert not wrong, "\n".join(dict.fromkeys(wrong))


def overlaps(page) -> list[list[str]]:
    """Texts of a chart that cover one another."""
    return page.evaluate(
        """[...document.querySelectorAll('svg.plot')].flatMap(plot => {
            const texts = [...plot.querySelectorAll('text')].map(e => [e.textContent, e.getBoundingClientRect()]);
            return texts.flatMap(([a, r], n) => texts.slice(n + 1)
                .filter(([, s]) => r.left < s.right && s.left < r.right && r.top + 3 < s.bottom && s.top + 3 < r.bottom)
                .map(([b]) => [a, b]));
        })"""
    )


def test_answers_have_the_room_on_a_telephone_and_words_stay_whole(chromium, shop):
    context = chromium.new_context(**LOOKS["phone"])
    page = context.new_page()
    sign_in(page, shop.server, shop.server.admin)
    page.set_viewport_size({"width": 375, "height": 740})
    page.goto(f"{shop.server.url}/products/{shop.product}?tab=ask")
    for question in ("turnover by month by region", "net sales by happiness", "net sales by gladness"):
        page.fill("#question", question)
        page.press("#question", "Enter")
        expect(page.locator(".turn .asked").last).to_contain_text(question)
        expect(page.locator("form.ask[aria-busy]")).to_have_count(0)
    taken = sum(page.locator(one).bounding_box()["height"] for one in (".top", "form.ask"))
    assert taken <= 170, f"{taken} of 740 pixels"
    broken = page.evaluate("""[...document.querySelectorAll('.figures :is(td, th) bdi')].filter(e => !e.textContent.includes(' ')
        && e.getClientRects().length > 1).map(e => e.textContent)""")
    assert not broken, broken
    forms = page.locator("form.picks[aria-label]").evaluate_all("all => all.map(e => e.ariaLabel)")
    assert len(forms) == len(set(forms)), "each landmark has a name of its own"
    context.close()


@pytest.mark.parametrize("script", [True, False])
def test_the_box_to_ask_in_stays_in_view(chromium, shop, script):
    context = chromium.new_context(java_script_enabled=script, **WIDE)
    page = context.new_page()
    sign_in(page, shop.server, shop.server.admin)
    page.goto(f"{shop.server.url}/products/{shop.product}?tab=ask")
    for question in ("turnover by month", "turnover per area in 2026", "list orders over 20"):
        page.fill("#question", question)
        page.press("#question", "Enter")
        expect(page.locator(".turn .asked").last).to_contain_text(question)
        expect(page.locator("form.ask[aria-busy]")).to_have_count(0)
        expect(page.locator(".turn .origin").last).to_be_visible()
    page.reload()
    for place in (0, 400, 10**6):
        page.evaluate("place => window.scrollTo(0, place)", place)
        expect(page.locator("#question")).to_be_in_viewport(ratio=1)
    # What Tab leads to is not below it.
    page.evaluate("window.scrollTo(0, 0)")
    for _ in range(40):
        page.keyboard.press("Tab")
        hidden = page.evaluate(
            """() => {
                const one = document.activeElement, box = document.querySelector('form.ask');
                if (!one.closest('.turn')) return null;
                const [a, b] = [one.getBoundingClientRect(), box.getBoundingClientRect()];
                return a.top >= b.top && a.bottom > 0 && a.top < innerHeight ? one.outerHTML.slice(0, 200) : null;
            }"""
        ) if script else None
        assert not hidden, hidden
    context.close()


@pytest.mark.parametrize("script", [True, False])
def test_somebody_asks_picks_and_goes_back(chromium, shop, script):
    context = chromium.new_context(java_script_enabled=script, **LOOKS["phone"])
    page = context.new_page()
    sign_in(page, shop.server, shop.server.admin)
    page.goto(f"{shop.server.url}/products/{shop.product}?tab=ask")
    page.fill("#question", "turnover for Georgia")
    page.click(".ask button.primary")
    page.wait_for_url(re.compile("thread="))
    page.locator(".picks button[name=choice]", has_text="state").click()
    expect(page.locator(".turn .said").last).to_contain_text("130")
    page.go_back()
    expect(page.locator("#question")).to_have_count(1)
    context.close()


def threads(shop) -> int:
    return shop.bob.get(f"{shop.path}/chat-threads?limit=100")["count"]


@pytest.mark.parametrize("script", [True, False])
def test_a_link_to_a_question_asks_it_once(chromium, shop, script):
    context = chromium.new_context(java_script_enabled=script, **LOOKS["phone"])
    page = context.new_page()
    sign_in(page, shop.server, shop.server.admin)
    page.goto(f"{shop.server.url}/products/{shop.product}?tab=ask")
    page.fill("#question", "turnover per area in 2026")
    page.press("#question", "Enter")
    page.wait_for_url(re.compile("thread="))
    link = page.get_by_role("link", name="Link to this question").get_attribute("href")
    asked = threads(shop)
    # Somebody else, who is not signed in yet.
    other = shop.server.new_user(f"linked-{script}")
    shop.bob.patch(f"{shop.path}/users", {"add": [{"userId": other.id, "role": "viewer", "rowFilters": {"customers": "region = 'US'"}}]})
    context.clear_cookies()
    page.goto(shop.server.url + link)
    page.fill("#username", other.name)
    page.fill("#password", other.password)
    page.click("button.primary")
    if not script:
        expect(page.locator("#ask-hint")).to_contain_text("A link brought this question")
        page.locator("form.ask details summary").click()
        expect(page.locator("form.ask details code")).to_have_text(re.compile(r"^http.*asks=yes"))
        page.click("form.ask button.primary")
    page.wait_for_url(re.compile("thread="))
    expect(page.locator(".figures td.num")).to_have_text(["190", "90"])
    if script:
        expect(page.locator("#ask-hint .linked")).to_be_hidden()
    assert threads(shop) == asked, "it is in his own thread"
    for again in (page.reload, page.go_back, page.reload, page.go_forward):
        again()
        page.wait_for_timeout(300)
    page.goto(f"{shop.server.url}/products/{shop.product}?tab=ask")
    expect(page.get_by_role("link", name="turnover per area in 2026")).to_have_count(1)
    context.close()


def test_the_link_to_a_question_is_copied_by_a_click(chromium, shop):
    context = chromium.new_context(permissions=["clipboard-read", "clipboard-write"], **WIDE)
    page = context.new_page()
    sign_in(page, shop.server, shop.server.admin)
    asked_in_turn(page, shop, "turnover per area in 2026")
    asked, at = threads(shop), page.url
    link = page.get_by_role("link", name="Link to this question")
    link.click()
    copied = page.evaluate("navigator.clipboard.readText()")
    expect(page.locator(".files")).to_contain_text("Copied")
    assert copied.startswith(shop.server.url) and "asks=yes" in copied and "thread=" not in copied
    assert (threads(shop), page.url) == (asked, at), "and nothing is asked anew"
    expect(link).to_have_count(1)
    context.close()


def asked_in_turn(page, shop, *questions: str) -> str:
    """The last answer to these questions of one thread; the link of it."""
    page.goto(f"{shop.server.url}/products/{shop.product}?tab=ask")
    for number, question in enumerate(questions, 1):
        page.fill("#question", question)
        page.press("#question", "Enter")
        expect(page.locator(".turn .origin")).to_have_count(number)
        expect(page.locator("form.ask[aria-busy]")).to_have_count(0)
    return page.get_by_role("link", name="Link to this question").last.get_attribute("href")


@pytest.mark.parametrize("script", [True, False])
def test_a_link_to_a_follow_up_asks_what_was_answered(chromium, shop, script):
    context = chromium.new_context(java_script_enabled=script, **WIDE)
    page = context.new_page()
    sign_in(page, shop.server, shop.server.admin)
    link = asked_in_turn(page, shop, "turnover per area in 2026", "only EU", "by quarter")
    said = page.locator(".turn .said").last.inner_text()
    page.goto(f"{shop.server.url}/products/{shop.product}?tab=ask")
    page.fill("#question", "turnover for Georgia")
    page.press("#question", "Enter")
    page.wait_for_url(re.compile("thread="))
    page.locator(".picks button[name=choice]", has_text="state").click()
    expect(page.locator(".turn .said").last).to_contain_text("130")
    chosen = page.get_by_role("link", name="Link to this question").get_attribute("href")
    seeing, cut = (shop.server.new_user(f"{name}-{script}") for name in ("seeing", "cut"))
    filters = {"customers": "region = 'US'", "orders": "customer_id = 2"}
    shop.bob.patch(f"{shop.path}/users", {"add": [{"userId": seeing.id, "role": "viewer"}, {"userId": cut.id, "role": "viewer", "rowFilters": filters}]})

    def follows(who, link: str) -> None:
        context.clear_cookies()
        sign_in(page, shop.server, who)
        page.goto(shop.server.url + link)
        if not script:
            page.click("form.ask button.primary")
        page.wait_for_url(re.compile("thread="))
        expect(page.locator("form.ask[aria-busy]")).to_have_count(0)

    follows(seeing, link)
    for again in (lambda: None, page.reload):
        again()
        expect(page.locator(".turn .said").last).to_have_text(said)
        expect(page.locator(".turn")).to_contain_text("Refines “turnover per area in 2026”, “only EU”")
        expect(page.locator(".threads a").first).to_have_text("by quarter – turnover per area in 2026, only EU")
    # It goes on from there, and its link is as good.
    page.fill("#question", "by month")
    page.press("#question", "Enter")
    for _ in range(2):
        expect(page.locator(".turn .said").last).to_contain_text("by month where region is “EU” in 2026")
        expect(page.locator("form.ask[aria-busy]")).to_have_count(0)
        follows(seeing, page.get_by_role("link", name="Link to this question").last.get_attribute("href"))
    follows(seeing, chosen)
    expect(page.locator(".turn .said").last).to_contain_text("130")
    # What a part of it means to him is nothing: it is not asked without that part.
    follows(cut, link)
    expect(page.locator(".turn .said").last).to_contain_text("Nothing here is called “EU”")
    context.close()


def test_another_site_asks_nothing(chromium, shop):
    context = chromium.new_context(**WIDE)
    page = context.new_page()
    sign_in(page, shop.server, shop.server.admin)
    link = f"{shop.server.url}/products/{shop.product}?tab=ask&question=number+of+customers&asks=yes"
    asked = threads(shop)
    page.goto(f"data:text/html,<img src='{link.replace('&', '%26')}'><iframe src='{link.replace('&', '%26')}'></iframe>")
    page.wait_for_timeout(500)
    # By itself it leads to the question, and there the reader decides. To look into a page counts as his doing there.
    page.goto(f"data:text/html,<script>setTimeout(() => location = decodeURIComponent('{quote(quote(link))}'), 50)</script>")
    page.wait_for_url(re.compile("/products/"))
    page.wait_for_timeout(500)
    expect(page.locator("#question")).to_have_value("number of customers")
    assert threads(shop) == asked
    page.goto("data:text/html,<p>elsewhere</p>")
    page.evaluate("link => document.body.append(Object.assign(document.createElement('a'), { href: link, textContent: 'ask' }))", link)
    page.click("a")
    page.wait_for_url(re.compile("thread="))
    assert threads(shop) == asked + 1
    context.close()


def test_a_question_is_asked_by_keys_alone(chromium, shop):
    context = chromium.new_context(**WIDE)
    page = context.new_page()
    sign_in(page, shop.server, shop.server.admin)
    page.goto(f"{shop.server.url}/products/{shop.product}?tab=ask")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "question":
            break
    assert page.evaluate("document.activeElement.id") == "question"
    page.keyboard.type("turnover per area in 2026")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("thread="))
    assert page.locator(".figures td.num").first.inner_text() == "180"
    # He is still where he asked, right behind the answer.
    opened = False
    for _ in range(60):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.matches('details.fold:not([open]) summary')"):
            page.keyboard.press("Enter")
            opened = page.evaluate("document.activeElement.parentElement.open")
            break
    assert opened
    context.close()


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    made = Shop(tmp_path_factory.mktemp("browser-ask-anywhere")).add_travel()
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


@pytest.mark.parametrize("look", LOOKS)
def test_asking_before_a_product_is_chosen_is_for_everybody(chromium, two, look):
    context = chromium.new_context(**LOOKS[look])
    page = context.new_page()
    wrong: list[str] = []
    sign_in(page, two.server, two.server.admin)
    places = {
        "home": "/", "bare": "/ask", "choose": "/ask?question=turnover+per+area+last+month",
        "unknown": "/ask?question=how+do+zebras+sleep", "search": "/search?q=turnover+per+area",
    }  # fmt: skip
    for name, address in places.items():
        page.goto(two.server.url + address)
        wrong += judged(page, f"ask anywhere {name}")
    context.close()
    assert not wrong, "\n".join(dict.fromkeys(wrong))


@pytest.mark.parametrize("script", [True, False])
def test_a_question_is_asked_from_the_first_page_by_keys_alone(chromium, two, script):
    context = chromium.new_context(java_script_enabled=script, **LOOKS["phone"])
    page = context.new_page()
    sign_in(page, two.server, two.server.admin)
    page.goto(two.server.url + "/")
    page.focus("#question")
    page.keyboard.type("turnover per area in 2026")
    page.keyboard.press("Enter")
    # One product alone knows a word of it: there it is answered.
    page.wait_for_url(re.compile("/products/default.Retail.*thread="))
    assert page.locator(".figures td.num").first.inner_text() == "180"
    if script:
        expect(page.locator(".turn:focus")).to_contain_text("turnover per area in 2026")
    page.go_back()
    expect(page).to_have_url(two.server.url + "/")
    # What is searched for is asked by its button.
    page.goto(two.server.url + "/search?q=turnover+per+area")
    page.focus("form[action='/ask'] button")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/products/default.Retail.*thread="))
    # Where two could be meant, the one that is chosen is asked at once.
    page.goto(two.server.url + "/ask")
    page.fill("#question", "how do zebras sleep")
    page.press("#question", "Enter")
    page.wait_for_url(re.compile(r"/ask\?question="))
    page.locator("form[action$='.Retail/ask'] button").click()
    page.wait_for_url(re.compile("/products/default.Retail.*thread="))
    # An example leads to the box of its product, which is where typing goes.
    page.goto(two.server.url + "/")
    page.locator("ul[aria-labelledby=ask-examples] a").first.click()
    page.wait_for_url(re.compile("question="))
    if script:
        assert page.evaluate("document.activeElement.id") == "question"
    page.press("#question", "Enter")
    page.wait_for_url(re.compile("thread="))
    context.close()
