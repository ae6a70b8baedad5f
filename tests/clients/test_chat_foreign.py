"""Tables that nobody has prepared for questions: figures that are called as their rows are, values that are commands as well,
totals of averages, names that are unique; with a model by hand, and with one that was generated."""

import pytest

from chat_world import TODAY, Ingested, Modelled, dataset, related, rows

TABLES = (
    "CREATE TABLE growers (grower_id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
    "INSERT INTO growers VALUES (1, 'Berg Farm'), (2, 'Cole Estate'), (3, 'Dale Croft');"
    "CREATE TABLE depots (depot_id INTEGER PRIMARY KEY, depot_name TEXT);"
    "INSERT INTO depots VALUES (1, 'Harbour'), (2, 'Mill');"
    "CREATE TABLE harvest (harvest_id INTEGER PRIMARY KEY, grower_id INTEGER REFERENCES growers (grower_id),"
    " side TEXT, fruit TEXT, kilos INTEGER, sales INTEGER, picked_on DATE);"
    "INSERT INTO harvest VALUES (1, 1, 'north', 'apple', 10, 100, '2025-05-01'), (2, 1, 'south', 'apple', 30, 300, '2025-06-01'),"
    " (3, 2, 'north', 'pear', 5, 50, '2025-07-01'), (4, 2, 'north', 'pear', 7, 70, '2024-07-01');"
    "CREATE TABLE films (film_id INTEGER PRIMARY KEY, title TEXT, medium TEXT, pickup_depot_id INTEGER REFERENCES depots (depot_id),"
    " shooting_budget INTEGER, shipping_cost INTEGER, released_on DATE);"
    "INSERT INTO films VALUES (1, 'Orchard', 'print', 1, 20, 1, '2025-01-05'), (2, 'Cider', 'tape', 1, 40, 2, '2025-02-05'),"
    " (3, 'Frost', 'print', 2, 90, 3, '2024-02-05');"
)


@pytest.fixture(scope="module")
def farm(tmp_path_factory):
    made = Modelled(
        tmp_path_factory.mktemp("farm"),
        TABLES,
        [
            dataset("growers", "grower_id", "name"),
            dataset("depots", "depot_id", "depot_name"),
            dataset("harvest", "harvest_id", "grower_id", "side", "fruit", "kilos", "picked_on",
                    side=["north", "south"], fruit=["apple", "pear"]),
            dataset("films", "film_id", "title", "medium", "shooting_budget", "released_on", medium=["print", "tape"]),
        ],
        [
            related("grown_by", "harvest", "growers", "grower_id", "grower_id"),
            related("films_depot", "films", "depots", "pickup_depot_id", "depot_id"),
        ],
        [{"name": "harvest", "expression": "SUM(harvest.kilos)"}],
    )
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


@pytest.fixture(scope="module")
def sketched(tmp_path_factory):
    made = Ingested(tmp_path_factory.mktemp("sketched"), TABLES)
    assets = [{"tableName": table} for table in ("growers", "depots", "harvest", "films")]
    body = {"name": "Sketched", "dataSourceId": made.source, "isDeployed": True, "dataAssets": assets}
    made.path = f"/data-products/{made.bob.post('/data-products', body, expect=201)['dataProduct']['id']}"
    made.bob.post(f"{made.path}/semantic-models/generate", {}, expect=201)
    made.bob.post(f"{made.path}/deploy", {})
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def talk(world, *messages: str) -> dict:
    """The answer to the last one."""
    answer: dict = {}
    for message in messages:
        thread = {"threadId": answer["threadId"]} if answer else {}
        answer = world.bob.post(f"{world.path}/chat", {"message": message, "options": {"today": TODAY}} | thread)
    return answer


def chosen(world, answer: dict, label: str, message: str) -> dict:
    asked = answer["clarification"]
    choice = next(one["id"] for one in asked["options"] if label in one["label"])
    body = {"message": message, "threadId": answer["threadId"], "clarification": {"id": asked["id"], "choice": choice}}
    return world.bob.post(f"{world.path}/chat", body | {"options": {"today": TODAY}})


def labels(answer: dict) -> list[str]:
    assert answer["status"] == "needs_clarification", answer
    return [one["label"] for one in answer["clarification"]["options"]]


@pytest.mark.parametrize("question,expected", [
    ("north harvest in 2025", [[15]]),
    ("north harvest by fruit", [["pear", 12], ["apple", 10]]),
    ("harvest by fruit", [["apple", 40], ["pear", 12]]),
    ("number of harvest by fruit", [["apple", 2], ["pear", 2]]),
])
def test_a_figure_that_is_called_as_its_rows_are_stays_one_behind_an_adjective(farm, question, expected):
    assert rows(talk(farm, question)) == expected


def test_a_value_that_is_a_command_as_well_is_asked_back(farm):
    """Where it stands first. "Print the films" is to be done, "how many print films" asks for some."""
    question = "print films by year"
    answer = talk(farm, question)
    assert len(labels(answer)) == 2
    years = rows(chosen(farm, answer, "medium", question))
    assert [row[-1] for row in years] == [1, 1], years
    assert rows(talk(farm, "how many print films")) == [[2]]
    assert len(rows(talk(farm, "print the films"))) == 3


def test_the_total_of_averages_is_no_average_of_all(farm):
    assert sorted(rows(talk(farm, "average kilos by fruit", "and the total?"))) == [["apple", 40], ["pear", 12]]
    answer = talk(farm, "average kilos by fruit", "in total")
    assert labels(answer) == ["The total of kilos", "The same of all together"]
    assert rows(talk(farm, "average kilos by fruit", "overall")) == [[13]]
    assert rows(talk(farm, "harvest by fruit", "in total")) == [[52]], "what adds up is added up"


def test_those_whom_the_rows_before_lead_to_are_counted(farm):
    assert rows(talk(farm, "number of harvest in 2025", "how many growers is that?")) == [[2]]


def test_a_ranking_behind_what_was_done_is_of_those_things(farm):
    listed = rows(talk(farm, "films released in 2025 with the highest shooting budget"))
    assert [row[1] for row in listed] == ["Cider", "Orchard"]


def test_a_share_of_something_somewhere_is_of_the_one_or_the_other(farm):
    question = "share of north harvest of Berg Farm"
    answer = talk(farm, question)
    assert len(labels(answer)) == 2
    assert rows(chosen(farm, answer, "\u201cnorth\u201d among all with \u201cBerg Farm\u201d", question))[0][1] == 0.25


@pytest.mark.parametrize("question,expected", [
    ("which fruit has the most?", [["apple", 40]]),
    ("and the lowest?", [["pear", 12]]),
])
def test_the_first_of_groups_is_asked_for_without_their_figure(farm, question, expected):
    assert rows(talk(farm, "harvest by fruit", question)) == expected


def test_a_generated_model_knows_things_by_their_unique_names(sketched):
    assert [row[-2:] for row in rows(talk(sketched, "number of harvest by grower"))] == [["Berg Farm", 2], ["Cole Estate", 2]]
    assert rows(talk(sketched, "number of harvest of Berg Farm")) == [[2]]


def test_everyday_words_mean_what_the_model_calls_otherwise(sketched):
    assert rows(talk(sketched, "how many movies")) == [[3]]
    assert rows(talk(sketched, "average budget of print movies")) == [[55]]
    # The shipping cost is a part of what something costs.
    assert talk(sketched, "average cost of films")["status"] != "answered"
    assert [row[-1] for row in rows(talk(sketched, "films by pickup depot"))] == [2, 1]


def test_rows_in_the_singular_that_have_an_amount_are_asked_about(sketched):
    question = "harvest by fruit"
    answer = talk(sketched, question)
    assert len(labels(answer)) > 1, answer
    assert sorted(rows(chosen(sketched, answer, "sales", question))) == [["apple", 400], ["pear", 120]]
