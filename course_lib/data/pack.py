"""A pack: a folder of published files whose card says what each must be, to the byte."""

import hashlib
import json
import lzma
from functools import cached_property
from pathlib import Path

from course_lib.core.errors import CourseError
from course_lib.core.paths import packs


class Pack:
    """The pack called `name`, wherever it lies. Every file is checked before it is used."""

    def __init__(self, name: str):
        self.name = name
        places = [folder / name for folder in packs()]
        found = [folder for folder in places if (folder / "card.json").is_file()]
        if not found:
            raise CourseError(
                f"The data pack {name!r} is not in {' or '.join(str(p.parent) for p in places)}: "
                "get the whole course again, or set COURSE_DATA to the folder that holds its packs."
            )
        self.folder: Path = found[0]

    @cached_property
    def card(self) -> dict:
        """Counts, splits, licence, and size and sha256 of every file."""
        try:
            return json.loads((self.folder / "card.json").read_text(encoding="utf-8"))
        except ValueError:
            raise self._damaged("card.json", "cannot be read") from None

    @cached_property
    def digest(self) -> str:
        """Changes when any file of the pack does."""
        return hashlib.sha256(json.dumps(self.card["files"], sort_keys=True).encode()).hexdigest()

    def read(self, filename: str) -> bytes:
        """The bytes of one file, equal to what was published or refused."""
        stated = self.card["files"][filename]
        try:
            content = (self.folder / filename).read_bytes()
        except OSError:
            raise self._damaged(filename, "is missing or cannot be opened") from None
        if len(content) != stated["bytes"]:
            raise self._damaged(
                filename, f"has {len(content):,} bytes instead of {stated['bytes']:,}"
            )
        if hashlib.sha256(content).hexdigest() != stated["sha256"]:
            raise self._damaged(filename, "was altered: its sha256 is not the card's")
        return content

    def json(self, filename: str):
        """A JSON file, unpacked where its name ends in .xz."""
        content = self.read(filename)
        return json.loads(lzma.decompress(content) if filename.endswith(".xz") else content)

    def _damaged(self, filename: str, what: str) -> CourseError:
        return CourseError(
            f"{self.folder / filename} {what}: restore it with `git checkout -- "
            f"data/{self.name}`, or copy the pack again; nothing else was touched."
        )
