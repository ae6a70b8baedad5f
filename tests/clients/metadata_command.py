"""OpenMetadata's own command `metadata`, run again and again: what it imports takes half of its time, so that is imported once.

Each run is a process of its own, forked where the imports are done, and runs the installed script to its end.
"""

import json
import os
import runpy
import signal
import subprocess
import sys
from pathlib import Path

from emporion_server import clean_environment

METADATA = Path(sys.executable).with_name("metadata")
#: Whatever takes longer hangs.
LIMIT_S = 300


class MetadataCommand:
    """A process that has imported what the command needs, and forks a run when it is asked for one."""

    def __init__(self, folder: Path):
        self.output = folder / "metadata.log"
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", __file__],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=clean_environment(),
        )  # fmt: skip

    def run(self, *arguments: str) -> tuple[int, str]:
        """The exit code of `metadata …` (negative: the signal that ended it), and what it printed."""
        self.process.stdin.write(json.dumps([str(self.output), *arguments]) + "\n")
        self.process.stdin.flush()
        code = self.process.stdout.readline()
        assert code, f"what forks the command ended with {self.process.wait()}"
        return int(code), self.output.read_text(errors="replace")

    def stop(self) -> int:
        self.process.stdin.close()
        return self.process.wait(timeout=30)


def fork_runs() -> None:
    import metadata.cmd  # noqa: F401

    while line := sys.stdin.readline():
        output, *arguments = json.loads(line)
        child = os.fork()
        if not child:
            return become(output, arguments)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def become(output: str, arguments: list[str]) -> None:
    """What the command is where it is started: its arguments, an empty input, and its output in one file."""
    signal.alarm(LIMIT_S)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    written = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(written, 1)
    os.dup2(written, 2)
    sys.argv = [str(METADATA), *arguments]
    runpy.run_path(str(METADATA), run_name="__main__")


if __name__ == "__main__":
    fork_runs()
