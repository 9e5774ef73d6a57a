"""`python -m config.assets.icons`: draws the app's icons anew, a plumb line on the accent (static/phone/icon*)."""

from pathlib import Path

from PIL import Image, ImageDraw

FOLDER = Path(__file__).resolve().parents[2] / "static" / "phone"
ACCENT, WHITE = (31, 94, 140), (255, 255, 255)
SIZES = (192, 512)
FINER = 4
"""Drawn so much larger, then shrunk: smooth edges."""

SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" fill="#1f5e8c"/>\
<path d="M32 13v21" stroke="#fff" stroke-width="4" stroke-linecap="round"/>\
<path d="M23 34h18l-9 17z" fill="#fff"/></svg>
"""


def draw(size: int) -> Image.Image:
    """The whole square is coloured and the sign lies in its inner circle, so that a phone may cut any shape."""
    unit = size * FINER / 64
    image = Image.new("RGB", (size * FINER, size * FINER), ACCENT)
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle((30 * unit, 11 * unit, 34 * unit, 36 * unit), radius=2 * unit, fill=WHITE)
    pen.polygon([(x * unit, y * unit) for x, y in ((23, 34), (41, 34), (32, 51))], fill=WHITE)
    return image.resize((size, size), Image.Resampling.LANCZOS)


def main() -> None:
    (FOLDER / "icon.svg").write_text(SVG)
    for size in SIZES:
        draw(size).save(FOLDER / f"icon-{size}.png", optimize=True)


if __name__ == "__main__":
    main()
