"""Words and symbols, read from `docs/glossary.md` and `docs/notation.md` and shown in a notebook.

A link to those pages would lead nowhere from a student's copy, since JupyterLab serves only the
folder of copies; so the entries themselves are shown, folded away.
"""

from IPython.display import display

from course_lib.core import paths
from course_lib.core.errors import CourseError, nearest


def read(name: str) -> str:
    """A page of the course's `docs` folder. Raises CourseError where there is none."""
    file = (paths.root() or paths.PACKAGE) / "docs" / name
    try:
        return file.read_text(encoding="utf-8")
    except OSError:
        raise CourseError(f"docs/{name} is in the course's folder, which is not here.") from None


def entries() -> dict[str, str]:
    """Term → what it means, in one line, in the page's order."""
    _, *parts = read("glossary.md").split("\n### ")
    found = {}
    for part in parts:
        term, _, meaning = part.partition("\n")
        found[term.strip()] = " ".join(meaning.split())
    return found


def rows() -> dict[str, str]:
    """Symbol, as it is written between dollars → its line of the table."""
    lines = [line for line in read("notation.md").split("\n") if line.startswith("| $")]
    return {line.split("|")[1].strip(): line for line in lines}


def fold(title: str, body: str) -> None:
    """Markdown behind a line that opens it."""
    page = f"<details>\n<summary><b>{title}</b></summary>\n\n{body}\n\n</details>"
    display({"text/markdown": page, "text/plain": title}, raw=True)


def words(terms: str = "") -> None:
    """Shows these entries of the glossary, "encoder, head, logit", or all.

    Raises CourseError for one that is missing.
    """
    known = entries()
    chosen = [term.strip() for term in terms.split(",")] if terms else list(known)
    for term in chosen:
        if term not in known:
            raise CourseError(f"The glossary has no {term!r}: {nearest(term, known)}")
    lines = [f"- **{term}**: {known[term]}" for term in sorted(chosen, key=str.lower)]
    fold("Words", "\n".join(lines))


def symbols(*wanted: str) -> None:
    """Shows these rows of the notation, or all: symbols("$x$", "$h = f(x)$")."""
    known = rows()
    for symbol in wanted:
        if symbol not in known:
            raise CourseError(f"The notation has no {symbol!r}: {nearest(symbol, known)}")
    head = "| symbol | meaning | in the code |\n| --- | --- | --- |\n"
    fold("Symbols", head + "\n".join(known[symbol] for symbol in wanted or tuple(known)))
