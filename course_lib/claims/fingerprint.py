"""Fingerprints: does a stored result still belong to the code that is here?

A fingerprint hashes syntax trees, so that comments, docstrings and formatting do not matter, of all
code inside course_lib that the arms can reach: in the arms' own file, and in a package's
`__init__`, only the definitions that are used; any other file whole, with all that it imports. A
registry (a dict literal in a package's `__init__`, such as METHODS) counts only with the entries
named in `uses`, so that a new method does not make every older claim stale; a dict of the arms' own
file counts whole, whatever its keys are called. The data packs that are reached count too.
"""

import ast
import hashlib
import inspect
import json
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path

from course_lib.core.errors import CourseError
from course_lib.core.paths import PACKAGE, packs

Node = ast.AST
Definitions = dict[str, Node]


def fingerprint(functions: Sequence[Callable], uses: Sequence[str] = (), extra: object = ()) -> str:
    """A hash of what `functions` reach and of `extra` (metric and margin), 16 hexadecimal digits.

    functions: defined at the top of their files, or functools.partial of such. uses: the keys of
    registries that they use; empty for all. Raises CourseError for a lambda or a nested function.
    """
    walk = Walk(tuple(sorted(uses)))
    settings = []
    for function in functions:
        while isinstance(function, partial):
            settings.append(repr((function.args, sorted(function.keywords.items()))))
            function = function.func
        function = inspect.unwrap(function)
        name, file = function.__qualname__, inspect.getsourcefile(function)
        if "<" in name or file is None:
            raise CourseError(
                f"{name} must be a function at the top of its file (or a functools.partial of "
                "one), so that what it depends on can be read from its source."
            )
        walk.by_name(Path(file).resolve(), name.partition(".")[0])
    parts = [*sorted(walk.found), *settings, repr(extra)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


class Walk:
    """Collects hashes of everything reachable, each file or definition once."""

    def __init__(self, uses: tuple[str, ...]):
        self.uses, self.found, self.seen = uses, set[str](), set[tuple[Path, str]]()

    def by_name(self, file: Path, name: str) -> None:
        """One definition of a file and what it refers to there."""
        if (file, name) in self.seen:
            return
        self.seen.add((file, name))
        node = definitions(file).get(name)
        if node is None:
            return
        if isinstance(node, ast.Import | ast.ImportFrom):
            self.imported(node, only=name)
            return
        if file.name == "__init__.py":
            node = self.narrowed(node)
        self.add(f"{label(file)}:{name}", node)
        for part in ast.walk(node):
            if isinstance(part, ast.Name):
                self.by_name(file, part.id)
            elif isinstance(part, ast.Import | ast.ImportFrom):
                self.imported(part)

    def whole(self, file: Path) -> None:
        """All of a file, and all that it imports; not how a claim is written down and run."""
        if (file, "") in self.seen or label(file) == "claims/claim.py":
            return
        self.seen.add((file, ""))
        self.add(label(file), tree(file))
        if file.parent == PACKAGE / "data":
            self.found.add(f"pack {file.stem} {pack_digest(file.stem)}")
        for node in imports(file):
            self.imported(node)

    def imported(self, node: ast.Import | ast.ImportFrom, only: str = "") -> None:
        """What an import inside course_lib brings; `only` the name that is used, if one is."""
        for alias in node.names:
            if only and only not in (alias.asname, alias.name, alias.name.partition(".")[0]):
                continue
            if isinstance(node, ast.Import):
                self.module(alias.name)
            elif node.module and not self.module(f"{node.module}.{alias.name}"):
                file = source(node.module)
                if file and file.name == "__init__.py":
                    self.by_name(file, alias.name)
                elif file:
                    self.whole(file)

    def module(self, name: str) -> bool:
        """Follows a module of course_lib; False where there is none of that name."""
        file = source(name)
        if file:
            self.whole(file)
        return file is not None

    def narrowed(self, node: Node) -> Node:
        """A registry with only the entries in use; anything else as it is."""
        value = getattr(node, "value", None)
        if not isinstance(node, ast.Assign | ast.AnnAssign) or not isinstance(value, ast.Dict):
            return node
        entries = [
            (key, entry)
            for key, entry in zip(value.keys, value.values, strict=True)
            if isinstance(key, ast.Constant) and key.value in self.uses
        ]
        return ast.Dict([k for k, _ in entries], [v for _, v in entries]) if entries else node

    def add(self, name: str, node: Node) -> None:
        self.found.add(f"{name} {digest(name, node)}")


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


@cache
def imports(file: Path) -> list[ast.Import | ast.ImportFrom]:
    """Every import of a file, those inside functions too."""
    return [n for n in ast.walk(tree(file)) if isinstance(n, ast.Import | ast.ImportFrom)]


@cache
def digest(name: str, node: Node) -> str:
    return hashlib.sha256(f"{name} {' '.join(flat(node))}".encode()).hexdigest()


@cache
def definitions(file: Path) -> Definitions:
    """Name → the statement at the top of a file that defines or imports it."""
    found: Definitions = {}
    for node in tree(file).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for part in (part for target in targets for part in ast.walk(target)):
                if isinstance(part, ast.Name):
                    found[part.id] = node
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                found[alias.asname or alias.name.partition(".")[0]] = node
    return found


def flat(node: object) -> Iterator[str]:
    """A syntax tree as words, the same for every Python version, without text that does nothing."""
    if isinstance(node, list):
        kept = [part for part in node if not bare_text(part)]
        yield "["
        for part in kept:
            yield from flat(part)
        yield "]"
    elif isinstance(node, ast.AST):
        yield type(node).__name__
        for name, value in ast.iter_fields(node):
            if value is not None and value != []:  # later versions add fields that are empty
                yield name
                yield from flat(value)
    else:
        yield repr(node)


def bare_text(node: object) -> bool:
    """A docstring, or any string that stands alone."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


@cache
def source(name: str) -> Path | None:
    """The file of a module of course_lib, by its dotted name."""
    first, *rest = name.split(".")
    if first != PACKAGE.name:
        return None
    place = PACKAGE.joinpath(*rest)
    for file in (place.with_suffix(".py"), place / "__init__.py"):
        if file.is_file():
            return file
    return None


def label(file: Path) -> str:
    """A file's name that is the same on every machine."""
    return file.relative_to(PACKAGE).as_posix() if file.is_relative_to(PACKAGE) else file.name


def pack_digest(name: str) -> str:
    """A hash of the checksums that a pack's card states; "" where there is no pack of that name."""
    for folder in packs():
        card = folder / name / "card.json"
        if card.is_file():
            files = json.loads(card.read_text(encoding="utf-8"))["files"]
            return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
    return ""
