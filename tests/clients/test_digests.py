"""What those are sent who follow something: by mail through a real mail server, and to a chat service; never what they may no
longer see when it is sent."""

import re
import time

import pytest
import requests

from mail_receiver import PASSWORD, USER, MailReceiver
from pages_door import Browser
from test_following import World, follow
from webhook_receiver import Receiver

#: Between two messages, in seconds; the server looks as often whose time has come.
EVERY = 2


def settings(mail: MailReceiver, **more: str) -> dict[str, str]:
    return {
        "EMPORION_MAIL__HOST": "localhost", "EMPORION_MAIL__PORT": str(mail.port), "EMPORION_MAIL__SECURITY": "none",
        "EMPORION_MAIL__FROM": "Catalogue <catalogue@example.com>", "EMPORION_MAIL__EVERY_SECONDS": str(EVERY),
        "EMPORION_MAIL__CHAT_NETWORKS": '["127.0.0.1"]', "EMPORION_MAIL__CHAT_HOSTS": '["chat.example.org"]',
    } | more  # fmt: skip


@pytest.fixture(scope="module")
def mail(tmp_path_factory):
    made = MailReceiver(tmp_path_factory.mktemp("mail"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def world(tmp_path_factory, mail):
    made = World(tmp_path_factory.mktemp("digests"), **settings(mail))
    yield made
    assert made.server.stop() == 0, made.server.log_tail()
    assert "panicked" not in made.server.log.read_text(errors="replace")


def choose(browser, expect: int = 200, **fields):
    browser.visit("/following")
    page = browser.send("/following", expect=expect, here="products", **fields)
    # From now on he is told; the server has to see that first.
    time.sleep(2 * EVERY)
    return page


def until(holds, seconds: float = 20):
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.1)
    return found


def settled() -> None:
    """Long enough for whatever comes to have come."""
    time.sleep(3 * EVERY)


def test_a_follower_is_sent_what_has_changed_by_mail(world, mail):
    who, browser = world.person("mailed")
    follow(browser, world.at)
    follow(browser, f"/tables/{world.table['fullyQualifiedName']}")
    choose(browser, mail="products")
    world.describe("Sold by mail")
    [one] = until(lambda: mail.to("mailed"))
    assert "1 thing that you follow has changed" in one.message["subject"]
    assert one.sender == "catalogue@example.com" and one.message.get_content_type() == "text/plain"
    assert "Retail (Product)" in one.text or "Retail (Data product)" in one.text, one.text
    assert "escription" in one.text and "Administrator" in one.text
    link = re.search(r"http\S+/products/\S+", one.text).group(0)
    assert browser.visit(link).status == 200
    # Of another topic he is told in his inbox alone; of nothing new, nothing.
    world.om.patch(f"/tables/{world.table['id']}", [{"op": "add", "path": "/description", "value": "t"}])
    world.om.speaking(who.token).call("GET", "/users/loggedInUser")
    settled()
    assert len(mail.to("mailed")) == 1


def test_what_he_may_no_longer_see_when_it_is_sent_he_is_not_told(world, mail):
    leaver, browser = world.person("mail-leaver")
    stayer, other = world.person("mail-stayer")
    gone, third = world.person("mail-disabled")
    for one in (browser, other, third):
        follow(one, world.at)
    time.sleep(1.2)
    for one in (browser, other):
        one.visit("/following")
        one.send("/following", here="products", mail="products")
    choose(third, mail="products")
    mail.refuse = True
    world.describe("A secret of those who stay")
    until(lambda: all(mail.times_refused(name) for name in ("mail-leaver", "mail-stayer", "mail-disabled")))
    world.bob.patch(f"{world.path}/users", {"remove": [leaver.id]})
    admin = {"Authorization": f"Bearer {world.server.admin.token}"}
    disabled = requests.post(f"{world.server.url}/emporion/v1/users/{gone.name}/disable", json={}, headers=admin, timeout=30)
    assert disabled.status_code == 200, disabled.text
    # What was under way by then is refused, and all that is read from the next turn on is read with the rights of now: a turn
    # begins when nobody of the one before is being told anything.
    before = mail.times_refused("mail-stayer")
    until(lambda: mail.times_refused("mail-stayer") >= before + 2, 60)
    mail.refuse = False
    until(lambda: mail.to("mail-stayer"), 60)
    settled()
    assert not mail.to("mail-leaver") and not mail.to("mail-disabled")
    assert "those who stay" not in world.server.log.read_text(errors="replace")


def test_who_follows_a_saved_search_is_sent_what_it_finds_that_is_new_to_him(world, mail):
    _, browser = world.person("searcher")
    browser.visit("/searches")
    browser.send("/searches", do="save", title="Domains and products", q="kind:domain OR kind:product")
    browser.visit("/searches")
    assert "Stop following" in browser.send("/searches", do="follow").text
    choose(browser, mail="searches")
    world.om.post("/domains", {"name": "FoundByMail", "domainType": "Aggregate", "description": ""})
    world.bob.post("/data-products", {"name": "Hidden from searchers"}, expect=201)
    [one] = until(lambda: mail.to("searcher"))
    assert "Domains and products" in one.text and "1 new thing" in one.text and "FoundByMail (Domain)" in one.text, one.text
    settled()
    assert len(mail.to("searcher")) == 1 and "Hidden" not in one.text, "it was told already, and the other is not his to see"
    assert "FoundByMail" in browser.visit(re.search(r"http\S+(/search\S+)", one.text).group(1)).text
    browser.visit("/searches")
    browser.send("/searches", do="unfollow")
    world.om.post("/domains", {"name": "NotFollowed", "domainType": "Aggregate", "description": ""})
    settled()
    assert len(mail.to("searcher")) == 1


def test_a_search_tells_of_what_newly_fits_it_and_stands_with_what_is_followed(world, mail):
    _, browser = world.person("fitting")
    browser.visit("/searches")
    browser.send("/searches", do="save", title="Quokkas", q="quokka", followed="yes")
    assert "Quokkas" in browser.visit("/following").text
    choose(browser, mail="searches")
    describe = lambda text: world.om.patch(f"/glossaryTerms/{world.term['id']}", [{"op": "add", "path": "/description", "value": text}])  # noqa: E731
    describe("About the quokka")
    [one] = until(lambda: mail.to("fitting"))
    assert "Quokkas" in one.text and "Net" in one.text, "it was there before, and fits now"
    describe("About the quokka, once more")
    settled()
    assert len(mail.to("fitting")) == 1, "it was told already"
    browser.visit("/following")
    assert "Quokkas" not in browser.send("/searches", do="unfollow").text and browser.path == "/following"


def test_what_he_does_himself_and_what_he_was_told_before_is_not_sent(world, mail):
    who, browser = world.person("mail-doer", "editor")
    follow(browser, world.at)
    # That he was given a role is no news to him: what is younger than a second is told with what comes next.
    time.sleep(1.2)
    choose(browser, mail="products")
    world.om.speaking(who.token).patch(
        f"/dataProducts/{world.product}", [{"op": "add", "path": "/description", "value": "Mine"}]
    )
    settled()
    assert not mail.to("mail-doer")
    world.describe("Not mine")
    until(lambda: mail.to("mail-doer"))
    assert world.server.stop() == 0
    world.server.start()
    settled()
    assert len(mail.to("mail-doer")) == 1


@pytest.mark.parametrize("service", ["slack", "teams"])
def test_a_follower_is_told_in_his_chat_service(world, service):
    chat = Receiver()
    try:
        _, browser = world.person(f"chats-{service}")
        follow(browser, world.at)
        hook = f"http://127.0.0.1:{chat.port}/hook/only-his-{service}"
        page = choose(browser, chat="products", service=service, address=hook)
        assert "Saved" in page.text and "only-his" not in browser.visit("/following").source
        browser.visit("/following")
        assert "took the test" in browser.send("/following/test").text
        assert "A test: " in str(chat.taken.pop().event)
        world.describe("Told <in> a chat")
        until(lambda: chat.taken)
        body = chat.taken[0].event
        told = body["text"] if service == "slack" else body["attachments"][0]["content"]["body"][0]["inlines"][0]["text"]
        assert "Retail" in told and chat.taken[0].path == f"/hook/only-his-{service}"
        # Its address is kept sealed, and stays when something else is chosen.
        choose(browser, chat=["products", "data"], service=service)
        world.describe("Told again")
        until(lambda: len(chat.taken) > 1)
        choose(browser, service="")
        world.describe("Told no more")
        settled()
        assert len(chat.taken) == 2
    finally:
        chat.close()
    assert "only-his" not in world.server.log.read_text(errors="replace")
    with world.server.open_store() as store:
        assert "only-his" not in "".join(str(row) for row in store.execute("SELECT body FROM records"))


def test_what_cannot_be_sent_to_is_said_and_nothing_is_reached_that_is_not_to_be(world):
    _, browser = world.person("wrong-hooks")
    for fields in (
        {"chat": "products"}, {"service": "slack"}, {"service": "slack", "address": "ftp://x.example/"},
        {"service": "teams", "address": "https://me:pw@x.example/"}, {"service": "slack", "address": "http://x.example/"},
        {"service": "slack", "address": "http://169.254.169.254/latest"},
        {"service": "slack", "address": "https://169.254.169.254/latest"}, {"service": "slack", "address": "https://x.example/"},
        {"service": "teams", "address": "https://hooks.slack.com/services/T/B/x"},
        {"service": "slack", "address": "https://hooks.slack.com.x.example/"},
    ):  # fmt: skip
        browser.visit("/following")
        page = browser.send("/following", expect=400, here="products", **fields)
    assert "hooks.slack.com" in " ".join(page.roles["alert"]), "it is said where messages may go"
    browser.visit("/following")
    browser.send("/following", here="products", service="slack", address="https://hooks.slack.com/services/T/B/x")
    browser.send("/following", here="products", service="slack", address="https://chat.example.org/hook")


def test_mail_is_handed_over_in_secret_and_with_a_login(tmp_path):
    mail = MailReceiver(tmp_path, secured=True)
    (tmp_path / "password").write_text(PASSWORD + "\n")
    world = World(tmp_path / "world", **settings(
        mail, EMPORION_MAIL__SECURITY="starttls", EMPORION_MAIL__CA_FILE=str(mail.authority), EMPORION_MAIL__USER=USER,
        EMPORION_MAIL__PASSWORD_FILE=str(tmp_path / "password"),
    ))  # fmt: skip
    try:
        _, browser = world.person("safe")
        follow(browser, world.at)
        choose(browser, mail="products")
        world.describe("Sealed")
        [one] = until(lambda: mail.to("safe"))
        assert one.is_tls and one.login == USER
        assert PASSWORD not in world.server.log.read_text(errors="replace")
    finally:
        assert world.server.stop() == 0
        mail.stop()


def test_messages_to_try_out_are_not_sent_as_often_as_somebody_likes(world):
    chat = Receiver()
    try:
        _, browser = world.person("tries")
        browser.visit("/following")
        browser.send("/following", here="products", service="slack", address=f"http://127.0.0.1:{chat.port}/hook/tries")
        for _ in range(3):
            browser.visit("/following")
            assert "took the test" in browser.send("/following/test").text
        browser.visit("/following")
        page = browser.send("/following/test", expect=429)
        assert page.roles["alert"] and len(chat.taken) == 3
        # Another one is not kept waiting.
        _, other = world.person("tries-too")
        other.visit("/following")
        other.send("/following", here="products", service="slack", address=f"http://127.0.0.1:{chat.port}/hook/too")
        other.visit("/following")
        assert "took the test" in other.send("/following/test").text
    finally:
        chat.close()


def test_who_runs_the_server_sees_how_mail_is_set_up_and_tries_it_out(tmp_path):
    receiver = MailReceiver(tmp_path, secured=True)
    secret = tmp_path / "secret"
    secret.write_text(PASSWORD)
    more = {
        "EMPORION_MAIL__SECURITY": "starttls", "EMPORION_MAIL__CA_FILE": str(receiver.authority), "EMPORION_MAIL__USER": USER,
        "EMPORION_MAIL__PASSWORD_FILE": str(secret), "EMPORION_MAIL__EVERY_SECONDS": "86400", "EMPORION_MAIL__HOUR": "7",
    }  # fmt: skip
    (tmp_path / "world").mkdir()
    world = World(tmp_path / "world", **settings(receiver, **more))
    try:
        browser = Browser(world.server).sign_in(world.server.admin)
        page = browser.visit("/admin/settings")
        rows = re.findall(r'<th scope="row">([^<]+)</th><td>(.*?)</td><td><code>([^<]+)</code>', page.source)
        told = {key: re.sub("<[^>]+>", "", value) for _, value, key in rows}
        assert told["mail.host"] == "localhost" and told["mail.port"] == str(receiver.port) and told["mail.hour"] == "7"
        assert told["mail.from"] == "Catalogue &#60;catalogue@example.com&#62;" and told["mail.chat_hosts"] == "chat.example.org"
        assert PASSWORD not in page.source and "sent no mail since it started" in page.text
        page = browser.send("/admin/settings")
        assert "took the test mail" in page.text and "The last mail was taken by the mail server just now" in page.text
        (mail,) = receiver.to("admin")
        assert mail.message["Subject"] == "Emporion: a test mail" and "try out" in mail.text
        receiver.refuse = True
        page = browser.send("/admin/settings", expect=400)
        assert "the mail server answered 451" in " ".join(page.roles["alert"])
        assert "The last mail could not be sent just now" in page.text.replace(" :", ":"), page.text
        browser.send("/admin/settings", expect=400)
        browser.send("/admin/settings", expect=429)
    finally:
        assert world.server.stop() == 0, world.server.log_tail()
        receiver.stop()


def test_times_are_told_by_the_clocks_that_somebody_has_chosen(world, mail):
    """On pages, also in another browser, and in what is sent to him."""
    who, browser = world.person("mail-clocked")
    follow(browser, world.at)
    choose(browser, mail="products")

    def zone(page) -> str:
        """What stands in the form, which is not that of the menu."""
        return next(form["fields"]["zone"] for form in page.forms if "zone" in form["fields"])

    page = browser.visit("/preferences")
    assert zone(page) == "" and "It is" in page.text
    # Who chooses a language alone has chosen no zone.
    page = browser.send("/preferences", language="en")
    assert zone(page) == ""
    browser.visit("/preferences")
    page = browser.send("/preferences", 400, zone="Mars/Olympus")
    assert "There is no time zone “Mars/Olympus”." in " ".join(page.roles["alert"])
    # A browser that is signed in already is told so as well.
    earlier = Browser(world.server).sign_in(who)
    assert "Changed" in earlier.visit(world.at).text or "Geändert" not in earlier.page.text
    browser.visit("/preferences")
    page = browser.send("/preferences", zone="Asia/Kolkata", language="de")
    assert browser.path == "/preferences" and zone(page) == "Asia/Kolkata"
    assert "Sprache und Zeitzone" in page.title
    page = earlier.visit(world.at)
    assert "Geändert" in page.text and "Asia/Kolkata" in page.text and not re.search(r'title="[^"]*UTC', page.source)
    assert earlier.session.cookies.get("emporion_zone") and earlier.session.cookies.get("emporion_language") == "de"
    world.describe("Told in Kolkata")
    [one] = until(lambda: mail.to("mail-clocked"))
    assert re.search(r"\d\d:\d\d Asia/Kolkata", one.text) and "UTC" not in one.text, one.text
    other = Browser(world.server).sign_in(who)
    other.session.cookies.set("emporion_zone", None)
    other.visit("/preferences")
    other.send("/preferences", language="de", zone="")
    again = Browser(world.server).sign_in(who).visit(world.at)
    assert "Geändert" in again.text and re.search(r"\d\d:\d\d Asia/Kolkata", again.text) and "UTC" not in again.text
    # Who leaves it at that reads times as before, and another one in the same browser is told his own.
    browser.visit("/logout")
    browser.send("/logout")
    browser.sign_in(world.person("mail-unclocked")[0])
    assert "Asia/Kolkata" not in browser.visit(world.at).text and " UTC" in browser.page.text
