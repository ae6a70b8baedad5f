"""Columns that only look personal: what a model may say of them, and who."""

import json

import pytest

from bobsled_door import BobsledDoor
from chat_world import Shop
from openmetadata_door import OpenMetadataDoor
from pages_door import Browser

TAG = {"tagFQN": "PII.Sensitive", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
NOT_SHOWN = "PERSONAL_FIELD_NOT_SHOWN"
NAMES = [["Ada Berg", 2], ["Bruno Costa", 1]]

MODEL = """
version: "0.2.0.dev0"
semantic_model:
  - name: people
    datasets:
      - name: visits
        source: main.visits
        primary_key: [visit_id]
        fields:
          - {name: visit_id, expression: visit_id}
          - {name: guest, expression: guest_full_name, dimension: {}PII}
          - {name: number, expression: phone, dimension: {}}
          - {name: room, expression: room, dimension: {}}
"""
FALSE = """, custom_extensions: [{vendor_name: EMPORION, data: '{"pii": false}'}]"""


class Hotel(Shop):
    """A product over a table with names of persons, for which the crawler has proposed a tag."""

    def __init__(self, folder):
        super().__init__(folder)
        self.ingest(
            "CREATE TABLE visits (visit_id INTEGER PRIMARY KEY, guest_full_name TEXT, phone TEXT, room TEXT);"
            "INSERT INTO visits VALUES (1, 'Ada Berg', '+1 1', 'blue'), (2, 'Bruno Costa', '+1 2', 'red'),"
            " (3, 'Ada Berg', '+1 1', 'red');"
        )
        self.om = OpenMetadataDoor(self.server, self.server.admin.token)
        self.made = 0

    def product_of(self, text: str) -> str:
        """A new product with that model, deployed by an administrator; answers what the model's author was told."""
        self.made += 1
        body = {"name": f"Hotel {self.made}", "dataSourceId": self.source, "isDeployed": True,
                "dataAssets": [{"tableName": "visits"}]}
        self.path = f"/data-products/{self.bob.post('/data-products', body, expect=201)['dataProduct']['id']}"
        made = self.bob.post(f"{self.path}/semantic-models",
                             {"name": "people", "format": "osi", "content": text, "isDeployed": True}, expect=201)
        self.model = f"{self.path}/semantic-models/{made['semanticModel']['id']}"
        return told(made)

    def editor(self, name: str) -> BobsledDoor:
        who = self.server.new_user(name)
        self.bob.patch(f"{self.path}/users", {"add": [{"userId": who.id, "role": "editor"}]})
        return BobsledDoor(self.server, who.token)

    def names(self, door=None):
        """What a question by names of guests is answered with; `None` where there is nothing of that name."""
        answer = self.ask("number of visits by guest", door)
        if answer["status"] == "not_answerable":
            assert answer["unknownTerms"] == ["guest"] and "Ada" not in json.dumps(answer)
            return None
        assert answer["status"] == "answered", answer
        return sorted(answer["table"]["rows"])

    def label(self, **attributes) -> tuple:
        """The change that labels the names of guests so, or takes the label off."""
        table = self.om.get("/tables/name/shop.shop.main.visits", fields="columns,tags")
        at = next(n for n, column in enumerate(table["columns"]) if column["name"] == "guest_full_name")
        path = f"/columns/{at}/tags"
        return table["id"], [{"op": "replace", "path": path, "value": [TAG | attributes] if attributes else []}]


def at(change: tuple) -> tuple:
    return f"/tables/{change[0]}", change[1]


def told(answer: dict) -> list[str]:
    warnings = [one for one in answer["validation"]["warnings"] if one["code"] == NOT_SHOWN]
    return [one["path"].rpartition("/fields/")[2] + ": " + one["message"].partition(": ")[2] for one in warnings]


def field(pii: bool | None) -> dict:
    own = [{"vendor_name": "EMPORION", "data": json.dumps({"pii": pii})}] if pii is not None else []
    return {"document": {"datasets": {"visits": {"fields": {"guest": {"custom_extensions": own}}}}}, "isDeployed": True}


@pytest.fixture(scope="module")
def hotel(tmp_path_factory):
    made = Hotel(tmp_path_factory.mktemp("vouched"))
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


@pytest.fixture(autouse=True)
def as_proposed(hotel):
    yield
    hotel.om.patch(*at(hotel.label(labelType="Automated", state="Suggested")))


def test_an_author_is_told_what_a_proposal_hides_and_what_to_do(hotel):
    says = hotel.product_of(MODEL.replace("PII", ""))
    assert [one.partition(": ")[0] for one in says] == ["1", "2"] and all("may write" in one for one in says), says
    assert hotel.names() is None
    # What the model itself hides, nobody is told of.
    kept = hotel.product_of(MODEL.replace("PII", FALSE.replace("false", "true")))
    assert [one.partition(": ")[0] for one in kept] == ["2"]


def test_a_tag_that_empties_a_live_model_is_told_to_who_may_change_it(hotel):
    hotel.product_of(MODEL.replace("PII", FALSE))
    assert hotel.names() == NAMES
    hotel.om.patch(*at(hotel.label(state="Confirmed")))
    assert hotel.names() is None
    answer = hotel.ask("number of visits by guest")
    assert answer["unknownTerms"] == ["guest"] and "not shown in answers: it is personal, or a mask hides it" in answer["text"], answer
    # For who only asks it is a word that nobody knows.
    who = hotel.server.new_user("only-asks")
    hotel.bob.patch(f"{hotel.path}/users", {"add": [{"userId": who.id, "role": "viewer"}]})
    answer = hotel.ask("number of visits by guest", BobsledDoor(hotel.server, who.token))
    assert answer["unknownTerms"] == ["guest"] and "personal" not in answer["text"], answer
    page = Browser(hotel.server).sign_in(hotel.server.admin).visit(f"/products/{hotel.path.rsplit('/', 1)[1]}?tab=model")
    assert "Not shown in answers" in page.text and "visits.guest" in page.text
    # The next deploy says so, too.
    hotel.bob.patch(hotel.model, {"document": {"description": "Visits of guests."}})
    told = hotel.bob.call("POST", f"{hotel.path}/deploy", {}).json()["warnings"]
    assert NOT_SHOWN in {one["code"] for one in told}, told


def test_the_page_of_a_model_names_what_is_not_shown_once_and_in_words(hotel):
    hotel.product_of(MODEL.replace("PII", ""))
    hotel.bob.patch(hotel.model, {"document": {"description": "Visits, waiting to be deployed."}})
    page = Browser(hotel.server).sign_in(hotel.server.admin).visit(f"/products/{hotel.path.rsplit('/', 1)[1]}?tab=model")
    assert page.text.count("Not shown in answers") == 1 and "visits.guest" in page.text.split("Not shown in answers")[1][:200], page.text
    assert "pii" not in page.text and "is not there to be asked about" not in page.text, page.text


def test_who_holds_the_rows_outweighs_the_proposal_for_that_column_alone(hotel):
    says = hotel.product_of(MODEL.replace("PII", FALSE))
    assert [one.partition(": ")[0] for one in says] == ["2"]
    assert hotel.names() == NAMES
    assert hotel.ask("number of visits by number")["status"] == "not_answerable"
    answer = hotel.ask("number of visits of Ada Berg")
    assert answer["status"] == "answered" and answer["table"]["rows"] == [[2]]
    hotel.bob.patch(hotel.model, field(None))
    assert hotel.names() is None


def test_an_editor_without_the_rows_has_no_say(hotel):
    hotel.product_of(MODEL.replace("PII", ""))
    ed = hotel.editor("ed")
    says = told(ed.patch(hotel.model, field(False)))
    assert any(one.startswith("1: ") and "who holds the rows" in one for one in says), says
    assert hotel.names() is None and hotel.names(ed) is None
    # Nor does he when somebody who holds them deploys it, or changes something else.
    ed.patch(hotel.model, field(False) | {"isDeployed": False})
    hotel.bob.post(f"{hotel.path}/deploy", {})
    hotel.bob.patch(hotel.model, {"description": "Guests", "isDeployed": True})
    says = told(hotel.bob.patch(f"{hotel.model}/tables/visits", {"description": "Visits", "isDeployed": True}))
    assert any(one.startswith("1: ") and "write it again" in one for one in says), says
    assert hotel.names() is None
    # Said anew by who holds them, it counts.
    hotel.bob.patch(hotel.model, field(None))
    hotel.bob.patch(hotel.model, field(False))
    assert hotel.names() == NAMES


def test_others_change_the_model_and_it_stays_and_goes_nowhere_else(hotel):
    hotel.product_of(MODEL.replace("PII", FALSE))
    ed = hotel.editor("edna")
    ed.patch(hotel.model, {"description": "Guests", "isDeployed": True})
    ed.patch(f"{hotel.model}/tables/visits", {"description": "Visits", "isDeployed": True})
    assert hotel.names(ed) == NAMES
    # The same field over another column is another thing to say.
    ed.patch(hotel.model, {"document": {"datasets": {"visits": {"fields": {"guest": {"expression": "phone"}}}}},
                           "isDeployed": True})
    assert hotel.names() is None
    # In a model of his own, too.
    body = {"name": "Hotel of ed", "dataSourceId": hotel.source, "isDeployed": True, "dataAssets": [{"tableName": "visits"}]}
    his = f"/data-products/{hotel.bob.post('/data-products', body, expect=201)['dataProduct']['id']}"
    hotel.path = his
    other = hotel.editor("eve")
    other.post(f"{his}/semantic-models", {"name": "people", "format": "osi", "content": MODEL.replace("PII", FALSE),
                                          "isDeployed": True}, expect=201)
    assert hotel.names(other) is None and hotel.names() is None


def test_a_confirmed_tag_hides_it_again_at_once(hotel):
    hotel.product_of(MODEL.replace("PII", FALSE))
    assert hotel.names() == NAMES
    table, change = hotel.label(labelType="Automated", state="Confirmed")
    steward = hotel.server.new_user("stewart")
    role = hotel.om.get("/roles/name/DataSteward")["id"]
    hotel.om.patch(f"/users/{steward.id}", [{"op": "add", "path": "/roles", "value": [{"id": role, "type": "role"}]}])
    om = OpenMetadataDoor(hotel.server, steward.token)
    om.patch(f"/tables/{table}", change)
    assert hotel.names() is None
    # Who has no rows makes no proposal of it again.
    table, change = hotel.label(labelType="Automated", state="Suggested")
    refused = om.patch(f"/tables/{table}", change, expect=403)
    assert "PII.Sensitive" in refused["message"] and hotel.names() is None
    # What is written anew counts for as little.
    hotel.bob.patch(hotel.model, field(None))
    says = told(hotel.bob.patch(hotel.model, field(False)))
    assert any(one.startswith("1: ") and "confirmed" in one for one in says) and hotel.names() is None
    hotel.om.patch(f"/tables/{table}", change)
    assert hotel.names() == NAMES
    # A tag that somebody sets by hand is his word, proposal or not.
    hotel.om.patch(*at(hotel.label(labelType="Manual", state="Suggested")))
    assert hotel.names() is None
    hotel.om.patch(*at(hotel.label()))
    assert hotel.names() == NAMES


def test_a_computed_name_that_is_not_shown_is_told(hotel):
    """What counts for a column does not count for what is made of it: its author is told, and is told no more once it does."""
    computed = MODEL.replace("expression: guest_full_name", 'expression: "guest_full_name || \'!\'"')
    told = hotel.product_of(computed.replace("PII", FALSE))
    assert any(one.startswith("1: ") and "guest_full_name" in one for one in told), told
