"""What the course builds on: ten quick questions, and the pages for who misses one.

Each answer is explained where it is asked, and names the page of `docs/bridges` that says more.
"""

import re

from IPython.display import Image, display

from course_lib.core import paths
from course_lib.core.errors import CourseError
from course_lib.widgets import glossary
from course_lib.widgets.quiz import Question

BRIDGES = {
    1: "1_softmax_and_pytorch",
    2: "2_entropy_and_information",
    3: "3_svd_and_pca",
    4: "4_attention",
}

QUESTIONS = (
    Question(
        "broadcasting",
        "`a` has shape (32, 1, 64) and `b` has shape (10, 64). What is the shape of `a + b`?",
        ("(32, 10, 64)", "(32, 1, 64)", "an error"),
        "(32, 10, 64)",
        "Shapes are lined up from the right: 64 with 64, 1 with 10, 32 with nothing. A length of 1 "
        "or a missing axis is stretched to match; any other difference is an error. "
        "More: `prerequisites.bridge(1)`.",
    ),
    Question(
        "cosine similarity",
        "What is the cosine similarity of the vectors (3, 4) and (6, 8)?",
        ("0.5", "1", "2"),
        "1",
        "The cosine is the dot product divided by both lengths: 50 / (5 · 10) = 1. It sees the "
        "direction of a vector and not its length, and these two point the same way. "
        "More: `prerequisites.bridge(3)`.",
    ),
    Question(
        "matrix products",
        "The 100 rows of `Z` are vectors of length 1. What does `Z @ Z.T` hold?",
        ("one number per row", "cosines of all pairs", "the mean of the rows"),
        "cosines of all pairs",
        "Entry (i, j) is the dot product of rows i and j, which for vectors of length 1 is their "
        "cosine. The result is 100 × 100 with ones on its diagonal. Contrastive learning starts "
        "from this table. "
        "More: `prerequisites.bridge(4)`.",
    ),
    Question(
        "softmax",
        "You add 100 to every logit. What happens to the softmax?",
        ("it stays the same", "it gets flatter", "it gets sharper"),
        "it stays the same",
        "Numerator and denominator are both multiplied by e to the 100, which cancels. Dividing "
        "the logits by a number, a temperature, does change it: above 1 it gets flatter, below 1 "
        "sharper. "
        "More: `prerequisites.bridge(1)`.",
    ),
    Question(
        "cross-entropy",
        "A net gives each of 4 classes the probability 1/4. What is its cross-entropy loss?",
        ("log 4", "1/4", "4"),
        "log 4",
        "The loss is minus the logarithm of the probability given to the right class: "
        "-log(1/4) = log 4. A loss that stays at the logarithm of the number of classes means "
        "that nothing was learnt yet. "
        "More: `prerequisites.bridge(2)`.",
    ),
    Question(
        "gradient steps",
        "The loss is (3w - 6)², and w is 1. Where does one gradient step of size 0.1 lead?",
        ("w = 2.8", "w = -0.8", "w = 1.3"),
        "w = 2.8",
        "The derivative is 2 · (3w - 6) · 3, which is -18 at w = 1. One steps against it: "
        "1 - 0.1 · (-18) = 2.8. The best w is 2, so this step went a little too far. "
        "More: `prerequisites.bridge(1)`.",
    ),
    Question(
        "stopping gradients",
        "`loss = ((p - z.detach()) ** 2).mean()`. Which of the two receives a gradient?",
        ("p only", "z only", "both"),
        "p only",
        "`detach` gives the same numbers and cuts the path back to what they were computed from, "
        "so z acts as a constant. Several methods of this course collapse without that cut. "
        "More: `prerequisites.bridge(1)`.",
    ),
    Question(
        "convolution",
        "A 3 × 3 convolution with stride 2, padding 1 and 16 output channels meets an image of "
        "shape (3, 40, 40). What comes out?",
        ("(16, 20, 20)", "(16, 38, 38)", "(48, 20, 20)"),
        "(16, 20, 20)",
        "A side becomes floor((40 + 2 · 1 - 3) / 2) + 1 = 20. Each output channel sums over all "
        "input channels, so their number is 16 whatever the input had.",
    ),
    Question(
        "splits of the data",
        "You compare 20 learning rates. On which split do you choose the best?",
        ("train", "val", "test"),
        "val",
        "Choosing is a kind of fitting: the winner is partly lucky on the split that chose it. "
        "Choose on val, then report once on test, which took part in nothing.",
    ),
    Question(
        "chance",
        "Ten equally likely classes, 100 test images, 12 are named rightly. Is that better than "
        "guessing?",
        ("yes, 12 is more than 10", "one cannot tell", "no, it is worse"),
        "one cannot tell",
        "Guessing gives 10 on average, with a standard deviation of √(100 · 0.1 · 0.9) = 3. "
        "Twelve is well within that. This is why every table here shows chance, and several seeds.",
    ),
)


def bridge(number: int) -> None:
    """Shows a page of `docs/bridges` with its pictures, here in the notebook.

    Raises CourseError for a number that has no page, and where the course's folder is not here.
    """
    if number not in BRIDGES:
        titles = "; ".join(f"{n} {name[2:].replace('_', ' ')}" for n, name in BRIDGES.items())
        raise CourseError(f"There is no bridge {number!r}. There are: {titles}.")
    page = glossary.read(f"bridges/{BRIDGES[number]}.md")
    page = re.sub(r"\[([^]]+)\]\((\d)_\w+\.md\)", r"`prerequisites.bridge(\2)`", page)
    text, *rest = re.split(r"^!\[([^]]+)\]\((\S+)\)$", page, flags=re.MULTILINE)
    show_text(text)
    for alt, name, text in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        file = (paths.root() or paths.PACKAGE) / "docs" / "bridges" / name
        display(Image(filename=str(file), alt=alt))
        show_text(text)


def show_text(text: str) -> None:
    """Markdown as a cell's output."""
    display({"text/markdown": text, "text/plain": text}, raw=True)
