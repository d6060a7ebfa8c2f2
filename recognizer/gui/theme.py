"""Colours, fonts and the style sheet; light and dark, following the system unless told otherwise."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from recognizer.base.resources import resource_path

_SCHEMES: Final = {
    "system": Qt.ColorScheme.Unknown,
    "light": Qt.ColorScheme.Light,
    "dark": Qt.ColorScheme.Dark,
}
_choice = "system"
_is_bare = False


@dataclass(frozen=True, slots=True)
class Colors:
    """The program's colours, `#rrggbb`. `sure`, `doubt` and `wrong` are for data alone."""

    ground: str
    card: str
    field: str
    line: str
    text: str
    secondary: str
    accent: str
    accent_soft: str
    on_accent: str
    sure: str
    doubt: str
    wrong: str


LIGHT: Final = Colors(
    ground="#f6f7f9",
    card="#ffffff",
    field="#f6f7f9",
    line="#e3e6eb",
    text="#1b1f27",
    secondary="#687182",
    accent="#2f6fed",
    accent_soft="#e6effd",
    on_accent="#ffffff",
    sure="#1a936f",
    doubt="#d98e04",
    wrong="#c8453b",
)
DARK: Final = Colors(
    ground="#15171c",
    card="#1d2027",
    field="#15171c",
    line="#2c313b",
    text="#e8ebf1",
    secondary="#98a2b3",
    accent="#6f9dff",
    accent_soft="#22325a",
    on_accent="#10131a",
    sure="#4fc3a0",
    doubt="#f0b64a",
    wrong="#ef7d73",
)


def colors() -> Colors:
    """The colours in use now. Ask again in every `paintEvent`: they change with the theme."""
    # Not every platform takes a request for a scheme, so an explicit choice does not rely on it.
    scheme = _SCHEMES[_choice] if _choice != "system" else QGuiApplication.styleHints().colorScheme()
    return DARK if scheme == Qt.ColorScheme.Dark else LIGHT


def set_up(application: QApplication, choice: str) -> None:
    """Load the fonts and apply the theme; call once, before the first widget.

    Args:
        application: The one application.
        choice: `system`, `light` or `dark`.
    """
    application.setStyle("Fusion")
    _load_fonts()
    hints = application.styleHints()
    if not application.property("themeConnected"):
        application.setProperty("themeConnected", True)
        hints.colorSchemeChanged.connect(_refresh)
    set_theme(choice)


def set_theme(choice: str) -> None:
    """Switch to `system`, `light` or `dark`."""
    global _choice
    _choice = choice
    QGuiApplication.styleHints().setColorScheme(_SCHEMES[choice])
    _refresh()


def _refresh() -> None:
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        return
    now = colors()
    application.setPalette(_palette(now))
    application.setFont(font(10))
    application.setStyleSheet("" if _is_bare else _style_sheet(now))


@contextlib.contextmanager
def dressed_afterwards() -> Iterator[None]:
    """Let the body make widgets without the style sheet, which is put on all of them at the end.

    Qt works it out anew for a widget and all that is in it whenever that is put into another one: for the whole window,
    0.3 s of 0.6.
    """
    global _is_bare
    _is_bare = True
    try:
        yield
    finally:
        _is_bare = False
        _refresh()


def font(points: float, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The program's typeface; its figures all have the same width."""
    result = QFont()
    result.setFamilies(["Inter", *_cjk_families()])
    result.setPointSizeF(points)
    result.setWeight(weight)
    result.setFeature(QFont.Tag("tnum"), 1)
    return result


@cache
def _load_fonts() -> None:
    for path in sorted(resource_path("fonts").glob("*.[ot]tf")):
        QFontDatabase.addApplicationFont(str(path))


@cache
def _cjk_families() -> tuple[str, ...]:
    """Chinese typefaces of the system, best first, then the subset that the program brings for its own texts."""
    wanted = ("PingFang SC", "Microsoft YaHei UI", "Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei")
    there = set(QFontDatabase.families())
    return (*(family for family in wanted if family in there), "Recognizer Sans SC")


def icon(name: str, color: str | None = None, size: int = 24) -> QIcon:
    """`resources/icons/<name>.svg` in `color`, the secondary text's colour by default."""
    return QIcon(pixmap(name, color or colors().secondary, size))


def pixmap(name: str, color: str, size: int) -> QPixmap:
    """`resources/icons/<name>.svg` in `color`, `size` logical pixels square, sharp on every screen."""
    ratio = max((screen.devicePixelRatio() for screen in QGuiApplication.screens()), default=1.0)
    text = _svg(name).replace("currentColor", color)
    result = QPixmap(QSize(round(size * ratio), round(size * ratio)))
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    QSvgRenderer(QByteArray(text.encode())).render(painter, QRectF(result.rect()))
    painter.end()
    result.setDevicePixelRatio(ratio)
    return result


@cache
def _svg(name: str) -> str:
    return resource_path(f"icons/{name}.svg").read_text(encoding="utf-8")


def _palette(now: Colors) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for target, value in (
        (role.Window, now.ground),
        (role.Base, now.card),
        (role.AlternateBase, now.field),
        (role.Button, now.card),
        (role.WindowText, now.text),
        (role.Text, now.text),
        (role.ButtonText, now.text),
        (role.ToolTipBase, now.card),
        (role.ToolTipText, now.text),
        (role.PlaceholderText, now.secondary),
        (role.Highlight, now.accent),
        (role.HighlightedText, now.on_accent),
        (role.Link, now.accent),
        (role.Mid, now.line),
    ):
        palette.setColor(target, QColor(value))
    for target in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, target, QColor(now.secondary))
    return palette


def _style_sheet(now: Colors) -> str:
    template = resource_path("style.qss").read_text(encoding="utf-8")
    for name in sorted(now.__slots__, key=len, reverse=True):
        template = template.replace(f"@{name}", getattr(now, name))
    return template.replace("@icons", resource_path("icons").as_posix())
