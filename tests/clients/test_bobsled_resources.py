"""Parts of products that are records of their own: who sees drafts, what a deploy counts, what the verbs are."""

import pytest

from bobsled_door import BobsledDoor, violations

#: Folder, member of answers, a body, and the counter that one draft of it raises.
DRAFTED = [
    ("verified-queries", "verifiedQuery", {"question": "How many?", "sql": "SELECT 1"}, ("verifiedQueries", "promoted")),
    ("front-page-configs", "frontPageConfig", {"title": "Welcome"}, ("frontPageConfigs", "draftsRemoved")),
]
#: Folder, the verbs of the collection and of one item.
VERBS = [
    ("verified-queries", {"GET", "POST"}, {"GET", "POST", "DELETE"}),
    ("system-prompts", {"GET", "POST"}, {"GET", "DELETE"}),
    ("front-page-configs", {"GET", "POST"}, {"GET", "DELETE"}),
]


@pytest.fixture
def product(bobsled, fresh_name) -> str:
    return f"/data-products/{bobsled.create(fresh_name('Parts'))['id']}"


@pytest.fixture
def reader(server, bobsled, product, fresh_name) -> BobsledDoor:
    """Somebody who is a viewer of the product and nothing else."""
    viewer = server.new_user(fresh_name("reader"))
    bobsled.patch(f"{product}/users", {"add": [{"userId": viewer.id, "role": "viewer"}]})
    return BobsledDoor(server, viewer.token)


@pytest.mark.parametrize("folder, member, body, counter", DRAFTED)
def test_drafts_are_for_those_who_may_change_the_product(bobsled, bobsled_stranger, reader, product, folder, member, body, counter):
    one = f"{product}/{folder}/{bobsled.post(f'{product}/{folder}', body)[member]['id']}"
    assert reader.get(f"{product}/{folder}")["count"] == 0 and reader.get(product)["hasDrafts"] is False
    reader.refuses("GET", one, 404, "NOT_FOUND")
    bobsled_stranger.refuses("GET", one, 404, "NOT_FOUND")
    reader.refuses("POST", f"{product}/{folder}", 403, "FORBIDDEN", body)
    reader.refuses("DELETE", one, 403, "FORBIDDEN")
    name, figure = counter
    assert bobsled.post(f"{product}/deploy", {"dryRun": True})["results"][name][figure] == 1
    assert bobsled.get(one)[member]["isDeployed"] is False
    assert bobsled.post(f"{product}/deploy", {})["results"][name][figure] == 1
    assert bobsled.post(f"{product}/deploy", {})["results"][name][figure] == 0
    assert reader.get(one)[member]["isDeployed"] is True
    reader.refuses("DELETE", one, 403, "FORBIDDEN")
    assert bobsled.delete(one)["deleted"] is True
    reader.refuses("GET", one, 404, "NOT_FOUND")


@pytest.mark.parametrize("folder, collection, item", VERBS)
def test_every_part_has_its_verbs_and_no_others(bobsled, product, folder, collection, item):
    for mount in ("data-products", "workspaces"):
        path = product.replace("data-products", mount)
        for path, verbs in ((f"{path}/{folder}", collection), (f"{path}/{folder}/{product.rsplit('/')[-1]}", item)):
            for verb in {"GET", "POST", "PUT", "PATCH", "DELETE"} - verbs:
                answer = bobsled.call(verb, path, {}, expect=405)
                assert set(answer.headers["Allow"].split(", ")) - {"HEAD"} == verbs


def test_a_key_replays_the_creation_of_a_part(bobsled, product):
    body = {"question": "Once?", "sql": "SELECT 1"}
    first, again = (
        bobsled.call("POST", f"{product}/verified-queries", body, expect=201, headers={"Idempotency-Key": "part"})
        for _ in range(2)
    )
    assert again.content == first.content and again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert bobsled.get(f"{product}/verified-queries")["count"] == 1


def test_everything_that_is_wrong_with_a_query_is_told_at_once(bobsled, product):
    body = {"question": "", "parameters": [{"name": "p", "type": "date"}, {"name": "p", "type": "colour"}]}
    error = bobsled.refuses("POST", f"{product}/verified-queries", 422, "VALIDATION_FAILED", body)
    assert violations(error) == {"/question", "/sql", "/parameters/1/name", "/parameters/1/type"}
    for sql, rule in (
        ("SELECT 1; SELECT 2", "MULTIPLE_STATEMENTS"),
        ("DELETE FROM orders", "NOT_A_SELECT"),
        ("WITH d AS (DELETE FROM orders RETURNING *) SELECT * FROM d", "WRITE_IN_QUERY"),
        ("SELECT :nothing", "PARAMETER"),
    ):
        error = bobsled.refuses(
            "POST", f"{product}/verified-queries", 422, "SQL_NOT_ALLOWED", {"question": "q", "sql": sql}
        )
        assert error["details"]["violations"][0]["rule"] == rule


def test_skills_are_made_by_administrators_and_used_by_editors(server, bobsled, bobsled_stranger, reader, product, fresh_name):
    body = {"name": "Top", "command": f"/{fresh_name('top').lower()}", "prompt": "Top {n} customers"}
    bobsled_stranger.refuses("POST", "/skills", 403, "FORBIDDEN", body)
    skill = bobsled.post("/skills", body)["skill"]
    bobsled_stranger.refuses("POST", f"/skills/{skill['skillId']}", 403, "FORBIDDEN", {"prompt": "p"})
    bobsled_stranger.refuses("DELETE", f"/skills/{skill['skillId']}", 403, "FORBIDDEN")
    version = f"/skills/{skill['skillId']}/versions/{skill['id']}"
    bobsled_stranger.refuses("DELETE", version, 403, "FORBIDDEN")
    used = f"{product}/skills/{skill['skillId']}"
    reader.refuses("PUT", used, 403, "FORBIDDEN", {})
    editor = server.new_user(fresh_name("editor"))
    bobsled.patch(f"{product}/users", {"add": [{"userId": editor.id, "role": "editor"}]})
    editor = BobsledDoor(server, editor.token)
    editor.call("PUT", used, {}, expect=201)
    assert reader.get(used)["skill"]["enabled"] is True
    editor.delete(used)
    editor.refuses("PUT", f"{product}/skills/{product.rsplit('/')[-1]}", 404, "NOT_FOUND", {})


def test_parts_go_with_their_product_and_leave_no_trace_in_other_doors(bobsled, om, product):
    bobsled.post(f"{product}/verified-queries", {"question": "q", "sql": "SELECT 1", "isDeployed": True})
    bobsled.post(f"{product}/system-prompts", {"content": "c"})
    seen = om.get(f"/dataProducts/{product.rsplit('/')[-1]}", fields="*")
    assert not {"verifiedQueries", "systemPrompts"} & seen.keys()
    bobsled.delete(product)
    bobsled.refuses("GET", f"{product}/verified-queries", 404, "NOT_FOUND")
