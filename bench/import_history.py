"""How fast a folder of history comes in, and in how much memory, against saving its observations one by one.

    python bench/import_history.py                          a made chain, on SQLite in a temporary folder
    python bench/import_history.py ../shared/data/*_*       real folders, one after the other
    python -m bench.servers python bench/import_history.py ...           the same on PostgreSQL

The rows saved one by one are a sample of the same files. Three ways are timed, each with a transaction per row:
`save()` alone, everything looked up and built before; finding the visit, interaction and criterion of each row and
saving it only if it is not there yet (what makes a second import harmless); and the same with the model's checks
(`full_clean`): the importer, too, checks every row and stores it once.
"""

import argparse
import csv
import gzip
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
MEGA = 1 << 20


def make_chain(folder: Path, *, n_visits: int, seed: int) -> None:
    """A chain of 24 criteria, one to three interactions a visit, observations in no order."""
    rng = random.Random(seed)
    criteria = [f"c{number}" for number in range(24)]
    visits = [(f"v{number}", f"L{rng.randrange(1_000)}") for number in range(n_visits)]
    write(folder / "locations.csv", "location_id,region", (f"L{number},R{number % 20}" for number in range(1_000)))
    write(folder / "criteria.csv", "criterion_id,section", (f"{key},S{n % 6}" for n, key in enumerate(criteria)))
    write(
        folder / "visits.csv",
        "visit_id,location_id,auditor_id,started_at",
        (f"{visit},{place},a{rng.randrange(99)},{a_time(rng)}" for visit, place in visits),
    )
    rows = [(visit, number) for visit, _ in visits for number in range(1, rng.choice([2, 2, 3, 4]))]
    rng.shuffle(rows)
    write(
        folder / "observations.csv",
        "visit_id,interaction,criterion_id,conformity",
        (f"{visit},{number},{key},{int(rng.random() < 0.85)}" for visit, number in rows for key in criteria),
    )


def a_time(rng: random.Random) -> str:
    month, day, hour = rng.randrange(1, 13), rng.randrange(1, 29), rng.randrange(8, 18)
    return f"{rng.choice([2024, 2025])}-{month:02}-{day:02}T{hour:02}:30"


def write(path: Path, header: str, rows: Iterator[str]) -> None:
    with path.open("w") as file:
        file.write(f"{header}\n")
        file.writelines(f"{row}\n" for row in rows)


def sample(folder: Path, n: int) -> list[dict]:
    """The first `n` observations of the folder."""
    path = next(file for file in (folder / "observations.csv", folder / "observations.csv.gz") if file.exists())
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", newline="") as file:
        return list(islice(csv.DictReader(file), n))


def one_by_one(folder: Path, n: int) -> dict[str, float]:
    """Observations a second of the three ways, on `n` rows each, with visits made beforehand."""
    from uuid import UUID, uuid4, uuid5

    from django.utils import timezone

    from audits.models import Criterion, Interaction, Observation, Section, Standard, Version, Visit
    from locations.models import Location, Region

    rows, place_key = sample(folder, n), uuid4()
    region = Region.objects.create(name=f"bench {uuid4()}")
    place = Location.objects.create(code=f"bench {uuid4()}", name="Bench", region=region)
    standard = Standard.objects.create(key=f"bench-{uuid4()}", name="Bench")
    version = Version.objects.create(standard=standard, number=1)
    section = Section.objects.create(version=version, key="s", title="S")
    for key in sorted({row["criterion_id"] for row in rows}):
        Criterion.objects.create(section=section, key=key, text=key)

    def prepare(way: str) -> None:
        now = timezone.now()
        for name in sorted({row["visit_id"] for row in rows}):
            Visit.objects.create(
                id=key_of(way, name), location=place, version=version, started_at=now, received_at=now
            )
        for name, number in sorted({(row["visit_id"], number_of(row)) for row in rows}):
            Interaction.objects.create(id=key_of(way, name, number), visit_id=key_of(way, name), position=number)

    def key_of(*words) -> UUID:
        return uuid5(place_key, repr(words))

    def number_of(row: dict) -> int:
        return int(row.get("interaction") or 1)

    def conformity(row: dict) -> float | None:
        text = row.get("conformity") or row.get("conforms") or row.get("value") or ""
        return float(text) if text else None

    def new(row: dict, visit, interaction, criterion) -> Observation:
        value = conformity(row)
        return Observation(
            visit=visit,
            interaction=interaction,
            criterion=criterion,
            conformity=value,
            state=2 if value is None else 1,
        )

    def save_alone() -> None:
        for observation in prepared:
            observation.save()

    def find_and_save(way: str, check: bool) -> None:
        for row in rows:
            visit = Visit.objects.get(pk=key_of(way, row["visit_id"]))
            interaction = Interaction.objects.get(pk=key_of(way, row["visit_id"], number_of(row)))
            criterion = Criterion.objects.get(section__version=version, key=row["criterion_id"])
            if not Observation.objects.filter(interaction=interaction, criterion=criterion).exists():
                observation = new(row, visit, interaction, criterion)
                if check:
                    observation.full_clean()
                observation.save()

    prepare("alone")
    visits = Visit.objects.in_bulk({key_of("alone", row["visit_id"]) for row in rows})
    interactions = Interaction.objects.in_bulk({key_of("alone", row["visit_id"], number_of(row)) for row in rows})
    criteria = {criterion.key: criterion for criterion in Criterion.objects.filter(section=section)}
    prepared = []
    for row in rows:
        interaction = interactions[key_of("alone", row["visit_id"], number_of(row))]
        prepared.append(new(row, visits[interaction.visit_id], interaction, criteria[row["criterion_id"]]))
    prepare("found")
    prepare("checked")
    return {
        "save() alone": pace(len(rows), save_alone),
        "found, then saved": pace(len(rows), lambda: find_and_save("found", check=False)),
        "found, checked, saved": pace(len(rows), lambda: find_and_save("checked", check=True)),
    }


def pace(n: int, deed: Callable[[], None]) -> float:
    start = time.perf_counter()
    deed()
    return n / (time.perf_counter() - start)


def peak() -> float:
    """The most memory this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGA


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, help="folders of history; a made chain when none is named")
    parser.add_argument("--visits", type=int, default=20_000, help="of the made chain (about 43 observations each)")
    parser.add_argument("--seed", type=int, default=1, help="of the made chain")
    parser.add_argument("--sample", type=int, default=2_000, help="rows that are saved one by one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="plumbline-bench-") as scratch:
        os.environ |= {"DATA_DIR": scratch, "SECRET_KEY": "x" * 50, "DEBUG": "0"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection

        from audits.history import import_folder

        call_command("migrate", verbosity=0)
        folders = options.folders
        if not folders:
            (made := Path(scratch) / "made-chain").mkdir()
            make_chain(made, n_visits=options.visits, seed=options.seed)
            folders = [made]
        print(f"database: {connection.vendor}; memory before: {peak():.0f} MB")
        slow = one_by_one(folders[0], options.sample)
        for name, rate in slow.items():
            print(f"one by one, {name:<22} {rate:>9,.0f} observations/s")
        n, start, cpu = 0, time.perf_counter(), time.process_time()
        for folder in folders:
            began = time.perf_counter()
            result = import_folder(folder)
            n += result.observations
            took = time.perf_counter() - began
            print(
                f"{folder.name:<22} {result.observations:>10,} observations, {result.readings.created:>8,} readings: "
                f"{took:6.1f} s, {result.observations / took:>9,.0f} observations/s, peak {peak():.0f} MB"
            )
        took = time.perf_counter() - start
        print(
            f"{'in all':<22} {n:>10,} observations: {took:.1f} s ({time.process_time() - cpu:.1f} s of this process)"
        )
        for name, rate in slow.items():
            print(f"import / {name:<22} {n / took / rate:>8.1f} x")


if __name__ == "__main__":
    main()
