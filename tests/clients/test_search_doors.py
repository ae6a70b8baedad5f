"""The searches of the doors: what is acknowledged is found at once, by whoever may read it, and by nobody else."""

import json

import pytest

from bobsled_door import BobsledDoor
from openmetadata_door import OpenMetadataDoor


@pytest.fixture(scope="module")
def holder(server, fresh_name):
    """Who owns some of it; nobody else takes his tokens away."""
    return server.new_user(fresh_name("holder"))


@pytest.fixture(scope="module")
def shelf(om, bobsled, om_domain, holder, fresh_name) -> dict:
    """Things of several visibilities that share a word: `{id: (collection, name)}`."""
    word = fresh_name("tumble").replace("-", "")
    owner = {"id": om.get(f"/users/name/{holder.name}")["id"], "type": "user"}
    service = fresh_name("wh")
    schema = om.schema(service)
    made = {}
    for n in range(3):
        table = om.post("/tables", {
            "name": f"{word}_t{n}", "databaseSchema": schema, "columns": [],
            "owners": [owner] if n else [], "tableType": "View" if n == 2 else "Regular"})
        made[table["id"]] = ("tables", table["name"])
        product = om.post("/dataProducts", {
            "name": f"Plain{word.capitalize()}{n}", "domains": [om_domain["name"]], "description": f"of {word}",
            "owners": [owner] if n else []})
        made[product["id"]] = ("dataProducts", product["name"])
        closed = bobsled.create(f"closed {word} {n}", description=f"({word}s, all of them)")
        made[closed["id"]] = ("dataProducts", f"closed {word} {n}")
    return {"word": word, "made": made, "service": service}


@pytest.fixture(scope="module", params=[0, 1, 2, 3], ids=["administrator", "owner", "stranger", "elsewhere"])
def caller(request, admin, holder, stranger, other_account):
    return (admin, holder, stranger, other_account)[request.param]


def readable(door: OpenMetadataDoor, shelf: dict, collection: str | None = None) -> set[str]:
    """What the caller reads one by one."""
    wanted = [(made, of) for made, (of, _) in shelf["made"].items() if collection in (None, of)]
    return {made for made, of in wanted if door.call("GET", f"/{of}/{made}").status_code == 200}


def hits(answer: dict) -> list[str]:
    ids = [hit["_id"] for hit in answer["hits"]["hits"]]
    assert len(ids) == len(set(ids)), "no hit comes twice"
    assert answer["hits"]["total"]["relation"] == "eq"
    return ids


def test_openmetadata_finds_what_the_caller_reads(server, caller, shelf):
    door, word = OpenMetadataDoor(server, caller.token), shelf["word"]
    for q in (word, f"{word[:-1]}*", f"*{word[1:]}*", f"name:*{word}* OR description:*{word}*"):
        answer = door.get("/search/query", q=q, size=100)
        assert set(hits(answer)) == readable(door, shelf), q
        assert answer["hits"]["total"]["value"] == len(answer["hits"]["hits"]), q
    tables = readable(door, shelf, "tables")
    by_fqn = f"{shelf['service']}.*.{word}_T?"
    for q in (f"fullyQualifiedName:{by_fqn}", f"service.name:{shelf['service']} AND name:{word}*"):
        assert set(hits(door.get("/search/query", q=q, index="table_search_index", size=100))) == tables, q
    found = door.get("/search/fieldQuery", fieldName="fullyQualifiedName", fieldValue=by_fqn, index="table")
    assert set(hits(found)) == tables
    views = door.get("/search/query", q=f"{word} AND tableType:View", index="all", size=100)
    assert {hit["_source"]["name"] for hit in views["hits"]["hits"]} == ({f"{word}_t2"} if tables else set())


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("field", ["fullyQualifiedName", "updatedAt", "displayName"])
def test_openmetadata_pages_reach_every_hit_once_in_order(server, om, shelf, field, order):
    asked = {"q": shelf["word"], "index": "all", "size": 2, "sort_field": field, "sort_order": order}
    seen, keys, after = [], [], {}
    while True:
        answer = om.get("/search/query", **asked, **after)
        page = answer["hits"]["hits"]
        assert answer["hits"]["total"]["value"] == len(shelf["made"])
        if not page:
            break
        seen += [hit["_id"] for hit in page]
        keys += [[int(key) if key.isdigit() else key for key in hit["sort"]] for hit in page]
        after = {"search_after": ",".join(page[-1]["sort"])}
    assert sorted(seen) == sorted(shelf["made"]), "each once"
    assert keys == sorted(keys, reverse=order == "desc")
    pages = [om.get("/search/query", **asked, **{"from": n})["hits"]["hits"] for n in range(0, len(seen), 2)]
    assert [hit["_id"] for page in pages for hit in page] == seen


def test_bobsled_finds_what_the_caller_reads(server, caller, shelf):
    door, word = BobsledDoor(server, caller.token, caller.account), shelf["word"]
    products = [made for made, (of, _) in shelf["made"].items() if of == "dataProducts"]
    seen = {made for made in products if door.call("GET", f"/data-products/{made}").status_code == 200}
    for search in (word, word[2:], f"{word.upper()} (", f"lain{word}"):
        wanted = {made for made in seen if search != f"lain{word}" or shelf["made"][made][1].startswith("Plain")}
        listed = door.get("/data-products", search=search, includeTotal="true")
        if search.endswith("("):
            wanted = {made for made in seen if shelf["made"][made][1].startswith("closed")}
        assert {product["id"] for product in listed["dataProducts"]} == wanted, search
        assert listed["totalCount"] == len(wanted), search


def test_bobsled_compares_without_case_and_marks(bobsled, fresh_name):
    word = fresh_name("kestrel").replace("-", "")
    made = [bobsled.create(f"{word} {n}", description=text)["id"]
            for n, text in enumerate(("Größe je Änderung", "GROSSE ANDERUNG", "Grösse", "none of it"))]
    for search, wanted in ((f"{word} grosse", made[:3]), (f"GRÖSSE {word}", made[:3]), (f"{word} größe ÄNDER", made[:2])):
        found, cursor = [], {}
        while True:
            answer = bobsled.call("GET", "/data-products", params={"search": search, "limit": 1, "includeTotal": "true"} | cursor).json()
            found += [product["id"] for product in answer["data"]["dataProducts"]]
            assert answer["data"]["totalCount"] == len(wanted), search
            if not (after := answer["pagination"]["nextCursor"]):
                break
            cursor = {"cursor": after}
        assert found == wanted, search


def test_bobsled_lists_the_products_of_these_ids(server, bobsled, caller, shelf):
    door = BobsledDoor(server, caller.token, caller.account)
    products = [made for made, (of, _) in shelf["made"].items() if of == "dataProducts"]
    seen = {made for made in products if door.call("GET", f"/data-products/{made}").status_code == 200}
    tables = [made for made, (of, _) in shelf["made"].items() if of == "tables"]
    listed = door.get("/data-products", ids=",".join([*products, *tables]), includeTotal="true")
    assert {product["id"] for product in listed["dataProducts"]} == seen and listed["totalCount"] == len(seen)
    few = door.get("/data-products", ids=products[0].upper(), search=shelf["word"])["dataProducts"]
    assert {product["id"] for product in few} == seen & {products[0]}
    for broken in ("x", f"{products[0]},", ",".join(products[:1] * 101)):
        bobsled.refuses("GET", "/data-products", 400, params={"ids": broken})


def test_datazone_finds_what_was_just_made(dz, workshop, fresh_name):
    word = fresh_name("rumble").replace("-", "")
    here = {"domainIdentifier": workshop.domain, "searchScope": "DATA_PRODUCT"}
    made = []
    for n in range(5):
        made.append(workshop.product(f"{word} number {n}")["id"])
        for text in (word, f'"{word} num"', f'{word[:5]} "number {n}"'):
            found = dz.search(**here, searchText=text, maxResults=10)
            ids = [item["dataProductItem"]["id"] for item in found["items"]]
            expected = made[::-1] if f"number {n}" not in text else made[-1:]
            assert ids == expected and found["totalMatchCount"] == len(expected), text
    since = {"filter": {"attribute": "name", "value": f"{word} number 3"}}
    assert [i["dataProductItem"]["id"] for i in dz.search(**here, filters=since)["items"]] == [made[3]]


def test_datazone_splits_names_and_folds_letters(dz, workshop, fresh_name):
    word = fresh_name("curlew").replace("-", "")
    here = {"domainIdentifier": workshop.domain, "searchScope": "DATA_PRODUCT"}
    split = workshop.product(f"{word}CustomerInsightsDataProduct")["id"]
    folded = workshop.product(f"{word} Größe je ÄNDERUNG")["id"]
    for text, wanted in (
        (f"insights {word}", [split]), (f"{word} insightsData", [split]), (f"nsights {word}", []), (f"{word} cust_ins", [split]),
        (f"grosse {word}", [folded]), (f"{word} GRÖSSE", [folded]), (f"{word} größe anderung", [folded]),
        (f'"{word} grosse JE"', [folded]), (f"rosse {word}", []),
    ):
        found = dz.search(**here, searchText=text)
        assert [item["dataProductItem"]["id"] for item in found["items"]] == wanted, text
        assert found["totalMatchCount"] == len(wanted), text
        by_name = {"filter": {"attribute": "name", "value": text, "operator": "TEXT_SEARCH"}}
        assert [item["dataProductItem"]["id"] for item in dz.search(**here, filters=by_name)["items"]] == wanted, text
    asked = dict(here, searchText=f"{word} insi", additionalAttributes=["TEXT_MATCH_RATIONALE"])
    (item,) = dz.search(**asked)["items"]
    (told,) = item["dataProductItem"]["additionalAttributes"]["matchRationale"][0]["textMatches"]
    at = len(word) + len("Customer")
    assert {"startOffset": at, "endOffset": at + 4} in told["matchOffsets"], told
    types = dz.search_types(domainIdentifier=workshop.domain, searchScope="ASSET_TYPE", managed=True, searchText="table")
    names = {one["assetTypeItem"]["name"] for one in types["items"]}
    assert "amazon.datazone.GlueTableAssetType" in names and all("table" in name.lower() for name in names)
    assert types["totalMatchCount"] == len(names)


def test_datazone_tells_where_the_words_stand(dz, workshop, fresh_name):
    word = fresh_name("murmur").replace("-", "")
    made = workshop.product(f"Größe of {word}")
    asked = {"domainIdentifier": workshop.domain, "searchScope": "DATA_PRODUCT", "searchText": f"{word[:6]} größe"}
    (item,) = dz.search(**asked, additionalAttributes=["TEXT_MATCH_RATIONALE"])["items"]
    told = item["dataProductItem"]["additionalAttributes"]["matchRationale"][0]["textMatches"]
    places = [{"startOffset": 0, "endOffset": 5}, {"startOffset": 9, "endOffset": 15}]
    assert item["dataProductItem"]["id"] == made["id"]
    assert told[0] == {"attribute": "name", "text": f"Größe of {word}", "matchOffsets": places}
    (plain,) = dz.search(**asked)["items"]
    assert "additionalAttributes" not in plain["dataProductItem"], "whoever does not ask is told nothing"


def test_whoever_was_told_of_his_write_finds_it(om, bobsled, om_domain, fresh_name):
    for _ in range(10):
        name = fresh_name("prompt").replace("-", "")
        made = om.post("/dataProducts", {"name": name, "domains": [om_domain["name"]], "description": ""})
        assert hits(om.get("/search/query", q=name, index="data_product_search_index")) == [made["id"]]
        assert [p["id"] for p in bobsled.get("/data-products", search=name[1:])["dataProducts"]] == [made["id"]]
        change = [{"op": "add", "path": "/description", "value": f"about {name}ology"}]
        om.patch(f"/dataProducts/{made['id']}", change)
        assert hits(om.get("/search/query", q=f"{name}ology", index="dataProduct")) == [made["id"]]
        om.delete(f"/dataProducts/{made['id']}", hardDelete="true")
        assert hits(om.get("/search/query", q=name)) == []


@pytest.mark.parametrize("query", [
    {"bool": {"mast": []}}, {"geo_distance": {}}, {"term": {"name": {"value": "a", "slop": 1}}}, {"match_all": {}, "size": 1},
])
def test_a_clause_that_is_not_understood_is_refused(om, query):
    om.call("GET", "/search/query", params={"query_filter": json.dumps({"query": query})}, expect=400)


def test_a_pattern_that_nobody_can_look_for_is_refused(om, bobsled):
    om.call("GET", "/search/query", params={"q": "*" + "a" * 3000 + "*b"}, expect=400)
    om.call("GET", "/search/query", params={"q": "*a?" * 30, "index": "table"}, expect=(200, 400))
    assert bobsled.get("/data-products", search="(" * 200)["dataProducts"] == []
