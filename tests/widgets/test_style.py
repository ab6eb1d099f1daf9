"""Pictures keep their words and stay small; tables escape what they are given."""

import io

import numpy as np
import pytest
from PIL import Image

from course_lib.widgets import style


@pytest.fixture
def shown(monkeypatch):
    """What was displayed, in order: (data, metadata)."""
    calls = []
    monkeypatch.setattr(
        style, "display", lambda data, metadata=None, raw=False: calls.append((data, metadata))
    )
    return calls


def test_every_encoder_has_a_colour_a_marker_and_a_name_of_its_own():
    for table in (style.COLOURS, style.MARKERS, style.NAMES):
        assert set(table) == {"pixels", "random", "supervised", "label-free"}
        assert len(set(table.values())) == 4


def test_a_picture_carries_its_words_twice(shown):
    fig = style.figure(2, 1)
    style.show(fig, "A <small> empty figure.")
    (picture, metadata), (words, _) = shown
    assert metadata["image/png"]["alt"] == picture["text/plain"] == "A <small> empty figure."
    assert metadata["image/png"]["width"] == 192
    assert "A &lt;small&gt; empty figure." in words["text/html"]


def test_png_is_opaque_white_of_few_colours_and_the_same_again():
    drawn = [style.png(style.image_grid(np.full((3, 1, 8, 8), 90, np.uint8))) for _ in range(2)]
    assert drawn[0] == drawn[1]
    image = Image.open(io.BytesIO(drawn[0]))
    assert image.mode == "P"
    assert image.convert("RGB").getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_images_of_any_channels_are_drawn(channels):
    fig = style.image_grid(np.zeros((5, channels, 6, 6), np.uint8), list("abcde"), columns=3)
    shown = [ax for ax in fig.axes if ax.images]
    assert len(shown) == 5
    assert [ax.get_title() for ax in shown] == list("abcde")


def test_axes_are_labelled():
    ax = style.label(style.figure().add_subplot(), "steps", "loss (nats)", "a title")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("steps", "loss (nats)")
    assert ax.get_title(loc="left") == "a title"


def test_tables_escape_their_cells_and_head_their_rows(shown):
    style.table(["a", "b"], [("<x>", 1)], "words")
    page = shown[0][0]["text/html"]
    assert "&lt;x&gt;" in page and "<x>" not in page
    assert 'scope="row"' in page and "<caption" in page


def test_a_widget_leaves_words_where_no_kernel_runs(shown):
    class Widget:
        def _repr_mimebundle_(self):
            return {"application/vnd.jupyter.widget-view+json": {}, "text/plain": "VBox()"}

    style.present(Widget(), "Run this cell.")
    data = shown[0][0]
    assert data["text/markdown"] == data["text/plain"] == "Run this cell."
    assert "application/vnd.jupyter.widget-view+json" in data
