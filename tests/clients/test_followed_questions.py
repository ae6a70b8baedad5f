"""Questions that somebody follows: asked again for him, with his rights of then, and told when their answer crosses a threshold."""

import re
import sqlite3
import time

import pytest

from chat_world import Shop
from mail_receiver import MailReceiver
from test_digests import settings, until
from test_pages_ask import Person, ask


@pytest.fixture(scope="module")
def mail(tmp_path_factory):
    made = MailReceiver(tmp_path_factory.mktemp("mail"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def shop(tmp_path_factory, mail):
    made = Shop(tmp_path_factory.mktemp("followed"), **settings(mail, EMPORION_MAIL__EVERY_SECONDS="1")).open_pages()
    yield made
    assert made.server.stop() == 0, made.server.log_tail()
    assert "panicked" not in made.server.log.read_text(errors="replace")


def settled() -> None:
    """Long enough for whatever comes to have come."""
    time.sleep(4)


def follower(shop, name: str, question: str = "turnover", tells: str = "above", threshold: str = "400", role: dict | None = None) -> Person:
    person = Person(shop, name, role or {})
    ask(shop, person.browser, question)
    page = person.browser.send(f"{shop.at}/answers", do="follow", tells=tells, threshold=threshold)
    assert person.browser.path == "/following" and question in page.text, page.text[:500]
    person.browser.send("/following", here="products", mail="questions")
    return person


@pytest.fixture
def sales(shop):
    """Sets by how much more is sold than in the beginning, which is 320."""

    def more(amount: int) -> None:
        with sqlite3.connect(shop.file) as database:
            database.execute("DELETE FROM orders WHERE order_id = 99")
            database.execute("INSERT INTO orders VALUES (99, 1, '2026-11-01', 'paid', ?)", (amount,))

    yield more
    more(0)


def test_who_follows_is_told_each_time_the_bound_is_crossed_and_once(shop, mail, sales):
    who = follower(shop, "crosser")
    settled()
    assert not mail.to("crosser"), "320 is not above 400"
    sales(500)
    [one] = until(lambda: mail.to("crosser"))
    assert "turnover" in one.text and "820" in one.text and "400" in one.text and "Retail" in one.text, one.text
    settled()
    assert len(mail.to("crosser")) == 1, "it was told already"
    assert "crossed" in who.browser.visit("/following").text
    person = Person(shop, "reader-of-news", {})
    assert "turnover" not in person.browser.visit("/requests").text, "it is told to who follows it"
    sales(0)
    settled()
    sales(600)
    until(lambda: len(mail.to("crosser")) == 2)
    assert "920" in mail.to("crosser")[1].text
    who.browser.visit("/following")
    page = who.browser.send("/following/questions")
    assert "turnover" not in page.text
    sales(0)
    settled()
    sales(700)
    settled()
    assert len(mail.to("crosser")) == 2, "he follows it no more"


def test_it_is_asked_with_the_rights_of_then(shop, mail, sales):
    filtered = follower(shop, "eu-only", threshold="0,6e3", role={"rowFilters": {"orders": "customer_id = 1"}})
    leaver = follower(shop, "leaver", threshold="100", tells="below")
    settled()
    sales(400)
    settled()
    assert not mail.to("eu-only"), "he sees 550, and 720 is the turnover of all"
    sales(4_900)
    [one] = until(lambda: mail.to("eu-only"))
    assert "5,050" in one.text and "5,220" not in one.text, one.text
    shop.bob.patch(f"{shop.path}/users", {"remove": [leaver.who.id]})
    assert "You may no longer ask this" in leaver.browser.visit("/following").text
    sales(-1_000)
    settled()
    assert not mail.to("leaver"), "he may ask it no more"


def alerts(page) -> list[str]:
    """What is wrong, as it is said."""
    return [" ".join(said.split()) for said in page.roles["alert"]]


def test_a_threshold_is_read_as_the_reader_writes_numbers(shop):
    person = Person(shop, "grouper", {})
    for language, typed, rendered in (("en", "3,000", "above 3,000"), ("en", "3,5", "above 3.5"), ("de", "3.000", "über 3.000"), ("de", "3,5", "über 3,5")):
        person.browser.session.headers["Accept-Language"] = language
        ask(shop, person.browser, "turnover")
        page = person.browser.send(f"{shop.at}/answers", do="follow", tells="above", threshold=typed)
        assert person.browser.path == "/following" and rendered in page.text, (typed, page.text[:900])
        person.browser.send("/following/questions")
    # What may be a year is none where the figure has a unit or a format.
    ask(shop, person.browser, "turnover")
    page = person.browser.send(f"{shop.at}/answers", do="follow", tells="above", threshold="2000")
    unit = re.search(r"über 2\.000(,00)? EUR", page.text)
    assert unit or "über 2000" in page.text, page.text[:900]
    person.browser.send("/following/questions")
    ask(shop, person.browser, "turnover")
    page = person.browser.send(f"{shop.at}/answers", expect=400, do="follow", tells="above", threshold="165,846")
    assert any(said.startswith("Schwellenwert: ") for said in alerts(page)), "the two languages read it otherwise"


def test_what_is_wrong_at_an_earlier_answer_is_said_there(shop):
    person = Person(shop, "earlier", {})
    ask(shop, person.browser, "turnover")
    later = person.browser.send(f"{shop.at}/ask", question="only EU")
    earlier = next(link for link in later.links if "&at=" in link or "at=" in link.split("?")[-1].split("&"))
    page = person.browser.visit(earlier.split("#")[0])
    assert "Follow this question" in page.text
    refused = person.browser.send(f"{shop.at}/answers", expect=400, do="follow", tells="above", threshold="lots")
    [said] = [said for said in alerts(refused) if said.startswith("Threshold: ")]
    within = refused.source.split('id="follow-')[1].split("</details>")[0]
    assert 'role="alert"' in within and 'value="lots"' in within, "where it was typed"
    assert "give a number" in said


def test_what_is_no_threshold_and_no_figure_is_said(shop):
    person = Person(shop, "typer", {})
    ask(shop, person.browser, "turnover")
    for threshold, rule in [(no_number, "give a number") for no_number in ("", "many", "1e999", "nan", "1,00,0")] + [("3.000", "can be two numbers")]:
        page = person.browser.send(f"{shop.at}/answers", expect=400, do="follow", tells="above", threshold=threshold)
        assert any(said.startswith("Threshold: ") and rule in said for said in alerts(page)), threshold
        ask(shop, person.browser, "turnover")
    page = person.browser.send(f"{shop.at}/answers", expect=400, do="follow", tells="below", threshold="five hundred")
    fold = page.source.split('id="follow-')[0].rsplit("<details", 1)[1]
    assert " open" in fold, "what is wrong stands in the fold, which is open"
    within = page.source.split('id="follow-')[1].split("</details>")[0]
    assert 'role="alert"' in within and 'value="five hundred"' in within and 'value="below" selected' in within
    single = ask(shop, person.browser, "turnover")
    assert ">CSV</a>" in single.source and ">Excel</a>" in single.source, "a single figure is a file, too"
    several = ask(shop, person.browser, "turnover per area")
    assert "Follow this question" not in several.text, "several figures cross no threshold"
    assert "a single figure, such as a total, can be followed" in several.text, "which is said"


def test_one_question_is_followed_once_and_a_figure_is_no_share(shop):
    person = follower(shop, "twice")
    ask(shop, person.browser, "turnover")
    refused = person.browser.send(f"{shop.at}/answers", expect=400, do="follow", tells="above", threshold="25%")
    assert any("no share of a hundred" in said for said in alerts(refused))
    ask(shop, person.browser, "turnover")
    page = person.browser.send(f"{shop.at}/answers", do="follow", tells="above", threshold="450")
    listed = page.source.split('id="questions"')[1].split("</section>")[0]
    assert listed.count("<li>") == 1 and "above 450" in listed and "above 400" not in listed, "with the bound given last"
    ask(shop, person.browser, "turnover")
    page = person.browser.send(f"{shop.at}/answers", do="follow", tells="below", threshold="100")
    assert page.source.split('id="questions"')[1].split("</section>")[0].count("<li>") == 2, "the other side is another"


def test_a_crossed_bound_stands_in_the_inbox_until_he_has_looked(shop, sales):
    """Also of somebody who is sent nothing, and no longer once he may not ask the question."""
    quiet, leaver = follower(shop, "quiet"), follower(shop, "gone-quiet")
    for person in (quiet, leaver):
        person.browser.send("/following", here=["products", "questions"], mail=[])
    settled()
    assert "turnover" not in quiet.browser.visit("/requests").text
    settled()
    sales(500)
    shop.bob.patch(f"{shop.path}/users", {"remove": [leaver.who.id]})
    settled()
    assert "1 new for you" in quiet.browser.visit("/").text
    page = quiet.browser.visit("/requests")
    assert "turnover" in page.text and "its answer is 820, above 400" in page.text and "Retail" in page.text
    assert any("tab=ask" in link and "thread=" in link for link in page.links), "which leads to where it was answered"
    assert "its answer is" not in quiet.browser.visit("/requests").text, "he has looked"
    assert "turnover" not in leaver.browser.visit("/requests").text


def test_who_follows_what_is_crossed_already_is_told_so(shop):
    person = Person(shop, "late", {})
    for threshold, tells, said in [("9e9", "above", "You follow this question. News"), ("-5", "above", "beyond this threshold already"),
                                   ("9e9", "below", "beyond this threshold already")]:  # fmt: skip
        ask(shop, person.browser, "turnover")
        page = person.browser.send(f"{shop.at}/answers", do="follow", tells=tells, threshold=threshold)
        assert said in page.text and person.browser.path == "/following", threshold


def test_what_is_followed_is_found_from_the_requests(shop):
    person = follower(shop, "finder", threshold="9e9")
    page = person.browser.visit("/following?done=followed_question")
    assert "You follow this question" in page.text and "You follow nothing yet" not in page.text
    assert "/following" in person.browser.visit("/requests").links


def test_nobody_sees_or_ends_what_another_follows(shop):
    one, other = follower(shop, "private"), Person(shop, "prying", {})
    stop = one.browser.visit("/following").form("/following/questions")["fields"]
    other.browser.visit("/following")
    token = other.browser.visit("/logout").form("/logout")["fields"]["token"]
    here = {"Origin": shop.server.url, "Sec-Fetch-Site": "same-origin"}
    other.browser.ask("POST", "/following/questions", data=stop | {"token": token}, headers=here)
    assert "turnover" in one.browser.visit("/following").text
    assert "turnover" not in other.browser.visit("/following").text
    for browser in (other.browser, shop.browser):
        assert "turnover" not in browser.visit("/admin/audit" if browser is shop.browser else "/").text


def test_figures_are_written_as_their_reader_writes_them_and_in_files_as_they_are(shop, sales):
    sales(5_000)
    person = Person(shop, "writes-german", {})
    assert "5,320" in shop.ask("turnover")["text"] and "5,320" in ask(shop, person.browser, "turnover").text
    person.browser.session.headers["Accept-Language"] = "de"
    for question in ("turnover", "turnover by status", "turnover by month"):
        page = ask(shop, person.browser, question)
        told = page.source.split('<article class="turn"')[1].split('class="origin"')[0]
        assert re.search(r"\b5\.\d{3}\b", told) and not re.search(r"\b5,\d{3}\b", told), (question, told)
        files = [link for link in page.links if ".csv" in link]
        exported = [person.browser.ask("GET", link).answer.content.decode("utf-8-sig") for link in files]
        assert exported and all(re.search(r"\b5\d{3}\b", text) and "5.3" not in text for text in exported), exported
    # So is what a thread has kept of the sentence.
    thread = person.browser.query()["thread"]
    again = person.browser.visit(f"{shop.at}?tab=ask&thread={thread}")
    assert not re.search(r"\b5,\d{3}\b", again.source.split('<article class="turn"')[1].split('class="origin"')[0])
