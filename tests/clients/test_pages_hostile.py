"""Hostile texts in every field that a person or a source fills: whatever page shows them, they are read and do nothing."""

import re
from urllib.parse import quote, urlencode

import pytest

from hostile_texts import LINE, PROSE, plain
from hostile_world import HostileWorld
from pages_browser import WIDE, sign_in
from pages_door import Browser
from pages_walk import Walk, Whole, faults, leads_to, turning

#: Fields that take a hostile text, of each shape: where one of them is refused one day, or is filled no longer, it is said here.
TAKEN = {
    "domains": {"name", "displayName", "description"},
    "users": {"name", "displayName", "description"},
    "person": {"name", "email", "displayName", "description"},
    "token": {"label"},
    "label": {"reason", "description"},
    "term": {"synonyms"},
    "extension": {"name", "value"},
    "lineage": {"sqlQuery", "description", "function"},
    "sample": {"value"},
    "profile": {"min", "max"},
    "source": {"service"},
    "broken": {"service"},
    "deploy": {"message"},
    "document": {"name"},
    "feedback": {"comment"},
    "thread": {"title"},
    "search": {"title"},
    "request": {"reason", "decision"},
    "teams": {"name", "displayName", "description"},
    "classifications": {"name", "displayName", "description"},
    "tags": {"name", "displayName", "description", "style.iconURL"},
    "glossaries": {"name", "displayName", "description"},
    "glossaryTerms": {"name", "displayName", "description", "references.name", "references.endpoint"},
    "dataProducts": {"name", "displayName", "description", "style.coverImage.url"},
    "databaseServices": {"name", "displayName", "description"},
    "pipelineServices": {"name", "displayName", "description"},
    "databases": {"name", "displayName", "description", "sourceUrl", "retentionPeriod"},
    "databaseSchemas": {"name", "displayName", "description", "sourceUrl"},
    "tables": {
        "name", "displayName", "description", "aliases", "columns.name", "columns.description", "columns.dataTypeDisplay", "sourceUrl",
    },  # fmt: skip
    "storedProcedures": {"name", "displayName", "description", "storedProcedureCode.code"},
    "pipelines": {"name", "displayName", "description", "tasks.name", "tasks.description", "tasks.sourceUrl", "scheduleInterval"},
    "queries": {"name", "displayName", "description", "query", "usedBy"},
    "metrics": {"name", "displayName", "description", "customUnitOfMeasurement", "dimensions.name", "metricExpression.code"},
    "policies": {"name", "displayName", "description", "rules.name", "rules.description"},
    "roles": {"name", "displayName", "description"},
    "bots": {"name", "displayName", "description"},
    "subscriptions": {"name", "displayName", "description"},
    "bobsled product": {"name", "description"},
    "model": {"description"},
    "verified-queries": {"question", "name", "description", "alternateQuestions"},
    "front-page-configs": {"title", "subtitle", "markdown", "kpis.label", "suggestedQuestions.text", "theme.accent"},
    "unstructured-assets": {"description", "text"},
    "skill": {"description", "prompt"},
    "CreateDomainInput": {"name", "description"},
    "CreateProjectInput": {"description"},
    "CreateGlossaryInput": {"name", "description"},
    "CreateGlossaryTermInput": {"name", "shortDescription", "longDescription"},
    "CreateDataProductInput": {"name", "description"},
}
#: Forms whose fields prove who sends them, or are chosen from a few.
UNTYPED = ("/preferences", "/account", "/admin/users")
#: Tells in the console what a page does against its policy.
TELLING = """document.addEventListener('securitypolicyviolation',
    told => console.error(`violates ${told.violatedDirective} ${told.blockedURI} ${told.sample}`))"""
#: Elements that only texts could have brought.
FOREIGN = """[...document.querySelectorAll('script, iframe, object, embed, base, style, img')]
    .map(one => one.outerHTML).filter(one => !one.includes('/assets/'))"""
#: Of these, what no page shows.
NOT_SHOWN = set(
    "deploy.message document.name extension.name extension.value label.description label.reason lineage.description lineage.function "
    "lineage.sqlQuery bots.description databaseSchemas.sourceUrl databases.sourceUrl dataProducts.style.coverImage.url front-page-configs.markdown "
    "front-page-configs.subtitle front-page-configs.theme.accent front-page-configs.title glossaryTerms.references.endpoint "
    "glossaryTerms.references.name metrics.customUnitOfMeasurement metrics.dimensions.name metrics.metricExpression.code "
    "pipelines.tasks.sourceUrl policies.rules.description skill.prompt storedProcedures.storedProcedureCode.code subscriptions.description "
    "tables.aliases tables.sourceUrl tags.style.iconURL unstructured-assets.description unstructured-assets.text "
    "verified-queries.description verified-queries.name".split()
)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = HostileWorld(tmp_path_factory.mktemp("hostile"))
    yield made
    assert made.server.stop() == 0, made.server.log_tail()
    assert "panicked" not in made.server.log.read_text(errors="replace")


@pytest.fixture(scope="module")
def readers(world) -> dict[str, Walk]:
    """Everything that three people come to: who may see all, who is one of many, and whose name is hostile."""
    people = {"administrator": world.server.admin, "member": world.plain, "person": world.person}
    # Of each sort few are looked at: the table that has samples and figures is among them, and the product that has everything.
    seeds = ("/", world.made_at("tables", "tables"), world.made_at("dataProducts", "products"))
    return {who: Walk(Browser(world.server).sign_in(one), 2 if who == "administrator" else 1).walk(*seeds) for who, one in people.items()}


def told(wrong: list[str]) -> str:
    """Each sort of fault once, with how often it is there."""
    sorts: dict[str, list[str]] = {}
    for one in wrong:
        sorts.setdefault(re.sub(r"mark\d+q.*|\d+", "", one.split(": ", 1)[1])[:120], []).append(one)
    return "\n".join(f"{len(of)} times, as at {of[0][:400]}" for of in sorts.values())


def test_every_field_holds_what_is_hostile(world):
    lacking = {what: fields - world.took.get(what, set()) for what, fields in TAKEN.items()}
    assert not {what: fields for what, fields in lacking.items() if fields}


@pytest.mark.parametrize("who", ("administrator", "member", "person"))
def test_no_page_does_anything_but_show_it(readers, who):
    walk = readers[who]
    many = len(walk.pages)
    assert many > {"administrator": 250, "member": 80, "person": 150}[who], many
    assert any(address.endswith("lineage.svg") or "lineage.svg?" in address for address in walk.pages)
    wrong = told(walk.wrong)
    assert not wrong, wrong


def test_what_is_written_from_right_to_left_keeps_to_itself(readers):
    turned = [one for walk in readers.values() for page in walk.pages.values() for one in turning(page)]
    assert not turned, "\n".join(sorted(set(turned))[:10])


def test_all_of_it_is_there_to_be_read(world, readers):
    walk = readers["administrator"]
    shown = {world.bank.where[word] for word in re.findall(r"mark\d+q", " ".join(page.text for page in walk.pages.values()))}
    wanted = {f"{what}.{name}" for what, names in TAKEN.items() for name in names} - NOT_SHOWN
    unread = " ".join(sorted(wanted - shown))
    assert not unread, unread
    whole = next(page for address, page in walk.pages.items() if address == world.made_at("dataProducts", "products"))
    assert "{{7*7}}${7*7}<%=7*7%>" in whole.text, "templates stay what was written"
    assert plain(LINE)[:60] in whole.text and "<script>alert(5)</script>" in whole.text, "markup is read as it was written"


def test_pieces_and_pages_of_faults_do_nothing_either(world):
    """What the script puts into pages, and what is said to an address or a form that nothing fits."""
    walk = Walk(Browser(world.server).sign_in(world.server.admin))
    for typed in ("mark", "<script>", "orders", LINE, "\u202e", "{{7*7}}", ""):
        walk.look(f"/search/suggest?{urlencode({'q': typed})}", is_piece=True)
        for of in ("user", "user,team", "domain", ""):
            walk.look(f"/names?{urlencode({'of': of, 'q': typed})}", is_piece=True)
        for query in (typed, f"({typed}"):
            walk.look(f"/search?{urlencode({'q': query})}")
        for folder in ("nowhere", "products"):
            walk.look(f"/{folder}/{quote(typed, safe='')}x")
        for page in ("/products", "/people", "/admin/users", "/admin/audit", "/admin/audit/reads", "/admin/tokens", "/admin/policies", "/ask"):
            walk.look(f"{page}?{urlencode({'q': typed, 'who': typed, 'what': typed, 'kind': typed, 'tab': typed, 'sort': typed})}")
    for run in world.runs:
        walk.look(run)
        walk.look(f"{run}/progress", is_piece=True)
    assert "succeeded" in walk.pages[world.runs[0]].text and "no SQLite database" in walk.pages[world.runs[1]].text
    listed = [page.source for address, page in walk.pages.items() if address.startswith("/search/suggest?q=mark")]
    assert listed and 'role="option"' in listed[0] and "<mark>" in listed[0]
    named = [page for address, page in walk.pages.items() if address.startswith("/names")]
    assert any(tag == "option" for page in named for tag, _ in page.tags)
    wrong = told(walk.wrong)
    assert not wrong, wrong
    outside = Browser(world.server)
    outside.reads = Whole
    # Guesses at what differs before a slash alone count together, and somebody here is called as the line ends.
    nobody = f"{LINE}."
    for next in ("javascript:alert(1)", "//evil.example", "/\\evil.example", "https://evil.example", LINE):
        page = outside.visit(f"/login?{urlencode({'next': next})}")
        assert {leads_to(given.get("action", "")) for tag, given in page.tags if tag == "form"} == {"here"}
        told_of = outside.send("/login", expect=401, username=nobody, password="x")
        wrong = [one for one in faults(told_of, is_piece=True) if not one.startswith("scripts")]
        assert not wrong, wrong
        assert told_of.form("/login")["fields"]["username"] == nobody, "what was typed stays in the box"


def test_what_is_typed_comes_back_as_it_was_typed_and_does_nothing(world, readers):
    """Every form that bears texts is sent with hostile ones: whether they are taken or not, the page that follows is harmless."""
    walk = readers["administrator"]
    browser = Browser(world.server).sign_in(world.server.admin)
    browser.reads = Whole
    sent, refused, wrong = set(), 0, []
    for address, page in walk.pages.items():
        for form in page.forms:
            typed = set(form["fields"]) - {"token", "of", "revision", "edit", "tag", "seen", "next", "id", "column"}
            sort = (walk.sort_of(form["action"]), form["fields"].get("edit"), form["fields"].get("do"), tuple(sorted(form["fields"])))
            if form["method"].lower() != "post" or not typed or sort in sent or form["action"] in UNTYPED:
                continue
            sent.add(sort)
            fields = form["fields"] | {name: PROSE if name in ("description", "reason", "content", "sql") else LINE for name in typed}
            fields["token"] = browser.visit("/logout").form("/logout")["fields"]["token"]
            answer = browser.ask("POST", form["action"], data=fields, headers={"Origin": browser.base, "Sec-Fetch-Site": "same-origin"})
            refused += answer.status >= 400
            wrong += [f"{address[:80]}: {form['action'][-30:]} {one}" for one in faults(answer)]
    assert len(sent) > 25 and refused > 10, (len(sent), refused)
    assert not wrong, told(wrong)


def worst(walk: Walk, most: int) -> list[str]:
    """Of each sort of page the one with most of it, the worst first."""
    sorts: dict[tuple, tuple[int, str]] = {}
    for address, page in walk.pages.items():
        told_apart = tuple((name, value) for name, value in walk.sort_of(address)[2] if name in ("tab", "edit"))
        sort, many = (walk.sort_of(address)[:2], told_apart), len(re.findall("alert", page.source))
        sorts[sort] = max(sorts.get(sort, (0, "")), (many, address))
    return [address for _, address in sorted(sorts.values(), reverse=True) if "/logout" not in address and not is_taken_away(address)][:most]


def is_taken_away(address: str) -> bool:
    """A file: no browser shows it."""
    return address.split("?")[0].endswith((".csv", ".jsonl"))


def test_a_browser_runs_nothing_of_it(world, readers, chromium):
    """The worst pages in Chromium, with what it finds against the policy of the page, and the lists that the script makes."""
    wrong: list[str] = []
    for who, one, most in (("administrator", world.server.admin, 22), ("person", world.person, 6)):
        context = chromium.new_context(**WIDE)
        context.add_init_script(TELLING)
        page = context.new_page()
        page.on("dialog", lambda dialog: (wrong.append(f"a dialog: {dialog.message}"), dialog.dismiss()))
        page.on("pageerror", lambda error: wrong.append(f"{page.url[-80:]}: {error}"))
        page.on("console", lambda said: wrong.append(f"{page.url[-80:]}: {said.text}") if said.type == "error" else None)
        page.on("request", lambda asked: None if asked.url.startswith(world.server.url) else wrong.append(f"asked for {asked.url[:100]}"))
        sign_in(page, world.server, one)
        with page.expect_console_message(lambda said: "violates script-src-elem" in said.text):
            page.evaluate("document.body.append(Object.assign(document.createElement('script'), {textContent: 'alert(99)'}))")
        page.wait_for_function("document.body.lastElementChild.textContent === 'alert(99)'")
        assert wrong and not any("a dialog" in fault for fault in wrong), "what is against the policy is told here"
        wrong.clear()
        for address in worst(readers[who], most):
            page.goto(world.server.url + address)
            over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            wrong.extend([f"{address[:100]}: {over} pixels too wide"] if over > 0 and not address.split("?")[0].endswith(".svg") else [])
            wrong.extend(f"{address[:100]}: {one[:100]}" for one in page.evaluate(FOREIGN))
        page.goto(world.server.url + "/")
        for typed in ("mark", "<script>", LINE[:40]):
            page.fill("#q", "")
            with page.expect_response(lambda answer: "/search/suggest" in answer.url and "q=&" not in answer.url):
                page.locator("#q").press_sequentially(typed)
        page.fill("#q", "mark")
        page.locator("[role=option]").first.wait_for()
        assert page.locator(".suggest script, .suggest img, .suggest svg[onload]").count() == 0
        if who == "administrator":
            page.goto(f"{world.server.url}/products/{world.product}?tab=ask")
            page.fill("#question", f"net sales by region for {LINE}")
            page.locator("form.ask button.primary").click()
            page.locator("article").first.wait_for(timeout=60_000)
        context.close()
    assert not wrong, "\n".join(dict.fromkeys(wrong))
