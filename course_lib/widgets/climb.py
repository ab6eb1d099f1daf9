"""The controls of the readout ladder: two rows of buttons, so that Tab and Enter are all one
needs."""

import html

import ipywidgets

from course_lib.widgets import ladder, style
from course_lib.widgets.choice import Choice


class Climb:
    """Where on the ladder one stands. `before` is the setting that was left last."""

    def __init__(self, readout: str = "linear", labels: str = "all"):
        self.before: ladder.Setting = ("knn", labels)
        self.setting: ladder.Setting = (readout, labels)
        ladder.compute(readout, labels)  # raises before anything is shown, if there is nothing
        readouts = {name: key for key, name in ladder.READOUTS.items()}
        counts = {labels: labels for labels in ladder.LABELS}
        self.readout = Choice("Read out by", readouts, readout, self.move)
        self.labels = Choice("Labels a class", counts, labels, self.move)
        self.said = ipywidgets.HTML()
        self.output = ipywidgets.Output()
        parts = [self.readout.widget, self.labels.widget, self.said, self.output]
        self.widget = ipywidgets.VBox(parts)
        self.widget.add_class("course-ladder")

    def move(self) -> None:
        """A button was pressed: the present setting becomes the one before."""
        self.before, self.setting = self.setting, (self.readout.value, self.labels.value)
        self.redraw()

    def redraw(self, again: bool = True) -> None:
        """Draws the present setting beside the one before. again: in place of the last picture."""
        arrays = ladder.compute(*self.setting, before=self.before)
        self.said.value = (
            f'<div role="status" style="border-left:4px solid {style.RIGHT};padding:2px 10px;'
            f'margin:4px 0;line-height:1.45">{html.escape(ladder.news(arrays))}</div>'
        )
        with self.output:
            if again:
                self.output.clear_output(wait=True)
            style.show(ladder.draw(arrays), ladder.alt(arrays))

    def show(self) -> None:
        """Shows the controls and the first picture."""
        style.present(self.widget, "Run this cell to climb: the controls appear here.")
        self.redraw(again=False)
