"""Golden sets: a generated database, a model of it, and questions with the SQL that answers them.

Each folder beside this file is one set (README.md says what its files hold). The rows that a question must be answered with
come from SQLite, which runs the SQL of the set over the same rows; every other system must then say the same.
"""

import importlib.util
import pathlib
import re
import sqlite3
from dataclasses import dataclass, field

import yaml

FOLDER = pathlib.Path(__file__).resolve().parent

#: What stands for "the first day of the period in which a date lies" in the SQL of the sets.
MACROS = {
    "day": "date({})",
    "week": "date({0}, '-' || ((strftime('%w', {0}) + 6) % 7) || ' days')",
    "month": "strftime('%Y-%m-01', {})",
    "quarter": "strftime('%Y-', {0}) || printf('%02d-01', ((strftime('%m', {0}) - 1) / 3) * 3 + 1)",
    "year": "strftime('%Y-01-01', {})",
}


@dataclass
class Golden:
    """One set, with its database in SQLite."""

    name: str
    today: str
    model: str
    tables: list[str]
    rows: dict[str, list[tuple]]
    views: list[str]
    answerable: list[dict]
    ambiguous: list[dict] = field(default_factory=list)
    unanswerable: list[dict] = field(default_factory=list)
    dialogues: list[list[dict]] = field(default_factory=list)
    hostile: list[dict] = field(default_factory=list)
    systems: tuple[str, ...] = ("sqlite", "postgresql", "mariadb")

    def __post_init__(self):
        self.database = sqlite3.connect(":memory:", check_same_thread=False)
        self.database.executescript(self.script())

    def table_names(self) -> list[str]:
        return [re.match(r"\s*CREATE TABLE (\w+)", text).group(1) for text in self.tables]

    def asset_names(self) -> list[str]:
        """Tables and views: what the product holds."""
        return self.table_names() + [re.match(r"\s*CREATE VIEW (\w+)", text).group(1) for text in self.views]

    def datasets(self) -> list[dict]:
        return [dataset for model in yaml.safe_load(self.model)["semantic_model"] for dataset in model["datasets"]]

    def fields(self) -> int:
        return sum(len(dataset["fields"]) for dataset in self.datasets())

    def script(self) -> str:
        """Statements that make the database, in words that all systems take."""
        lines = ["BEGIN;"]
        lines += [text.strip().rstrip(";") + ";" for text in self.tables]
        for table in self.table_names():
            rows = self.rows[table]
            for at in range(0, len(rows), 200):
                values = ",\n".join(f"({', '.join(map(literal, row))})" for row in rows[at : at + 200])
                lines.append(f"INSERT INTO {table} VALUES\n{values};")
        lines += [text.strip().rstrip(";") + ";" for text in self.views]
        return "\n".join([*lines, "COMMIT;", ""])

    def gold(self, sql: str) -> list[tuple]:
        return self.database.execute(expanded(sql)).fetchall()


def literal(value) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, (int, float)):
        return repr(value)
    return "'" + str(value).replace("'", "''") + "'"


def expanded(sql: str) -> str:
    return re.sub(r"\{(\w+)\(([^{}]*)\)\}", lambda found: "(" + MACROS[found[1]].format(found[2]) + ")", sql)


def names() -> list[str]:
    return sorted({file.parent.name for file in FOLDER.glob("*/questions*.yaml")})


def load(name: str) -> Golden:
    folder = FOLDER / name
    spec = importlib.util.spec_from_file_location(f"golden_{name}", folder / "data.py")
    data = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(data)
    asked = {"answerable": []}
    for file in sorted(folder.glob("questions*.yaml")):
        for key, value in yaml.safe_load(file.read_text()).items():
            if isinstance(value, list):
                for one in value:
                    if isinstance(one, dict):
                        one["file"] = file.stem
                asked.setdefault(key, []).extend(value)
            else:
                asked[key] = str(value)
    views = getattr(data, "VIEWS", [])
    model = (folder / "model.yaml").read_text() if (folder / "model.yaml").exists() else yaml.safe_dump(data.model())
    systems = getattr(data, "SYSTEMS", Golden.systems)
    return Golden(name=name, systems=systems, model=model, tables=data.TABLES, rows=data.rows(), views=views, **asked)
