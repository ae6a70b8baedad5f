"""What `deploy/` offers: a unit of systemd, a configuration of HAProxy, a compose file and what its image is made of. Each is
held against what reads it, and against the binary that it starts."""

import json
import re
import shutil
import subprocess
import sys

import helm_python
import kubernetes_validate
import pytest
import yaml

import postgres_engine
from emporion_server import BINARY, REPOSITORY, Server, clean_environment, free_port, run_cli
from openmetadata_door import OpenMetadataDoor
from real_databases import database_servers

DEPLOY = REPOSITORY / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
NODES = {name: service for name, service in COMPOSE["services"].items() if name.startswith("node")}
HAPROXY = (DEPLOY / "haproxy.cfg").read_text()


def test_systemd_understands_the_unit(tmp_path):
    verify = shutil.which("systemd-analyze")
    if not verify:
        pytest.skip("there is no systemd-analyze here")
    text = (DEPLOY / "systemd/emporion.service").read_text()
    assert "/usr/local/bin/emporion serve " in text
    unit = tmp_path / "emporion.service"
    unit.write_text(text.replace("/usr/local/bin/emporion", str(BINARY)))
    done = subprocess.run([verify, "verify", "--man=no", unit], capture_output=True, text=True, timeout=60)
    # It warns of keys that it does not know, and ends with 0 all the same.
    said = [line for line in done.stderr.splitlines() if "emporion.service" in line]
    assert done.returncode == 0 and not said, done.stderr


def test_the_unit_gives_running_requests_the_time_that_the_server_does():
    text = (DEPLOY / "systemd/emporion.service").read_text()
    drain = int(re.search(r"^drain_seconds = (\d+)", (REPOSITORY / "docs/operations.md").read_text(), re.M).group(1))
    grace = COMPOSE["services"]["node1"]["stop_grace_period"]
    assert int(re.search(r"^TimeoutStopSec=(\d+)$", text, re.M).group(1)) > drain
    assert int(grace.removesuffix("s")) > drain


def test_haproxy_understands_its_configuration_before_any_name_leads_anywhere():
    program = database_servers.need("haproxy", "haproxy", "/usr/sbin", "/usr/local/sbin")
    done = subprocess.run([program, "-c", "-f", DEPLOY / "haproxy.cfg"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_compose_file_fits_its_schema():
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_the_compose_file_names_is_there():
    services, volumes = COMPOSE["services"], COMPOSE["volumes"]
    assert re.findall(r"^    server (\w+) (\w+):8585$", HAPROXY, re.M) == [(name, name) for name in NODES]
    own = set()
    for name, service in services.items():
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert source in volumes or (DEPLOY / source).exists(), f"{name}: {source}"
            own.add((source, "/var/lib/emporion" in volume))
        assert set(service.get("depends_on", ())) <= services.keys()
    assert sum(is_data for _, is_data in own) == len(NODES) == 3, "two nodes never share a directory"
    image = (DEPLOY / "Dockerfile").read_text()
    assert NODES["node1"]["build"] == {"context": "..", "dockerfile": "deploy/Dockerfile"}
    assert "COPY target/release/emporion /usr/local/bin/emporion\n" in image and 'ENTRYPOINT ["emporion"]' in image
    assert "!target/release/emporion" in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    limit = int(services["database"]["command"][-1].split("=")[1])
    assert limit >= 26 * len(NODES) + 3, "each node has up to 26 connections"


CHART = DEPLOY / "helm" / "emporion"


def rendered(**values) -> list[dict]:
    manifests = helm_python.Chart.load(CHART).render(values, name="catalogue")
    return [part for text in manifests.values() for part in yaml.safe_load_all(text) if part]


@pytest.mark.parametrize("values", [{}, {
    "replicas": 5, "database": {"authoritySecret": "own-authority"}, "data": {"storageClass": "fast", "size": "20Gi"}, "trustedProxies": ["10.0.0.0/8", "::1"],
    "environment": {"EMPORION_PUBLIC_URL": "https://catalogue.example.com"}, "resources": {"limits": {"memory": "2Gi"}},
}])  # fmt: skip
def test_helm_finds_nothing_wrong_with_the_chart_and_kubernetes_with_what_it_makes(values):
    found = helm_python.lint(CHART, values, strict=True)
    assert not found["errors"] and [message["error"] for message in found["messages"]] == ["icon is recommended"], found
    made = rendered(**values)
    assert sorted(part["kind"] for part in made) == ["PodDisruptionBudget", "Service", "Service", "StatefulSet"]
    for part in made:
        kubernetes_validate.validate(part, "1.37", strict=True)


def test_the_nodes_of_the_chart_are_set_up_like_those_of_the_compose_file():
    nodes = next(part for part in rendered(trustedProxies=["10.0.0.0/8"]) if part["kind"] == "StatefulSet")["spec"]
    (container,) = nodes["template"]["spec"]["containers"]
    variables = {variable["name"]: variable for variable in container["env"]}
    # The key itself in the place of its file.
    assert variables.keys() - {"EMPORION_MASTER_KEY"} == NODES["node1"]["environment"].keys() - {"EMPORION_MASTER_KEY_FILE"}
    assert json.loads(variables["EMPORION_PROXY__TRUSTED"]["value"]) == ["10.0.0.0/8"]
    mounted = [mount["mountPath"] for mount in container["volumeMounts"]]
    assert variables["EMPORION_DATA"]["value"].startswith(tuple(f"{path}/" for path in mounted))
    assert container["args"] == NODES["node1"]["command"] and nodes["replicas"] == len(NODES)
    assert str(nodes["template"]["spec"]["securityContext"]["runAsUser"]) in (DEPLOY / "Dockerfile").read_text()
    assert [container[probe]["httpGet"]["path"] for probe in ("readinessProbe", "livenessProbe")] == ["/readyz", "/healthz"]


def pod(folder, url: str, secrets: dict[str, dict[str, str]], **values) -> tuple[dict[str, str], list[str]]:
    """What a pod of the chart is started with: secrets as variables, and as the files that Kubernetes makes of them."""
    spec = next(part for part in rendered(**values) if part["kind"] == "StatefulSet")["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    for volume in spec["volumes"]:
        for key, text in secrets.get(volume.get("secret", {}).get("secretName"), {}).items():
            file = folder / mounts[volume["name"]].lstrip("/") / key
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            # The group of the pod (fsGroup) gets its bit whatever the mode says.
            file.chmod(volume["secret"].get("defaultMode", 0o644) | 0o040)
    told = {}
    for variable in container["env"]:
        if reference := variable.get("valueFrom", {}).get("secretKeyRef"):
            told[variable["name"]] = secrets[reference["name"]][reference["key"]]
        else:
            told[variable["name"]] = variable["value"].replace("/var/lib/emporion", str(folder / "data"))
            told[variable["name"]] = told[variable["name"]].replace("/etc/emporion/", f"{folder}/etc/emporion/")
    assert told["EMPORION_STORE"] == values["database"]["address"].replace("/etc/emporion/", f"{folder}/etc/emporion/")
    return told | {"EMPORION_STORE": told["EMPORION_STORE"].replace("postgres://db", url)}, container["args"]


def test_a_node_serves_with_what_the_chart_gives_it(tmp_path):
    """The master key of a file with two keys and its comments; an authority of one's own, which is read."""
    (tmp_path / "made").mkdir()
    master = tmp_path / "made" / "master.key"
    database = postgres_engine.fresh_database()
    made = json.loads(run_cli("init", "--master-key", str(master), "-o", "json", EMPORION_STORE=database).stdout)
    run_cli("keys", "make", str(master))
    certificate = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=own", "-keyout", "/dev/null"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    secrets = {
        "emporion-database": {"password": "from-env"},
        "emporion-keys": {"master.key": master.read_text()},
        "own-authority": {"ca.crt": certificate},
    }
    address = "postgres://db?sslmode=disable&sslrootcert=/etc/emporion/database/ca.crt"
    told, arguments = pod(
        tmp_path, database, secrets, database={"address": address, "authoritySecret": "own-authority"}
    )
    port = free_port()
    told["EMPORION_LISTEN"] = told["EMPORION_LISTEN"].replace("0.0.0.0:8585", f"127.0.0.1:{port}")
    log = tmp_path / "node.log"
    with log.open("wb") as output:
        process = subprocess.Popen([BINARY, *arguments], stdout=output, stderr=output, cwd=tmp_path, env=clean_environment(**told))
    node = Server.__new__(Server)
    node.url, node.process, node.log = f"http://127.0.0.1:{port}", process, log
    node.spawn = lambda: None
    try:
        node.start()
        assert OpenMetadataDoor(node, made["adminToken"]).get("/users/loggedInUser")["name"] == made["adminUser"]
    finally:
        assert node.stop() == 0, node.log_tail()
    # Without the authority's file it is not there that an address leads.
    (tmp_path / "etc/emporion/database/ca.crt").unlink()
    assert "sslrootcert" in run_cli("doctor", check=False, **told).stderr


def test_nodes_serve_with_the_settings_of_the_compose_file(tmp_path):
    """The same variables, with other places: `init` by one node, then all of them."""
    password = "from-env"
    database = postgres_engine.fresh_database()
    port = free_port()

    def settings(name: str) -> dict[str, str]:
        told = dict(NODES[name]["environment"])
        assert told.pop("PGPASSWORD").startswith("${EMPORION_DATABASE_PASSWORD:?")
        assert re.fullmatch(r"postgres://emporion@database/emporion\?sslmode=disable", told["EMPORION_STORE"])
        told["EMPORION_STORE"] = f"{database}?sslmode=disable"
        told["EMPORION_MASTER_KEY_FILE"] = told["EMPORION_MASTER_KEY_FILE"].replace("/etc/emporion", str(tmp_path))
        told["EMPORION_DATA"] = told["EMPORION_DATA"].replace("/var/lib/emporion", str(tmp_path / name))
        told["EMPORION_LISTEN"] = told["EMPORION_LISTEN"].replace("0.0.0.0:8585", f"127.0.0.1:{port}")
        assert "172.30.85.0/24" in told["EMPORION_PROXY__TRUSTED"]
        assert COMPOSE["networks"]["default"]["ipam"]["config"] == [{"subnet": "172.30.85.0/24"}]
        return told | {"PGPASSWORD": password}

    made = json.loads(run_cli("init", "-o", "json", **settings("node1")).stdout)
    for name in NODES:
        assert NODES[name]["command"] == ["serve"]
        log = (tmp_path / f"{name}.log").open("wb")
        process = subprocess.Popen([BINARY, "serve"], stdout=log, stderr=log, cwd=tmp_path, env=clean_environment(**settings(name)))
        node = Server.__new__(Server)
        node.url, node.process, node.log = f"http://127.0.0.1:{port}", process, tmp_path / f"{name}.log"
        node.spawn = lambda: None
        try:
            node.start()
            assert OpenMetadataDoor(node, made["adminToken"]).get("/users/loggedInUser")["name"] == made["adminUser"]
        finally:
            assert node.stop() == 0, node.log_tail()
    told = run_cli("doctor", check=False, **settings("node1"))
    assert told.returncode == 0, told.stdout + told.stderr
