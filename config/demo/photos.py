"""Photographs of the invented stores, drawn: a shelf with gaps, a queue at a till, a blocked entrance or exit.

Each is a seeded variation of a simple perspective scene, softened and lit so that it reads as a phone's snapshot.
"""

import io
import random

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

WIDTH, HEIGHT = 960, 720
GOODS = ((176, 66, 52), (44, 92, 132), (214, 158, 58), (74, 118, 78), (120, 84, 130), (206, 196, 178), (52, 60, 70))
CLOTHES = ((58, 72, 96), (150, 70, 62), (96, 110, 84), (190, 176, 150), (70, 62, 74), (36, 90, 110))
SKIN = ((224, 186, 158), (168, 120, 88), (112, 76, 56), (238, 205, 180))


def draw(scene: str, seed: int) -> bytes:
    """A JPEG of `scene`: shelf, cards, till, entrance or exit. The same seed gives the same bytes."""
    rng = random.Random(seed)
    picture = Image.new("RGB", (WIDTH, HEIGHT), (188, 184, 176))
    _SCENES[scene](ImageDraw.Draw(picture), rng)
    return _photographed(picture, rng)


def _photographed(picture: Image.Image, rng: random.Random) -> bytes:
    """Tilted a little, soft, brighter where the lamps are, darker in the corners, with a sensor's grain."""
    tilt = rng.uniform(-2.2, 2.2)
    picture = picture.rotate(tilt, Image.Resampling.BICUBIC, expand=False)
    edge = 30
    picture = picture.crop((edge, edge, WIDTH - edge, HEIGHT - edge)).resize((WIDTH, HEIGHT))
    picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.8, 1.6)))
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    lamp_x, lamp_y = rng.uniform(0.3, 0.7) * WIDTH, rng.uniform(-0.1, 0.2) * HEIGHT
    light = 1.14 - 0.42 * (((x - lamp_x) / WIDTH) ** 2 + ((y - lamp_y) / HEIGHT / 1.2) ** 2)
    sensor = np.random.default_rng(rng.getrandbits(32))
    grain = 3.2 * sensor.standard_normal((HEIGHT, WIDTH, 1), dtype=np.float32)
    warmth = np.array([1.03, 1.0, rng.uniform(0.9, 0.98)], dtype=np.float32)
    pixels = np.asarray(picture, dtype=np.float32) * light[..., None] * warmth + grain
    picture = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=82)
    return out.getvalue()


def _shop_behind(pen: ImageDraw.ImageDraw, horizon: int) -> None:
    """Ceiling with lamps, back wall, floor that grows lighter towards the viewer."""
    for row in range(HEIGHT):
        if row < horizon:
            shade = 206 - row * 40 // horizon
            pen.line((0, row, WIDTH, row), (shade, shade, shade - 4))
        else:
            shade = 128 + (row - horizon) * 60 // (HEIGHT - horizon)
            pen.line((0, row, WIDTH, row), (shade + 8, shade + 2, shade - 8))
    for lamp in range(3):
        left = 140 + lamp * 260
        pen.polygon(((left, 20), (left + 120, 20), (left + 100, 52), (left + 30, 52)), (250, 250, 240))
    for tile in range(-6, 14):
        pen.line((WIDTH / 2 + (tile - 4) * 60, horizon, WIDTH / 2 + (tile - 4) * 260, HEIGHT), (150, 144, 134), 2)


def _packet(pen: ImageDraw.ImageDraw, box: tuple[int, int, int, int], colour: tuple[int, int, int]) -> None:
    left, top, right, bottom = box
    dark = tuple(part * 7 // 10 for part in colour)
    pen.rectangle(box, colour, dark)
    pen.rectangle((left + 5, top + (bottom - top) // 3, right - 5, top + (bottom - top) // 2), (238, 234, 224))
    pen.rectangle((right - 5, top, right, bottom), dark)


def _bay(pen: ImageDraw.ImageDraw, rng: random.Random, gaps: float, card: str) -> None:
    """Five boards with goods on them; where a facing is empty one sees the back wall and its shadow."""
    pen.rectangle((0, 0, WIDTH, HEIGHT), (96, 92, 88))
    boards = 5
    for board in range(boards):
        top, floor = 18 + board * 142, 18 + board * 142 + 118
        pen.rectangle((0, top - 16, WIDTH, floor), (122 - board * 5, 118 - board * 5, 112 - board * 5))
        left, colour = rng.randint(-30, 10), rng.choice(GOODS)
        while left < WIDTH:
            wide, tall = rng.randint(48, 78), rng.randint(70, 104)
            if rng.random() < 0.35:
                colour = rng.choice(GOODS)
            n = rng.randint(1, 4)
            if rng.random() < gaps:
                pen.rectangle((left, top - 10, left + wide * n, floor), (70, 66, 64))
                pen.rectangle((left, floor - 14, left + wide * n, floor), (54, 50, 48))
            else:
                for item in range(n):
                    at = left + item * wide
                    _packet(pen, (at, floor - tall, at + wide - 5, floor), colour)
            left += wide * n + 4
        pen.rectangle((0, floor, WIDTH, floor + 22), (226, 222, 214))
        for place in range(rng.randint(10, 60), WIDTH, 150):
            pen.rectangle((place, floor + 3, place + 62, floor + 19), (250, 250, 246), (120, 120, 120))
            pen.text((place + 8, floor + 4), card.format(rng.randint(3, 79)), (40, 40, 40), _font(13))


def _shelf(pen: ImageDraw.ImageDraw, rng: random.Random) -> None:
    _bay(pen, rng, gaps=rng.uniform(0.3, 0.5), card="{}.00")


def _cards(pen: ImageDraw.ImageDraw, rng: random.Random) -> None:
    """A full bay with one large card that belongs to another product."""
    _bay(pen, rng, gaps=0.06, card="{}.50")
    left, top = rng.randint(260, 420), rng.randint(220, 330)
    pen.rectangle((left + 8, top + 8, left + 288, top + 178), (60, 56, 54))
    pen.rectangle((left, top, left + 280, top + 170), (252, 236, 120), (90, 80, 30), 4)
    pen.text((left + 22, top + 14), "LAST WEEK ONLY", (150, 30, 30), _font(28))
    pen.text((left + 22, top + 62), f"{rng.randint(9, 49)}.90", (20, 20, 20), _font(72))


def _person(pen: ImageDraw.ImageDraw, rng: random.Random, x: int, feet: int, tall: int, back: bool = True) -> None:
    coat, skin = rng.choice(CLOTHES), rng.choice(SKIN)
    wide, head = tall * 26 // 100, tall * 12 // 100
    shoulder = feet - tall * 80 // 100
    hip = feet - tall * 44 // 100
    pen.ellipse((x - wide, feet - 8, x + wide, feet + 10), (118, 112, 104))
    for side in (-1, 1):
        pen.rounded_rectangle(
            (x + side * wide // 4 - wide // 5, hip - 6, x + side * wide // 4 + wide // 5, feet), 6, (48, 50, 60)
        )
    pen.rounded_rectangle((x - wide // 2, shoulder, x + wide // 2, hip + 12), wide // 4, coat)
    dark = tuple(part * 8 // 10 for part in coat)
    for side in (-1, 1):
        arm = x + side * wide // 2
        pen.rounded_rectangle((arm - wide // 8, shoulder + 8, arm + wide // 8, hip + 6), wide // 8, dark)
    pen.rectangle((x - head // 4, shoulder - 8, x + head // 4, shoulder + 6), skin)
    middle = shoulder - head * 8 // 10
    pen.ellipse((x - head * 8 // 10, middle - head, x + head * 8 // 10, middle + head), skin)
    hair = rng.choice(((40, 32, 28), (92, 66, 44), (150, 140, 130), (28, 26, 30)))
    if back:
        pen.ellipse((x - head * 9 // 10, middle - head * 11 // 10, x + head * 9 // 10, middle + head // 2), hair)
    else:
        pen.chord(
            (x - head * 9 // 10, middle - head * 11 // 10, x + head * 9 // 10, middle + head // 3), 180, 360, hair
        )


def _till(pen: ImageDraw.ImageDraw, rng: random.Random) -> None:
    """Two tills, one closed, and more people in the queue than there should be."""
    _shop_behind(pen, 300)
    for number, left in enumerate((90, 560)):
        pen.rectangle((left, 330, left + 330, 470), (140, 104, 72))
        pen.rectangle((left - 10, 318, left + 340, 338), (196, 170, 134))
        pen.rectangle((left + 30, 258, left + 110, 320), (40, 44, 50))
        pen.rectangle((left + 38, 264, left + 102, 306), (96, 150, 176) if number else (20, 22, 24))
        pen.line((left + 250, 318, left + 250, 170), (90, 90, 90), 6)
        pen.rounded_rectangle((left + 200, 120, left + 300, 178), 8, (236, 236, 228) if number else (150, 40, 36))
        pen.text((left + 238, 126), str(number + 1), (30, 30, 30) if number else (240, 240, 240), _font(42))
    pen.rectangle((150, 296, 330, 334), (240, 238, 230), (80, 80, 80))
    pen.text((160, 302), "TILL CLOSED", (140, 30, 30), _font(24))
    _person(pen, rng, 690, 420, 230, back=False)
    pen.rectangle((560, 360, 890, 470), (150, 112, 78))
    for place in range(rng.randint(5, 7)):
        depth = place / 6
        _person(
            pen, rng, int(720 - place * 92 + rng.randint(-14, 14)), int(520 + 170 * depth), int(300 + 130 * depth)
        )


def _entrance(pen: ImageDraw.ImageDraw, rng: random.Random) -> None:
    """The sliding door from inside, daylight behind it, boxes or a roll cage in the way."""
    _shop_behind(pen, 400)
    pen.rectangle((250, 90, 710, 470), (70, 74, 78))
    for left in (266, 488):
        pen.rectangle((left, 106, left + 206, 470), (206, 222, 230))
        pen.rectangle((left, 330, left + 206, 470), (178, 184, 182))
        pen.polygon(((left + 20, 106), (left + 70, 106), (left + 10, 320), (left, 320)), (228, 238, 242))
    pen.text((400, 52), "WELCOME", (70, 70, 70), _font(36))
    pen.polygon(((290, 480), (680, 480), (770, 600), (190, 600)), (62, 58, 56))
    if rng.random() < 0.5:
        pen.polygon(((190, 600), (330, 600), (380, 520), (300, 500)), (92, 86, 82))  # the mat's corner, folded over
    _clutter(pen, rng, rng.randint(3, 5), 600)


def _exit(pen: ImageDraw.ImageDraw, rng: random.Random) -> None:
    """A rear door with its green sign, and what should not stand before it."""
    _shop_behind(pen, 430)
    pen.rectangle((330, 130, 630, 520), (164, 168, 160), (96, 96, 92), 6)
    pen.rectangle((356, 330, 604, 348), (110, 112, 110))
    pen.rectangle((390, 62, 570, 118), (24, 128, 74))
    pen.text((432, 66), "EXIT", (244, 250, 244), _font(42))
    pen.rounded_rectangle((690, 300, 740, 440), 18, (186, 34, 30))
    pen.rectangle((706, 278, 724, 304), (40, 40, 40))
    _clutter(pen, rng, rng.randint(4, 6), 620)


def _clutter(pen: ImageDraw.ImageDraw, rng: random.Random, n: int, floor: int) -> None:
    """Cardboard boxes, some stacked, with a side in shade and tape over the top."""
    left, is_on_floor = rng.randint(240, 340), True
    for _ in range(n):
        wide, tall = rng.randint(90, 170), rng.randint(70, 130)
        top = floor - tall
        brown = rng.choice(((176, 134, 88), (190, 150, 102), (160, 118, 76)))
        dark = tuple(part * 7 // 10 for part in brown)
        light = tuple(min(255, part * 12 // 10) for part in brown)
        if is_on_floor:
            pen.ellipse((left - 10, floor - 8, left + wide + 40, floor + 16), (110, 104, 96))
        pen.rectangle((left, top, left + wide, floor), brown)
        pen.polygon(((left, top), (left + 28, top - 24), (left + wide + 28, top - 24), (left + wide, top)), light)
        pen.polygon(
            ((left + wide, top), (left + wide + 28, top - 24), (left + wide + 28, floor - 24), (left + wide, floor)),
            dark,
        )
        pen.rectangle((left + wide // 2 - 8, top, left + wide // 2 + 8, top + 22), (214, 190, 150))
        is_on_floor = rng.random() >= 0.4
        if not is_on_floor:
            floor -= tall
            left += rng.randint(-20, 30)
        else:
            floor = 600 + rng.randint(-10, 70)
            left += wide + rng.randint(10, 50)
        if left > 760:
            left = rng.randint(220, 300)


def _font(size: int):
    return ImageFont.load_default(size)


_SCENES = {"shelf": _shelf, "cards": _cards, "till": _till, "entrance": _entrance, "exit": _exit}
