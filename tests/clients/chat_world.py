"""A shop with a model over it, and questions to it."""

import json
import sqlite3

import requests

from bobsled_door import BobsledDoor
from emporion_server import Server, run_cli
from pages_door import Browser

TODAY = "2026-11-20"

MODEL = """
version: "0.2.0.dev0"
semantic_model:
  - name: retail
    datasets:
      - name: orders
        source: main.orders
        primary_key: [order_id]
        custom_extensions: [{vendor_name: EMPORION, data: '{"defaultTimeField": "order_date"}'}]
        fields:
          - name: order_id
            expression: {dialects: [{dialect: ANSI_SQL, expression: order_id}]}
          - name: order_date
            expression: {dialects: [{dialect: ANSI_SQL, expression: order_date}]}
            dimension: {is_time: true}
          - name: status
            expression: {dialects: [{dialect: ANSI_SQL, expression: status}]}
            dimension: {}
          - name: amount
            expression: {dialects: [{dialect: ANSI_SQL, expression: amount}]}
      - name: customers
        source: main.customers
        primary_key: [id]
        fields:
          - name: id
            expression: {dialects: [{dialect: ANSI_SQL, expression: id}]}
          - name: region
            expression: {dialects: [{dialect: ANSI_SQL, expression: region}]}
            dimension: {}
            ai_context: {synonyms: [area, territory]}
          - name: state
            expression: {dialects: [{dialect: ANSI_SQL, expression: state}]}
            dimension: {}
          - name: country
            expression: {dialects: [{dialect: ANSI_SQL, expression: country}]}
            dimension: {}
          - name: email
            expression: {dialects: [{dialect: ANSI_SQL, expression: email}]}
    relationships:
      - {name: o2c, from: orders, to: customers, from_columns: [customer_id], to_columns: [id]}
    metrics:
      - name: net_sales
        expression: {dialects: [{dialect: ANSI_SQL, expression: SUM(orders.amount)}]}
        ai_context: {synonyms: [revenue, turnover, sales]}
"""

#: Another product's, over other tables.
TRAVEL = """
version: "0.2.0.dev0"
semantic_model:
  - name: travel
    datasets:
      - name: trips
        source: main.trips
        primary_key: [id]
        fields:
          - name: id
            expression: {dialects: [{dialect: ANSI_SQL, expression: id}]}
      - name: cities
        source: main.cities
        primary_key: [id]
        fields:
          - name: id
            expression: {dialects: [{dialect: ANSI_SQL, expression: id}]}
          - name: city_name
            expression: {dialects: [{dialect: ANSI_SQL, expression: name}]}
            dimension: {}
    relationships:
      - {name: origin, from: trips, to: cities, from_columns: [origin_id], to_columns: [id]}
    metrics:
      - name: journeys
        expression: {dialects: [{dialect: ANSI_SQL, expression: COUNT(trips.id)}]}
"""


class Ingested:
    """A server with one SQLite database, `shop`, that was ingested."""

    def __init__(self, folder, script: str, **settings: str):
        self.folder = folder
        files = folder / "files"
        files.mkdir(parents=True)
        self.file = files / "shop"
        self.server = Server(folder, EMPORION_SOURCE_DIRS=json.dumps([str(files)]), **settings)
        self.server.start()
        self.bob = BobsledDoor(self.server, self.server.admin.token)
        self.ingest(script)
        self.source = next(one["id"] for one in self.bob.get("/data-sources")["dataSources"] if one["name"] == "shop")

    def ingest(self, script: str) -> None:
        with sqlite3.connect(self.file) as database:
            database.executescript(script)
        run_cli("ingest", "sqlite:shop", "--service", "shop", EMPORION_URL=self.server.url,
                EMPORION_TOKEN=self.server.admin.token)


class Shop(Ingested):
    def __init__(self, folder, **settings: str):
        super().__init__(
            folder,
            "CREATE TABLE customers (id INTEGER PRIMARY KEY, region TEXT, state TEXT, country TEXT, email TEXT);"
            "INSERT INTO customers VALUES (1, 'EU', 'Bavaria', 'Germany', 'a@x.example'),"
            " (2, 'US', 'Georgia', 'USA', 'b@x.example'), (3, 'EU', 'Imereti', 'Georgia', 'c@x.example'),"
            " (4, 'APAC', NULL, 'Japan', 'd@x.example');"
            "CREATE TABLE orders (order_id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id),"
            " order_date DATE, status TEXT, amount NUMERIC);"
            "INSERT INTO orders VALUES (1, 1, '2026-07-05', 'paid', 100), (2, 1, '2026-08-10', 'paid', 50),"
            " (3, 2, '2026-09-30', 'paid', 70), (4, 3, '2026-10-01', 'paid', 30), (5, 2, '2026-04-02', 'paid', 20),"
            " (6, 4, '2026-05-02', 'open', 10), (7, 2, '2025-08-01', 'paid', 40);"
            f"CREATE TABLE herds (id INTEGER PRIMARY KEY, {', '.join(f'c{n:02} TEXT' for n in range(125))});"
            "INSERT INTO herds (c00) VALUES ('zebra'); INSERT INTO herds (c124) VALUES ('zebra');"
            "CREATE TABLE cities (id INTEGER PRIMARY KEY, name TEXT);"
            "INSERT INTO cities VALUES (1, 'Oslo'), (2, 'Rome');"
            "CREATE TABLE trips (id INTEGER PRIMARY KEY, origin_id INTEGER, target_id INTEGER);"
            "INSERT INTO trips VALUES (1, 1, 2), (2, 1, 2), (3, 2, 1);",
            **{"EMPORION_BOBSLED__QUESTIONS_PER_MINUTE": "100"} | settings,
        )
        body = {"name": "Retail", "dataSourceId": self.source, "isDeployed": True,
                "dataAssets": [{"tableName": "orders"}, {"tableName": "customers"}]}
        self.product = self.bob.post("/data-products", body, expect=201)["dataProduct"]["id"]
        self.path = f"/data-products/{self.product}"
        made = self.bob.post(f"{self.path}/semantic-models", {"name": "retail", "format": "osi", "content": MODEL}, expect=201)
        assert made["validation"]["errors"] == [], made
        self.bob.post(f"{self.path}/deploy", {})

    def add_travel(self) -> "Shop":
        """Makes a second product, with a model of its own."""
        body = {"name": "Travel", "dataSourceId": self.source, "isDeployed": True,
                "dataAssets": [{"tableName": "trips"}, {"tableName": "cities"}]}
        self.travel = self.bob.post("/data-products", body, expect=201)["dataProduct"]["id"]
        path = f"/data-products/{self.travel}"
        made = self.bob.post(f"{path}/semantic-models", {"name": "travel", "format": "osi", "content": TRAVEL}, expect=201)
        assert made["validation"]["errors"] == [], made
        self.bob.post(f"{path}/deploy", {})
        return self

    def person(self, name: str, role: dict | None) -> BobsledDoor:
        who = self.server.new_user(name)
        if role is not None:
            self.bob.patch(f"{self.path}/users", {"add": [{"userId": who.id, "role": "viewer"} | role]})
        return BobsledDoor(self.server, who.token)

    def open_pages(self) -> "Shop":
        """Signs its administrator in with a browser without a script; `at` is the page of the product."""
        self.browser = Browser(self.server).sign_in(self.server.admin)
        self.browser.visit(f"/products/{self.product}")
        self.at = self.browser.path
        return self

    def ask(self, message: str, door: BobsledDoor | None = None, **more) -> dict:
        body = {"message": message, "options": {"today": TODAY}} | more
        return (door or self.bob).post(f"{self.path}/chat", body)


def dataset(name: str, *columns: str, **values: list[str]) -> dict:
    """Of a model: a table with its key first. Names that end in _on or _at are times; of some columns all values are told."""
    def field(column: str) -> dict:
        said = {"name": column, "expression": {"dialects": [{"dialect": "ANSI_SQL", "expression": column}]}}
        said["dimension"] = {"is_time": column.endswith(("_on", "_at"))}
        told = json.dumps({"sampleValues": values.get(column), "enumerated": True})
        return said | ({"custom_extensions": [{"vendor_name": "EMPORION", "data": told}]} if column in values else {})

    return {"name": name, "source": f"main.{name}", "primary_key": [columns[0]], "fields": [field(it) for it in columns]}


def related(name: str, one: str, other: str, column: str, to: str) -> dict:
    return {"name": name, "from": one, "to": other, "from_columns": [column], "to_columns": [to]}


class Modelled(Ingested):
    """A database with one product over all of its tables, and a model of its own."""

    def __init__(self, folder, script: str, datasets: list[dict], relationships: list[dict], metrics=(), **settings: str):
        super().__init__(folder, script, **settings)
        assets = [{"tableName": one["name"]} for one in datasets]
        body = {"name": "Modelled", "dataSourceId": self.source, "isDeployed": True, "dataAssets": assets}
        self.path = f"/data-products/{self.bob.post('/data-products', body, expect=201)['dataProduct']['id']}"
        model = {"name": "modelled", "datasets": datasets, "relationships": relationships, "metrics": list(metrics)}
        content = json.dumps({"version": "0.2.0.dev0", "semantic_model": [model]})
        made = self.bob.post(f"{self.path}/semantic-models", {"name": "modelled", "format": "osi", "content": content}, expect=201)
        assert made["validation"]["errors"] == [], made
        self.bob.post(f"{self.path}/deploy", {})

    def ask(self, message: str, door: BobsledDoor | None = None, **options) -> dict:
        body = {"message": message, "options": {"today": TODAY} | options}
        return (door or self.bob).post(f"{self.path}/chat", body)


def rows(answer: dict) -> list:
    assert answer["status"] == "answered", answer
    return answer["table"]["rows"]


def follow(shop, message: str, token: str | None = None, **more) -> list[tuple[str, str, dict]]:
    url = f"{shop.bob.base}{shop.path}/chat/stream"
    headers = {"Authorization": f"Bearer {token or shop.server.admin.token}"}
    body = {"message": message, "options": {"today": TODAY}} | more
    answer = requests.post(url, json=body, headers=headers, stream=True, timeout=30)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.headers["Cache-Control"] == "no-store"
    return events(answer.text)


def events(text: str) -> list[tuple[str, str, dict]]:
    told = []
    for block in text.split("\n\n"):
        lines = [line for line in block.split("\n") if line and not line.startswith(":")]
        if lines:
            fields = dict(line.split(": ", 1) for line in lines)
            told.append((fields["id"], fields["event"], json.loads(fields["data"])))
    return told
