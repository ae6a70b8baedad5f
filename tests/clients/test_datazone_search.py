"""boto3 on the order and the pages of Search."""

import pytest

from datazone_door import Workshop, fails

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
