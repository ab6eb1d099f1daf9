"""The game around blind neighbours: guesses, the verdict, the score. Buttons and a slider, so that
Tab, arrow keys and Enter are all one needs."""

import html

import ipywidgets

from course_lib.widgets import neighbours, style
from course_lib.widgets.choice import Choice


class Game:
    """One student's guesses. `score` is (rows guessed right, rows guessed) over all queries."""

    def __init__(self, query: int = 0, **options):
        self.options = options
        self.queries = options.get("queries", neighbours.QUERIES)
        self.score = [0, 0]
        self.done: set[int] = set()
        first = neighbours.compute(query, **options)
        self.names = sorted((row["encoder"] for row in first["rows"]), key=list(style.NAMES).index)
        self.query = ipywidgets.IntSlider(
            value=query,
            min=0,
            max=min(self.queries, 50) - 1,
            description="Query",
            continuous_update=False,
        )
        words = {style.NAMES[name]: name for name in self.names}
        letters = neighbours.LETTERS[: len(self.names)]
        self.guesses = [Choice(f"{letter} is", words) for letter in letters]
        self.button = ipywidgets.Button(description="Reveal")
        self.verdict = ipywidgets.HTML()
        self.output = ipywidgets.Output()
        rows = [guess.widget for guess in self.guesses]
        self.widget = ipywidgets.VBox([self.query, *rows, self.button, self.verdict, self.output])
        self.widget.add_class("course-neighbours")
        self.query.observe(self.ask, "value")
        self.button.on_click(self.reveal)

    def ask(self, _=None) -> None:
        """A new query: rows in their new order, guesses empty, nothing revealed."""
        for guess in self.guesses:
            guess.value = None
        self.verdict.value = ""
        self.redraw(revealed=False)

    def redraw(self, revealed: bool, again: bool = True) -> None:
        """Draws the picture of the present query. again: in place of the one before."""
        with self.output:
            if again:
                self.output.clear_output(wait=True)
            arrays = neighbours.compute(self.query.value, revealed=revealed, **self.options)
            style.show(neighbours.draw(arrays), neighbours.alt(arrays))

    def reveal(self, _=None) -> None:
        """Says which row is which and how good the guesses were; asks for them first."""
        guesses = [guess.value for guess in self.guesses]
        if None in guesses:
            self.say("Guess every row first, then reveal.", style.INK)
            return
        truth = neighbours.order(self.found(), self.query.value)
        right = sum(guess == name for guess, name in zip(guesses, truth, strict=True))
        if self.query.value not in self.done:  # a second try knows the answer: not counted
            self.done.add(self.query.value)
            self.score = [self.score[0] + right, self.score[1] + len(truth)]
        self.redraw(revealed=True)
        answer = ", ".join(
            f"{letter} is the {style.NAMES[name]}".replace("the raw", "raw")
            for letter, name in zip(neighbours.LETTERS, truth, strict=False)
        )
        self.say(
            f"{right} of {len(truth)} right: {answer}. So far {self.score[0]} of "
            f"{self.score[1]} rows, over {len(self.done)} "
            f"{'query' if len(self.done) == 1 else 'queries'}.",
            style.RIGHT if right == len(truth) else style.WRONG,
        )

    def found(self) -> list[str]:
        """The encoders in the order in which they were searched, which the shuffle starts from."""
        bank = self.options.get("bank", neighbours.BANK)
        wanted = self.options.get("wanted", neighbours.START)
        return list(neighbours.searched(bank, self.queries, wanted)["nearest"])

    def say(self, text: str, colour: str) -> None:
        """One line below the buttons; read aloud by screen readers."""
        self.verdict.value = (
            f'<div role="status" style="border-left:4px solid {colour};padding:2px 10px;'
            f'margin:4px 0;line-height:1.45"><b>{html.escape(text)}</b></div>'
        )

    def show(self) -> None:
        """Shows the controls and the first picture."""
        style.present(self.widget, "Run this cell to guess: the controls appear here.")
        self.redraw(revealed=False, again=False)
