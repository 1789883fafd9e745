"""A chart as a file: what is on screen, from the points themselves."""

from __future__ import annotations

import csv
import io
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

from engine.errors import InputError
from tui.export_chart import HEIGHT, WIDTH, Exported, export, png, svg, table
from tui.widgets.series import Mark, Series, View

SVG = "{http://www.w3.org/2000/svg}"
EVIL = "[/nope]<b>&\x1b]0;x\x07\u202e"


def chart(**view: object) -> Exported:
    x = np.arange(1.0, 101.0)
    y = 2 + np.exp(-x / 20)
    y[49] = np.nan
    series = [Series("held-out", np.column_stack([x, y]), "#8fbf8f"), Series(EVIL, [(0, 3.0), (100, 2.0)], "#86a8c9")]
    return Exported("loss", series, [Mark(60, "▬", "plateau")], View(**{"x_limit": 100.0, **view}))  # type: ignore[arg-type]


def lines(drawn: str, color: str) -> list[list[tuple[float, float]]]:
    found = [e for e in ElementTree.fromstring(drawn).iter(f"{SVG}polyline") if e.get("stroke") == color]
    return [[tuple(map(float, p.split(","))) for p in (e.get("points") or "").split()] for e in found]  # type: ignore[misc]


def test_an_svg_holds_every_point_and_breaks_at_a_gap() -> None:
    before, after = lines(svg(chart()), "#8fbf8f")
    assert (len(before), len(after)) == (49, 50)
    assert [x for x, _ in before] == sorted(x for x, _ in before)
    assert before[0][1] < before[-1][1], "a falling loss falls on the page too, where y grows downwards"
    (straight,) = lines(svg(chart()), "#86a8c9")
    assert straight[0][0] < 100 and straight[-1][0] == WIDTH - 24


def test_a_zoomed_chart_is_only_what_is_in_sight() -> None:
    zoomed = chart(x_low=50.0, x_limit=80.0)
    assert sum(map(len, lines(svg(zoomed), "#8fbf8f"))) == 30  # 51 to 80
    rows = list(csv.DictReader(io.StringIO(table(zoomed))))
    assert [float(row["step"]) for row in rows if row["series"] == "held-out"] == list(range(50, 81))


def test_labels_are_escaped_and_hold_no_control() -> None:
    drawn = svg(chart())
    texts = [element.text or "" for element in ElementTree.fromstring(drawn).iter(f"{SVG}text")]
    assert any("[/nope]<b>&" in text for text in texts) and "\x1b" not in drawn and "\u202e" not in drawn
    assert "plateau" in texts and "loss" in texts


def test_a_table_holds_the_values_and_the_smoothed_ones() -> None:
    rows = list(csv.reader(io.StringIO(table(chart(smoothing=0.5)))))
    assert rows[0] == ["series", "step", "value", "smoothed"]
    assert rows[1][0] == "held-out" and float(rows[1][2]) == pytest.approx(2 + np.exp(-1 / 20))
    assert rows[50][2:] == ["", ""], "a gap is an empty cell"
    assert float(rows[2][3]) == pytest.approx((float(rows[1][2]) * 0.5 + float(rows[2][2])) / 1.5)


def test_a_png_is_the_same_picture_twice_as_large() -> None:
    from PIL import Image

    image = Image.open(io.BytesIO(png(chart()))).convert("RGB")
    assert image.size == (2 * WIDTH, 2 * HEIGHT)
    x, y = lines(svg(chart()), "#8fbf8f")[0][20]
    near = {image.getpixel((round(x * 2) + dx, round(y * 2) + dy)) for dx in (-1, 0, 1) for dy in (-1, 0, 1)}
    assert (0x8F, 0xBF, 0x8F) in near, "the line passes where the SVG's does"


def test_without_pillow_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(InputError, match=r"graftline\[png\]"):
        png(chart())


def test_the_ending_says_the_kind(tmp_path: Path) -> None:
    for ending, begins in ((".svg", b"<svg"), (".png", b"\x89PNG"), (".csv", b"series,step")):
        export(tmp_path / f"chart{ending}", chart())
        assert (tmp_path / f"chart{ending}").read_bytes().startswith(begins)
    with pytest.raises(InputError, match=r"chart\.pdf"):
        export(tmp_path / "chart.pdf", chart())
    with pytest.raises(InputError, match="no such folder"):
        export(tmp_path / "none" / "chart.svg", chart())
    with pytest.raises(InputError, match="nothing to draw"):
        export(tmp_path / "chart.svg", Exported("loss", [], [], View()))
