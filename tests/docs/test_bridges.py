"""The bridges: their code prints what the pages show, and each number in the text is recomputed."""

import contextlib
import functools
import importlib.util
import io
import math
import re

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib import nets
from course_lib.core import paths
from course_lib.core.errors import CourseError
from course_lib.core.health import effective_rank
from course_lib.evaluate.baselines import PCA
from course_lib.widgets import prerequisites

FOLDER = paths.root() / "docs" / "bridges"
PAGES = sorted(file.stem for file in FOLDER.glob("[0-9]*.md"))
BLOCK = re.compile(r"^```(python|text)\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
PARTS = ["Why you need it", "The idea", "The formula", "In code", "Picture", "Check yourself",
         "Where it is used", "Read on"]  # fmt: skip
everywhere = pytest.mark.parametrize("page", PAGES)

# What a page states in its text → what must give it, in the names that its code has defined.
STATED = {
    "1_softmax_and_pytorch": {
        "7.389": "z[0, 0].exp()",
        "2.718": "z[0, 1].exp()",
        "11.107": "z[0].exp().sum()",
        "0.665": "p[0, 0]",
        "0.245": "p[0, 1]",
        "0.090": "p[0, 2]",
        "0.408": "F.cross_entropy(z[:1], torch.tensor([0]))",
        "2.408": "F.cross_entropy(z[:1], torch.tensor([2]))",
        "89": "next(n for n in range(999) if torch.tensor(float(n)).exp().isinf())",
        "12": "next(n for n in range(99) if torch.tensor(float(n)).exp() > 65504)",
        "65504": "torch.finfo(torch.float16).max",
        "3.4": "torch.finfo(torch.float32).max / 10**38",
        "38": "math.floor(math.log10(torch.finfo(torch.float32).max))",
        "0.01": "1 / 100",
        "0.693": "F.cross_entropy(torch.zeros(1, 2), torch.tensor([0]))",
        "-0.25": "-0.5 * first()[0]",
        "0.125": "-0.5 * first()[1]",
        "(0.5, -0.25)": "tuple(first().tolist())",
        "1.368": "1 + math.exp(-1)",
        "0.313": "F.cross_entropy(torch.tensor([[1000.0, 999.0]]), torch.tensor([0]))",
        "7.303": "torch.full((10,), 5.0).logsumexp(0)",
        "2.303": "F.cross_entropy(torch.full((1, 10), 5.0), torch.tensor([0]))",
        "0.551": "F.cross_entropy(torch.eye(3)[:1], torch.tensor([0]))",
        "0.797": "F.cross_entropy(z[:1].softmax(dim=1), torch.tensor([0]))",
    },
    "2_entropy_and_information": {
        "1.443": "1 / math.log(2)",
        "0.693": "-p[0].log()",
        "1.386": "-p[1].log()",
        "1.040": "entropy",
        "1.099": "-q[0].log()",
        "0.059": "cross - entropy",
        "0.325": "-(0.9 * math.log(0.9) + 0.1 * math.log(0.1))",
        "0.368": "information(joint)",
        "0.611": "-(0.7 * math.log(0.7) + 0.3 * math.log(0.3))",
        "0.057": "(q * (q / p).log()).sum()",
        "0.91": "smooth()[0]",
        "0.01": "smooth()[1]",
        "floor: 0.500": "-(smooth() * smooth().log()).sum()",
        "0.050": "0.55 + (smooth() * smooth().log()).sum()",
        "4.511": "math.log(smooth()[0] / smooth()[1])",
        "91": "smooth()[0] / smooth()[1]",
        "255": "256 - 1",
        "3.545": "math.log(256) - 2",
        "5.545": "math.log(256)",
    },
    "3_svd_and_pca": {
        "2.828": "U[0, 0].abs() * s[0]",
        "1.414": "U[2, 1].abs() * s[1]",
        "80": "100 * variances[0] / variances.sum()",
        "2.5": "X.var(dim=0, correction=0)[0]",
        "16": "(2 * s[0]) ** 2 / 4",
    },
    "4_attention": {
        "1.414": "2 / math.sqrt(2)",
        "4.113": "math.exp(2 / math.sqrt(2))",
        "0.446": "weight[0, 0]",
        "0.108": "weight[0, 1]",
        "20": "(weight @ value)[0, 0]",
        "2981": "math.exp(math.sqrt(64))",
        "2.718": "math.exp(math.sqrt(64) / math.sqrt(64))",
        "64": "(40 // 5) ** 2",
        "196": "(224 // 16) ** 2",
        "197": "(224 // 16) ** 2 + 1",
        "38,809": "((224 // 16) ** 2 + 1) ** 2",
        "16": "((448 // 16) / (224 // 16)) ** 4",
        "196,608": "4 * 128**2 + 8 * 128**2",
        "1.18": "6 * (4 * 128**2 + 8 * 128**2) / 1e6",
        "0.25": "tokens()[2, 0]",
        "0.40": "tokens()[0, 2]",
        "0.1": "1 / 10",
        "(0.446, 0.108, 0.446)": "weight[0]",
        "(0.500, 0.000, 0.500)": "(10 * query @ key.T / 2**0.5).softmax(dim=-1)[0]",
    },
}
GIVEN = {  # numbers that a page begins with
    "1_softmax_and_pytorch": "100 1000 999 10 0.01 0.5 0.07",
    "2_entropy_and_information": "256 10 0.1 0.55 2.0 0.7 70",
    "3_svd_and_pca": "1,600 64 128 90",
    "4_attention": "10 20 30 40 224 16 128 64",
}


@functools.cache
def text(page):
    return (FOLDER / f"{page}.md").read_text(encoding="utf-8")


@functools.cache
def ran(page):
    """The page's code run from top to bottom → its names, and (printed, shown) of each block."""
    names, outputs, printed = {"__name__": page}, [], ""
    for kind, body in BLOCK.findall(text(page)):
        if kind == "text":
            outputs.append((printed, body))
            continue
        shown = io.StringIO()
        with contextlib.redirect_stdout(shown):
            exec(compile(body, page, "exec"), names)
        printed = shown.getvalue()
    return names, outputs


def first():
    """Bridge 1: the gradient of class 0's weights before the first step."""
    names, _ = ran("1_softmax_and_pytorch")
    w = torch.zeros(2, 2, requires_grad=True)
    torch.nn.functional.cross_entropy(names["x"] @ w.T, names["label"]).backward()
    return w.grad[0]


def smooth():
    """Bridge 2: the smoothed target of the first of ten classes."""
    return 0.9 * torch.eye(10, dtype=torch.float64)[0] + 0.1 / 10


def tokens():
    """Bridge 4: weights where each token's key is its query."""
    names, _ = ran("4_attention")
    return (names["key"] @ names["key"].T / 2**0.5).softmax(dim=-1)


def value(page, expression):
    helpers = {"math": math, "torch": torch, "first": first, "smooth": smooth, "tokens": tokens}
    return eval(expression, ran(page)[0] | helpers)


def same(stated, found):
    """Whether a number, or several in brackets, is what was found, to the digits that it has."""
    wanted = re.findall(r"-?\d[\d,]*(?:\.\d+)?", stated)
    found = np.asarray(found, dtype=float).reshape(-1)
    digits = [len(number.partition(".")[2]) for number in wanted]
    shown = [f"{v:.{d}f}" for v, d in zip(found, digits, strict=True)]
    return shown == [number.replace(",", "") for number in wanted]


def prose(page):
    """The page without code, headings, the source at its end, names of units and of files."""
    body = BLOCK.sub("", text(page)).partition("## Read on")[0]
    body = re.sub(r"(?m)^#.*$|^\*\d+ minutes.*$", "", body)
    body = re.sub(r"\]\([^)]*\)|<code>.*?</code>|`[^`]*`", "", body)
    body = re.sub(r"(?i)\bunits? \d+(?: and \d+)?|\bbridge \d|\b(?:19|20)\d\d\b|<b>\d\.", "", body)
    return re.sub(r"\\tfrac\d\d|\\sqrt\d", "", body)


def numbers(body):
    """Every number with a decimal point, and every whole one from 10 on."""
    found = re.findall(r"(?<![\w.])\d[\d,]*(?:\.\d+)?", body)
    found = {number.rstrip(",") for number in found}
    return {n for n in found if "." in n or int(n.replace(",", "")) >= 10}


def test_there_are_four_and_all_are_tested():
    assert PAGES == list(STATED) == list(GIVEN)
    listed = re.findall(r"\]\((\d\w+)\.md\)", (FOLDER / "README.md").read_text(encoding="utf-8"))
    assert listed == PAGES


@everywhere
def test_code_prints_what_the_page_shows(page):
    _, outputs = ran(page)
    assert len(outputs) >= 3
    for printed, shown in outputs:
        assert printed == shown


@everywhere
def test_each_stated_number_is_what_the_code_gives(page):
    wrong = {
        stated: value(page, expression)
        for stated, expression in STATED[page].items()
        if stated not in text(page).replace("**", "")
        and stated.partition(": ")[2] not in text(page)
        or not same(stated.partition(": ")[2] or stated, value(page, expression))
    }
    assert wrong == {}


@everywhere
def test_no_number_stands_there_unexplained(page):
    blocks = BLOCK.findall(text(page))
    known = numbers(" ".join([*STATED[page], GIVEN[page], *(body for _, body in blocks)]))
    assert numbers(prose(page)) - known == set()


def test_a_wrong_number_would_be_noticed():
    assert same("38,809", 38809.2) and same("(0.50, -0.25)", [0.5, -0.251])
    assert not same("0.693", math.log(2) + 1e-3) and not same("2981", 2980.4)
    assert numbers("unit 0.693, or 38,809, 7 of 12") == {"0.693", "38,809", "12"}


@everywhere
def test_a_page_has_its_parts_and_is_read_in_a_quarter_of_an_hour(page):
    assert re.findall(r"^## (.*)$", text(page), re.MULTILINE) == PARTS
    questions = text(page).count("<summary><b>")
    assert 2 <= questions <= 3 and text(page).count("</details>") == questions
    words = len(BLOCK.sub("", text(page)).split())
    assert 700 <= words <= 1600
    assert re.search(r"## Read on\n\n.*\((?:19|20)\d\d\)", text(page))


@everywhere
def test_every_picture_has_words_and_is_the_one_that_is_drawn(page):
    spec = importlib.util.spec_from_file_location("pictures", FOLDER / "pictures.py")
    pictures = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pictures)
    found = re.findall(r"!\[([^\]]+)\]\(pictures/(\w+)\.png\)", text(page))
    assert len(found) == 1
    for alt, name in found:
        file = FOLDER / "pictures" / f"{name}.png"
        assert len(alt) > 60 and file.stat().st_size < 20_000
        drawn = Image.open(io.BytesIO(pictures.png(pictures.PICTURES[name]())))
        stored, drawn = (np.asarray(i.convert("L"), dtype=float) for i in (Image.open(file), drawn))
        assert stored.shape == drawn.shape and np.abs(stored - drawn).mean() < 3


def test_the_library_agrees_with_bridge_3():
    names, _ = ran("3_svd_and_pca")
    images = names["images"].to(torch.uint8).reshape(4, 1, 1, 2)
    pca = PCA(images, dim=1)
    assert torch.allclose(pca.variances * 255**2, names["variances"], atol=1e-4)
    back = pca.decode(pca(images / 255)) * 255
    assert torch.allclose(back, names["back"], atol=1e-3)
    assert effective_rank(names["images"]) == pytest.approx(names["effective_rank"](names["s"]))


@everywhere
def test_a_notebook_shows_the_page_whole(page, monkeypatch):
    shown = []
    monkeypatch.setattr(prerequisites, "display", lambda what, **_: shown.append(what))
    prerequisites.bridge(int(page[0]))
    before, picture, after = shown
    words = before["text/markdown"], after["text/markdown"]
    assert words[0].startswith(f"# {page[0]}. ") and words[1].rstrip().endswith(text(page)[-40:-1])
    assert picture.data[:4] == b"\x89PNG" and len(picture.alt) > 60
    assert not re.search(r"\]\([\w/]+\.\w+\)", "".join(words))  # files lie out of its reach
    assert len("".join(words)) > 0.9 * len(text(page))


def test_a_bridge_that_is_not_there_is_said():
    with pytest.raises(CourseError, match="no bridge 5. There are: 1 softmax and pytorch;"):
        prerequisites.bridge(5)


def test_questions_name_the_bridge_that_names_them():
    assert list(prerequisites.BRIDGES.values()) == PAGES
    table = re.findall(r"^\| \[(\d)\. .*?\) \| (.*?) \|", readme(), re.MULTILINE)
    for question in prerequisites.QUESTIONS:
        named = re.findall(r"`prerequisites\.bridge\((\d)\)`", question.why)
        assert named == [number for number, topics in table if question.topic in topics]


@pytest.mark.slow
def test_the_blocks_of_bridge_4_are_nearly_all_of_the_small_vit():
    weights = sum(p.numel() for p in nets.vit().parameters())
    assert 0.97 < 6 * (4 * 128**2 + 8 * 128**2) / weights < 1


def readme():
    return (FOLDER / "README.md").read_text(encoding="utf-8")
