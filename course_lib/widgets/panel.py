"""Controls above one sentence and one picture, both made anew when a control comes to rest: what
the widgets with sliders share. Tab, arrow keys and Enter are all one needs."""

import html
from collections.abc import Callable, Sequence
from types import ModuleType

import ipywidgets

from course_lib.widgets import style


class Panel:
    """compute: () → arrays, from what the controls say now. look: the widget's own file, whose
    draw, news and alt make a figure, a sentence and the picture in words of them."""

    def __init__(
        self,
        controls: Sequence[ipywidgets.Widget],
        compute: Callable[[], dict],
        look: ModuleType,
        name: str,
    ):
        self.compute, self.look = compute, look
        self.quiet = False  # while several controls are set at once
        self.said, self.output = ipywidgets.HTML(), ipywidgets.Output()
        self.widget = ipywidgets.VBox([*controls, self.said, self.output])
        self.widget.add_class(name)

    def changed(self, _=None) -> None:
        """A control was moved."""
        if not self.quiet:
            self.redraw()

    def redraw(self, again: bool = True) -> None:
        """Draws what the controls say. again: in place of the last picture."""
        arrays = self.compute()
        self.said.value = (
            f'<div role="status" style="border-left:4px solid {style.RIGHT};padding:2px 10px;'
            f'margin:4px 0;line-height:1.45">{html.escape(self.look.news(arrays))}</div>'
        )
        with self.output:
            if again:
                self.output.clear_output(wait=True)
            style.show(self.look.draw(arrays), self.look.alt(arrays))

    def show(self) -> None:
        """Shows the controls and the first picture."""
        style.present(self.widget, "Run this cell: its controls appear here.")
        self.redraw(again=False)


def slider(
    label: str, value: float, most: float, step: float, changed: Callable
) -> ipywidgets.FloatSlider:
    """A slider from 0 to `most`, with its name before it, that answers when it rests."""
    made = ipywidgets.FloatSlider(
        value=value,
        min=0,
        max=most,
        step=step,
        description=label,
        readout_format=".0f" if step == 1 else ".2f",
        continuous_update=False,
        style={"description_width": "120px"},
        layout=ipywidgets.Layout(width="440px"),
    )
    made.observe(changed, "value")
    return made
