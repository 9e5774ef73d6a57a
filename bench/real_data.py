#!/usr/bin/env python
"""What the reports show for four sets of real inspections: the figures of docs/real-data.md.

Imports the sets into a database of its own (a temporary folder), scores, scans and asks. Nothing of the configured
database is touched, nothing of the data is kept.

    .venv/bin/python bench/real_data.py --data ../shared/data
    .venv/bin/python bench/real_data.py --data ../shared/data --only chicago_food
"""

import argparse
import csv
import gzip
import sys
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from scipy.special import expit

ROOT = Path(__file__).resolve().parent.parent
ZONES = {
    "chicago_food": "America/Chicago",
    "cms_nursing": "America/Chicago",
    "hiqa_disability": "Europe/Dublin",
    "sanmateo_food": "America/Los_Angeles",
}
DECLARED = "sanmateo_declared"
LAST_DAY_OF_OLD_FORM = date(2014, 12, 15)
CHANGE = ("2014-11", "2015-06")  # first and last month in which a changed form could look like a drift
POINT = 0.01
MORE = (">=1", ">=2", ">=4", ">=8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds the sets, a folder each")
    parser.add_argument("--only", choices=ZONES, action="append", help="one set; may be given again")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    from bench.product.database import own_database

    with own_database() as folder:
        for key in options.only or ZONES:
            bring_in(options.data / key, key)
            if key == "sanmateo_food":
                forms_in_use(options.data / key)
                bring_in(declare_change(options.data / key, folder / DECLARED), DECLARED, ZONES[key])
            {"chicago_food": chicago, "cms_nursing": nursing, "hiqa_disability": hiqa, "sanmateo_food": san_mateo}[
                key
            ]()


def bring_in(folder: Path, key: str, zone: str = "") -> None:
    """Import and scan one set, and say what came of it as `manage.py scan` does."""
    from audits.history import import_folder
    from reports.management.commands.scan import score_first, summary

    result = import_folder(folder, standard_key=key, time_zone=zone or ZONES[key])
    score_first(hidden=True)
    print(f"\n## {key}: {result.visits:,} visits, {result.observations:,} observations")
    print(summary(scanned(key)))
    for line in flags_in_words(key):
        print(f"  {line}")


def flags_in_words(key: str):
    """Each open flag as the manager's page words it: how sure, how far, what to make of it."""
    from reports.models import DriftFlag
    from reports.pages.sentences import sureness

    for flag in DriftFlag.objects.filter(standard__key=key).open().select_related("location").order_by("-chance"):
        far = sureness.drop(
            direction=flag.direction,
            channel=flag.channel,
            seen=flag.seen,
            expected=flag.expected,
            drop=flag.drop,
        )
        sure, odds = sureness.how_sure(flag.chance), sureness.such_flags(flag.chance)
        began = f"began about {flag.onset_at:%d %b %Y} ({flag.onset_low:%b %Y} to {flag.onset_high:%b %Y})"
        yield f"{flag.location}, {flag.channel}, {began}: {sure}, {odds}; {far}; {flag.n_visits} visits"


def scanned(key: str):
    """A run of now, over one standard."""
    from audits.models import Standard
    from reports.detection.scan.lifecycle import request_scan
    from reports.detection.scan.scan import run_scan

    return run_scan(request_scan(standard=Standard.objects.get(key=key)).pk)


def fitted(key: str):
    """(History, Effects) of a standard, as a run over everything sees it."""
    from django.utils import timezone

    from audits.models import Standard
    from reports.detection.data.chain_loader import load
    from reports.measure.model.levels import fit_window
    from reports.measure.model.severity import fit_effects

    history = load(standard=Standard.objects.get(key=key), as_of=timezone.now())
    at = float(np.floor(history.chain.time.max()) + 1)
    return history, fit_effects(history.chain, at=at, window_days=fit_window(history.chain, look_back=40, at=at))


def declines(chain, effects, *, ratio: float, least_baseline: int = 1) -> np.ndarray:
    """(L,) bool: the locations at which the evidence of a decline passes `ratio` : 1."""
    from reports.measure.drift.detector import DECLINE, Settings, detect

    found = detect(chain, effects, Settings(least_baseline=least_baseline), float(np.log(ratio)))
    flagged = np.zeros(chain.n_locations, bool)
    flagged[[signal.location for signal in found if signal.direction == DECLINE]] = True
    return flagged


def severity_changes(chain, effects) -> dict[str, np.ndarray]:
    """(L,) bool each: whose last two visits were by groups at least a point stricter or more lenient than the visits
    before, and whose were within half a point. Locations with three visits or more and known groups."""
    points = effects.severity_points()
    change = np.full(chain.n_locations, np.nan)
    for location in range(chain.n_locations):
        auditor = chain.auditor[chain.first_visit[location] : chain.first_visit[location + 1]]
        before, after = auditor[:-2], auditor[-2:]
        if (before >= 0).any() and after.size == 2 and (after >= 0).all():
            change[location] = points[after].mean() - points[before[before >= 0]].mean()
    return {
        "stricter": change <= -POINT,
        "kept": np.abs(change) <= POINT / 2,
        "more lenient": change >= POINT,
    }


def level_changes(chain, effects) -> np.ndarray:
    """(L,) logits: the weighted level of a location's last two visits minus that of its earlier ones; NaN where
    either is unknown."""
    from reports.measure.model.residuals import residuals

    found = residuals(chain, effects)
    level, weight = found.level[:, 0], found.weight[:, 0]
    change = np.full(chain.n_locations, np.nan)
    for location, (start, stop) in enumerate(zip(chain.first_visit[:-1], chain.first_visit[1:], strict=True)):
        before, after = slice(start, stop - 2), slice(stop - 2, stop)
        if stop - start >= 3 and weight[before].sum() > 0 and weight[after].sum() > 0:
            change[location] = np.average(level[after], weights=weight[after]) - np.average(
                level[before], weights=weight[before]
            )
    return change


def neighbours(chain, effects):
    """(who, variance of a visit beyond chance, half of its 90 % interval, pairs) of neighbours in time at a location:
    of visits by one auditor, and of visits by two. Weighted as in `overdispersion.successive_overdispersion`."""
    from reports.measure.model.residuals import residuals

    found = residuals(chain, effects)
    level, information, who = found.level[:, 0], found.information[:, 0], chain.auditor
    left = np.flatnonzero((chain.location[:-1] == chain.location[1:]) & (who[:-1] >= 0) & (who[1:] >= 0))
    left = left[(information[left] > 0) & (information[left + 1] > 0)]
    chance = 1 / information[left] + 1 / information[left + 1]
    excess = ((level[left + 1] - level[left]) ** 2 - chance) / 2
    trust = 1 / (chance + 0.4) ** 2
    for name, of in (("one group", who[left] == who[left + 1]), ("two groups", who[left] != who[left + 1])):
        mean = np.average(excess[of], weights=trust[of])
        sd = np.sqrt((trust[of] ** 2 * (excess[of] - mean) ** 2).sum()) / trust[of].sum()
        yield name, mean, 1.645 * sd, int(of.sum())


def without_auditors(effects):
    return replace(effects, auditor=np.zeros_like(effects.auditor))


def chicago() -> None:
    history, effects = fitted("chicago_food")
    chain = history.chain
    n_visits = np.bincount(np.diff(chain.first_visit))
    print("locations by number of visits:", ", ".join(f"{n}: {k:,}" for n, k in enumerate(n_visits) if k))
    print("auditor groups, points at the average location (below 0 = stricter than their peers):")
    for code in np.argsort(effects.severity_points()):
        name = history.codes.auditors[code].removeprefix("code:")
        n = int((chain.auditor == code).sum())
        half = 1.645 * effects.auditor_sd[code] * slope(effects)
        print(f"  {name}: {100 * effects.severity_points()[code]:+.1f} +- {100 * half:.1f}, {n:,} visits")
    groups = severity_changes(chain, effects)
    print("flagged after a change of auditor group, with severity / with severity left out:")
    for ratio in (2, 3, 6, 20):
        with_it, without = (declines(chain, each, ratio=ratio) for each in (effects, without_auditors(effects)))
        told = (f"{name} {share(with_it, of)} / {share(without, of)}" for name, of in groups.items())
        print(f"  evidence {ratio} : 1, one visit as baseline: {'; '.join(told)}")
    print("level of the last two visits beside the visits before, severity taken out, in logits:")
    change = level_changes(chain, effects)
    for name, of in groups.items():
        seen = change[of & np.isfinite(change)]
        low, middle = np.quantile(seen, [0.05, 0.5])
        print(f"  {name}: mean {seen.mean():+.2f}, median {middle:+.2f}, one place in 20 below {low:.2f}")
    for name, excess, half, n in neighbours(chain, effects):
        print(f"two visits in a row by {name}: {excess:.3f} +- {half:.3f} beyond chance, logits squared, {n:,} pairs")
    levels("chicago_food")
    print(
        "locations flagged when a fifth of them fall after half of their visits (made from the fitted model, 20 : 1):"
    )
    for n in (4, 6, 8, 12, 16, 24):
        found = list(seen_in(effects, n))
        caught = (f"{points} points: {100 * hit:.0f} %" for points, hit, _ in found)
        print(f"  {n} visits: fallen by {', by '.join(caught)}; not fallen: {100 * found[0][2]:.1f} %")


def slope(effects) -> float:
    """Points of the average location per logit."""
    p = expit(effects.criterion + effects.location.mean())
    return float((p * (1 - p)).mean())


def share(flagged: np.ndarray, of: np.ndarray) -> str:
    return f"{(flagged & of).sum()} of {of.sum()} ({100 * flagged[of].mean():.1f} %)"


def seen_in(effects, n_visits: int, n_locations: int = 500):
    """(points lost, share flagged of those that lost them, share flagged of the others) for four sizes of a fall.

    Made chains with the fitted criteria and auditors, and a visit every half year or so at each location.
    """
    from reports.measure.model.chain import FULL, Chain
    from reports.measure.model.severity import fit_effects

    average = effects.criterion + effects.location.mean()
    falls = np.arange(n_locations) < n_locations / 5
    for drop in (0.5, 1.0, 1.5, 2.0):
        rng = np.random.default_rng(n_visits)
        location = np.repeat(np.arange(n_locations), n_visits)
        number = np.tile(np.arange(n_visits), n_locations)
        auditor = rng.integers(effects.auditor.size, size=location.size)
        level = rng.normal(effects.location.mean(), np.sqrt(effects.variance["location"]), n_locations)
        logit = level[location] + effects.auditor[auditor] - drop * (falls[location] & (number >= n_visits / 2))
        seen = rng.random((location.size, effects.criterion.size)) < expit(effects.criterion + logit[:, None])
        time, none = number * 180.0 + rng.uniform(0, 90, location.size), np.full(location.size, -1)
        columns = np.zeros(effects.criterion.size, int)
        chain = Chain(
            location, time, time, auditor, none, none, np.where(seen, FULL, 0), np.arange(location.size), columns,
            columns, columns > 0, np.zeros(n_locations, int), n_locations,
        )  # fmt: skip
        fit = fit_effects(chain, window_days=float(time.max()) + 1)
        flagged = declines(chain, fit, ratio=20, least_baseline=4)
        points = round(100 * (expit(average) - expit(average - drop)).mean())
        yield points, flagged[falls].mean(), flagged[~falls].mean()


def levels(key: str) -> None:
    """The level blind spots of the last run, by metric and by region."""
    from reports.models import LocationResult

    rows = list(LocationResult.objects.filter(standard__key=key).select_related("location__region"))
    by_metric = Counter(each["metric"] for row in rows for each in row.disagreements)
    n = {each["metric"]: 0 for row in rows for each in row.disagreements} | compared(key)
    print("best quarter as reported, worst quarter as observed, within the region (1 in 16 by chance):")
    for metric in sorted(by_metric, key=lambda metric: -by_metric[metric] / n[metric]):
        print(f"  {metric}: {by_metric[metric]} of {n[metric]:,} ({100 * by_metric[metric] / n[metric]:.1f} %)")
    print("  by number of metrics:", ", ".join(
        f"{least} {sum(row.n_disagreements >= int(least[2:]) for row in rows):,}" for least in MORE))  # fmt: skip
    apart = Counter(row.location.region.name for row in rows if row.n_disagreements)
    total = Counter(row.location.region.name for row in rows)
    told = (f"{region} {apart[region]} of {total[region]}" for region, _ in total.most_common(12))
    print("  by region, at least one metric, the twelve largest:", "; ".join(told))


def compared(key: str) -> dict[str, int]:
    """By metric: how many locations of the last run have both a level and a reading."""
    from django.db.models import Count

    from locations.models import Metric

    found = Metric.objects.filter(readings__location__results__standard__key=key)
    return dict(found.annotate(n=Count("readings__location", distinct=True)).values_list("key", "n"))


def nursing() -> None:
    from locations.models import Metric
    from reports.models import LocationResult

    levels("cms_nursing")
    before = disagreements("cms_nursing")
    run = scanned_without("cms_nursing", Metric.objects.get(key="overall_stars"))
    print("the same without the readings of overall_stars:", disagreements("cms_nursing") == before)
    print("refused by name then:", dict(run.levels_not_compared))
    n_visits = np.array(LocationResult.objects.filter(standard__key="cms_nursing").values_list("n_visits", flat=True))
    print("visits per location that were scanned: median", int(np.median(n_visits)), "most", int(n_visits.max()))


def scanned_without(key: str, metric):
    metric.readings.all().delete()
    return scanned(key)


def disagreements(key: str) -> dict[int, list]:
    from reports.models import LocationResult

    return dict(LocationResult.objects.filter(standard__key=key).values_list("location_id", "disagreements"))


def hiqa() -> None:
    r_plain, r_adjusted = items_and_score("hiqa_disability")
    print(f"correlation of a visit's score with the items assessed: plain {r_plain:+.2f}, adjusted {r_adjusted:+.2f}")
    history, effects = fitted("hiqa_disability")
    chain = history.chain
    from reports.measure.model.levels import adjusted_values

    n, adjusted = chain.observed.sum(axis=1), adjusted_values(chain, effects)
    plain = chain.conforming.sum(axis=1) / n
    for low, high in ((8, 10), (11, 13), (14, 16), (17, 20), (21, 32)):
        here = (n >= low) & (n <= high)
        print(f"  {low}-{high} items: {here.sum()} visits, plain {plain[here].mean():.2f}, "
              f"adjusted {adjusted[here].mean():.2f}")  # fmt: skip


def items_and_score(key: str) -> tuple[float, float]:
    """Correlation over visits of the number of items assessed with the plain share and with the adjusted value."""
    from reports.measure.model.levels import adjusted_values

    history, effects = fitted(key)
    chain = history.chain
    n = chain.observed.sum(axis=1)
    scores = (chain.conforming.sum(axis=1) / n, adjusted_values(chain, effects))
    plain, adjusted = (float(np.corrcoef(n, score)[0, 1]) for score in scores)
    return plain, adjusted


def declare_change(source: Path, target: Path) -> Path:
    """The same set with the two forms declared: every criterion until and after the change, in other words."""
    target.mkdir(parents=True)
    for file in source.glob("*.csv.gz"):
        if not file.name.startswith("criteria"):
            (target / file.name).symlink_to(file.resolve())
    with (
        gzip.open(source / "criteria.csv.gz", "rt", newline="", encoding="utf-8") as old,
        gzip.open(target / "criteria.csv.gz", "wt", newline="", encoding="utf-8") as new,
    ):
        write = csv.writer(new)
        write.writerow(["criterion_id", "text", "section", "critical", "valid_from", "valid_to"])
        after = LAST_DAY_OF_OLD_FORM + timedelta(days=1)
        for row in csv.DictReader(old):
            kept = [row["section"], row["critical"]]
            write.writerow([row["criterion_id"], f"{row['text']} (form until 2014)", *kept, "", LAST_DAY_OF_OLD_FORM])
            write.writerow([row["criterion_id"], row["text"], *kept, after, ""])
    return target


def forms_in_use(source: Path) -> None:
    """By the words of the violations noted around the change: which form the inspectors had with them."""
    with gzip.open(source / "visits.csv.gz", "rt", newline="", encoding="utf-8") as file:
        day = {row["visit_id"]: row["visited_on"] for row in csv.DictReader(file)}
    with gzip.open(source / "violation_details.csv.gz", "rt", newline="", encoding="utf-8") as file:
        noted = [(day[row["visit_id"]], row["original_text"]) for row in csv.DictReader(file)]
    days: dict[str, list[str]] = {}
    for on, words in noted:
        days.setdefault(words, []).append(on)
    old = {words for words, found in days.items() if max(found) < "2015-06-01"}
    new = {words for words, found in days.items() if min(found) > "2014-09-01"} - old
    last = LAST_DAY_OF_OLD_FORM.isoformat()
    for name, low, high, other in (("until", "2014-11-01", last, new), ("after", last + "+", "2015-01-31", old)):
        here = [words for on, words in noted if low <= on <= high and words in old | new]
        print(
            f"{name} {last}: {sum(words in other for words in here)} of {len(here)} violations are on the other form"
        )


def san_mateo() -> None:
    for key in ("sanmateo_food", DECLARED):
        for direction in ("decline", "improvement"):
            for kind, (inside, outside) in (
                ("flags", flags_a_month(key, direction)),
                ("3 : 1", signals_a_month(key, direction, ratio=3)),
            ):
                told = f"{inside:.2f} a month from {CHANGE[0]} to {CHANGE[1]}, {outside:.2f} in others"
                print(f"{key}, {direction}s, {kind}: {told}")


def signals_a_month(key: str, direction: str, *, ratio: float) -> tuple[float, float]:
    """As `flags_a_month`, of what passes `ratio` : 1: where visits are rare, hardly anything reaches a flag."""
    from reports.measure.drift.detector import Settings, detect

    history, effects = fitted(key)
    found = detect(history.chain, effects, Settings(), float(np.log(ratio)))
    months = history.chain.time.astype("datetime64[D]").astype("datetime64[M]")
    raised = (
        np.array([s.at for s in found if s.direction == direction]).astype("datetime64[D]").astype("datetime64[M]")
    )
    low, high = (np.datetime64(month) for month in CHANGE)
    every = np.unique(months)
    inside = (every >= low) & (every <= high)
    n_inside = int(((raised >= low) & (raised <= high)).sum())
    return n_inside / inside.sum(), (raised.size - n_inside) / (~inside).sum()


def flags_a_month(key: str, direction: str) -> tuple[float, float]:
    """Flags by the month of the visit that raised them: a month of the change, and a month of the other time."""
    from reports.models import DriftFlag, Tally

    visits = Tally.objects.filter(version__standard__key=key).values_list("started_at", flat=True)
    months = {moment.strftime("%Y-%m") for moment in visits}
    change = {month for month in months if CHANGE[0] <= month <= CHANGE[1]}
    flags = DriftFlag.objects.filter(standard__key=key, direction=direction)
    raised = Counter(moment.strftime("%Y-%m") for moment in flags.values_list("flagged_at", flat=True))
    n_inside = sum(raised[month] for month in change)
    return n_inside / len(change), (raised.total() - n_inside) / len(months - change)


if __name__ == "__main__":
    main()
