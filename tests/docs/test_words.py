"""Glossary and notation hold what units use, and what they say agrees with the course."""

import ast
import re

import pytest

from course_lib.core import paths
from course_lib.widgets import glossary, journey, prerequisites

PAGES = {  # word of a page of the unit → entries that explain it
    "architectures": "AlexNet, VGG, ResNet, ResNeXt, RegNet, MobileNet, DeiT, transformer, "
    "vision transformer (ViT), squeeze-and-excitation (SE), gather-excite (GE)",
    "parts": "convolution, grouped convolution, depthwise separable convolution, pooling, stride, "
    "ReLU, dropout, local response normalisation (LRN), BatchNorm, LayerNorm, block, branch, path, "
    "residual connection, zero-init of the last gamma, gate, stage, bottleneck, cardinality",
    "tokens": "patch, token, class token (CLS), attention, position embedding, pre-norm, MLP, "
    "query, key, value",
    "measures": "receptive field, jump, parameter, multiply-add, FLOP, degradation, plain net, "
    "ensemble view, expected calibration error (ECE), reliability diagram, confidence",
    "training": "label smoothing, overconfidence, regulariser, weight decay, fine-tuning, "
    "layer-wise learning-rate decay, log-sum-exp, entropy, mutual information",
    "data": "data card, long tail, multi-label, one-hot, leak, ImageNet, clutter, scenes",
}
SYMBOLS = (
    r"$\mathrm{LSE}(z)$", "$y'$", r"$\varepsilon$", "$F(x)$", "$g$", "$r$, $j$", "$n$",
    "$Q$, $K$, $V$", "$d_h$", r"$H(p)$, $H(p, q)$", r"$D(p \,\Vert\, q)$", "$I(X; Y)$",
    r"$U$, $S$, $V^\top$", r"$\gamma$, $\beta$", r"$\theta_0$", r"$\eta$",
)  # fmt: skip

GREEK = r"\\(?:alpha|gamma|beta|lambda|eta|theta|rho|varepsilon|sigma|Sigma|mu|ell)\b"
SHEETS = sorted((paths.root() / "docs" / "cheatsheets").glob("*.md"))
LECTURES = sorted((paths.root() / "lectures").glob("*.py"))


@pytest.mark.parametrize("part", PAGES)
def test_the_words_of_unit_1_are_explained(part, monkeypatch):
    shown = []
    monkeypatch.setattr(glossary, "display", lambda what, **_: shown.append(what["text/markdown"]))
    glossary.words(PAGES[part])
    assert shown[0].count("- **") == len(PAGES[part].split(", "))


def test_the_symbols_of_unit_1_are_explained():
    assert set(SYMBOLS) <= set(glossary.rows())


def test_units_and_bridges_that_are_named_exist():
    text = " ".join(glossary.entries().values())
    units = {int(number) for number in re.findall(r"\bunits? (\d+)", text)}
    bridges = {int(number) for number in re.findall(r"\bbridge (\d+)", text)}
    assert units <= set(journey.UNITS)
    assert bridges == set(prerequisites.BRIDGES)


def letters(text):
    """The single letters, Latin and Greek, of the formulas in a text."""
    found = set()
    for formula in re.findall(r"\$([^$]+)\$", text):
        formula = re.sub(r"\\(?:text|mathrm)\{[^}]*\}", " ", formula)
        found |= set(re.findall(GREEK, formula))
        found |= set(re.findall(r"[a-zA-Z]", re.sub(r"\\[a-zA-Z]+", " ", formula)))
    return found


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.stem)
def test_every_letter_of_a_cheat_sheet_is_in_the_notation(sheet):
    known = letters(" ".join(glossary.rows().values()))
    found = letters(sheet.read_text(encoding="utf-8"))
    assert len(found) > 25
    assert found - known == set()


def asked(source):
    """What a lecture's calls of glossary.words ask for."""
    cells = ast.walk(ast.parse(source.read_text(encoding="utf-8")))
    calls = [node for node in cells if isinstance(node, ast.Call)]
    words = [call for call in calls if ast.unparse(call.func) == "glossary.words"]
    return [term.strip() for call in words for term in call.args[0].value.split(",")]


@pytest.mark.parametrize("lecture", LECTURES, ids=lambda lecture: lecture.stem)
def test_the_words_that_a_lecture_shows_are_explained(lecture):
    assert set(asked(lecture)) <= set(glossary.entries())
    assert len(asked(lecture)) == len(set(asked(lecture)))
