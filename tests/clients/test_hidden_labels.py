"""What is found by labels is found by those that its reader sees: words, clauses, counts, corrections and reasons of others
say nothing to him."""

import json

import pytest
import requests

from openmetadata_door import OpenMetadataDoor, label
from pages_door import Browser

HIDING = "Tier.Tier5"


@pytest.fixture(scope="module")
def blind(server, om, fresh_name):
    """Somebody whose policy hides tags and terms that bear a tag, and the tag by its name."""
    word = fresh_name("gnu").replace("-", "")
    rules = [{"name": "terms", "effect": "deny", "resources": ["glossaryTerm"], "operations": ["All"],
              "condition": f"matchAnyTag('{HIDING}')"}]  # fmt: skip
    policy = om.post("/policies", {"name": word, "rules": rules})
    role = om.post("/roles", {"name": word, "policies": [policy["name"]]})
    who = server.new_user(fresh_name("blind"))
    om.patch(f"/users/{who.id}", [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}])
    return who


@pytest.fixture(scope="module")
def sightless(server, om, fresh_name):
    """Somebody who sees no tag and no term at all."""
    word = fresh_name("mole").replace("-", "")
    rule = {"name": "none", "effect": "deny", "resources": ["tag", "glossaryTerm"], "operations": ["All"]}
    policy = om.post("/policies", {"name": word, "rules": [rule]})
    role = om.post("/roles", {"name": word, "policies": [policy["name"]]})
    who = server.new_user(fresh_name("sightless"))
    om.patch(f"/users/{who.id}", [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}])
    return who


@pytest.fixture(scope="module")
def world(om, fresh_name):
    """Three tables: one with a hidden term and a plain one, one with the plain one, one with the hidden one, certified."""
    glossary = om.post("/glossaries", {"name": fresh_name("g"), "description": "d"})["name"]
    secret, plain = (fresh_name(stem).replace("-", "") for stem in ("quagga", "okapi"))
    both, shown = (fresh_name(stem).replace("-", "") for stem in ("migration", "ostrich"))
    terms = {}
    for word in (secret, plain):
        terms[word] = om.post("/glossaryTerms", {
            "name": f"{word} {both}", "displayName": f"{word} {shown}", "glossary": glossary, "description": "d"})  # fmt: skip
    hidden = terms[secret]
    om.patch(f"/glossaryTerms/{hidden['id']}", [{"op": "add", "path": "/tags/-", "value": label(HIDING)}])
    gold = om.post("/tags", {"name": fresh_name("Hushed"), "classification": "Certification", "description": "d"})
    schema = om.schema(fresh_name("labelled"))
    columns = [{"name": "a", "dataType": "INT"}]
    stem = fresh_name("zebra").replace("-", "")
    tables = {}
    for name, words in (("both", (secret, plain)), ("plain", (plain,)), ("hidden", (secret,)), ("none", ())):
        labels = [label(terms[word]["fullyQualifiedName"], "Glossary") for word in words]
        body = {"name": f"{stem} {name}", "databaseSchema": schema, "columns": columns, "tags": labels}
        tables[name] = om.post("/tables", body)
    said = {"tagLabel": label(gold["fullyQualifiedName"])}
    answer = om.call("PATCH", f"/tables/{tables['hidden']['id']}", [{"op": "add", "path": "/certification", "value": said}],
                     headers={"Content-Type": "application/json-patch+json"}, expect=200)  # fmt: skip
    return {"tables": tables, "stem": stem, "secret": secret, "plain": plain, "both": both, "shown": shown, "gold": gold,
            "hidden": hidden, "term": terms[plain], "seq": int(answer.headers["Emporion-Seq"])}  # fmt: skip


def ask(server, who, query: str, world, path="/search", **more) -> dict:
    headers = {"Accept": "application/json", "Authorization": f"Bearer {who.token}"}
    parameters = {"q": query, "at_least": world["seq"]} | more
    answer = requests.get(f"{server.url}{path}", params=parameters, headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()


def tables_of(world, answer: dict) -> set[str]:
    ids = {table["id"]: name for name, table in world["tables"].items()}
    return {ids[hit["id"]] for hit in answer["hits"] if hit["id"] in ids}


#: Who finds which tables by what.
QUESTIONS = [
    ("{secret}", "both hidden", "", ""),
    ("{secret}*", "both hidden", "", ""),
    ('"{secret} {both}"', "both hidden", "", ""),
    ("{plain}", "both plain", "both plain", ""),
    ("{both}", "both plain hidden", "both plain", ""),
    ("{shown} kind:table", "both plain hidden", "both plain", ""),
    ('"{plain} {shown}"', "both plain", "both plain", ""),
    ('term:"{hidden}"', "both hidden", "", ""),
    ("term:{hidden_id}", "both hidden", "", ""),
    ('term:"{secret} {both}"', "both hidden", "", ""),
    ("term:{secret}*", "both hidden", "", ""),
    ('term:"{plain} {shown}"', "both plain", "both plain", ""),
    ("{stem} has:term", "both plain hidden", "both plain", ""),
    ("{stem} -has:term", "none", "hidden none", "both plain hidden none"),
    ("{stem} -{secret}", "plain none", "both plain hidden none", "both plain hidden none"),
    ("{stem} -{both}", "none", "hidden none", "both plain hidden none"),
    ('{stem} -term:"{hidden}"', "plain none", "both plain hidden none", "both plain hidden none"),
    ("{stem} (none OR {secret})", "both hidden none", "none", "none"),
    ("{stem} certified:yes", "hidden", "hidden", ""),
    ("{stem} certified:no", "both plain none", "both plain none", "both plain hidden none"),
    ("{stem} has:certified", "hidden", "hidden", ""),
    ('{stem} -certified:"{gold}"', "both plain none", "both plain none", "both plain hidden none"),
    ('{stem} certified:"{gold}"', "hidden", "hidden", ""),
    ("{stem} certified:y*", "hidden", "hidden", ""),
    ("{stem} certified:n*", "both plain none", "both plain none", "both plain hidden none"),
    ("{stem}", "both plain hidden none", "both plain hidden none", "both plain hidden none"),
]


@pytest.mark.parametrize("place", range(len(QUESTIONS)), ids=lambda place: QUESTIONS[place][0].replace(" ", "_"))
def test_hidden_labels_find_nothing(server, admin, blind, sightless, world, place):
    form, *wanted = QUESTIONS[place]
    named = world | {"hidden": world["hidden"]["fullyQualifiedName"], "hidden_id": world["hidden"]["id"],
                     "gold": world["gold"]["fullyQualifiedName"]}  # fmt: skip
    query = form.format(**named)
    for who, names in zip((admin, blind, sightless), wanted, strict=True):
        answer = ask(server, who, query, world, facets="term,tag,certified,kind", limit=100)
        assert tables_of(world, answer) == set(names.split()), (query, who.name)
        if who is not admin:
            assert answer["total"] == len(answer["hits"]) and answer["corrected"] is None
            assert world["hidden"]["name"] not in json.dumps(answer).replace(json.dumps(answer["query"]), "")
        if who is sightless:
            assert world["gold"]["name"] not in json.dumps(answer["facets"]) + json.dumps(answer["hits"])
            certified = {value["value"]: value["count"] for value in answer["facets"]["certified"]}
            assert certified == ({"no": answer["total"]} if answer["total"] else {})


def test_the_same_fit_counts_the_same(server, admin, blind, world):
    """What is found by a label that he sees stands where it stands for everybody."""
    places = [[hit["id"] for hit in ask(server, who, world["plain"], world)["hits"]] for who in (admin, blind)]
    assert places[0] == places[1]


def test_words_of_hidden_labels_are_neither_suggested_nor_corrected(server, admin, blind, sightless, world):
    secret = world["secret"]
    typo = secret[:3] + "x" + secret[4:]
    assert ask(server, admin, typo, world)["corrected"] == secret
    for who in (blind, sightless):
        answer = ask(server, who, typo, world)
        assert (answer["corrected"], answer["total"], answer["hits"]) == (None, 0, [])
        assert secret not in json.dumps(ask(server, who, secret[:-2], world, path="/search/suggest")["hits"])
    assert tables_of(world, ask(server, blind, world["plain"][:-2], world, path="/search/suggest")) == {"both", "plain"}


def test_the_other_doors_find_nothing_by_them_either(server, admin, blind, sightless, world):
    fqn, name = world["hidden"]["fullyQualifiedName"], world["hidden"]["name"]
    by_filter = {"query": {"bool": {"must": [{"term": {"tags.tagFQN": fqn}}]}}}
    by_name = {"query": {"bool": {"must": [{"term": {"tags.name.keyword": name}}]}}}
    asked = [{"q": world["secret"]}, {"q": f'tags.tagFQN:"{fqn}"'}, {"q": "*", "query_filter": json.dumps(by_filter)}]
    for query in [*asked, {"q": "*", "query_filter": json.dumps(by_name)}]:
        for who, count in ((admin, 2), (blind, 0), (sightless, 0)):
            door = OpenMetadataDoor(server, who.token)
            answer = door.call("GET", "/search/query", params=query | {"index": "table_search_index", "size": 50})
            if answer.status_code == 400:
                assert who is not admin or "tags.name" in str(query), answer.text
                continue
            assert answer.json()["hits"]["total"]["value"] == count, (query, who.name)
    for who, told in ((admin, True), (blind, False)):
        assert (name in Browser(server).sign_in(who).visit(f"/search?q={world['secret']}").text) == told


def test_what_certifies_is_hidden_from_openmetadata_s_search(server, admin, blind, sightless, world):
    fqn = world["gold"]["fullyQualifiedName"]
    for query in (f'certification.tagLabel.tagFQN:"{fqn}"', "_exists_:certification"):
        found = []
        for who in (admin, blind, sightless):
            door = OpenMetadataDoor(server, who.token)
            asked = {"q": query, "index": "table_search_index", "deleted": "false", "size": 50}
            answer = door.call("GET", "/search/query", params=asked)
            ids = {hit["_source"]["id"] for hit in answer.json()["hits"]["hits"]}
            found.append(world["tables"]["hidden"]["id"] in ids)
        assert found == [True, True, False], query
    score = {hit["_source"]["id"]: hit["_score"] for hit in OpenMetadataDoor(server, sightless.token).call(
        "GET", "/search/query", params={"q": "*", "index": "table_search_index", "size": 100}).json()["hits"]["hits"]}
    assert all(int(value) & 2 == 0 for value in score.values()), score
