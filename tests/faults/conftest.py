"""Options of the fault suites: how many rounds, and the seed that repeats a run."""

import random

import pytest

import postgres_engine

for module in ("campaign", "reader", "writer", "openmetadata_writer", "place", "fault_server", "nodes"):
    pytest.register_assert_rewrite(module)

from fault_server import ENGINES, FaultServer  # noqa: E402

#: What a test has said, among what its report bears.
SAID = "said"


def pytest_addoption(parser):
    parser.addoption("--rounds", type=int, default=20, help="rounds of each suite that repeats itself")
    parser.addoption("--seed", type=int, default=None, help="the seed of an earlier run, to repeat it")


def pytest_configure(config):
    if config.getoption("--seed") is None:
        config.option.seed = random.SystemRandom().randrange(1 << 32)


def pytest_report_header(config):
    return f"faults: {config.getoption('--rounds')} rounds, --seed {config.getoption('--seed')}"


@pytest.fixture
def rounds(request) -> int:
    return request.config.getoption("--rounds")


@pytest.fixture
def seed(request) -> int:
    return request.config.getoption("--seed")


@pytest.fixture(params=ENGINES)
def server(request, tmp_path):
    """A server over a directory, and one over a database."""
    made = FaultServer(tmp_path, database=postgres_engine.fresh_database() if request.param == "database" else "")
    made.start()
    yield made
    made.kill()
    made.check_no_panic()


@pytest.fixture
def say(request):
    """Prints a line at once, past pytest's own capture; one process of several has no terminal, and tells it with its outcome."""
    if hasattr(request.config, "workerinput"):
        return lambda text: request.node.user_properties.append((SAID, text.strip()))
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def line(text: str) -> None:
        with capture.global_and_fixture_disabled():
            print(("" if text.startswith("\r") else "\n") + text, end="", flush=True)

    return line


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter):
    """What was said in several processes, by test."""
    for reports in list(terminalreporter.stats.values()):
        for report in reports:
            if getattr(report, "when", None) == "call":
                for name, text in report.user_properties:
                    if name == SAID:
                        terminalreporter.write_line(f"{report.nodeid.partition('::')[2]}: {text}")
