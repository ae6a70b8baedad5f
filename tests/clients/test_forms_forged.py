"""Forms that no page of this session made: sent to every address that takes one, they change nothing."""

import re
import time
import uuid
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from emporion_server import REPOSITORY
from hostile_world import HostileWorld
from pages_door import BROWSER, Browser
from pages_walk import Walk

SOURCES = REPOSITORY / "crates" / "web" / "src"
#: What forms are sent to, but for logging in and what is chosen for a browser. A row that is new here is to be forged below.
OPERATIONS = set(
    "add_source ask_anywhere ask_product change_account change_connection change_documents change_file change_following change_model change_rights change_saved_searches change_user change_verified_query "
    "create_at_classifications create_at_domains create_at_glossary create_at_people create_at_products decide_request edit_chart edit_classification edit_dashboard edit_dashboard_data_model edit_database edit_domain edit_glossary "
    "edit_person edit_pipeline edit_product edit_schema edit_service edit_table edit_team edit_term follow_domain follow_product follow_table follow_term give_role ingest_service judge_answer "
    "logout mend_question restore_deleted restore_own restore_product revoke_credential schedule_service set_preferences set_row_filters stop_question stop_service_run take_backup test_chat test_mail".split()
)
#: Where the pages of records lie.
RECORDS = set("products domains services databases schemas tables pipelines dashboards charts dashboard-models glossary terms people teams measures procedures classifications".split())
#: What stands in the store of what can be changed. Followers keep their places beside it.
KEPT = ("records", "revisions", "edges", "past_edges", "aliases", "secrets", "credentials", "answers", "epochs", "observations")


@dataclass(frozen=True)
class Sent:
    """A form as its page has it: where it goes, what it holds, by which button."""

    action: str
    fields: tuple[tuple[str, str], ...]

    @property
    def sort(self) -> tuple:
        at = urlsplit(self.action)
        parts = at.path.strip("/").split("/")
        place = (parts[0], *parts[2:]) if parts[0] != "admin" else tuple(parts)
        telling = tuple((name, value) for name, value in self.fields if name in ("do", "edit", "decision", "dry"))
        return (tuple(part for part in place if not part.isdigit()), telling, tuple(sorted({name for name, _ in self.fields})))


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = HostileWorld(tmp_path_factory.mktemp("forged"))
    yield made
    assert made.server.stop() == 0, made.server.log_tail()
    assert "panicked" not in made.server.log.read_text(errors="replace")


@pytest.fixture(scope="module")
def walk(world) -> Walk:
    """All that the administrator comes to, in a world where there is one of everything."""
    return Walk(Browser(world.server).sign_in(world.server.admin), 1).walk("/", f"/products/{world.product}?tab=ask&thread={world.thread}")


@pytest.fixture(scope="module")
def forms(world, walk) -> list[Sent]:
    """Of each sort of form one, with each of its buttons; and what no page of this world has a form for."""
    found: dict[tuple, Sent] = {}
    for page in walk.pages.values():
        for form in page.forms:
            if form["method"].lower() != "post":
                continue
            for button in form["buttons"] or [("", "")]:
                sent = Sent(form["action"] or urlsplit(page.url).path, tuple((form["fields"] | dict([button])).items()))
                found.setdefault(sent.sort, sent)
    # The same address has a form for one bearer of filters, and for all who have a role.
    filters = next(form.action for form in found.values() if form.action.endswith("/filters"))
    of_role = walk.browser.visit(f"{filters.removesuffix('/filters')}?tab=access&filter=role%3Aviewer").form(filters)
    sent = Sent(filters, tuple(of_role["fields"].items()))
    found.setdefault(sent.sort, sent)
    service = world.runs[0].split("/runs/")[0]
    of_service = walk.browser.visit(f"{service}?tab=runs").form(f"{service}/runs")["fields"]["of"]
    of_file = Sent(f"{service}/files", (("token", ""), ("of", of_service), ("file", "a.csv"), ("do", "save")))
    found.setdefault(of_file.sort, of_file)
    for action in (f"{world.runs[0]}/stop", "/products/restored", "/admin/deleted", "/deleted", "/following/questions", "/admin/settings"):
        sent = Sent(action, (("token", ""), ("deleted", world.product)))
        found.setdefault(sent.sort, sent)
    tried = Sent("/following/test", (("token", ""),))
    found.setdefault(tried.sort, tried)
    return list(found.values())


def state(world) -> tuple:
    """How far the log is, and how much there is of everything."""
    store = world.server.open_store()
    try:
        [(head,)] = store.execute("SELECT MAX(seq) FROM events")
        return head, tuple(store.execute(f"SELECT COUNT(*) FROM {table}").fetchone() for table in KEPT)
    finally:
        store.close()


@pytest.fixture(scope="module")
def forgeries(world, walk) -> dict:
    """How somebody else may try it: the headers and cookies that go with it, and the token of the form."""
    server, admin = world.server, walk.browser
    mine = {"Origin": server.url, "Sec-Fetch-Site": "same-origin"}
    cookies = admin.session.cookies.get_dict()
    token = admin.visit("/logout").form("/logout")["fields"]["token"]
    secret, user = token.split(".")

    def token_of(who) -> str:
        return Browser(server).sign_in(who).visit("/logout").form("/logout")["fields"]["token"]

    bearer = {"Authorization": f"Bearer {server.admin.token}"}
    return {
        "no token": (mine, cookies, None),
        "an empty token": (mine, cookies, ""),
        "a made-up token": (mine, cookies, f"{uuid.uuid4().hex}{uuid.uuid4().hex}.{user}"),
        "half of the token": (mine, cookies, f"{secret[:32]}.{user}"),
        "the token of another login of his": (mine, cookies, token_of(server.admin)),
        "the token of somebody else": (mine, cookies, token_of(world.plain)),
        "an origin elsewhere": (mine | {"Origin": "https://evil.example"}, cookies, token),
        "an origin that begins like this one": (mine | {"Origin": server.url + ".evil.example"}, cookies, token),
        "no origin that is told": (mine | {"Origin": "null"}, cookies, token),
        "from another site": (mine | {"Sec-Fetch-Site": "cross-site"}, cookies, token),
        "from a site beside this one": (mine | {"Sec-Fetch-Site": "same-site"}, cookies, token),
        "a bearer in place of a cookie": (mine | bearer, {}, token),
        "a bearer beside somebody else's cookie": (mine | bearer, {"emporion_session": "made up"}, token),
        "nobody": (mine, {}, token),
    }


def send(world, form: Sent, headers: dict, cookies: dict, token: str | None, method: str = "POST") -> requests.Response:
    fields = {name: value for name, value in form.fields if name and name != "token"} | ({} if token is None else {"token": token})
    where = {"data": fields} if method == "POST" else {"params": fields}
    where |= {"headers": BROWSER | headers, "cookies": cookies, "timeout": 60, "allow_redirects": False}
    return requests.request(method, world.server.url + form.action, **where)


def test_each_row_that_takes_a_form_is_known_here():
    rows = set()
    for file in SOURCES.rglob("*.rs"):
        rows |= set(re.findall(r'\bchange\(\s*(?:&?\w+,\s*)?(?:"[^"]*"|\w+),\s*"(\w+)"', file.read_text()))
    assert len(rows) >= 19 and rows <= OPERATIONS, rows - OPERATIONS


def test_what_is_forged_changes_nothing(world, walk, forms, forgeries):
    wrong, before = [], state(world)
    for form in forms:
        for how, (headers, cookies, token) in forgeries.items():
            answer = send(world, form, headers, cookies, token)
            is_refused = 400 <= answer.status_code < 500
            # Whoever is nobody is asked to sign in; what he typed waits for him.
            is_asked = answer.status_code == 303 and answer.headers["Location"].startswith("/login?next=")
            is_nobody = how in ("nobody", "a bearer beside somebody else's cookie")
            is_done = "Emporion-Seq" in answer.headers or "emporion_session" in answer.headers.get("Set-Cookie", "")
            if is_done or not (is_refused or is_nobody and is_asked):
                wrong.append(f"{form.sort}, {how}: {answer.status_code} {answer.headers.get('Location', '')}")
            elif not is_nobody and "This form cannot be accepted" not in answer.text:
                wrong.append(f"{form.sort}, {how}: {answer.status_code}, and not for being forged")
        after = state(world)
        if after != before:
            wrong.append(f"{form.sort}: something was changed, {before} became {after}")
            before = after
    assert not wrong, "\n".join(wrong[:30])
    assert walk.browser.visit("/account").url.endswith("/account"), "nobody was signed out"
    lacking, until = OPERATIONS, time.monotonic() + 30
    while lacking and time.monotonic() < until:
        # The log is written beside the answers.
        walk.browser.visit("/logout")
        lines = world.server.log.read_text(errors="replace")
        lacking = OPERATIONS - set(re.findall(r'door="web" operation="(\w+)" method=POST \S+ status=403', lines))
    assert not lacking, f"no form was forged for {lacking}"


def test_what_is_asked_for_as_a_page_changes_nothing(world, walk, forms):
    """The cookie goes with links from everywhere: what forms send is not taken from an address."""
    browser, before = walk.browser, state(world)
    token = browser.visit("/logout").form("/logout")["fields"]["token"]
    for form in forms:
        answer = send(world, form, {"Sec-Fetch-Site": "cross-site"}, browser.session.cookies.get_dict(), token, "GET")
        assert answer.status_code < 500, (form.sort, answer.status_code)
        assert state(world) == before, form.sort
    assert browser.visit("/account").url.endswith("/account"), "nobody was signed out"


def test_a_form_says_which_record_it_is_about_and_does_nothing_to_another(world, walk, forms):
    """What has got the name of a record that went has its address, too: only the id tells them apart."""
    mine, cookies, before = {"Origin": world.server.url, "Sec-Fetch-Site": "same-origin"}, walk.browser.session.cookies.get_dict(), state(world)
    rows = set()
    for form in forms:
        folder, *below = urlsplit(form.action).path.strip("/").split("/")
        if folder not in RECORDS or not below or form.action == "/products/restored" or form.action.endswith("/stop"):
            continue
        assert "of" in dict(form.fields), form.sort
        rows.add("/".join(below[1:]))
        token = walk.browser.visit("/logout").form("/logout")["fields"]["token"]
        others = tuple((name, str(uuid.uuid4()) if name == "of" else value) for name, value in form.fields)
        answer = send(world, Sent(form.action, others), mine, cookies, token)
        assert answer.status_code == 409 and "This name now belongs to something else" in answer.text, (form.sort, answer.status_code)
        nobodys = tuple((name, value) for name, value in form.fields if name != "of")
        answer = send(world, Sent(form.action, nobodys), mine, cookies, token)
        assert answer.status_code == 400 and "The form is incomplete: its record is missing" in answer.text, (form.sort, answer.status_code)
        assert state(world) == before, form.sort
    of_role = [dict(form.fields).get("user", "").startswith("role:") for form in forms if form.action.endswith("/filters")]
    assert any(of_role) and not all(of_role), of_role
    assert rows >= {"", "roles", "filters", "model", "verified-queries", "ask", "answers", "mending", "runs", "connection", "schedule"}, rows


def test_nobody_is_signed_in_by_another_site(world):
    fields = {"username": world.server.admin.name, "password": world.server.admin.password}
    mine, before = {"Origin": world.server.url, "Sec-Fetch-Site": "same-origin"}, state(world)

    def post(path: str, sent: dict, headers: dict) -> requests.Response:
        return requests.post(world.server.url + path, data=sent, headers=BROWSER | headers, timeout=30, allow_redirects=False)

    elsewhere = [{"Origin": origin} for origin in ("https://evil.example", "null")]
    for forged in (*elsewhere, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
        answer = post("/login", fields, mine | forged)
        assert answer.status_code == 403 and "Set-Cookie" not in answer.headers, (forged, answer.status_code)
    assert state(world) == before
    # And nobody who is signed in here is sent elsewhere by it.
    for next in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/\t/evil.example"):
        answer = post("/login", fields | {"next": next}, mine)
        assert answer.status_code == 303 and answer.headers["Location"] == "/", next
    # How pages look is chosen by who is signed in, with the token of the session.
    answer = post("/preferences", {"theme": "dark", "language": "de", "next": "/"}, mine)
    assert "theme" not in answer.headers.get("Set-Cookie", "") and answer.headers.get("Location", "").startswith("/login")


def test_the_same_forms_are_taken_from_their_own_page(world, walk, forms):
    """What was refused was refused for where it came from: with the session's own token none of it is called forged."""
    browser = walk.browser
    mine = {"Origin": world.server.url, "Sec-Fetch-Site": "same-origin"}
    ending = ("logout", "account", "admin")
    taken, before = 0, state(world)
    for form in forms:
        if form.sort[0][0] in ending:
            continue
        token = browser.visit("/logout").form("/logout")["fields"]["token"]
        answer = send(world, form, mine, browser.session.cookies.get_dict(), token)
        assert answer.status_code < 500 or answer.status_code in (502, 504), (form.sort, answer.status_code)
        assert answer.status_code != 403 and "This form cannot be accepted" not in answer.text, form.sort
        taken += answer.status_code == 303 and not dict(parse_qsl(urlsplit(answer.headers["Location"]).query)).get("next")
    assert taken >= 10 and state(world) > before, taken
