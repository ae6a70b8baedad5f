"""Tests of data as OpenMetadata's own client makes them: definitions, suites, tests, what they came to, and who sees that."""

import time
from urllib.parse import quote

import pytest
from metadata.generated.schema.api.tests.createLogicalTestCases import CreateLogicalTestCases
from metadata.generated.schema.api.tests.createTestCase import CreateTestCaseRequest
from metadata.generated.schema.api.tests.createTestSuite import CreateTestSuiteRequest
from metadata.generated.schema.entity.data.table import Table
from metadata.generated.schema.tests.basic import TestCaseResult as Result
from metadata.generated.schema.tests.basic import TestCaseStatus as Status
from metadata.generated.schema.tests.testCase import TestCase as Case
from metadata.generated.schema.tests.testDefinition import TestDefinition as Definition
from metadata.generated.schema.tests.testSuite import TestSuite as Suite
from metadata.ingestion.ometa.client import APIError
from metadata.ingestion.ometa.ometa_api import OpenMetadata
from metadata.utils.entity_link import get_entity_link

from openmetadata_door import OpenMetadataDoor, reference
from openmetadata_kinds import connect
from pages_browser import LOOKS, judged, sign_in
from pages_door import words
from tables_world import at, forbid, person
from test_pages_trust import strip, verdict

HOUR = 3_600_000
CASES = "/dataQuality/testCases"


@pytest.fixture(scope="module")
def sdk(server, admin) -> OpenMetadata:
    return connect(server, admin.token)


def link(table: dict, column: str | None = None) -> str:
    return get_entity_link(Table, fqn=table["fullyQualifiedName"], column_name=column)


def case_of(sdk, table: dict, name: str, column: str | None = None, definition: str = "columnValuesToBeNotNull", **more) -> Case:
    request = CreateTestCaseRequest(name=name, testDefinition=definition, entityLink=link(table, column), **more)
    return sdk.create_or_update(request)


def result(status: str, ago: int = 0, **more) -> Result:
    when = int(time.time() * 1_000) - ago
    return Result(timestamp=when, testCaseStatus=Status(status), **more)


def fqn_of(case: Case) -> str:
    return case.fullyQualifiedName.root


def test_definitions_that_clients_look_for_are_there_and_stay(sdk, om):
    for name, of in (("columnValuesToBeNotNull", "COLUMN"), ("columnValuesToBeUnique", "COLUMN"), ("columnValuesToBeBetween", "COLUMN"),
                     ("columnValueLengthsToBeBetween", "COLUMN"), ("columnValuesToMatchRegex", "COLUMN"), ("columnValuesToBeInSet", "COLUMN"),
                     ("tableRowCountToEqual", "TABLE"), ("tableRowCountToBeBetween", "TABLE"), ("tableCustomSQLQuery", "TABLE")):  # fmt: skip
        found = sdk.get_or_create_test_definition(name)
        assert (found.entityType.value, found.provider.value) == (of, "system"), name
        assert found.validatorClass == name[0].upper() + name[1:] + "Validator"
    rows = sdk.get_by_name(Definition, "tableRowCountToBeBetween").parameterDefinition
    assert [parameter.name for parameter in rows] == ["minValue", "maxValue"]
    of_tables = om.get("/dataQuality/testDefinitions", entityType="TABLE", testPlatform="OpenMetadata", limit=100)["data"]
    assert {one["entityType"] for one in of_tables} == {"TABLE"} and len(of_tables) >= 9
    assert om.get("/dataQuality/testDefinitions", testPlatform="Deequ", limit=100)["data"] == []
    one = sdk.get_by_name(Definition, "tableRowCountToEqual")
    assert om.call("DELETE", f"/dataQuality/testDefinitions/{one.id.root}").status_code == 400


def test_a_test_stands_below_its_table_and_in_its_suite(sdk, om, make_table):
    table = make_table("Tested")
    of_column = case_of(sdk, table, "filled", "id", description="every parcel has an id")
    of_table = case_of(sdk, table, "three rows", None, "tableRowCountToEqual", parameterValues=[{"name": "value", "value": "3"}])
    fqn = table["fullyQualifiedName"]
    assert (fqn_of(of_column), fqn_of(of_table)) == (f"{fqn}.id.filled", f"{fqn}.three rows")
    assert (of_column.name.root, of_column.entityLink.root, of_column.entityFQN) == ("filled", link(table, "id"), f"{fqn}.id")
    assert of_column.testDefinition.name == "columnValuesToBeNotNull" and of_table.parameterValues[0].value == "3"
    suite = sdk.get_executable_test_suite(fqn)
    assert suite.fullyQualifiedName.root == f"{fqn}.testSuite" and suite.basic and suite.basicEntityReference.fullyQualifiedName == fqn
    assert {test.fullyQualifiedName for test in suite.tests} == {fqn_of(of_column), fqn_of(of_table)}
    assert of_column.testSuite.id == suite.id == of_table.testSuite.id
    # The same name is free on another column, and taken on this one.
    other = case_of(sdk, table, "filled", "mail")
    assert fqn_of(other) == f"{fqn}.mail.filled" and other.id != of_column.id
    with pytest.raises(APIError) as taken:
        sdk.create(CreateTestCaseRequest(name="filled", testDefinition="columnValuesToBeUnique", entityLink=link(table, "id")))
    assert taken.value.code == 409
    again = case_of(sdk, table, "filled", "id", description="every parcel has an id")
    assert (again.id, again.version.root) == (of_column.id, 0.1)
    assert sdk.get_or_create_test_case(fqn_of(of_column)).id == of_column.id
    whole = sdk.get_by_name(Case, fqn_of(of_column), fields=["*"], nullable=False)
    assert [one.fullyQualifiedName.root for one in whole.testSuites] == [f"{fqn}.testSuite"]
    with pytest.raises(APIError) as missing:
        case_of(sdk, table, "nothing", definition="tableOfContents")
    assert missing.value.code == 404
    for wrong in ("<#E::topic::a.b>", fqn, f"<#E::table::{fqn}::columns::>"):
        body = {"name": "wrong", "testDefinition": "tableRowCountToEqual", "entityLink": wrong}
        assert om.call("POST", CASES, body).status_code == 400, wrong


def test_the_clients_way_to_a_suite_of_a_table(sdk, om, make_table):
    table = make_table("Suited")
    fqn = table["fullyQualifiedName"]
    assert sdk.get_executable_test_suite(fqn) is None
    made = sdk.get_or_create_executable_test_suite(fqn)
    again = sdk.get_or_create_executable_test_suite(fqn)
    assert again.id == made.id and again.fullyQualifiedName == f"{fqn}.testSuite"
    assert om.call("POST", "/dataQuality/testSuites/basic", {"name": "any", "basicEntityReference": fqn}).status_code == 409
    assert om.call("POST", "/dataQuality/testSuites/basic", {"name": "any"}).status_code == 400
    case = case_of(sdk, table, "filled", "id")
    sdk.delete_executable_test_suite(Suite, made.id, recursive=True)
    assert sdk.get_by_name(Case, fqn_of(case)) is None and sdk.get_executable_test_suite(fqn) is None
    om.put("/dataQuality/testSuites/restore", {"id": str(made.id.root)}, 200)
    assert sdk.get_by_name(Case, fqn_of(case)).testSuite.id == made.id
    sdk.delete_executable_test_suite(Suite, made.id, recursive=True, hard_delete=True)
    assert om.get(CASES, entityLink=link(table), includeAllTests="true", include="all")["data"] == []


def test_results_are_kept_by_time_and_the_newest_says_how_a_test_stands(sdk, om, make_table):
    table = make_table("Measured")
    case = case_of(sdk, table, "filled", "id")
    assert case.testCaseStatus is None and sdk.get_by_id(Case, case.id, fields=["testCaseResult"]).testCaseResult is None
    values = [{"name": "nullCount", "value": "4"}]
    sdk.add_test_case_results(result("Failed", HOUR, result="Found 4 nulls", testResultValue=values, failedRows=4), fqn_of(case))
    sdk.add_test_case_results(result("Success", 3 * HOUR), fqn_of(case))
    now = int(time.time() * 1_000)
    found = sdk.get_test_case_results(fqn_of(case), now - 2 * HOUR, now)
    assert [(one.testCaseStatus.value, one.result, one.failedRows) for one in found] == [("Failed", "Found 4 nulls", 4)]
    assert [one.testCaseStatus.value for one in sdk.get_test_case_results(fqn_of(case), 0, now)] == ["Failed", "Success"]
    shown = sdk.get_by_id(Case, case.id, fields=["testCaseResult", "testSuite"])
    assert (shown.testCaseStatus.value, shown.testCaseResult.result, shown.version.root) == ("Failed", "Found 4 nulls", 0.1)
    assert shown.testCaseResult.testCaseFQN.root == fqn_of(case)
    # The same moment again is the same result, corrected.
    om.call("PUT", f"{CASES}/testCaseResults/{quote(fqn_of(case), safe='')}",
            {"timestamp": found[0].timestamp.root, "testCaseStatus": "Aborted"}, expect=200)  # fmt: skip
    latest = om.get(f"{CASES}/testCaseResults/search/latest", testCaseFQN=fqn_of(case))
    assert latest["testCaseStatus"] == "Aborted" and "result" not in latest
    for wrong in ({"timestamp": 1_700_000_000, "testCaseStatus": "Success"}, {"timestamp": now}, {"timestamp": now, "testCaseStatus": "Fine"}):
        assert om.call("POST", f"{CASES}/testCaseResults/{quote(fqn_of(case), safe='')}", wrong).status_code == 400
    assert om.call("POST", f"{CASES}/testCaseResults/no.such.test", {"timestamp": now, "testCaseStatus": "Success"}).status_code == 404


def test_a_test_is_made_without_domains_and_is_given_some_by_a_patch(om, make_table, fresh_name):
    table = make_table("Placed")
    domain = om.post("/domains", {"name": fresh_name("Placed"), "domainType": "Aggregate", "description": "d"})
    body = {"name": "placed", "testDefinition": "columnValuesToBeNotNull", "entityLink": link(table, "id")}
    for method in ("POST", "PUT"):
        refused = om.call(method, CASES, body | {"domains": [domain["fullyQualifiedName"]]})
        assert refused.status_code == 400 and "domains" in refused.text, refused.text
    case = om.post(CASES, body)
    step = {"op": "add", "path": "/domains", "value": [{"id": domain["id"], "type": "domain"}]}
    told = om.patch(f"{CASES}/{case['id']}", [step])
    assert [one["id"] for one in told["domains"]] == [domain["id"]]


def test_lists_find_tests_by_what_they_are_of(sdk, om, make_table):
    table, other = make_table("Listed"), make_table("Unlisted")
    names = {name: case_of(sdk, table, name, column, "tableRowCountToEqual" if column is None else "columnValuesToBeUnique")
             for name, column in (("a", "id"), ("b", "mail"), ("c", None))}  # fmt: skip
    elsewhere = case_of(sdk, other, "d", "id")
    sdk.add_test_case_results(result("Failed"), fqn_of(names["b"]))

    def listed(**filters) -> list[str]:
        return [one["name"] for one in om.get(CASES, limit=50, **filters)["data"]]

    assert listed(entityLink=link(table)) == ["c"] and listed(entityLink=link(table), includeAllTests="true") == ["c", "a", "b"]
    assert listed(entityLink=link(table, "id")) == ["a"]
    assert listed(entityLink=link(table), includeAllTests="true", testCaseType="column") == ["a", "b"]
    assert listed(entityLink=link(table), includeAllTests="true", testCaseStatus="Failed") == ["b"]
    assert listed(entityLink="<#E::table::no.such.table.here>") == []
    suite = sdk.get_executable_test_suite(table["fullyQualifiedName"])
    of_suite = sdk.list_all_entities(Case, fields=["testSuite", "entityLink", "testDefinition"], params={"testSuiteId": suite.id.root})
    assert sorted(case.name.root for case in of_suite) == ["a", "b", "c"]
    page = om.get(f"{CASES}/search/list", entityLink=link(table), includeAllTests="true", limit=2, offset=2)
    assert ([one["name"] for one in page["data"]], page["paging"]["total"]) == (["b"], 3)
    # A suite of its own takes tests of several tables, and they stay where they are.
    logical = sdk.create(CreateTestSuiteRequest(name=f"nightly {suite.id.root}", description="each night"))
    assert not logical.basic and logical.fullyQualifiedName.root == logical.name.root
    sdk.add_logical_test_cases(CreateLogicalTestCases(testSuiteId=logical.id, testCaseIds=[names["b"].id, elsewhere.id]))
    taken = sdk.get_by_id(Suite, logical.id, fields=["tests", "summary"])
    assert {test.name for test in taken.tests} == {"b", "d"} and (taken.summary.failed, taken.summary.total) == (1, 2)
    assert sorted(listed(testSuiteId=str(logical.id.root))) == ["b", "d"]
    assert {one.name.root for one in sdk.get_by_id(Case, elsewhere.id, fields=["testSuites"]).testSuites} == {"testSuite", logical.name.root}
    kinds = {kind: [one["id"] for one in om.get("/dataQuality/testSuites", testSuiteType=kind, limit=1000)["data"]] for kind in ("basic", "logical")}
    assert str(logical.id.root) in kinds["logical"] and str(suite.id.root) in kinds["basic"]
    assert om.call("PUT", f"{CASES}/logicalTestCases", {"testSuiteId": str(suite.id.root), "testCaseIds": [str(elsewhere.id.root)]}).status_code == 400
    om.call("DELETE", f"{CASES}/logicalTestCases/{logical.id.root}/{elsewhere.id.root}", expect=200)
    assert listed(testSuiteId=str(logical.id.root)) == ["b"]
    om.call("DELETE", f"/dataQuality/testSuites/{logical.id.root}?hardDelete=true", expect=200)
    assert sdk.get_by_id(Case, names["b"].id) is not None


def test_a_test_is_patched_deleted_and_goes_with_its_table(sdk, om, make_table):
    table = make_table("Going")
    case = case_of(sdk, table, "filled", "id")
    patched = sdk.patch_test_case_definition(case, link(table, "id"), [{"name": "x", "value": "1"}], True)
    assert (patched.parameterValues[0].value, patched.computePassedFailedRowCount, patched.version.root) == ("1", True, 0.2)
    path = f"{CASES}/{case.id.root}"
    for member, value in (("entityLink", link(table, "mail")), ("testSuite", {"id": table["id"], "type": "testSuite"}), ("name", "other")):
        om.patch(path, [{"op": "replace", "path": f"/{member}", "value": value}], expect=400)
    sdk.delete_test_case(fqn_of(case))
    assert sdk.get_by_name(Case, fqn_of(case)) is None
    assert om.get(path, include="deleted")["testSuite"]["fullyQualifiedName"] == f"{table['fullyQualifiedName']}.testSuite"
    om.put(f"{CASES}/restore", {"id": str(case.id.root)}, 200)
    sdk.add_test_case_results(result("Success"), fqn_of(case))
    # Nobody has to ask for it: tests are in nobody's way, and come back with their table.
    om.call("DELETE", f"/tables/{table['id']}", expect=200)
    assert sdk.get_by_name(Case, fqn_of(case)) is None
    om.put("/tables/restore", {"id": table["id"]}, 200)
    assert sdk.get_by_name(Case, fqn_of(case)).testCaseStatus.value == "Success"
    om.call("DELETE", f"/tables/{table['id']}?hardDelete=true", expect=200)
    om.get(path, expect=404, include="all")


def test_rights_to_a_test_are_rights_to_its_table(server, sdk, om, om_stranger, other_account, make_table, fresh_name):
    table = make_table("Guarded")
    case = case_of(sdk, table, "filled", "id")
    case_id, path = str(case.id.root), f"{CASES}/{case.id.root}"
    results = f"{CASES}/testCaseResults/{quote(fqn_of(case), safe='')}"
    told = {"result": "Found min=3", "testResultValue": [{"name": "min", "value": "3"}], "passedRows": 7, "sampleData": "a,b"}
    sdk.add_test_case_results(result("Failed", **told), fqn_of(case))
    body = {"name": "mine", "testDefinition": "columnValuesToBeUnique", "entityLink": link(table, "id")}
    note = {"timestamp": int(time.time() * 1_000), "testCaseStatus": "Success"}
    # Whoever sees the table sees its tests, and of what they came to no value of rows.
    newest = om_stranger.get(path, fields="testCaseResult")["testCaseResult"]
    assert (newest["testCaseStatus"], newest["passedRows"]) == ("Failed", 7)
    assert not {"result", "testResultValue", "sampleData"} & set(newest)
    assert not {"result", "testResultValue", "sampleData"} & set(om_stranger.get(results)["data"][0])
    assert om.get(results)["data"][0]["result"] == "Found min=3"
    for method, where, what in (("POST", CASES, body), ("PUT", results, note), ("DELETE", path, None)):
        assert om_stranger.call(method, where, what).status_code == 403, (method, where)
    om_stranger.patch(path, [{"op": "add", "path": "/description", "value": "mine"}], expect=403)
    # Who owns the table may do all of that.
    owner = server.new_user(fresh_name("tester"))
    om.patch(f"/tables/{table['id']}", [{"op": "add", "path": "/owners", "value": [{"id": om.get(f"/users/name/{owner.name}")["id"], "type": "user"}]}])
    his = OpenMetadataDoor(server, owner.token)
    assert his.get(results)["data"][0]["result"] == "Found min=3"
    assert his.post(CASES, body)["name"] == "mine"
    his.call("PUT", results, note, expect=200)
    # To whom the table is closed, there is no test either; nor to another account.
    closed = server.new_user(fresh_name("closed"))
    who = {"id": om.get(f"/users/name/{closed.name}")["id"], "type": "user"}
    forbid(om, who, fresh_name("NoTables"), "table")
    for blind in (OpenMetadataDoor(server, closed.token), OpenMetadataDoor(server, other_account.token)):
        for where in (path, results, f"{CASES}/name/{quote(fqn_of(case), safe='')}", f"/dataQuality/testSuites/{case.testSuite.id.root}"):
            assert blind.call("GET", where).status_code == 404, where
        listed = blind.get(CASES, limit=1000)["data"] + blind.get(f"{CASES}/search/list", limit=1000)["data"]
        assert case_id not in [one["id"] for one in listed]
        assert blind.get(CASES, entityLink=link(table), includeAllTests="true")["paging"]["total"] == 0
        assert blind.call("PUT", results, note).status_code == 404
        assert blind.call("POST", CASES, body).status_code in (403, 404)


def test_a_suite_shows_no_test_that_its_reader_does_not_see(server, sdk, om, make_table, fresh_name):
    table = make_table("Half")
    case = case_of(sdk, table, "secret", "id")
    suite = sdk.create(CreateTestSuiteRequest(name=fresh_name("Mixed"), description="d"))
    sdk.add_logical_test_cases(CreateLogicalTestCases(testSuiteId=suite.id, testCaseIds=[case.id]))
    closed = server.new_user(fresh_name("half"))
    forbid(om, {"id": om.get(f"/users/name/{closed.name}")["id"], "type": "user"}, fresh_name("NoTables"), "table")
    shown = OpenMetadataDoor(server, closed.token).get(f"/dataQuality/testSuites/{suite.id.root}", fields="tests,summary")
    assert shown["tests"] == [] and shown["summary"]["total"] == 0


def test_the_verdict_tells_of_tests(server, browser, sdk, om, chromium, make_table, fresh_name):
    domain = om.post("/domains", {"name": fresh_name("Proved"), "domainType": "Aggregate", "description": "d"})["fullyQualifiedName"]
    product = om.post("/dataProducts", {"name": fresh_name("Proved"), "description": "d", "domains": [domain]})
    tables = [make_table("Sold"), make_table("Kept")]
    fqn = quote(product["fullyQualifiedName"], safe="")
    om.call("PUT", f"/dataProducts/{fqn}/assets/add", {"assets": [reference(one, "table") for one in tables]}, expect=200)
    address = f"/products/{fqn}"
    page = browser.visit(address)
    assert "Tests" not in strip(page) and "Tests (known after" in page.source.split('not-known">')[1].split("</p>")[0]
    assert 'id="tests"' not in browser.visit(at(tables[0])).source
    filled, rows = case_of(sdk, tables[0], "filled", "id"), case_of(sdk, tables[1], "some rows", None, "tableRowCountToBeBetween")
    assert strip(browser.visit(address))["Tests"][:2] == ("2 defined, none run yet", "plain")
    sdk.add_test_case_results(result("Success", 2 * HOUR), fqn_of(filled))
    assert strip(browser.visit(address))["Tests"][:2] == ("1 of 2 passed; the others have come to no result", "fair")
    sdk.add_test_case_results(result("Success", HOUR), fqn_of(rows))
    assert strip(browser.visit(address))["Tests"] == ("2 of 2 passed, as of 2 hours ago", "good", f"{at(tables[0])}#tests")
    sdk.add_test_case_results(result("Failed", 60_000), fqn_of(filled))
    page = browser.visit(address)
    said, mood, where = strip(page)["Tests"]
    assert said == f"failed 1 minute ago: filled ({tables[0]['name']}.id); 1 of 2 passed" and (mood, where) == ("bad", f"{at(tables[0])}#tests")
    assert verdict(page)[:2] == ("bad", "Not reliable now") and "Tests: failed 1 minute ago: filled" in verdict(page)[2]
    of_table = browser.visit(at(tables[0]))
    told = words(of_table.source.split('id="tests"')[1].split("</section>")[0])
    assert "0 of 1 passed" in told and "filled id failed 1 minute ago" in told
    assert "some rows the whole table passed 1 hour ago" in words(browser.visit(at(tables[1])).source.split('id="tests"')[1].split("</section>")[0])
    for look in LOOKS:
        context = chromium.new_context(**LOOKS[look])
        window = context.new_page()
        sign_in(window, server, server.admin)
        for where in (address, at(tables[0])):
            window.goto(server.url + where)
            assert judged(window, "tests") == [], (look, where)
        context.close()
    outsider, ref = person(server, om, fresh_name("half"))
    forbid(om, ref, fresh_name("NoTables"), "table")
    page = outsider.visit(address)
    assert "Tests" not in strip(page) and "filled" not in page.text
