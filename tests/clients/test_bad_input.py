"""Bad input through all three doors: the documented status, the dialect's error form, nothing half-written, no 5xx."""

import json
import uuid

import pytest
import requests

import datazone_door
import raw_http
from bobsled_door import BobsledDoor
from datazone_door import SignedBy, fails
from error_forms import check_error_form
from openmetadata_door import OpenMetadataDoor

NOBODY = "0196c0de-0000-7000-8000-000000000000"
DEEP = b'{"name":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
DEEP_OBJECT = b'{"a":' * 50_000 + b"1" + b"}" * 50_000
MALFORMED = {
    "empty": b"",
    "cut off": b'{"name": "x',
    "trailing comma": b'{"name": "x",}',
    "two documents": b'{"name":"x"}{"name":"y"}',
    "no JSON": b"name=x",
    "HTML": b"<html></html>",
    "not UTF-8": b'{"name": "\xff\xfe"}',
    "a lone surrogate": b'{"name": "\\ud800"}',
    "a list": b"[]",
    "a number": b"7",
    "null": b"null",
    "NaN": b'{"name": NaN}',
    "a huge number": b'{"name": 1e999999}',
    "deep": DEEP,
    "deep objects": DEEP_OBJECT,
}


@pytest.fixture(params=["openmetadata", "datazone", "bobsled"])
def door(request) -> str:
    return request.param


@pytest.fixture
def create(door, server, admin, workshop, data_source):
    """Sends bytes to the door's way of creating a product."""
    bearer = {"Authorization": f"Bearer {admin.token}", "Content-Type": "application/json"}

    def send(body: bytes) -> requests.Response:
        if door == "openmetadata":
            return requests.post(f"{server.url}/api/v1/dataProducts", data=body, headers=bearer, timeout=60)
        if door == "bobsled":
            url = f"{server.url}/api/v1/accounts/{server.account}/data-products"
            return requests.post(url, data=body, headers=bearer, timeout=60)
        return datazone_door.raw(server, admin, "POST", f"/v2/domains/{workshop.domain}/data-products", body)

    return send


# --- bodies -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_body_is_a_client_error(door, create, body):
    answer = create(body)
    assert answer.status_code in ((400, 422) if door == "bobsled" else (400,)), answer.text[:500]
    check_error_form(door, answer)


def test_an_oversize_body_is_refused_and_the_connection_stays_in_order(door, create, server):
    # OpenMetadata names no limit; 64 MB is beyond what any of the three takes.
    answer = create(b'{"name": "' + b"x" * (64 << 20) + b'"}')
    assert answer.status_code in (400, 413), answer.status_code
    check_error_form(door, answer)
    assert requests.get(f"{server.url}/healthz", timeout=5).status_code == 200


def test_a_body_of_three_megabytes_is_taken_by_datazone(workshop, fresh_name):
    """Ten forms of 300,000 characters are legal, so they are read and judged, not cut off."""
    content = json.dumps({"text": "x" * 299_000})
    forms = [
        {"formName": f"F{i}", "typeIdentifier": "NoSuchForm", "typeRevision": "1", "content": content}
        for i in range(10)
    ]
    with fails(("ValidationException", "ResourceNotFoundException"), text="NoSuchForm"):
        workshop.product(fresh_name("p"), formsInput=forms)


WRONG = {
    "openmetadata": [
        ({"name": 7}, "name"),
        ({"name": ["x"]}, "name"),
        ({"name": {}}, "name"),
        ({"name": ""}, "name"),
        ({"name": "a::b"}, "name"),
        ({"name": "x" * 257}, "name"),
        ({"description": 7}, "description"),
        ({"domains": "default"}, "domains"),
        ({"domains": [7]}, "domains"),
        ({"domains": []}, "domain"),
        ({"owners": [{}]}, "owners"),
        ({"owners": [{"id": "x", "type": "user"}]}, "owners"),
        ({"owners": [{"id": NOBODY, "type": "dragon"}]}, "owner"),
        ({"tags": [{"tagFQN": "a.b"}]}, "tags"),
        ({"visibility": "LOUD"}, "visibility"),
        ({"style": {"color": 7}}, "style"),
        ({"colour": "red"}, "colour"),
        ({"displayName": ["x"]}, "displayName"),
    ],
    "datazone": [
        ({"name": 7}, None),
        ({"name": ""}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"name": None}, "name"),
        ({"description": ""}, "description"),
        ({"description": "x" * 4097}, "description"),
        ({"owningProjectIdentifier": "no spaces please"}, "owningProjectIdentifier"),
        ({"owningProjectIdentifier": "x" * 37}, "owningProjectIdentifier"),
        ({"glossaryTerms": []}, "glossaryTerms"),
        ({"glossaryTerms": ["x"] * 21}, "glossaryTerms"),
        ({"glossaryTerms": ["a b"]}, "glossaryTerms"),
        ({"glossaryTerms": "x"}, None),
        ({"items": []}, "items"),
        ({"items": [{"itemType": "ASSET"}]}, "identifier"),
        ({"items": [{"itemType": "COW", "identifier": "x"}]}, "itemType"),
        ({"items": [{"itemType": "ASSET", "identifier": "x", "glossaryTerms": ["a", "b", "c"]}]}, "glossaryTerms"),
        ({"formsInput": [{"formName": "7x"}]}, "formName"),
        ({"formsInput": [{"formName": "__"}]}, "formName"),
        ({"formsInput": [{"formName": "ok"}] * 11}, "formsInput"),
        ({"formsInput": {"formName": "ok"}}, None),
        ({"formsInput": [{"formName": "ok", "content": "x" * 300_001}]}, "content"),
        ({"formsInput": [{"formName": "ok", "typeIdentifier": ".x"}]}, "typeIdentifier"),
        ({"clientToken": ""}, "clientToken"),
        ({"clientToken": "with blank"}, "clientToken"),
        ({"clientToken": "x" * 129}, "clientToken"),
    ],
    "bobsled": [
        ({"name": 7}, "/name"),
        ({"name": ""}, "/name"),
        ({"name": None}, "/name"),
        ({"name": "x" * 201}, "/name"),
        ({"description": 7}, "/description"),
        ({"description": "x" * 10_001}, "/description"),
        ({"dataSourceId": 7}, "/dataSourceId"),
        ({"dataAssets": {}}, "/dataAssets"),
        ({"dataAssets": [7]}, "/dataAssets/0"),
        ({"dataAssets": [{}]}, "/dataAssets/0/tableName"),
        ({"dataAssets": [{"tableName": "x" * 256}]}, "/dataAssets/0/tableName"),
        ({"dataAssets": [{"tableName": "t"}] * 501}, "/dataAssets"),
        ({"externalDataProductId": "a b"}, "/externalDataProductId"),
        ({"webSearchEnabled": "yes"}, "/webSearchEnabled"),
        ({"isDeployed": 1}, "/isDeployed"),
    ],
}
CASES = [(door, change, field) for door, cases in WRONG.items() for change, field in cases]


@pytest.mark.parametrize(("name", "change", "field"), CASES, ids=lambda v: str(v)[:60])
def test_a_wrong_member_is_refused_by_name(server, admin, om, bobsled, workshop, fresh_name, name, change, field):
    unused = fresh_name("bad")
    if name == "openmetadata":
        body = {"name": unused, "description": "d", "domains": ["default"]} | change
        answer = om.call("POST", "/dataProducts", body, expect=400)
    elif name == "bobsled":
        answer = bobsled.call("POST", "/data-products", {"name": unused} | change, expect=(400, 422))
    else:
        body = {"name": unused, "owningProjectIdentifier": workshop.project} | change
        answer = datazone_door.raw(server, admin, "POST", f"/v2/domains/{workshop.domain}/data-products", body)
        assert answer.status_code == 400, answer.text[:500]
        assert answer.headers["x-amzn-ErrorType"] in ("ValidationException", "SerializationException")
    said = check_error_form(name, answer)
    assert field is None or field in said, said
    om.get(f"/dataProducts/name/default.{unused}", expect=404)
    assert bobsled.get("/data-products", name=unused)["dataProducts"] == []


def test_datazone_counts_its_faults_and_echoes_no_value(server, admin, workshop):
    body = {"name": "secret-" * 20, "owningProjectIdentifier": "no spaces"}
    answer = datazone_door.raw(server, admin, "POST", f"/v2/domains/{workshop.domain}/data-products", body)
    message = answer.json()["message"]
    assert message.startswith("2 validation errors detected: ") and "secret" not in message, message
    assert "Member must have length less than or equal to 64" in message
    assert "Member must satisfy regular expression pattern: [a-zA-Z0-9_-]{1,36}" in message


def test_datazone_ignores_what_it_does_not_know_and_takes_null_for_absence(server, admin, workshop, fresh_name):
    body = {"name": fresh_name("p"), "owningProjectIdentifier": workshop.project, "colour": "red", "description": None}
    answer = datazone_door.raw(server, admin, "POST", f"/v2/domains/{workshop.domain}/data-products", body)
    assert answer.status_code == 201 and None not in answer.json().values()


def test_raw_utf8_and_escapes_are_the_same(server, admin, workshop, fresh_name):
    name = fresh_name("größe 😀")
    path = f"/v2/domains/{workshop.domain}/data-products"
    body = {"name": name, "owningProjectIdentifier": workshop.project}
    made = datazone_door.raw(server, admin, "POST", path, json.dumps(body, ensure_ascii=False).encode())
    assert made.status_code == 201 and made.json()["name"] == name
    again = datazone_door.raw(server, admin, "POST", path, json.dumps(body, ensure_ascii=True).encode())
    assert again.status_code == 409


# --- addresses ----------------------------------------------------------------------------------------------------

TRICKS = [
    "/api/v1/dataProducts/..;/users",
    "/api/v1/dataProducts;x=1",
    "/api/v1/dataProducts/%2e%2e/users",
    "/api/v1/dataProducts/../users",
    "/api/v1/./dataProducts/..",
    "/api//v1/dataProducts",
    "//api/v1/dataProducts",
    "/api/v1/dataProducts//",
    "/api/v1/dataProducts%2Fname%2Fx",
    "/api/v1/dataProducts/name/%",
    "/api/v1/dataProducts/name/%zz",
    "/api/v1/dataProducts/name/%00",
    "/api/v1/dataProducts/name/%ff%fe",
    "/api/v1/dataProducts/name/%22",
    "/api/v1/dataProducts/name/%22a",
    "/api/v1/dataProducts/name/a..b",
    "/api/v1/dataProducts/name/.",
    "/api/v1/dataProducts/name/" + "a" * 8000,
    "/api/v1/accounts/%2e%2e/data-products",
    "/api/v1/accounts/../accounts/me/data-products",
    "/api/v1/accounts/me%2Fdata-products",
    "/api/v1/accounts/me/data-products/%2e%2e",
    "/api/v1/accounts/me/data-products/..%2f..",
    "/api/v1/accounts/me/data-products/a%2Fb",
    "/api/v1/accounts/me/data-products/%00",
    "/API/V1/DATAPRODUCTS",
    "/api/v2/dataProducts",
    "/api/v1",
    "/api",
]


@pytest.mark.parametrize("verb", ["GET", "DELETE"])
@pytest.mark.parametrize("target", TRICKS, ids=lambda t: t[:60])
def test_path_tricks_lead_nowhere(server, admin, verb, target):
    answer = raw_http.send(server, verb, target, Authorization=f"Bearer {admin.token}")
    assert 400 <= answer.status < 500, (answer.status, answer.body[:500])
    assert answer.headers["content-type"].startswith("application/json"), answer
    answer.json()


@pytest.mark.parametrize(
    "path",
    [
        "/v2/domains/../domains",
        "/v2/domains/%2e%2e",
        "/v2//domains",
        "/v2/domains/",
        "/v2/domains;x",
        "/v2/domains/dzd-x%2Fdata-products",
        "/v2/domains/dzd-x/no-such-thing",
        "/v2/domains/dzd-x/data-products/%00",
        "/v2/domains/dzd-x/data-products/a%2Fb",
        "/tags/",
    ],
)
def test_path_tricks_under_a_signature_lead_nowhere(server, admin, path):
    url = server.url + path
    headers = {}
    request = requests.Request("GET", url).prepare()
    request.url = url  # undo what `requests` normalised, so that the signature covers what is sent
    SignedBy(admin)(request)
    headers = {k.replace("-", "_"): v for k, v in request.headers.items() if k.lower() != "host"}
    answer = raw_http.send(server, "GET", path, **headers)
    assert 400 <= answer.status < 500, (answer.status, answer.body[:500])
    check_error_form("datazone", answer)


def test_an_encoded_slash_is_part_of_a_name(om, fresh_name):
    name = fresh_name("a/b;c")
    made = om.post("/glossaries", {"name": name, "description": "d"})
    assert om.by_name("glossaries", made["fullyQualifiedName"])["id"] == made["id"]


@pytest.mark.parametrize("verb", ["TRACE", "CONNECT", "PROPFIND", "GETT", "get"])
def test_unknown_methods_are_refused(server, admin, verb):
    for target in ("/api/v1/dataProducts", "/api/v1/accounts/me/data-products"):
        answer = raw_http.send(server, verb, target, Authorization=f"Bearer {admin.token}")
        assert 400 <= answer.status < 500 or answer.status == 501, answer


def test_odd_headers_do_no_harm(server, admin):
    for headers in (
        {"Authorization": f"Bearer {admin.token}", "X-Request-Id": "x" * 129},
        {"Authorization": f"Bearer {admin.token}", "X-Request-Id": "é"},
        {"Authorization": f"Bearer {admin.token}", "If-Match": "nonsense", "If-None-Match": '"'},
        {"Authorization": f"Bearer {admin.token}", "Accept": "text/html"},
        {"Authorization": f"Bearer {admin.token}", "Content-Type": "multipart/form-data"},
        {"Authorization": f"Bearer {admin.token}", "Range": "bytes=0-1"},
    ):
        named = {k.replace("-", "_"): v for k, v in headers.items()}
        for target in ("/api/v1/domains", "/api/v1/accounts/me/data-products"):
            assert raw_http.send(server, "GET", target, **named).status < 500


# --- other people's ids and hostile text --------------------------------------------------------------------------


def test_another_accounts_ids_are_unknown(server, other_account, om, workshop, bobsled, fresh_name):
    product = workshop.product(fresh_name("mine"))["id"]
    theirs = OpenMetadataDoor(server, other_account.token)
    theirs.get(f"/dataProducts/{product}", expect=404)
    body = {"name": "x", "description": "d", "domains": [workshop.name]}
    theirs.post("/dataProducts", body, expect=404)
    BobsledDoor(server, other_account.token, other_account.account).refuses("GET", f"/data-products/{product}", 404)
    dz = datazone_door.client(server, other_account)
    with fails("AccessDeniedException", 403):
        dz.get_data_product(domainIdentifier=workshop.domain, identifier=product)
    own = dz.create_domain(name="own")["id"]
    with fails("ResourceNotFoundException", 404):
        dz.get_data_product(domainIdentifier=own, identifier=product)
    owner = om.get("/users/loggedInUser")["id"]
    stolen = {"name": "y", "description": "d", "domains": ["default"], "owners": [{"id": owner, "type": "user"}]}
    theirs.post("/dataProducts", stolen, expect=404)


@pytest.mark.parametrize(
    "condition",
    [
        "isOwner(",
        "noSuchFunction()",
        "T(java.lang.Runtime).getRuntime().exec('id')",
        "isOwner() && T(System)",
        "#{7*7}",
        "${jndi:ldap://x}",
        "matchAnyTag('a'",
        "(" * 10_000 + "isOwner()" + ")" * 10_000,
        "!" * 10_000 + "isOwner()",
        "true; permit(principal, action, resource);",
        "",
        7,
    ],
    ids=lambda c: str(c)[:30],
)
def test_a_hostile_policy_condition_is_400(om, fresh_name, condition):
    rule = {"name": "r", "resources": ["all"], "operations": ["ViewAll"], "effect": "allow", "condition": condition}
    name = fresh_name("policy")
    status = (201, 400) if condition == "" else 400  # an empty condition is no condition
    om.call("POST", "/policies", {"name": name, "rules": [rule]}, expect=status)


def test_a_legal_condition_is_taken(om, fresh_name):
    rule = {"name": "r", "resources": ["all"], "operations": ["EditAll"], "effect": "allow"}
    for condition in ("isOwner()", "isOwner() || noOwner()", "!isOwner() && matchAnyTag('PII.Sensitive')"):
        om.post("/policies", {"name": fresh_name("policy"), "rules": [rule | {"condition": condition}]})


@pytest.mark.parametrize("resource", ["tabel", "dashbord", "tables", "*", "", "x" * 1_000])
def test_a_rule_about_what_there_is_not_is_400_and_names_what_there_is(om, fresh_name, resource):
    name = fresh_name("policy")
    rule = {"name": "r", "resources": ["table", resource], "operations": ["ViewAll"], "effect": "deny"}
    told = om.call("POST", "/policies", {"name": name, "rules": [rule]}, expect=400).json()["message"]
    assert "resources" in told and (not resource or ("all, " in told and "data_product" in told)), told
    made = om.post("/policies", {"name": name, "rules": [rule | {"resources": ["table"]}]})
    patch = [{"op": "add", "path": "/rules/0/resources/-", "value": resource}]
    om.patch(f"/policies/{made['id']}", patch, expect=400)


def test_rules_name_whatever_openmetadata_has(om, fresh_name):
    known = [resource["name"] for resource in om.get("/policies/resources")["data"]]
    besides = ["All", "dashboard", "testCase", "mlmodel", "storageService", "persona", "lineage", "eventSubscription"]
    rules = [
        {"name": f"r{at}", "resources": [resource], "operations": ["ViewAll"], "effect": "allow"}
        for at, resource in enumerate(known + besides)
    ]
    made = om.post("/policies", {"name": fresh_name("policy"), "rules": rules})
    assert [rule["resources"] for rule in made["rules"]] == [rule["resources"] for rule in rules]


HOSTILE = [
    "'; DROP TABLE records; --",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "{{7*7}}",
    "%s%n",
    "\u202etxt",
    "\ufeffx",
    "a\nb",
    "a\0b",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_only_text(om, om_domain, bobsled, fresh_name, text):
    name = f"{fresh_name('h')}{text}"
    made = om.post("/dataProducts", {"name": name, "description": text, "domains": [om_domain["name"]]}, (201, 400))
    if "id" in made:
        found = om.get(f"/dataProducts/{made['id']}")
        assert (found["name"], found["description"]) == (name, text)
        assert bobsled.get(f"/data-products/{made['id']}")["description"] == text
    else:
        assert "name" in made["message"], "a control character may be refused, by name"


def test_identifiers_that_are_none_are_not_found(om, bobsled, workshop, dz_lenient):
    for odd in ("x", "0", "-1", str(uuid.uuid4()), "null", "undefined", "a" * 300):
        om.get(f"/dataProducts/{odd}", expect=404)
        bobsled.refuses("GET", f"/data-products/{odd}", 404, "NOT_FOUND")
    with fails(("ValidationException", "ResourceNotFoundException")):
        dz_lenient.get_data_product(domainIdentifier=workshop.domain, identifier="a" * 37)
