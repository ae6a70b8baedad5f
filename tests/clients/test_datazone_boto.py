"""boto3, unmodified: the life of a data product, each answer held against botocore's service model."""

import json
import time

import pytest

import datazone_door
from datazone_door import FORM_MODEL, Workshop, client, fails


def without(answer: dict) -> dict:
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


@pytest.fixture
def shop(dz, fresh_name) -> Workshop:
    """A domain of one's own, for tests that change or delete it."""
    return Workshop(dz, fresh_name("shop"))


def test_the_story_from_domain_to_delete(dz, fresh_name):
    began = time.time()
    domain = dz.create_domain(name=fresh_name("retail"), description="Shops")
    assert domain["id"].startswith("dzd-") and domain["status"] == "AVAILABLE"
    found = dz.get_domain(identifier=domain["id"])
    assert found["name"] == domain["name"] and found["rootDomainUnitId"] == domain["rootDomainUnitId"]

    project = dz.create_project(domainIdentifier=domain["id"], name="Analytics", description="makes numbers")
    assert project["projectStatus"] == "ACTIVE" and project["domainId"] == domain["id"]

    glossary = dz.create_glossary(
        domainIdentifier=domain["id"], name="Business", owningProjectIdentifier=project["id"], status="ENABLED"
    )
    term = dz.create_glossary_term(
        domainIdentifier=domain["id"],
        glossaryIdentifier=glossary["id"],
        name="Net sales",
        shortDescription="after returns",
        longDescription="Sales less returns",
    )
    assert term["status"] == "ENABLED"

    form = dz.create_form_type(
        domainIdentifier=domain["id"],
        name="QualityForm",
        model={"smithy": FORM_MODEL.format(name="QualityForm")},
        owningProjectIdentifier=project["id"],
        status="ENABLED",
    )
    assert form["revision"] == "1"
    asset_type = dz.create_asset_type(
        domainIdentifier=domain["id"],
        name="Spreadsheet",
        owningProjectIdentifier=project["id"],
        formsInput={"QualityForm": {"typeIdentifier": "QualityForm", "typeRevision": "1", "required": True}},
    )
    assert asset_type["formsOutput"]["QualityForm"] == {
        "typeName": "QualityForm",
        "typeRevision": "1",
        "required": True,
    }

    content = json.dumps({"steward": "ann", "freshnessDays": 2})
    asset = dz.create_asset(
        domainIdentifier=domain["id"],
        name="weekly.xlsx",
        typeIdentifier="Spreadsheet",
        owningProjectIdentifier=project["id"],
        externalIdentifier="file://weekly.xlsx",
        formsInput=[{"formName": "QualityForm", "content": content}],
    )
    assert (asset["revision"], asset["typeIdentifier"]) == ("1", "Spreadsheet")
    assert json.loads(asset["formsOutput"][0]["content"]) == {"steward": "ann", "freshnessDays": 2}

    form_input = {"formName": "Quality", "typeIdentifier": "QualityForm", "typeRevision": "1", "content": content}
    item = {"itemType": "ASSET", "identifier": asset["id"], "revision": "1", "glossaryTerms": [term["id"]]}
    product = dz.create_data_product(
        domainIdentifier=domain["id"],
        name="Sales",
        owningProjectIdentifier=project["id"],
        description="What was sold",
        glossaryTerms=[term["id"]],
        formsInput=[form_input],
        items=[item],
    )
    assert (product["revision"], product["status"]) == ("1", "CREATED")
    assert product["domainId"] == domain["id"] and product["owningProjectId"] == project["id"]
    assert product["glossaryTerms"] == [term["id"]] and product["items"] == [item]
    assert product["formsOutput"] == [
        {"formName": "Quality", "typeName": "QualityForm", "typeRevision": "1", "content": content}
    ]
    assert product["createdAt"] == product["firstRevisionCreatedAt"]
    assert began - 5 < product["createdAt"].timestamp() < time.time() + 5
    assert without(dz.get_data_product(domainIdentifier=domain["id"], identifier=product["id"])) == without(product)

    second = dz.create_data_product_revision(domainIdentifier=domain["id"], identifier=product["id"], name="Sales v2")
    assert (second["id"], second["revision"], second["name"]) == (product["id"], "2", "Sales v2")
    assert not second.keys() & {"description", "glossaryTerms", "items"}, "a revision is a full snapshot"
    assert second["firstRevisionCreatedAt"] == product["createdAt"] and second["createdAt"] >= product["createdAt"]
    first = dz.get_data_product(domainIdentifier=domain["id"], identifier=product["id"], revision="1")
    assert (first["name"], first["description"], first["items"]) == ("Sales", "What was sold", [item])
    revisions = dz.list_data_product_revisions(domainIdentifier=domain["id"], identifier=product["id"])["items"]
    assert [r["revision"] for r in revisions] == ["2", "1"]

    dz.delete_data_product(domainIdentifier=domain["id"], identifier=product["id"])
    with fails("ResourceNotFoundException", 404, "Requested dataProduct cannot be found in domain"):
        dz.get_data_product(domainIdentifier=domain["id"], identifier=product["id"])
    with fails("ResourceNotFoundException", 404):
        dz.delete_data_product(domainIdentifier=domain["id"], identifier=product["id"])


# --- CreateDataProduct --------------------------------------------------------------------------------------------


def test_the_shortest_create_answers_eleven_members(workshop, fresh_name):
    made = without(workshop.product(fresh_name("CustomerInsights")))
    assert made.keys() == {
        "createdAt", "createdBy", "domainId", "firstRevisionCreatedAt", "firstRevisionCreatedBy", "formsOutput", "id",
        "name", "owningProjectId", "revision", "status",
    }  # fmt: skip
    assert made["formsOutput"] == [] and made["createdBy"] == made["firstRevisionCreatedBy"]


def test_a_taken_name_is_a_conflict_that_names_the_product(workshop, fresh_name):
    name = fresh_name("twice")
    first = workshop.product(name)
    with fails("ConflictException", 409, f"Conflict with dataProduct {first['id']}"):
        workshop.product(name)
    workshop.dz.delete_data_product(domainIdentifier=workshop.domain, identifier=first["id"])
    assert workshop.product(name)["id"] != first["id"], "deleting frees the name"


def test_names_are_characters_not_bytes_and_any_of_them(workshop, fresh_name):
    stem = fresh_name("ü")
    for name in (stem + "😀" * (64 - len(stem)), f"{stem} / . ; '\"<>&", f" {stem} "):
        assert workshop.product(name)["name"] == name
    with fails("ValidationException", 400, "name"):
        workshop.product(stem + "😀" * (65 - len(stem)))


def test_a_domain_one_cannot_see_is_403_and_a_malformed_one_400(dz, workshop, fresh_name):
    call = dict(name=fresh_name("p"), owningProjectIdentifier=workshop.project)
    with fails("AccessDeniedException", 403, "User is not permitted to perform operation: CreateDataProduct"):
        dz.create_data_product(domainIdentifier="dzd_nosuchdomain12", **call)
    with fails(
        "ValidationException", 400, "Member must satisfy regular expression pattern: dzd[-_][a-zA-Z0-9_-]{1,36}"
    ):
        dz.create_data_product(domainIdentifier="BAD", **call)


def test_references_must_exist(workshop, shop, fresh_name):
    nobody = "0196c0de-0000-7000-8000-000000000000"
    with fails("ResourceNotFoundException", 404):
        workshop.dz.create_data_product(
            domainIdentifier=workshop.domain, name=fresh_name("p"), owningProjectIdentifier=nobody
        )
    with fails("ResourceNotFoundException", 404):
        workshop.dz.create_data_product(
            domainIdentifier=workshop.domain, name=fresh_name("p"), owningProjectIdentifier=shop.project
        )
    with fails(("ResourceNotFoundException", "ValidationException")):
        workshop.product(fresh_name("p"), glossaryTerms=[nobody])
    with fails(("ResourceNotFoundException", "ValidationException")):
        workshop.product(fresh_name("p"), items=[{"itemType": "ASSET", "identifier": nobody}])
    with fails(("ResourceNotFoundException", "ValidationException")):
        form = {"formName": "F", "typeIdentifier": "NoSuchForm", "typeRevision": "1", "content": "{}"}
        workshop.product(fresh_name("p"), formsInput=[form])


def test_somebody_outside_the_project_may_not_create(server, workshop, stranger, fresh_name):
    theirs = datazone_door.client(server, stranger)
    with fails(("AccessDeniedException", "UnauthorizedException"), text="CreateDataProduct"):
        theirs.create_data_product(
            domainIdentifier=workshop.domain, name=fresh_name("p"), owningProjectIdentifier=workshop.project
        )


def test_another_account_does_not_see_the_domain(server, workshop, other_account):
    elsewhere = datazone_door.client(server, other_account)
    with fails("AccessDeniedException", 403):
        elsewhere.get_domain(identifier=workshop.domain)
    assert workshop.domain not in [d["id"] for d in elsewhere.list_domains()["items"]]
    with fails("AccessDeniedException", 403):
        elsewhere.list_projects(domainIdentifier=workshop.domain)


def test_form_content_is_held_against_its_type(workshop, shop, fresh_name):
    form = shop.form_type()
    base = {"formName": "Quality", "typeIdentifier": form["name"], "typeRevision": form["revision"]}
    with fails("ValidationException", 400, "$.Quality.steward: is missing but it is required"):
        shop.product(fresh_name("p"), formsInput=[base | {"content": "{}"}])
    for content in (
        "not json",
        "[]",
        '{"steward": 7}',
        '{"steward": "a", "freshnessDays": "x"}',
        '{"steward": "a", "colour": 1}',
    ):
        with fails("ValidationException", 400, "Quality"):
            shop.product(fresh_name("p"), formsInput=[base | {"content": content}])
    twice = base | {"content": '{"steward": "a"}'}
    with fails("ValidationException", 400):
        shop.product(fresh_name("p"), formsInput=[twice, twice])


# --- idempotency --------------------------------------------------------------------------------------------------


def test_the_same_token_and_body_replays_the_answer(workshop, fresh_name):
    name, token = fresh_name("idem"), fresh_name("token")
    first = workshop.product(name, clientToken=token)
    again = workshop.product(name, clientToken=token)
    assert without(again) == without(first)
    requests = [answer["ResponseMetadata"]["RequestId"] for answer in (first, again)]
    assert requests[0] != requests[1]


def test_the_same_token_with_another_body_is_a_conflict(workshop, fresh_name):
    token = fresh_name("token")
    workshop.product(fresh_name("idem"), clientToken=token)
    with fails(("ConflictException", "ValidationException")):
        workshop.product(fresh_name("idem"), clientToken=token)


def test_a_refused_create_burns_no_token(workshop, fresh_name):
    name, token = fresh_name("idem"), fresh_name("token")
    taken = workshop.product(fresh_name("taken"))["name"]
    with fails("ConflictException"):
        workshop.product(taken, clientToken=token)
    assert workshop.product(name, clientToken=token)["name"] == name


@pytest.fixture
def ann(server, dz, workshop, fresh_name):
    """A contributor of the workshop's project, with her client."""
    who = server.new_user(fresh_name("ann"))
    seat = {"userIdentifier": who.id}
    at = dict(domainIdentifier=workshop.domain, projectIdentifier=workshop.project)
    dz.create_project_membership(**at, member=seat, designation="PROJECT_CONTRIBUTOR")
    return client(server, who), lambda: dz.delete_project_membership(**at, member=seat)


def test_a_token_replays_nothing_to_who_has_left_the_project(workshop, ann, fresh_name):
    hers, leave = ann
    call = dict(domainIdentifier=workshop.domain, owningProjectIdentifier=workshop.project)
    call |= dict(name=fresh_name("idem"), clientToken=fresh_name("token"))
    first = hers.create_data_product(**call)
    assert without(hers.create_data_product(**call)) == without(first)
    leave()
    with fails("AccessDeniedException", 403) as refused:
        hers.create_data_product(**call)
    assert first["id"] not in str(refused.value)


def test_a_taken_name_tells_no_id_of_what_is_not_ones_own(dz, workshop, ann, fresh_name):
    hers, _ = ann
    others = dz.create_project(domainIdentifier=workshop.domain, name=fresh_name("others"))["id"]
    call = dict(domainIdentifier=workshop.domain, name=fresh_name("taken"))
    made = dz.create_data_product(**call, owningProjectIdentifier=others)["id"]
    with fails("ResourceNotFoundException", 404):
        hers.get_data_product(domainIdentifier=workshop.domain, identifier=made)
    with fails("ConflictException", 409) as refused:
        hers.create_data_product(**call, owningProjectIdentifier=workshop.project)
    assert made not in str(refused.value)
    with fails("ConflictException", 409, text=made):
        dz.create_data_product(**call, owningProjectIdentifier=workshop.project)


# --- revisions ----------------------------------------------------------------------------------------------------


def test_revisions_count_as_numbers_and_old_ones_never_change(workshop, fresh_name):
    name = fresh_name("many")
    product = workshop.product(name)
    call = dict(domainIdentifier=workshop.domain, identifier=product["id"])
    for number in range(2, 12):
        made = workshop.dz.create_data_product_revision(**call, name=name, description=f"number {number}")
        assert made["revision"] == str(number)
    pages = workshop.dz.get_paginator("list_data_product_revisions").paginate(**call, PaginationConfig={"PageSize": 3})
    assert [row["revision"] for page in pages for row in page["items"]] == [str(n) for n in range(11, 0, -1)]
    assert workshop.dz.get_data_product(**call, revision="9")["description"] == "number 9"
    with fails("ResourceNotFoundException", 404):
        workshop.dz.get_data_product(**call, revision="99")


def test_an_identical_revision_still_counts(workshop, fresh_name):
    name = fresh_name("same")
    product = workshop.product(name)
    call = dict(domainIdentifier=workshop.domain, identifier=product["id"], name=name)
    assert workshop.dz.create_data_product_revision(**call)["revision"] == "2"
    assert workshop.dz.create_data_product_revision(**call)["revision"] == "3"


def test_a_revision_may_rename_but_not_into_a_taken_name(workshop, fresh_name):
    first, second = workshop.product(fresh_name("a")), workshop.product(fresh_name("b"))
    call = dict(domainIdentifier=workshop.domain, identifier=second["id"])
    with fails("ConflictException", 409, first["id"]):
        workshop.dz.create_data_product_revision(**call, name=first["name"])
    workshop.dz.create_data_product_revision(**call, name=fresh_name("c"))
    assert workshop.product(second["name"])["revision"] == "1", "the old name is free"


# --- domains, units, projects, people -----------------------------------------------------------------------------


def test_update_domain_changes_only_what_is_given(dz, shop):
    updated = dz.update_domain(identifier=shop.domain, description="new words")
    assert updated["description"] == "new words" and updated["id"] == shop.domain
    found = dz.get_domain(identifier=shop.domain)
    assert (found["name"], found["description"]) == (shop.name, "new words")
    assert found["createdAt"] <= found["lastUpdatedAt"]


def test_domains_are_listed_by_page(dz, shop):
    pages = dz.get_paginator("list_domains").paginate(PaginationConfig={"PageSize": 2})
    listed = [row["id"] for page in pages for row in page["items"]]
    assert shop.domain in listed and len(listed) == len(set(listed))
    assert all(row["status"] == "AVAILABLE" for row in dz.list_domains(status="AVAILABLE")["items"])
    with fails("ValidationException", 400, "maxResults"):
        dz.list_domains(maxResults=26)


def test_a_taken_domain_name_is_a_conflict(dz, shop):
    with fails("ConflictException", 409):
        dz.create_domain(name=shop.name)


def test_a_domain_with_something_in_it_goes_only_with_the_skip_flag(dz, shop):
    shop.product("inside")
    with fails(("ConflictException", "ValidationException")):
        dz.delete_domain(identifier=shop.domain)
    dz.delete_domain(identifier=shop.domain, skipDeletionCheck=True)
    with fails("AccessDeniedException", 403):
        dz.get_domain(identifier=shop.domain)
    assert dz.create_domain(name=shop.name)["id"] != shop.domain


def test_domain_units_form_a_tree(dz, shop):
    root = dz.get_domain(identifier=shop.domain)["rootDomainUnitId"]
    assert root == datazone_door.plain_id(shop.domain)
    call = dict(domainIdentifier=shop.domain)
    sales = dz.create_domain_unit(**call, name="Sales", parentDomainUnitIdentifier=root, description="sells")
    europe = dz.create_domain_unit(**call, name="Europe", parentDomainUnitIdentifier=sales["id"])
    assert europe["ancestorDomainUnitIds"] == [sales["id"], root]
    assert dz.get_domain_unit(**call, identifier=europe["id"])["parentDomainUnitId"] == sales["id"]
    listed = dz.list_domain_units_for_parent(**call, parentDomainUnitIdentifier=root)["items"]
    assert [row["id"] for row in listed] == [sales["id"]]
    assert dz.update_domain_unit(**call, identifier=europe["id"], name="EMEA")["name"] == "EMEA"
    with fails("ConflictException", 409):
        dz.create_domain_unit(**call, name="Sales", parentDomainUnitIdentifier=root)
    with fails("ConflictException", 409):
        dz.delete_domain_unit(**call, identifier=sales["id"])
    dz.delete_domain_unit(**call, identifier=europe["id"])
    dz.delete_domain_unit(**call, identifier=sales["id"])
    with fails("ResourceNotFoundException", 404):
        dz.get_domain_unit(**call, identifier=sales["id"])


def test_projects_are_made_listed_changed_and_deleted(dz, dz_lenient, shop):
    call = dict(domainIdentifier=shop.domain)
    made = [dz.create_project(**call, name=f"project {i}")["id"] for i in range(5)]
    pages = dz.get_paginator("list_projects").paginate(**call, PaginationConfig={"PageSize": 2})
    listed = [row["id"] for page in pages for row in page["items"]]
    assert set(made) <= set(listed) and len(listed) == len(set(listed))
    assert [row["id"] for row in dz.list_projects(**call, name="project 3")["items"]] == [made[3]]
    assert dz.update_project(**call, identifier=made[0], description="d")["description"] == "d"
    with fails("ConflictException", 409):
        dz.create_project(**call, name="project 1")
    for bad in ("ümlaut", "a.b", "a/b", "", "x" * 65):
        with fails("ValidationException", 400, "name"):
            dz_lenient.create_project(**call, name=bad)
    dz.delete_project(**call, identifier=made[4])
    with fails("ResourceNotFoundException", 404):
        dz.get_project(**call, identifier=made[4])


def test_members_come_and_go_but_the_last_owner_stays(server, dz, shop, member):
    call = dict(domainIdentifier=shop.domain, projectIdentifier=shop.project)
    who = {"userIdentifier": member.id}
    theirs = datazone_door.client(server, member)
    owners = dz.list_project_memberships(**call)["members"]
    assert [row["designation"] for row in owners] == ["PROJECT_OWNER"]
    dz.create_project_membership(**call, member=who, designation="PROJECT_CONTRIBUTOR")
    members = dz.list_project_memberships(**call)["members"]
    designations = {row["memberDetails"]["user"]["userId"]: row["designation"] for row in members}
    assert designations[member.id] == "PROJECT_CONTRIBUTOR"
    product = theirs.create_data_product(
        domainIdentifier=shop.domain, name="by a member", owningProjectIdentifier=shop.project
    )
    assert product["createdBy"] == member.id
    dz.delete_project_membership(**call, member=who)
    with fails(("AccessDeniedException", "UnauthorizedException")):
        theirs.create_data_product(domainIdentifier=shop.domain, name="no longer", owningProjectIdentifier=shop.project)
    last = owners[0]["memberDetails"]["user"]["userId"]
    with fails("ValidationException"):
        dz.delete_project_membership(**call, member={"userIdentifier": last})
    with fails("ResourceNotFoundException", 404):
        dz.create_project_membership(
            **call, member={"userIdentifier": "0196c0de-0000-7000-8000-000000000000"}, designation="PROJECT_OWNER"
        )


def test_the_profile_of_a_user_is_the_user(dz, workshop, member):
    profile = dz.get_user_profile(domainIdentifier=workshop.domain, userIdentifier=member.id)
    assert profile["id"] == member.id and profile["domainId"] == workshop.domain
    with fails("ResourceNotFoundException", 404):
        dz.get_user_profile(domainIdentifier=workshop.domain, userIdentifier="0196c0de-0000-7000-8000-000000000000")


def test_a_page_token_is_bound_to_its_question(dz, dz_lenient, shop, workshop):
    for i in range(3):
        dz.create_project(domainIdentifier=shop.domain, name=f"p{i}")
    token = dz.list_projects(domainIdentifier=shop.domain, maxResults=1)["nextToken"]
    for call in (
        dict(domainIdentifier=workshop.domain, nextToken=token),
        dict(domainIdentifier=shop.domain, name="p1", nextToken=token),
        dict(domainIdentifier=shop.domain, nextToken=token[:-2] + ("AA" if token[-2:] != "AA" else "BB")),
        dict(domainIdentifier=shop.domain, nextToken="nonsense"),
    ):
        with fails("ValidationException", 400):
            dz.list_projects(**call, maxResults=1)
    for size in (0, 51):
        with fails("ValidationException", 400, "maxResults"):
            dz_lenient.list_projects(domainIdentifier=shop.domain, maxResults=size)


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("list_environments", {"projectIdentifier": "p"}),
        ("list_connections", {}),
        ("list_notebooks", {"owningProjectIdentifier": "p"}),
        ("create_account_pool", {"name": "n", "resolutionStrategy": "MANUAL", "accountSource": {"accounts": []}}),
    ],
)
def test_what_is_not_offered_says_so_in_a_declared_error(dz_lenient, workshop, operation, arguments):
    with fails("ValidationException", 400, "not supported by this server"):
        getattr(dz_lenient, operation)(domainIdentifier=workshop.domain, **arguments)
