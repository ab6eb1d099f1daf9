"""Which statements of a notebook an answer needs. Runs in the sandbox: parsing can be attacked too.

An answer cell runs whole. Of all other cells only what gives it a name runs, in the notebook's
order: an import, a helper, a constant. So a helper in a cell of one's own counts, and a loop that
never ends elsewhere costs nothing.
"""

import ast
import re
from collections.abc import Iterator, Sequence

MAGIC = re.compile(r"^(\s*)(?:%|!|\?|[\w.]+\?{1,2}\s*$).*", re.MULTILINE)


def parsed(source: str, name: str) -> ast.Module:
    """The syntax tree of a cell, without IPython's % and ! lines. Raises SyntaxError."""
    try:
        return ast.parse(source, name)
    except SyntaxError:
        return ast.parse(MAGIC.sub(r"\1pass", source), name)


def needed(others: Sequence[tuple[str, str]], answer: ast.AST) -> list[tuple[ast.stmt, str]]:
    """Statements of other cells that bind a name which the answer uses, with their cells' names.

    others: (source, name) of each cell; one that cannot be parsed is passed over.
    """
    known = [(step, name) for source, name in others for step in statements(source, name)]
    names, chosen = loaded(answer), set[int]()
    while True:
        more = {n for n, (step, _) in enumerate(known) if n not in chosen and binds(step) & names}
        if not more:
            return [known[n] for n in sorted(chosen)]
        chosen |= more
        names = names.union(*(loaded(known[n][0]) for n in more))


def statements(source: str, name: str) -> Iterator[ast.stmt]:
    """Those of one cell; an import of several names becomes several."""
    try:
        body = parsed(source, name).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for step in body:
        if isinstance(step, ast.Import | ast.ImportFrom):
            for alias in step.names:
                own = {**vars(step), "names": [alias]}
                yield type(step)(**own)
        elif not isinstance(step, ast.Expr):
            yield step


def binds(step: ast.stmt) -> set[str]:
    """The names that a statement gives; "*" of an import gives any."""
    if isinstance(step, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {step.name}
    found = {n.id for n in ast.walk(step) if isinstance(n, ast.Name) and stores(n)}
    for node in ast.walk(step):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
    return found


def stores(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def loaded(tree: ast.AST) -> set[str]:
    """The names that a piece of code reads, and the star, which any may come from."""
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} | {"*"}
