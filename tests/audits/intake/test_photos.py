"""A photo is kept upright, bounded, without metadata, or refused in a sentence."""

import hashlib
import io
from uuid import uuid4

import pytest
from PIL import Image

from audits.api.documents import receive_visit
from audits.intake.photos import PhotoConflict, PhotoUnexpected, attach_photo
from audits.intake.pictures import LONG_EDGE, PhotoRefused, PhotoTooLarge, prepare

ORIENTATION, GPS, MAKE = 0x0112, 0x8825, 0x010F


def jpeg(size=(640, 480), *, orientation=None, colour="teal") -> bytes:
    out, exif = io.BytesIO(), Image.Exif()
    exif[MAKE] = "SecretPhone"
    exif.get_ifd(GPS)[1] = "N"
    if orientation:
        exif[ORIENTATION] = orientation
    Image.new("RGB", size, colour).save(out, "JPEG", exif=exif)
    return out.getvalue()


def test_a_photo_taken_sideways_is_turned_upright_and_loses_its_metadata():
    prepared = prepare(jpeg((640, 480), orientation=6))
    kept = Image.open(io.BytesIO(prepared.image))
    assert kept.size == (480, 640) == (prepared.width, prepared.height)
    assert not kept.getexif()
    assert b"SecretPhone" not in prepared.image + prepared.thumbnail


def test_a_large_photo_is_bounded():
    prepared = prepare(jpeg((5000, 2500)))
    assert (prepared.width, prepared.height) == (LONG_EDGE, LONG_EDGE // 2)
    assert max(Image.open(io.BytesIO(prepared.thumbnail)).size) == 320


def test_a_transparent_png_becomes_a_jpeg():
    out = io.BytesIO()
    Image.new("RGBA", (50, 50), (255, 0, 0, 90)).save(out, "PNG")
    assert Image.open(io.BytesIO(prepare(out.getvalue()).image)).format == "JPEG"


@pytest.mark.parametrize("share", [0.02, 0.5, 0.95])
def test_a_truncated_jpeg_is_refused(share):
    whole = jpeg((1200, 900))
    with pytest.raises(PhotoRefused):
        prepare(whole[: int(len(whole) * share)])


def test_what_is_no_photo_is_refused():
    with pytest.raises(PhotoRefused, match="no JPEG, PNG or WebP"):
        prepare(b"%PDF-1.7 not a picture")
    with pytest.raises(PhotoRefused, match="HEIC"):
        prepare(b"\0\0\0\x18ftypheic" + b"\0" * 40)


def test_a_decompression_bomb_is_refused_before_its_pixels_are_decoded(settings):
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    assert len(out.getvalue()) < 100_000
    with pytest.raises(PhotoRefused, match="pixels"):
        prepare(out.getvalue())


def test_fifty_megabytes_are_refused():
    with pytest.raises(PhotoTooLarge, match="at most 12,582,912"):
        prepare(b"\xff\xd8" + b"\0" * 50_000_000)


@pytest.fixture
def picture():
    return jpeg()


@pytest.fixture
def visit_with_photo(world, payload, visit_id, picture):
    photo_id = uuid4()
    payload["photos"] = [{"id": str(photo_id), "criterion": "clean", "sha256": hashlib.sha256(picture).hexdigest()}]
    return receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload).visit, photo_id


def test_a_named_photo_is_stored_once(visit_with_photo, picture):
    visit, photo_id = visit_with_photo
    photo, created = attach_photo(visit=visit, photo_id=photo_id, data=picture)
    assert created
    assert photo.received_at is not None
    _, again = attach_photo(visit=visit, photo_id=photo_id, data=picture)
    assert not again


def test_a_picture_that_shows_two_things_is_stored_once(world, payload, visit_id, picture, settings):
    sha256 = hashlib.sha256(picture).hexdigest()
    ids = [uuid4(), uuid4()]
    payload["photos"] = [
        {"id": str(id_), "criterion": criterion, "sha256": sha256}
        for id_, criterion in zip(ids, ["clean", "litter"], strict=True)
    ]
    visit = receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload).visit
    first, second = (attach_photo(visit=visit, photo_id=id_, data=picture)[0] for id_ in ids)
    assert second.received_at is not None
    assert (second.image.name, second.width) == (first.image.name, first.width)
    second.refresh_from_db()
    assert second.thumbnail.read() == first.thumbnail.read()
    assert len(list(settings.MEDIA_ROOT.rglob("*.jpg"))) == 2  # the picture and its thumbnail


def test_other_bytes_than_those_named_are_refused_and_nothing_is_kept(visit_with_photo, picture, settings):
    visit, photo_id = visit_with_photo
    with pytest.raises(PhotoRefused, match="send again"):
        attach_photo(visit=visit, photo_id=photo_id, data=picture + b"\0")
    attach_photo(visit=visit, photo_id=photo_id, data=picture)
    with pytest.raises(PhotoConflict):
        attach_photo(visit=visit, photo_id=photo_id, data=jpeg(colour="red"))
    assert len(list(settings.MEDIA_ROOT.rglob("*.jpg"))) == 2  # the picture and its thumbnail


def test_a_photo_that_nobody_expects_is_refused(visit, picture):
    with pytest.raises(PhotoUnexpected, match="names no photo"):
        attach_photo(visit=visit, photo_id=uuid4(), data=picture)
