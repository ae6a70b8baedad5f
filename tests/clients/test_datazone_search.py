"""boto3 on the order and the pages of Search, and on all that SearchTypes is asked."""

import pytest

from datazone_door import FORM_MODEL, Workshop, fails

ORIGIN = "dzd_amazon_datazone_domain_project"
UNIONS = {"ASSET_TYPE": "assetTypeItem", "FORM_TYPE": "formTypeItem"}
SCOPES = sorted(UNIONS)
MANAGED = pytest.mark.parametrize("managed", [False, True], ids=["own", "managed"])


def word_of(fresh_name, stem: str) -> str:
    return fresh_name(stem).replace("-", "")


def is_so(attribute: str, value: str | int, operator: str | None = None) -> dict:
    """A filter clause."""
    said = {"intValue": value} if isinstance(value, int) else {"value": value}
    return {"filter": {"attribute": attribute} | said | ({"operator": operator} if operator else {})}


def walked(ask, size: int) -> list[dict]:
    """The items of all pages, which count the same and are full but for the last."""
    items, totals, token = [], set(), {}
    while True:
        answer = ask(maxResults=size, **token)
        items += answer["items"]
        totals.add(answer["totalMatchCount"])
        if "nextToken" not in answer:
            assert totals == {len(items)}
            return items
        assert len(answer["items"]) == size
        token = {"nextToken": answer["nextToken"]}


# --- Search -------------------------------------------------------------------------------------------------------


@pytest.fixture
def shop(dz, fresh_name) -> Workshop:
    return Workshop(dz, fresh_name("shelf"))


def products(dz, shop: Workshop, size: int = 50, **asked) -> list[str]:
    here = {"domainIdentifier": shop.domain, "searchScope": "DATA_PRODUCT"}
    items = walked(lambda **page: dz.search(**here, **asked, **page), size)
    return [item["dataProductItem"]["name"] for item in items]


def test_without_words_the_newest_comes_first(dz, shop):
    for name in ("beta", "alpha", "gamma"):
        shop.product(name, description="one of three")
    for size in (1, 2, 3):
        assert products(dz, shop, size) == ["gamma", "alpha", "beta"]
    described = is_so("description", "one of three")
    assert products(dz, shop, 2, filters=described) == ["gamma", "alpha", "beta"]
    assert products(dz, shop, 2, sort={"attribute": "name"}) == ["alpha", "beta", "gamma"]
    assert products(dz, shop, 2, sort={"attribute": "creationTime"}) == ["beta", "alpha", "gamma"]


def test_with_words_the_best_comes_first_and_then_the_newest(dz, shop, fresh_name):
    word = word_of(fresh_name, "merlin")
    exact = f"{word} sales"
    names = [exact, f"a {word} sales sheet", f"b sales of {word}", f"{word} salesforce", "nothing alike"]
    for name in names:
        shop.product(name, **({"description": f"holds {word} sales"} if name == "nothing alike" else {}))
    shop.product("nothing at all")
    best = [exact, f"b sales of {word}", f"a {word} sales sheet", f"{word} salesforce", "nothing alike"]
    for size in (1, 2, 3, 4, 5, 6):
        assert products(dz, shop, size, searchText=exact) == best, size
    assert products(dz, shop, searchText=exact.upper()) == best
    assert products(dz, shop, searchText=f"sales {word}")[-2:] == best[-2:]
    # A phrase that ends within a word is found, and worth nothing.
    assert products(dz, shop, 2, searchText=f'"{exact}"') == [best[0], best[2], best[4], best[3]]
    assert products(dz, shop, 2, searchText=exact, searchIn=[{"attribute": "name"}]) == best[:4]
    assert products(dz, shop, 2, searchText=exact, owningProjectIdentifier=shop.project) == best
    for order, wanted in (("ASCENDING", sorted(best)), ("DESCENDING", sorted(best, reverse=True))):
        assert products(dz, shop, 2, searchText=exact, sort={"attribute": "name", "order": order}) == wanted
    by_time = {"attribute": "creationTime", "order": "ASCENDING"}
    assert products(dz, shop, 2, searchText=exact, sort=by_time) == names


def test_as_many_words_as_the_service_takes_find_the_same(dz, shop):
    for name in ("t", "a t", "t of the north"):
        shop.product(name)
    shop.product("nothing alike")
    text = " ".join(["t"] * 256)
    assert len(text) == 511
    for size in (1, 2, 50):
        assert sorted(products(dz, shop, size, searchText=text)) == ["a t", "t", "t of the north"], size
    assert products(dz, shop, searchText=text, sort={"attribute": "name"}) == ["a t", "t", "t of the north"]
    assert not products(dz, shop, searchText=" ".join(["t"] * 250 + ["gull"]))


def test_each_scope_ranks_its_own(dz, shop, fresh_name):
    word = word_of(fresh_name, "plover")
    sheet = shop.asset_type(shop.form_type())
    glossary = shop.glossary(word)
    shop.glossary(f"a {word}")
    for name in (word, f"a {word}"):
        shop.asset(sheet, name)
        shop.term(glossary, name)
    for scope, union in (("ASSET", "assetItem"), ("GLOSSARY", "glossaryItem"), ("GLOSSARY_TERM", "glossaryTermItem")):
        here = {"domainIdentifier": shop.domain, "searchScope": scope}
        newest = [item[union]["name"] for item in walked(lambda **page: dz.search(**here, **page), 1)]
        assert newest == [f"a {word}", word], scope
        best = [item[union]["name"] for item in walked(lambda **page: dz.search(**here, searchText=word, **page), 1)]
        assert best == [word, f"a {word}"], scope


def test_what_a_table_is_displayed_as_is_its_name(dz, om, shop, fresh_name):
    word, service = word_of(fresh_name, "dunlin"), fresh_name("pg")
    om.post("/services/databaseServices", {"name": service, "serviceType": "Postgres", "domains": [shop.name]})
    om.post("/databases", {"name": "db", "service": service})
    om.post("/databaseSchemas", {"name": "s", "database": f"{service}.db"})
    for name, shown in (("t1", word), (f"{word}_all", None), ("t2", f"all {word}")):
        table = {"name": name, "databaseSchema": f"{service}.db.s", "columns": []}
        om.post("/tables", table | ({"displayName": shown} if shown else {}))
    here = {"domainIdentifier": shop.domain, "searchScope": "ASSET", "searchText": word}
    found = [item["assetItem"]["name"] for item in walked(lambda **page: dz.search(**here, **page), 1)]
    assert found[0] == word and set(found) == {word, f"{word}_all", f"all {word}"}


def test_a_search_goes_on_where_it_was_whatever_comes_and_goes(dz, shop, fresh_name):
    word = word_of(fresh_name, "siskin")
    made = [shop.product(f"{word} {n}")["id"] for n in range(7)]
    here = {"domainIdentifier": shop.domain, "searchScope": "DATA_PRODUCT", "searchText": word, "maxResults": 3}
    seen, token = [], {}
    while True:
        answer = dz.search(**here, **token)
        seen += [item["dataProductItem"]["id"] for item in answer["items"]]
        if "nextToken" not in answer:
            break
        token = {"nextToken": answer["nextToken"]}
        dz.delete_data_product(domainIdentifier=shop.domain, identifier=seen[-1])
        shop.product(f"{word} after {len(seen)}")
    assert seen == made[::-1]
    for other in ({"searchText": f"{word} 1"}, {"sort": {"attribute": "name"}}, {"searchIn": [{"attribute": "name"}]}):
        with fails("ValidationException", 400, "nextToken"):
            dz.search(**here | other, **token)


# --- SearchTypes --------------------------------------------------------------------------------------------------


class Shelf:
    """Three types of each scope, of two projects, made in this order."""

    NAMES = {"ASSET_TYPE": ("GammaSheet", "AlphaBetaSheet", "BetaSheet"),
             "FORM_TYPE": ("GammaForm", "AlphaBetaForm", "BetaForm")}  # fmt: skip

    def __init__(self, dz, name: str):
        self.dz = dz
        self.shop = Workshop(dz, name)
        self.other = dz.create_project(domainIdentifier=self.shop.domain, name="others")["id"]
        for at in range(3):
            owner = self.other if at == 1 else self.shop.project
            more = {"domainIdentifier": self.shop.domain, "owningProjectIdentifier": owner,
                    "description": ("about alpha things", "second", "third")[at]}  # fmt: skip
            name = self.NAMES["FORM_TYPE"][at]
            dz.create_form_type(**more, name=name, model={"smithy": FORM_MODEL.format(name=name)}, status="ENABLED")
            dz.create_asset_type(**more, name=self.NAMES["ASSET_TYPE"][at], formsInput={})

    def items(self, scope: str, managed: bool, size: int = 50, **asked) -> list[dict]:
        here = {"domainIdentifier": self.shop.domain, "searchScope": scope, "managed": managed}
        items = walked(lambda **page: self.dz.search_types(**here, **asked, **page), size)
        assert all(list(item) == [UNIONS[scope]] for item in items)
        return [item[UNIONS[scope]] for item in items]

    def names(self, scope: str, managed: bool, size: int = 50, **asked) -> list[str]:
        return [item["name"] for item in self.items(scope, managed, size, **asked)]


@pytest.fixture(scope="module")
def shelf(dz, fresh_name) -> Shelf:
    return Shelf(dz, fresh_name("types"))


def millis(time) -> int:
    return round(time.timestamp() * 1000)


@pytest.mark.parametrize("scope", SCOPES)
def test_own_types_are_the_newest_first_and_managed_ones_by_name(shelf, scope):
    for size in (1, 2, 3):
        assert shelf.names(scope, False, size) == list(Shelf.NAMES[scope])[::-1]
    managed = shelf.names(scope, True)
    assert managed == sorted(managed) and len(managed) > 5
    for size in (1, 4, min(50, len(managed))):
        assert shelf.names(scope, True, size) == managed
    assert not {*managed} & {*Shelf.NAMES[scope]}


def test_nodes_of_lineage_have_no_types(dz, shelf):
    here = {"domainIdentifier": shelf.shop.domain, "searchScope": "LINEAGE_NODE_TYPE"}
    for managed in (False, True):
        answer = dz.search_types(**here, managed=managed)
        assert (answer["items"], answer["totalMatchCount"]) == ([], 0)
        with fails("ValidationException", 400, "filters"):
            dz.search_types(**here, managed=managed, filters={"filter": {"attribute": "name"}})


@MANAGED
@pytest.mark.parametrize("scope", SCOPES)
def test_types_are_sorted_as_the_request_says(shelf, scope, managed):
    by_name = sorted(shelf.names(scope, managed))
    for attribute in ("name", "creationTime", "createdAt", "updatedAt", "lastUpdatedAt", "firstRevisionCreatedAt"):
        in_order = by_name if managed or attribute == "name" else list(Shelf.NAMES[scope])
        for size in (1, 3, 50):
            up = shelf.names(scope, managed, size, sort={"attribute": attribute})
            assert up == in_order, attribute
            down = shelf.names(scope, managed, size, sort={"attribute": attribute, "order": "DESCENDING"})
            assert down == in_order[::-1], attribute


@pytest.mark.parametrize("scope", SCOPES)
def test_own_types_are_searched_where_the_request_says(shelf, scope):
    gamma, both, beta = Shelf.NAMES[scope]
    kind = gamma.removeprefix("Gamma")

    def find(text: str, *attributes: str, **more) -> list[str]:
        places = {"searchIn": [{"attribute": attribute} for attribute in attributes]} if attributes else {}
        found = shelf.names(scope, False, searchText=text, **places, **more)
        assert found == shelf.names(scope, False, 1, searchText=text, **places, **more)
        return found

    assert find("alpha") == [both, gamma], "a name is worth more than a description"
    assert find("alpha", "name") == [both]
    assert find("alpha", "description") == [gamma]
    assert find("alpha", "name", "description") == [both, gamma]
    assert find("alpha", "colour") == [] and find("alpha", "status") == []
    assert find("beta") == [beta, both] and find(kind) == [beta, both, gamma]
    assert find(f"beta {kind}".lower()) == [beta, both]
    assert find(both.upper()) == [both] and find(f'"{both[:7]}"') == [both]
    assert find("enabled", "status") == [beta, both, gamma]
    assert find("second", "description", "name") == [both]
    assert find("beta", sort={"attribute": "name"}) == [both, beta]
    assert find("beta", filters=is_so("owningProjectId", shelf.other)) == [both]


@pytest.mark.parametrize("scope", SCOPES)
def test_managed_types_are_searched_where_the_request_says(shelf, scope):
    everything = shelf.names(scope, True)
    suffix = "AssetType" if scope == "ASSET_TYPE" else "FormType"

    def find(text: str, *attributes: str, size: int = 2, **more) -> list[str]:
        places = {"searchIn": [{"attribute": attribute} for attribute in attributes]} if attributes else {}
        return shelf.names(scope, True, size, searchText=text, **places, **more)

    glue = [name for name in everything if "Glue" in name]
    assert len(glue) > 1 and find("glue") == find("GLUE", "name") == glue
    assert find("glue", "description") == [] and find("glue", "colour") == []
    assert find("glue", sort={"attribute": "name", "order": "DESCENDING"}) == glue[::-1]
    exact = f"amazon.datazone.GlueView{suffix}"
    assert find(f"GlueView{suffix}") == find(exact) == [exact]
    assert find("system", "createdBy", size=50) == everything


@MANAGED
@pytest.mark.parametrize("scope", SCOPES)
def test_types_are_filtered_by_what_they_have(shelf, scope, managed):
    items = shelf.items(scope, managed)
    everything = [item["name"] for item in items]
    one = items[1]

    def find(clause: dict, **more) -> list[str]:
        found = shelf.names(scope, managed, filters=clause, **more)
        assert found == shelf.names(scope, managed, 2, filters=clause, **more)
        return found

    other = "formTypeIdentifier" if scope == "FORM_TYPE" else "assetType"
    for attribute in ("name", "typeIdentifier", other):
        assert find(is_so(attribute, one["name"])) == [one["name"]], attribute
        assert find(is_so(attribute, one["name"].lower())) == [], "equality is exact"
    assert find(is_so("name", one["name"], "TEXT_SEARCH")) == [one["name"]]
    for attribute in ("owningProjectId", "owningProjectIdentifier", "originProjectId"):
        owned = [item["name"] for item in items if item["owningProjectId"] == one["owningProjectId"]]
        assert find(is_so(attribute, one["owningProjectId"])) == owned, attribute
        assert find(is_so(attribute, shelf.other if managed else ORIGIN)) == [], attribute
    for member in ("revision", "createdBy", "description"):
        if member in one:
            wanted = [item["name"] for item in items if item.get(member) == one[member]]
            assert find(is_so(member, one[member])) == wanted, member
    assert find(is_so("status", "ENABLED")) == everything and find(is_so("status", "DISABLED")) == []
    assert find(is_so("entityType", scope)) == everything
    assert find(is_so("entityType", "ASSET")) == find(is_so("colour", "red")) == find(is_so("colour", 1)) == []
    at = millis(one["createdAt"])
    for attribute in ("createdAt", "creationTime"):
        for operator, holds in (("EQ", int.__eq__), ("LT", int.__lt__), ("LE", int.__le__), ("GT", int.__gt__),
                                ("GE", int.__ge__)):  # fmt: skip
            wanted = [item["name"] for item in items if holds(millis(item["createdAt"]), at)]
            assert find(is_so(attribute, at, operator)) == wanted, (attribute, operator)
    for attribute in ("updatedAt", "lastUpdatedAt", "firstRevisionCreatedAt"):
        assert find(is_so(attribute, 1, "GT")) == everything and find(is_so(attribute, 1, "LT")) == [], attribute
    named = [is_so("name", name) for name in everything[:3]]
    assert find({"or": named}) == everything[:3]
    assert find({"and": [{"or": named}, is_so("name", everything[2])]}) == [everything[2]]
    assert find({"and": named}) == []
    turned = {"attribute": "name", "order": "DESCENDING"}
    assert find({"or": named}, sort=turned) == sorted(everything[:3], reverse=True)


@MANAGED
@pytest.mark.parametrize("scope", SCOPES)
def test_what_a_search_of_types_cannot_mean_is_refused(dz, dz_lenient, shelf, scope, managed):
    here = {"domainIdentifier": shelf.shop.domain, "searchScope": scope, "managed": managed}
    name = {"attribute": "name", "value": "x"}
    for clause in ({"filter": {"attribute": "name"}}, {"filter": name, "or": [{"filter": name}]}, {"and": []},
                   {"filter": name | {"operator": "LT"}}, {"filter": name | {"operator": "LIKE"}}):  # fmt: skip
        with fails("ValidationException", 400, "filter"):
            dz_lenient.search_types(**here, filters=clause)
    for broken in ({"searchIn": []}, {"searchIn": [{}]}, {"sort": {"order": "ASCENDING"}}, {"searchText": ""},
                   {"sort": {"attribute": "name", "order": "UP"}}, {"searchIn": [{"attribute": "x"}] * 11}):  # fmt: skip
        with fails("ValidationException", 400, next(iter(broken))):
            dz_lenient.search_types(**here, **broken)
    token = dz.search_types(**here, maxResults=1)["nextToken"]
    assert dz.search_types(**here, maxResults=2, nextToken=token)["items"]
    changed = ({"managed": not managed}, {"sort": {"attribute": "name"}}, {"searchIn": [{"attribute": "name"}]})
    for other in (*changed, {"filters": is_so("name", "x")}, {"searchText": "x"}):
        with fails("ValidationException", 400, "nextToken"):
            dz.search_types(**here | other, nextToken=token)


def test_the_next_revision_of_a_form_type_is_the_last_by_its_time(dz, fresh_name):
    shelf = Shelf(dz, fresh_name("revised"))
    gamma, both, beta = Shelf.NAMES["FORM_TYPE"]
    (before,) = shelf.items("FORM_TYPE", False, filters=is_so("name", gamma))
    dz.create_form_type(
        domainIdentifier=shelf.shop.domain, owningProjectIdentifier=shelf.shop.project, name=gamma, status="DISABLED",
        model={"smithy": FORM_MODEL.format(name=gamma)},
    )  # fmt: skip
    (after,) = shelf.items("FORM_TYPE", False, filters=is_so("revision", "2"))
    assert (after["name"], after["status"]) == (gamma, "DISABLED") and after["createdAt"] > before["createdAt"]
    by_time = {"attribute": "createdAt"}
    assert shelf.names("FORM_TYPE", False, 1, sort=by_time) == [both, beta, gamma]
    assert shelf.names("FORM_TYPE", False, 1, sort={"attribute": "firstRevisionCreatedAt"}) == [gamma, both, beta]
    since = is_so("createdAt", millis(after["createdAt"]), "GE")
    assert shelf.names("FORM_TYPE", False, filters=since) == [gamma]
    assert shelf.names("FORM_TYPE", False, filters=is_so("status", "DISABLED")) == [gamma]
    assert shelf.names("FORM_TYPE", False, filters=is_so("status", "ENABLED")) == [beta, both]
