"""A contact sheet holds the picture as it is, and any name that a file or tool may have."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from classifier.explanation.explaining import Explanation, SeenPicture
from classifier.explanation.files import peak_rows
from classifier.explanation.overlay import Place
from classifier.explanation.sheet import draw_sheet

TITLES = {"title": "frame.png", "subtitle": "model: m"}


def explanation(
    image: NDArray[np.uint8], *, tools: tuple[str, ...] = ("grasper", "hook", "clipper")
) -> Explanation:
    """The first tool looks to the upper left, the second nowhere, the third to the lower right."""
    maps = np.full((len(tools), 7, 7), -1, np.float32)
    maps[0, 1, 1] = 2
    maps[-1, 5, 5] = 0.5
    probabilities = np.linspace(0.9, 0.1, len(tools)).astype(np.float32)
    seen = SeenPicture(image, np.zeros((224, 224, 3), np.uint8), Place.of_whole(image))
    return Explanation(seen, tools, probabilities, probabilities >= 0.5, maps)


def pixels(png: bytes) -> NDArray[np.uint8]:
    decoded = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    return np.asarray(decoded[..., ::-1], np.uint8)


def test_a_picture_that_fits_is_pasted_pixel_for_pixel() -> None:
    image = np.random.default_rng(1).integers(0, 256, (480, 600, 3), dtype=np.uint8)
    sheet = pixels(draw_sheet(explanation(image), [0], **TITLES))
    rows, columns = np.nonzero((sheet == image[0, 0]).all(axis=2))
    assert any(
        np.array_equal(sheet[y : y + 480, x : x + 600], image)
        for y, x in zip(rows.tolist(), columns.tolist(), strict=True)
    )


def test_the_same_explanation_gives_the_same_bytes() -> None:
    image = np.random.default_rng(1).integers(0, 256, (90, 160, 3), dtype=np.uint8)
    first = draw_sheet(explanation(image), [0, 1, 2], **TITLES)
    assert draw_sheet(explanation(image), [0, 1, 2], **TITLES) == first


def test_names_are_data() -> None:
    """No formula, no warning of missing letters, no line that leaves the sheet."""
    image = np.full((224, 224, 3), 128, np.uint8)
    names = ("$x^2$", "鉗子", "a very long name " * 30)
    one = explanation(image, tools=names)
    sheet = pixels(draw_sheet(one, [0, 1, 2], title="$\\frac{1}$ 手術 " * 40, subtitle="\\alpha"))
    assert (sheet[:, -20:] == 255).all(), "a text runs into the margin"


def test_pictures_of_any_shape_have_a_sheet() -> None:
    for shape in ((1, 1), (3, 900), (1200, 5), (2160, 3840)):
        image = np.full((*shape, 3), 60, np.uint8)
        sheet = pixels(draw_sheet(explanation(image), [0, 1, 2], **TITLES))
        assert min(sheet.shape[:2]) > 100
        assert max(sheet.shape[:2]) < 3000


def test_more_panels_than_a_row_holds_make_a_second_row() -> None:
    image = np.full((240, 320, 3), 60, np.uint8)
    one = explanation(image, tools=tuple(f"tool {k}" for k in range(7)))
    few, many = (pixels(draw_sheet(one, list(range(n)), **TITLES)) for n in (3, 7))
    assert many.shape[1] == few.shape[1]
    assert many.shape[0] > 1.5 * few.shape[0]


def test_the_visible_tools_are_the_most_telling_and_never_none() -> None:
    one = explanation(np.zeros((9, 9, 3), np.uint8), tools=("a", "b", "c", "d"))
    assert one.most_telling() == [0, 1]
    assert one.most_telling(3) == [0, 1, 2]
    nothing = Explanation(
        one.picture, one.tools, one.probabilities * 0.1, np.zeros(4, np.bool_), one.maps
    )
    assert nothing.most_telling() == [0]


def test_a_tool_for_which_nothing_speaks_has_no_peak() -> None:
    image = np.zeros((480, 854, 3), np.uint8)
    rows = peak_rows(explanation(image), image="a.png", time_ms=None, sheet="a.png")
    assert [row.peak_px is None for row in rows] == [False, True, False]
    x, y = rows[0].peak_px or (0, 0)
    assert abs(x - 854 * 1.5 / 7) < 2
    assert abs(y - 480 * 1.5 / 7) < 2
    assert rows[1].map_max == 0
    np.testing.assert_allclose(rows[0].map_mean, 2 / 49)
