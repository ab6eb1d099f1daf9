"""Fingerprints change with the code that the arms reach, and with nothing else."""

from functools import partial

import pytest

from course_lib.claims import fingerprint as module
from course_lib.claims.fingerprint import fingerprint
from course_lib.core.errors import CourseError

FILES = {
    "core/__init__.py": "",
    "core/deep.py": (
        '"""Doc."""\nSCALE = 2\n\ndef scale(x):\n    """Doc."""\n    return SCALE * x\n'
    ),
    "nets/__init__.py": (
        "from course_lib.nets.small import small\nfrom course_lib.nets.big import big\n"
        'NETS = {"small": small, "big": big}\n\n'
        "def build(name):\n    return NETS[name]()\n\n"
        "def other():\n    return 1\n"
    ),
    "nets/small.py": (
        "from course_lib.core.deep import scale\n\ndef small():\n    return scale(1)\n"
    ),
    "nets/big.py": "def big():\n    return 100\n",
    "data/__init__.py": "",
    "data/fruit.py": "def load():\n    return 3\n",
    "claims/claim.py": "class Claim:\n    key = 1\n",
    "claims/shared.py": "from course_lib.claims.claim import Claim\n\ndef floor():\n    return 0\n",
    "claims/u01.py": (
        "from functools import cache\nfrom course_lib.nets import build\n"
        "from course_lib.claims.claim import Claim\nfrom course_lib.claims.shared import floor\n"
        "from course_lib.data import fruit\nSTEPS = 5\nUNUSED = 1\n"
        'WORDS = {"small": "a", "queue": "b"}\n\n'  # the key of an arm is also a registry's
        "@cache\ndef arm(name, seed) -> Claim:\n    print(WORDS, floor())\n"
        "    return helper(name) + fruit.load()\n\n"
        "def helper(name):\n    return STEPS * build(name)\n\n"
        "def unrelated():\n    return 3\n"
    ),
}


@pytest.fixture
def stamp(tmp_path, monkeypatch):
    """(file, old, new) → the fingerprint of `arm` in a small library with that one change."""
    library = tmp_path / "course_lib"
    monkeypatch.setattr(module, "PACKAGE", library)
    monkeypatch.setattr(module, "packs", lambda: [tmp_path / "data"])

    def build(file: str = "", old: str = "", new: str = "", uses: tuple = ("small",)) -> str:
        for name, text in FILES.items():
            path = library / name
            path.parent.mkdir(parents=True, exist_ok=True)
            assert name != file or old in text
            path.write_text(text.replace(old, new) if name == file else text)
        module.tree.cache_clear()
        module.imports.cache_clear()
        module.definitions.cache_clear()
        module.source.cache_clear()
        walk = module.Walk(uses)
        walk.by_name(library / "claims/u01.py", "arm")
        return "\n".join(sorted(walk.found))

    yield build
    module.source.cache_clear()  # which knows no PACKAGE


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("core/deep.py", "SCALE = 2", "SCALE = 3"),  # a module that a module imports
        ("core/deep.py", "return SCALE * x", "return SCALE + x"),
        ("nets/small.py", "scale(1)", "scale(2)"),
        ("nets/__init__.py", "NETS[name]()", "NETS[name]() + 1"),
        ("data/fruit.py", "return 3", "return 4"),
        ("claims/shared.py", "return 0", "return 1"),
        ("claims/u01.py", "STEPS = 5", "STEPS = 6"),  # a constant that a helper uses
        ("claims/u01.py", "helper(name) +", "helper(name) -"),
        ("claims/u01.py", '"queue": "b"', '"queue": "c"'),
        ("claims/u01.py", "@cache\n", ""),
    ],
)
def test_code_that_is_reached_counts(stamp, file, old, new):
    assert stamp(file, old, new) != stamp()


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("core/deep.py", '"""Doc."""', '"""Another text."""'),
        ("core/deep.py", '    """Doc."""\n', ""),
        ("core/deep.py", "SCALE = 2", "SCALE  =  (2)  # why"),
        ("core/deep.py", "SCALE * x", "(\n        SCALE\n        * x\n    )"),
        ("nets/__init__.py", "return 1", "return 2"),  # nobody calls `other`
        ("nets/__init__.py", ', "big": big', ', "big": big, "huge": big'),
        ("nets/big.py", "100", "200"),  # not among `uses`
        ("claims/u01.py", "return 3", "return 4"),  # another claim of the unit
        ("claims/u01.py", "UNUSED = 1", "UNUSED = 2"),
        ("claims/claim.py", "key = 1", "key = 2"),  # how claims are written down
    ],
)
def test_nothing_else_counts(stamp, file, old, new):
    assert stamp(file, old, new) == stamp()


def test_without_uses_the_whole_registry_counts(stamp):
    assert stamp("nets/big.py", "100", "200", uses=()) != stamp(uses=())


def test_packs_that_are_reached_count(stamp, tmp_path):
    pack = tmp_path / "data" / "fruit"
    pack.mkdir(parents=True)
    card = pack / "card.json"
    card.write_text('{"title": "Fruit", "files": {"a.xz": {"sha256": "1"}}}')
    before = stamp()
    card.write_text('{"title": "Pears", "files": {"a.xz": {"sha256": "1"}}}')
    assert stamp() == before
    card.write_text('{"title": "Pears", "files": {"a.xz": {"sha256": "2"}}}')
    assert stamp() != before


def test_arguments_metric_and_margin_count():
    from course_lib.evaluate import knn, report

    base = fingerprint([knn], extra=("accuracy", 0.1))
    assert base == fingerprint([knn], extra=("accuracy", 0.1))
    others = [
        fingerprint([knn], extra=("accuracy", 0.2)),
        fingerprint([knn], extra=("error", 0.1)),
        fingerprint([partial(knn, k=3)], extra=("accuracy", 0.1)),
        fingerprint([report], extra=("accuracy", 0.1)),
    ]
    assert len({base, *others}) == 5


def test_the_real_library_is_followed():
    from course_lib.evaluate import report

    walk = module.Walk(("scenes", "convnet"))
    walk.by_name(module.PACKAGE / "evaluate/report.py", "report")
    names = {entry.partition(" ")[0] for entry in walk.found}
    assert {"evaluate/linear.py", "nets/convnet.py", "data/scenes.py", "data/stamps.py"} <= names
    assert "nets/resnet.py" not in names
    assert not any(name.startswith(("claims", "cli", "data/clutter")) for name in names)
    assert len(fingerprint([report])) == 16


def test_what_cannot_be_read_is_refused():
    with pytest.raises(CourseError, match="must be a function at the top"):
        fingerprint([lambda: 1])
