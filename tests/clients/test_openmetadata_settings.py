"""Settings of an account: set by its administrators with the real client, kept, and told to who may know them."""

import json

import pytest
from metadata.generated.schema.settings.settings import Settings, SettingType
from metadata.ingestion.ometa.client import APIError
from metadata.sdk.entities.settings import Settings as TermSettings

from emporion_server import Server
from openmetadata_door import JSON_PATCH, OpenMetadataDoor
from openmetadata_kinds import connect

MASK = "*********"
LINEAGE = {"upstreamDepth": 3, "downstreamDepth": 1, "lineageLayer": "EntityLineage", "pipelineViewMode": "Edge"}
EMAIL = {
    "emailingEntity": "Data", "enableSmtpServer": True, "senderMail": "data@example.com", "serverEndpoint": "mail.example.com",
    "serverPort": 587, "username": "data", "password": "a secret of mail", "transportationStrategy": "SMTP_TLS",
}  # fmt: skip
THEME = {
    "customLogoConfig": {"customLogoUrlPath": "https://example.com/logo.png"},
    "customTheme": {"primaryColor": "#112233"},
}
#: What the stock client has no model for in a list.
UNLISTED = {"customUiThemePreference", "loginConfiguration"}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A server of its own: what is set counts for everybody."""
    made = Server(tmp_path_factory.mktemp("settings")).start()
    yield made
    assert made.stop() == 0, made.log_tail()


@pytest.fixture
def door(house):
    made = OpenMetadataDoor(house, house.admin.token)
    yield made
    for name in SettingType:
        made.call("PUT", f"/system/settings/reset/{name.value}", expect=(200, 404))


def set_to(door, name: str, value: dict, expect=(200, 201)):
    return door.call("PUT", "/system/settings", {"config_type": name, "config_value": value}, expect=expect)


def value(door, name: str) -> dict:
    return door.get(f"/system/settings/{name}")["config_value"]


def test_the_client_sets_a_setting_and_reads_it_back(house, door):
    client = connect(house, house.admin.token)
    before = client.get_settings_by_name(SettingType.lineageSettings)
    assert before.config_value.upstreamDepth == 2
    made = client.create_or_update_settings(Settings.model_validate({"config_type": "lineageSettings", "config_value": LINEAGE}))
    found = client.get_settings_by_name(SettingType.lineageSettings)
    assert found == made and json.loads(found.config_value.model_dump_json(exclude_none=True)) == LINEAGE
    profiler = {"metricConfiguration": [{"dataType": "VARCHAR", "metrics": ["max"], "disabled": True}]}
    client.create_or_update_settings(Settings.model_validate({"config_type": "profilerConfiguration", "config_value": profiler}))
    assert client.get_profiler_config_settings().config_value.metricConfiguration[0].disabled is True


def test_it_is_kept_over_a_restart_and_set_back(house, door):
    assert set_to(door, "lineageSettings", LINEAGE).status_code == 201
    assert set_to(door, "lineageSettings", LINEAGE).status_code == 200
    set_to(door, "customUiThemePreference", THEME)
    assert house.stop() == 0
    house.start()
    door.base = f"{house.url}/api/v1"
    assert value(door, "lineageSettings") == LINEAGE
    assert door.get("/system/config/customUiThemePreference") == THEME
    back = door.call("PUT", "/system/settings/reset/lineageSettings", expect=200).json()
    assert back["config_value"]["upstreamDepth"] == 2 == value(door, "lineageSettings")["upstreamDepth"]
    assert value(door, "customUiThemePreference") == THEME


def test_the_looks_are_told_to_whoever_says_whose(house, door):
    set_to(door, "customUiThemePreference", THEME)
    nobody = OpenMetadataDoor(house, None).get("/system/config/customUiThemePreference")
    assert nobody["customTheme"]["primaryColor"] == ""
    stranger = OpenMetadataDoor(house, house.new_user("looks").token)
    assert stranger.get("/system/config/customUiThemePreference") == THEME
    stale = OpenMetadataDoor(house, "no.such.token")
    assert stale.get("/system/config/customUiThemePreference") == nobody


def test_secrets_are_masked_kept_and_lost(house, door):
    set_to(door, "emailConfiguration", EMAIL)
    shown = value(door, "emailConfiguration")
    assert shown == EMAIL | {"password": MASK}
    # A mask that comes back at its own place keeps what is there.
    changed = set_to(door, "emailConfiguration", shown | {"serverPort": 25}).json()["config_value"]
    assert changed == shown | {"serverPort": 25}
    fault = set_to(door, "emailConfiguration", shown | {"username": MASK}, expect=400).json()
    assert fault["message"].startswith("/config_value/username is a mask"), "as the request calls it"
    for path in ("copy", "move"):
        patch = [{"op": path, "from": "/password", "path": "/supportUrl"}]
        door.patch("/system/settings/emailConfiguration", patch, expect=400)
    door.patch("/system/settings/emailConfiguration", [{"op": "test", "path": "/password", "value": MASK}], expect=400)
    patched = door.patch("/system/settings/emailConfiguration", [{"op": "remove", "path": "/password"}])
    assert "password" not in patched["config_value"]
    assert EMAIL["password"] not in house.log.read_text(errors="replace")
    stored = b"".join(file.read_bytes() for file in house.store.rglob("*") if file.is_file())
    assert b"mail.example.com" in stored and EMAIL["password"].encode() not in stored


def test_a_patch_is_one_of_the_value(house, door):
    TermSettings.use_client(connect(house, house.admin.token))
    relation = {"name": "feeds", "displayName": "Feeds", "category": "associative"}
    made = TermSettings.define_glossary_relation_type(relation)
    assert [one["name"] for one in made["relationTypes"]] == ["feeds"]
    assert TermSettings.define_glossary_relation_type(relation) is None, "it is there already"
    assert TermSettings.glossary_relation_types() == [relation]
    fault = door.patch("/system/settings/lineageSettings", [{"op": "replace", "path": "/upstreamDepth", "value": "deep"}], expect=400)
    assert "config_value.upstreamDepth" in fault["message"]
    door.patch("/system/settings/slackAppConfiguration", [{"op": "add", "path": "/clientId", "value": "x"}], expect=404)
    door.patch("/system/settings/nothing", [], expect=404)
    answer = door.call("PATCH", "/system/settings/lineageSettings", [], headers={"Content-Type": "application/json"})
    assert answer.status_code == 415


@pytest.mark.parametrize(("body", "field"), [
    ({"config_type": "nothing", "config_value": {}}, "config_type"),
    ({"config_type": "authenticationConfiguration", "config_value": {}}, "config_type"),
    ({"config_value": LINEAGE}, "config_type"),
    ({"config_type": "lineageSettings"}, "config_value"),
    ({"config_type": "lineageSettings", "config_value": 7}, "config_value"),
    ({"config_type": "lineageSettings", "config_value": LINEAGE | {"lineageLayer": "None"}}, "config_value.lineageLayer"),
    ({"config_type": "lineageSettings", "config_value": LINEAGE | {"colour": 1}}, "config_value.colour"),
    ({"config_type": "lineageSettings", "config_value": {"upstreamDepth": 1}}, "config_value.downstreamDepth"),
    ({"config_type": "emailConfiguration", "config_value": EMAIL | {"serverPort": 70000}}, "config_value.serverPort"),
    ({"config_type": "slackAppConfiguration", "config_value": {"clientId": "c"}}, "config_value.clientSecret"),
    ({"config_type": "lineageSettings", "config_value": LINEAGE, "more": 1}, "more"),
])  # fmt: skip
def test_what_is_wrong_is_named(door, body, field):
    fault = door.call("PUT", "/system/settings", body, expect=400).json()
    assert field in fault["message"] and EMAIL["password"] not in fault["message"]


def test_administrators_set_and_others_read_what_is_for_all(house, door):
    set_to(door, "emailConfiguration", EMAIL)
    set_to(door, "lineageSettings", LINEAGE)
    rule = {"name": "all", "resources": ["All"], "operations": ["All"], "effect": "allow"}
    policy = door.post("/policies", {"name": "everything", "rules": [rule]})
    role = door.post("/roles", {"name": "mighty", "policies": [policy["name"]]})
    mighty = house.new_user("mighty-user")
    door.patch(f"/users/{mighty.id}", [{"op": "add", "path": "/roles/0", "value": {"id": role["id"], "type": "role"}}])
    for user in (house.new_user("plain-user"), mighty):
        his = OpenMetadataDoor(house, user.token)
        for method, path, body in (
            ("PUT", "/system/settings", {"config_type": "lineageSettings", "config_value": LINEAGE}),
            ("PUT", "/system/settings", {"config_type": "lineageSettings", "config_value": 7}),
            ("PUT", "/system/settings/reset/lineageSettings", None),
            ("PATCH", "/system/settings/lineageSettings", []),
        ):
            headers = {"Content-Type": JSON_PATCH} if method == "PATCH" else None
            assert "is not admin" in his.call(method, path, body, expect=403, headers=headers).json()["message"]
        assert value(his, "lineageSettings") == LINEAGE
        assert "is not admin" in his.get("/system/settings/emailConfiguration", expect=403)["message"]
        assert "emailConfiguration" not in str(his.get("/system/settings"))
    OpenMetadataDoor(house, None).call("PUT", "/system/settings", {}, expect=401)
    # Programs read what they need, and set nothing.
    user = door.get("/bots/name/ingestion-bot")["botUser"]["id"]
    bot = OpenMetadataDoor(house, door.get(f"/users/auth-mechanism/{user}")["config"]["JWTToken"])
    assert value(bot, "emailConfiguration")["password"] == MASK
    with pytest.raises(APIError):
        setting = Settings.model_validate({"config_type": "lineageSettings", "config_value": LINEAGE})
        connect(house, mighty.token).create_or_update_settings(setting)


def test_accounts_have_their_own(house, door):
    other = OpenMetadataDoor(house, house.new_account("settled").token)
    set_to(door, "lineageSettings", LINEAGE)
    set_to(door, "emailConfiguration", EMAIL)
    assert value(other, "lineageSettings")["upstreamDepth"] == 2
    other.get("/system/settings/emailConfiguration", expect=404)
    set_to(other, "lineageSettings", LINEAGE | {"upstreamDepth": 9})
    assert value(door, "lineageSettings") == LINEAGE
    other.call("PUT", "/system/settings/reset/lineageSettings", expect=200)
    assert value(door, "lineageSettings") == LINEAGE


def test_the_client_reads_the_whole_list(house, door):
    set_to(door, "emailConfiguration", EMAIL)
    set_to(door, "slackAppConfiguration", {"clientId": "c", "clientSecret": "s", "signingSecret": "t"})
    listed = door.get("/system/settings")
    found = [Settings.model_validate(one) for one in listed["data"]]
    names = [one.config_type.value for one in found]
    assert {"emailConfiguration", "slackAppConfiguration", "lineageSettings"} <= set(names)
    assert len(names) == len(set(names)) == listed["paging"]["total"] and not UNLISTED & set(names)
    assert "a secret of mail" not in json.dumps(listed)
