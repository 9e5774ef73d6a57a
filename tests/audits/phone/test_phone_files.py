"""What the phone's pages name and weigh once their files are collected, as in production."""

import gzip
import posixpath
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.urls import reverse

from audits.models import Criterion, Section, Standard, Version
from audits.phone import release as files
from audits.standards.publication import publish


@pytest.fixture
def collected(settings, tmp_path):
    """The project's own files under their hashed names."""
    settings.STATIC_ROOT = tmp_path
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    served = {"BACKEND": "config.assets.storage.ModuleManifestStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": served}
    files._imported.cache_clear()
    files._digest_while_this_process_runs.cache_clear()
    call_command("collectstatic", interactive=False, verbosity=0)
    yield tmp_path
    files._imported.cache_clear()
    files._digest_while_this_process_runs.cache_clear()


@pytest.fixture
def form(client, world, collected) -> bytes:
    """The page of a form of 25 criteria, as it travels."""
    version = Version.objects.create(standard=Standard.objects.create(key="long", name="Long"), number=1)
    section = Section.objects.create(version=version, key="all", title="All")
    for position in range(25):
        text = f"Was behaviour {position} carried out as the standard describes it?"
        Criterion.objects.create(section=section, key=f"c{position}", text=text, position=position)
    publish(version=version, by=None)
    client.force_login(world.ana)
    response = client.get(reverse("audits:form", args=[version.pk]), headers={"Accept-Encoding": "gzip"})
    return response.content


def named(page: bytes) -> list[str]:
    """Files that a page asks for, by their names on disk."""
    text = gzip.decompress(page).decode()
    return re.findall(r'(?:src|href)="/static/([^"]+\.(?:js|css))"', text)


def weight(folder: Path, names: list[str]) -> int:
    headers = 650  # of an answer, with room
    return sum((folder / f"{name}.gz").stat().st_size + headers for name in names)


def test_a_form_asks_for_three_scripts_and_knows_them_from_the_start(form, collected):
    scripts = [name for name in named(form) if name.endswith(".js")]
    assert sorted(re.sub(r"\.[0-9a-f]{12}", "", name) for name in scripts) == [
        "phone/common.js", "phone/early.js", "phone/form-main.js",
    ]  # fmt: skip
    imported = re.findall(r'from "\./([^"]+)"', (collected / scripts[-1]).read_text())
    assert [f"phone/{name}" for name in imported] == [name for name in scripts if "common" in name]


def test_a_form_of_25_criteria_is_light_with_all_that_it_loads(form, collected):
    names = ("visit/gps", "sync/drafts", "conflict/merge")
    later = [staticfiles_storage.stored_name(f"phone/{name}.js") for name in names]
    assert len(form) + 1_000 + weight(collected, named(form)) + weight(collected, later) <= 60_000


def test_every_file_of_the_pages_is_kept_for_working_offline(form, collected):
    kept = files.precached()
    assert {f"/static/{name}" for name in named(form)} <= set(kept)
    assert all((collected / address.removeprefix("/static/")).is_file() for address in kept)
    imported = {
        posixpath.normpath(posixpath.join(posixpath.dirname(address), name))
        for address in kept
        for name in re.findall(
            r'(?:from |import\()"(\.[\w./-]+\.js)"', (collected / address.removeprefix("/static/")).read_text()
        )
    }
    left_out = {address for address in imported if "/preview." in address}
    assert len(left_out) == 1
    assert imported - left_out <= set(kept)
