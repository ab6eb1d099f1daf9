"""Blocks taken out of a net, or exchanged: what is left of its accuracy, as it was measured.

It draws what `results/figures/blocks.json` holds; nothing is computed anew. Arms are named "NET,
all blocks", "NET, without block K" or "NET, K exchanged".
"""

import html
from statistics import mean

import ipywidgets
from matplotlib.figure import Figure

from course_lib.claims import Record
from course_lib.claims.u01_paths import STAGES
from course_lib.core.errors import CourseError
from course_lib.nets.unravel import path_lengths
from course_lib.widgets import style
from course_lib.widgets.claim_table import stored

# net → (colour, marker)
NETS = {"residual": ("#0072B2", "o"), "plain": ("#D55E00", "s")}
BLOCKS = 16
MOVABLE = tuple(block for stage in STAGES for block in stage)
FILE = "blocks"
MISSING = (
    "The nets without blocks are not measured yet: `course claims run blocks` does it, in about "
    "twelve minutes."
)


def record() -> Record:
    """The stored figure. Raises CourseError, in one sentence, when it is not there or damaged."""
    if (found := stored(FILE, "figures")) is None:
        raise CourseError(MISSING)
    return found


def what(change: int | str) -> str:
    """A change, the number of a block or "4 exchanged", as the arms name it."""
    return f"without block {change}" if isinstance(change, int) else change


def changes(of: Record) -> list[int | str]:
    """Everything that was done to the nets: blocks by number, then numbers of exchanges."""
    moves = [arm.split(", ")[1] for arm in of.arms if arm.startswith("residual")]
    taken = [int(move.split()[-1]) for move in moves if move.startswith("without")]
    return [*taken, *(move for move in moves if move.endswith("exchanged"))]


def compute(tried: tuple[int | str, ...] = ()) -> dict:
    """What is seen once these changes were tried.

    Returns `tried`, `chance` (%), and for each net `whole` (%), a value a seed, and `left`: change
    → accuracies (%). Raises CourseError for a change that was not measured.
    """
    of, found = record(), {}
    known = changes(of)
    for change in tried:
        if change not in known:
            raise CourseError(f"It was not measured {what(change)}; blocks: {known}.")
    for net in NETS:
        left = {c: [100 * v for v in of.arms[f"{net}, {what(c)}"]] for c in tried}
        found[net] = {"whole": [100 * v for v in of.arms[f"{net}, all blocks"]], "left": left}
    return {"tried": tried, "nets": found, "chance": 100 * of.floors.get("chance", 1 / 10)}


def draw(arrays: dict) -> Figure:
    """Left, accuracy without one block; right, after exchanges; lines for the whole nets."""
    fig = style.figure(8.4, 2.9)
    left, right = fig.subplots(1, 2, width_ratios=[2.6, 1], sharey=True)
    for net, of in arrays["nets"].items():
        colour, marker = NETS[net]
        for change, values in of["left"].items():
            ax = left if isinstance(change, int) else right
            x = change if isinstance(change, int) else int(change.split()[0])
            ax.plot(x, mean(values), marker, color=colour, ms=9, alpha=0.6, mec="none")
            ax.plot([x] * len(values), values, ".", color=style.INK, ms=4)
        for ax in (left, right):
            ax.axhline(mean(of["whole"]), color=colour, lw=1.6)
        left.plot([], [], marker, color=colour, label=f"{net} (line: whole)")
    for ax in (left, right):
        ax.axhline(arrays["chance"], color=style.INK, ls="--", lw=1.2)
        ax.grid(axis="y", color=style.PALE)
    left.set_xticks(range(BLOCKS))
    left.set_xlim(-0.6, BLOCKS - 0.4)
    right.set_xscale("log", base=2)
    right.set_xlim(0.7, 11)
    right.set_xticks([1, 2, 4, 8], ["1", "2", "4", "8"])
    left.set_ylim(0, 100)
    style.label(left, "the block that is taken out", "accuracy (%); dashed: chance")
    style.label(right, "exchanges of two blocks", "")
    handles, names = left.get_legend_handles_labels()
    fig.legend(handles, names, loc="outside upper center", ncols=2, frameon=False)
    return fig


def news(arrays: dict) -> str:
    """One or two sentences about the change that was tried last."""
    whole = {net: mean(of["whole"]) for net, of in arrays["nets"].items()}
    if not arrays["tried"]:
        told = ", ".join(f"{net} {value:.1f} %" for net, value in whole.items())
        return f"All blocks in place: {told}."
    last = arrays["tried"][-1]
    told = ", ".join(
        f"{net} {mean(of['left'][last]):.1f} % ({mean(of['left'][last]) - whole[net]:+.1f} points)"
        for net, of in arrays["nets"].items()
    )
    many = "1 exchange of two blocks" if last == "1 exchanged" else f"{what(last)}"
    return f"{many[0].upper()}{many[1:].replace('exchanged', 'exchanges')}: {told}."


def alt(arrays: dict) -> str:
    """The picture in words."""
    parts = []
    for net, of in arrays["nets"].items():
        each = ", ".join(f"{what(c)} {mean(v):.1f}" for c, v in of["left"].items())
        parts.append(f"{net}: whole {mean(of['whole']):.1f}{', ' if each else ''}{each}")
    return f"Accuracy in % of two nets; chance {arrays['chance']:.1f}. {'; '.join(parts)}."


class Removal:
    """Buttons in the order of the net, and a picture that gathers what was tried."""

    def __init__(self):
        self.known = changes(record())
        self.tried: list[int | str] = []
        self.said, self.output = ipywidgets.HTML(), ipywidgets.Output()
        self.buttons = {change: self._button(change) for change in self.known}
        every = ipywidgets.Button(description="Show all")
        every.on_click(lambda _: self.add(*self.known))
        stages = [
            self._row(f"Stage {n}, take out", [self.buttons[b] for b in stage if b in self.buttons])
            for n, stage in enumerate(STAGES, 1)
        ]
        swaps = [b for change, b in self.buttons.items() if isinstance(change, str)]
        parts = [*stages, self._row("Exchange", swaps), every, self.said, self.output]
        self.widget = ipywidgets.VBox(parts)
        self.widget.add_class("course-blocks")

    def _button(self, change: int | str) -> ipywidgets.Button:
        text = f"block {change}" if isinstance(change, int) else f"{change.split()[0]} times two"
        layout = ipywidgets.Layout(width="104px")
        button = ipywidgets.Button(description=text, layout=layout, tooltip=what(change))
        button.on_click(lambda _: self.add(change))
        return button

    def _row(self, name: str, buttons: list) -> ipywidgets.Box:
        label = ipywidgets.Label(name, layout=ipywidgets.Layout(min_width="130px"))
        return ipywidgets.Box([label, *buttons], layout=ipywidgets.Layout(flex_flow="row wrap"))

    def add(self, *new: int | str) -> None:
        """A button was pressed: its change joins the picture, as the last that was tried."""
        self.tried = [*(c for c in self.tried if c not in new), *new]
        for change in new:
            self.buttons[change].icon = "check"
        self.redraw()

    def redraw(self, again: bool = True) -> None:
        """Draws what was tried. again: in place of the last picture."""
        arrays = compute(tuple(self.tried))
        self.said.value = (
            f'<div role="status" style="border-left:4px solid {style.RIGHT};padding:2px 10px;'
            f'margin:4px 0;line-height:1.45">{html.escape(news(arrays))}</div>'
        )
        with self.output:
            if again:
                self.output.clear_output(wait=True)
            style.show(draw(arrays), alt(arrays))

    def show(self) -> None:
        """Shows the controls and the whole nets."""
        style.present(self.widget, "Run this cell to take blocks out: the buttons appear here.")
        self.redraw(again=False)


def show() -> None:
    """Take blocks out or exchange them; one sentence where nothing was measured yet."""
    try:
        Removal().show()
    except CourseError as error:
        print(error)


def draw_paths(blocks: int = BLOCKS) -> Figure:
    """How many paths go through so many blocks: of the whole net, and with one block taken out."""
    fig = style.figure(6.4, 2.2)
    ax = fig.add_subplot()
    whole, less = path_lengths(blocks), path_lengths(blocks - 1)
    ax.bar(range(len(whole)), whole, color=style.PALE, ec=style.INK, lw=0.8, label="all blocks")
    ax.bar(range(len(less)), less, 0.5, color=NETS["residual"][0], label="one taken out")
    ax.set_xticks(range(0, blocks + 1, 2))
    style.label(ax, "blocks that a path goes through", "number of paths")
    ax.legend(frameon=False)
    return fig


def show_paths(blocks: int = BLOCKS) -> None:
    """The paths of a residual net by their length."""
    whole, less = path_lengths(blocks), path_lengths(blocks - 1)
    told = f"Of {sum(whole):,} paths through {blocks} blocks {sum(less):,} are left without one"
    length = sum(n * count for n, count in enumerate(whole)) / sum(whole)
    style.show(draw_paths(blocks), f"Paths by length, a bell around {length:g} blocks. {told}.")
    print(f"{told}; they go through {length:g} blocks on average.")
