"""Glossary and notation hold what unit 1 uses, and what they say agrees with the course."""

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

GREEK = r"\\(?:gamma|beta|lambda|eta|theta|rho|varepsilon|sigma|mu|ell)\b"


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


def test_every_letter_of_a_cheat_sheet_is_in_the_notation():
    known = letters(" ".join(glossary.rows().values()))
    sheet = (paths.root() / "docs" / "cheatsheets" / "01.md").read_text(encoding="utf-8")
    assert len(letters(sheet)) > 25
    assert letters(sheet) - known == set()
