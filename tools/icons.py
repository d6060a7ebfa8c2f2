"""Make the icons from resources/icons/recognizer.svg: PNG in every size, .ico for Windows, .icns for macOS."""

import io
import sys
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

FOLDER = Path(__file__).resolve().parents[1] / "resources" / "icons"
NAME = "recognizer"
SIZES = (16, 24, 32, 48, 64, 128, 256, 512)


def main() -> int:
    """Write the icons."""
    application = QGuiApplication(sys.argv[:1])
    renderer = QSvgRenderer(str(FOLDER / f"{NAME}.svg"))
    if not renderer.isValid():
        print("icons: recognizer.svg cannot be read", file=sys.stderr)
        return 1
    for size in SIZES:
        rendered(renderer, size).save(FOLDER / f"{NAME}-{size}.png", optimize=True)
    images = [rendered(renderer, size) for size in SIZES if size <= 256]
    images[-1].save(FOLDER / f"{NAME}.ico", append_images=images[:-1], sizes=[image.size for image in images])
    large = rendered(renderer, 1024)
    large.save(FOLDER / f"{NAME}.icns", append_images=[rendered(renderer, size) for size in (32, 64, 128, 256, 512)])
    del renderer, application
    return 0


def rendered(renderer: QSvgRenderer, size: int) -> Image.Image:
    """The icon, `size` pixels wide and high."""
    image = QImage(size, size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return Image.open(io.BytesIO(data.data())).convert("RGBA")


if __name__ == "__main__":
    sys.exit(main())
