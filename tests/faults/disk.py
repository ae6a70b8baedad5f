"""The failing disk: the preload library's environment, its triggers, and what a power loss leaves of a store."""

import contextlib
import os
import random
import shutil
import struct
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
LIBRARY = Path(os.environ.get("FAULTS_LIBRARY", REPOSITORY / "target" / "faults" / "libfaults.so"))
SECTOR = 512


class Disk:
    """One store directory as the preload library sees it. Without `power` nothing is kept of unsynced writes."""

    def __init__(self, store: Path, folder: Path, *, power: bool = False):
        if not LIBRARY.exists():
            raise FileNotFoundError(f"{LIBRARY} does not exist; `cargo xtask faults` builds it")
        self.store = store
        self.control = folder / "control"
        self.shadow = folder / "shadow" if power else None
        self.control.mkdir(parents=True)
        if self.shadow:
            self.shadow.mkdir()

    def environment(self) -> dict[str, str]:
        made = {"LD_PRELOAD": str(LIBRARY), "FAULTS_STORE": str(self.store), "FAULTS_CONTROL": str(self.control)}
        return made | ({"FAULTS_SHADOW": str(self.shadow)} if self.shadow else {})

    def set(self, trigger: str) -> None:
        (self.control / trigger).touch()

    def unset(self, trigger: str) -> None:
        (self.control / trigger).unlink(missing_ok=True)

    @contextlib.contextmanager
    def suffering(self, trigger: str):
        self.set(trigger)
        try:
            yield
        finally:
            self.unset(trigger)

    def events(self, what: str) -> list[str]:
        """The files to which something was done, in order."""
        file = self.control / "events"
        lines = file.read_text().splitlines() if file.exists() else []
        return [line.split(" ", 1)[1] for line in lines if line.startswith(what + " ")]

    def lose_power(self, chance: random.Random | None = None) -> "Loss":
        """Makes the store what the disk holds of it. `chance` decides which unsynced sectors arrived; without it, none.

        The process must be dead. The next one to start takes what it finds as synced.
        """
        assert self.shadow is not None, "the disk keeps no shadow"
        image = self.store.with_name(self.store.name + ".image")
        loss = Loss()
        if (self.shadow / "directory").exists():
            image.mkdir()
            for name, number in self._names(chance).items():
                self._write_image(image / name, name, number, chance, loss)
            # What lies below can be made anew: it is gone, or all there, and then of a later time than the rest may be.
            if chance is not None and chance.random() < 0.5:
                for folder in filter(Path.is_dir, self.store.iterdir()):
                    folder.rename(image / folder.name)
        shutil.rmtree(self.store, ignore_errors=True)
        if image.exists():
            image.rename(self.store)
        shutil.rmtree(self.shadow)
        self.shadow.mkdir()
        return loss

    def _names(self, chance: random.Random | None) -> dict[str, str]:
        """Which name stands for which file: as last synced, or as the system had them in memory."""
        if chance is not None and chance.random() < 0.5:
            return {path.name: number for path in self._present() if (number := self._number(path))}
        lines = (self.shadow / "names").read_text().splitlines()
        return {name: number for number, name in (line.split(" ", 1) for line in lines)}

    def _present(self) -> list[Path]:
        return [path for path in self.store.iterdir() if path.is_file() and not path.name.endswith("-shm")]

    def _number(self, path: Path) -> str | None:
        file = self.shadow / f"inode.{path.stat().st_ino}"
        return str(struct.unpack("=Q", file.read_bytes())[0]) if file.exists() else None

    def _write_image(self, target: Path, name: str, number: str, chance: random.Random | None, loss: "Loss") -> None:
        synced = self.shadow / f"content.{number}"
        content = bytearray(synced.read_bytes() if synced.exists() else b"")
        current = self._current(number)
        for sector in unsynced_sectors(self.shadow / f"unsynced.{number}"):
            arrived = current[sector * SECTOR : (sector + 1) * SECTOR] if current is not None else b""
            if chance is None or not arrived or chance.random() < 0.5:
                loss.vanished += 1
                loss.files.add(name)
                continue
            loss.arrived += 1
            content.extend(bytes(max(0, sector * SECTOR + len(arrived) - len(content))))
            content[sector * SECTOR : sector * SECTOR + len(arrived)] = arrived
        target.write_bytes(content)
        target.chmod(0o600)

    def _current(self, number: str) -> bytes | None:
        for path in self._present():
            if self._number(path) == number:
                return path.read_bytes()
        return None


@dataclass
class Loss:
    """How many unsynced sectors a power loss took, and how many had reached the disk by themselves."""

    vanished: int = 0
    arrived: int = 0

    def __post_init__(self):
        self.files: set[str] = set()


def unsynced_sectors(bitmap: Path) -> list[int]:
    if not bitmap.exists():
        return []
    sectors = []
    for index, byte in enumerate(bitmap.read_bytes().rstrip(b"\0")):
        sectors += [index * 8 + bit for bit in range(8) if byte >> bit & 1]
    return sectors
