"""What a standards owner does in the browser: every step is a page that sue opens and a form that she sends."""

import re
from html import unescape

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audits.models import Criterion, Option, Section, Standard, Version
from audits.standards.cloning import clone
from audits.standards.publication import problems, publish, retire


@pytest.fixture
def sue(client, world):
    client.force_login(world.sue)
    return client


@pytest.fixture
def draft(world):
    """An empty draft of a standard of its own."""
    standard = Standard.objects.create(key="cafe", name="Café standard")
    return Version.objects.create(standard=standard, number=1)


@pytest.fixture
def greeting(draft):
    return Section.objects.create(version=draft, key="greeting", title="Greeting")


def page(client, row, step="change"):
    return client.get(address(row, step))


def address(row, step="change"):
    return reverse(f"admin:audits_{row._meta.model_name}_{step}", args=[row.pk])


def words_of(response) -> str:
    """The page as it reads, without tags."""
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))


def said(response) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def rows(prefix, existing, added):
    """What an inline's table sends: `existing` are (row, fields), `added` are fields."""
    data = {f"{prefix}-TOTAL_FORMS": len(existing) + len(added), f"{prefix}-INITIAL_FORMS": len(existing)}
    for number, (row, fields) in enumerate(existing):
        data |= {f"{prefix}-{number}-id": row.pk} | {
            f"{prefix}-{number}-{name}": value for name, value in fields.items()
        }
    for number, fields in enumerate(added, start=len(existing)):
        data |= {f"{prefix}-{number}-{name}": value for name, value in fields.items()}
    return data


def criterion_data(section, **fields):
    data = {"section": section.pk, "text": "Was the customer greeted?", "guidance": "", "kind": "yes_no",
            "dimension": "completion", "weight": "1", "yes_conforms": "on", "shown_when": "", "key": ""}  # fmt: skip
    return data | rows("options", [], fields.pop("options", [])) | fields


def test_owner_writes_publishes_clones_and_retires_a_standard_without_help(sue, world):
    sue.post(reverse("admin:audits_standard_add"), {"name": "Café standard", "description": "", "key": ""})
    standard = Standard.objects.get(key="cafe-standard")
    version = standard.versions.get()
    assert (version.number, version.state) == (1, "draft")

    sections = [{"title": "Greeting", "asked": "interaction"}, {"title": "Room", "asked": "visit"}]
    sue.post(address(version), {"note": ""} | rows("sections", [], sections))
    greeting, room = version.sections.all()
    assert (greeting.key, room.key) == ("greeting", "room")

    quick = {"text": "Was the customer greeted?", "kind": "yes_no", "dimension": "completion", "weight": "1"}
    section_data = {"title": "Greeting", "guidance": "Listen first.", "asked": "interaction", "key": "greeting"}
    sue.post(address(greeting), section_data | rows("criteria", [], [quick]))
    greeted = greeting.criteria.get()
    assert greeted.key == "was-the-customer-greeted"

    anchors = [{"label": "No eye contact", "conformity": "0"}, {"label": "Own words", "conformity": "1"}]
    sue.post(
        reverse("admin:audits_criterion_add") + f"?section={greeting.pk}",
        criterion_data(
            greeting,
            text="How was it said?",
            kind="level",
            dimension="delivery",
            shown_when=f"{greeted.pk}:yes",
            options=anchors,
        ),
    )
    warmth = greeting.criteria.get(kind="level")
    assert (warmth.position, warmth.shown_if, warmth.shown_if_value) == (1, greeted, "yes")
    assert [(option.value, option.conformity) for option in warmth.options.all()] == [
        ("no-eye-contact", 0),
        ("own-words", 1),
    ]

    refused = sue.post(address(version, "publish"))
    assert "Section “Room” has no criterion" in said(refused)
    sue.post(reverse("admin:audits_criterion_add"), criterion_data(room, text="Was the floor clean?"))
    sue.post(address(version, "publish"))
    version.refresh_from_db()
    assert (version.state, version.published_by) == ("published", world.sue)

    response = sue.post(address(version, "clone"))
    second = standard.versions.get(number=2)
    assert response.url == address(second)
    sue.post(address(second, "publish"))
    sue.post(address(version, "retire"))
    version.refresh_from_db()
    second.refresh_from_db()
    assert (version.state, second.state) == ("retired", "published")


def test_page_of_a_draft_says_what_hinders_publishing_and_links_to_the_row(sue, draft, greeting):
    lone = Criterion.objects.create(section=greeting, key="warmth", text="How was it said?", kind="level")
    response = page(sue, draft)
    (problem,) = response.context["problems"]
    assert problem.sentence == "“How was it said?” needs at least two anchors to choose from."
    assert f'<a href="{address(lone)}">Mend it' in response.content.decode()


def test_every_problem_of_a_messy_draft_has_its_link(sue, draft, greeting):
    Section.objects.create(version=draft, key="empty", title="Empty room")
    first = Criterion.objects.create(section=greeting, key="one", text="One?", position=1)
    Criterion.objects.create(
        section=greeting, key="two", text="Two?", position=0, shown_if=first, shown_if_value="yes"
    )
    Option.objects.create(criterion=first, value="left", label="Left over")
    linked = page(sue, draft).context["problems"]
    assert [problem.sentence for problem in linked] == problems(draft)
    assert len(linked) == 3
    assert all(problem.url for problem in linked)


def test_publish_page_says_what_changes_against_the_last_version(sue, world):
    second = clone(version=world.version)
    criterion = Criterion.objects.get(section__version=second, key="greeted")
    sue.post(address(criterion), criterion_data(criterion.section, key="greeted", weight="3", is_critical="on"))
    response = page(sue, second, "publish")
    assert response.context["changes"] == ["Greeting, “Was the customer greeted?”: weight 3 instead of 1."]
    assert "weight 3 instead of 1" in words_of(response)


def test_publish_page_of_an_unready_draft_offers_no_button(sue, draft):
    response = page(sue, draft, "publish")
    assert "cannot be published yet" in words_of(response)
    assert 'type="submit">Publish' not in response.content.decode()


def test_opening_the_publish_page_publishes_nothing(sue, world):
    second = clone(version=world.version)
    page(sue, second, "publish")
    second.refresh_from_db()
    assert second.is_draft


def test_preview_shows_the_phones_page_in_a_phone_sized_frame(sue, draft):
    response = page(sue, draft, "preview")
    html = response.content.decode()
    assert f'src="{reverse("audits:form", args=[draft.pk])}?preview=1" width="390" height="800"' in html
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize("state", ["published", "retired"])
def test_text_that_is_no_draft_is_shown_without_a_single_field_or_button_to_change_it(sue, world, state):
    if state == "retired":
        retire(version=world.version)
    criterion = Criterion.objects.get(section__version=world.version, key="warmth")
    for row in (world.version, criterion.section, criterion):
        html = page(sue, row).content.decode()
        assert 'name="_save"' not in html
        form = html[html.index(f'id="{row._meta.model_name}_form"') :]
        fields = re.findall(r"<(?:input|select|textarea)[^>]*>", form[: form.index("</form>")])
        assert [field for field in fields if 'type="hidden"' not in field] == []
        assert "/delete/" not in html
        assert "Clone to change" in html


def test_edits_of_published_text_are_refused_whatever_is_sent(sue, world):
    criterion = Criterion.objects.get(section__version=world.version, key="warmth")
    section, option = criterion.section, criterion.options.first()
    before = list(Criterion.objects.values()), list(Section.objects.values()), list(Option.objects.values())
    refusals = [
        sue.post(address(world.version), {"note": "x"} | rows("sections", [(section, {"title": "x"})], [])),
        sue.post(
            address(section), {"title": "x", "guidance": "", "asked": "visit", "key": "x"} | rows("criteria", [], [])
        ),
        sue.post(
            address(criterion), criterion_data(section, text="x") | rows("options", [(option, {"label": "x"})], [])
        ),
        *(sue.post(address(row, "delete"), {"post": "yes"}) for row in (world.version, section, criterion)),
    ]
    assert [response.status_code for response in refusals] == [403] * 6
    assert before == (list(Criterion.objects.values()), list(Section.objects.values()), list(Option.objects.values()))


def test_a_new_criterion_cannot_be_put_into_published_text(sue, world):
    section = world.version.sections.first()
    response = sue.post(reverse("admin:audits_criterion_add") + f"?section={section.pk}", criterion_data(section))
    assert response.status_code == 200
    assert "section" in response.context["adminform"].form.errors
    assert section.criteria.count() == 3


def test_only_earlier_criteria_of_the_same_version_can_decide_whether_one_is_shown(sue, world):
    second = clone(version=world.version)
    clean = Criterion.objects.get(section__version=second, key="clean")
    warmth = Criterion.objects.get(section__version=second, key="warmth")
    greeted = Criterion.objects.get(section__version=second, key="greeted")

    def deciders(criterion):
        choices = page(sue, criterion).context["adminform"].form.fields["shown_when"].choices
        return {int(value.split(":")[0]) for value, _ in choices if value}

    assert deciders(greeted) == set()
    assert deciders(warmth) == {greeted.pk}
    assert deciders(clean) == set(), "an interaction's answer cannot decide what is asked once per visit"
    later = sue.post(address(greeted), criterion_data(greeted.section, key="greeted", shown_when=f"{warmth.pk}:own"))
    assert "shown_when" in later.context["adminform"].form.errors


def test_a_condition_that_became_impossible_is_kept_until_somebody_changes_it(sue, world):
    second = clone(version=world.version)
    warmth = Criterion.objects.get(section__version=second, key="warmth")
    greeted = Criterion.objects.get(section__version=second, key="greeted")
    Criterion.objects.filter(pk=greeted.pk).update(position=9)
    form = page(sue, warmth).context["adminform"].form
    assert form["shown_when"].value() == f"{greeted.pk}:yes"
    options = [
        (option, {"label": option.label, "conformity": option.conformity, "value": option.value})
        for option in warmth.options.all()
    ]
    stored = {"kind": "level", "dimension": "delivery", "key": "warmth", "shown_when": f"{greeted.pk}:yes"}
    sue.post(address(warmth), criterion_data(warmth.section, **stored) | rows("options", options, []))
    warmth.refresh_from_db()
    assert (warmth.text, warmth.shown_if, warmth.options.count()) == ("Was the customer greeted?", greeted, 3)
    assert "does not come before it" in words_of(page(sue, second))


def test_fields_that_the_kind_does_not_have_are_cleared(sue, greeting):
    add = reverse("admin:audits_criterion_add")
    sue.post(add, criterion_data(greeting, text="Wait", kind="seconds", full_credit="30", zero_credit="120"))
    wait = Criterion.objects.get(text="Wait")
    assert (wait.full_credit, wait.zero_credit) == (30, 120)
    sue.post(address(wait), criterion_data(greeting, text="Wait", key="wait", full_credit="30", zero_credit="120"))
    wait.refresh_from_db()
    assert (wait.kind, wait.full_credit, wait.zero_credit) == ("yes_no", None, None)


def test_anchors_leave_with_the_kind_that_needed_them_and_the_page_says_so(sue, greeting):
    level = Criterion.objects.create(section=greeting, key="warmth", text="How?", kind="level")
    anchors = [Option.objects.create(criterion=level, value=value, label=value, conformity=1) for value in "ab"]
    kept = [(anchor, {"label": anchor.label, "conformity": "1", "value": anchor.value}) for anchor in anchors]
    response = sue.post(
        address(level), criterion_data(greeting, text="How?", key="warmth") | rows("options", kept, [])
    )
    assert "2 anchors were removed" in said(response)
    assert not level.options.exists()


def test_numbers_are_read_with_a_decimal_comma_and_in_digits_of_other_scripts(sue, greeting):
    add = reverse("admin:audits_criterion_add")
    anchors = [{"label": "Cold", "conformity": "0"}, {"label": "Warm", "conformity": "0,75"}]
    sue.post(add, criterion_data(greeting, kind="level", weight="2,5", key="level", options=anchors))
    sue.post(add, criterion_data(greeting, kind="count", full_credit="٤", zero_credit="٠٫٥", key="count"))
    level, count = greeting.criteria.get(key="level"), greeting.criteria.get(key="count")
    assert (level.weight, [option.conformity for option in level.options.all()]) == (2.5, [0, 0.75])
    assert (count.full_credit, count.zero_credit) == (4, 0.5)
    refused = sue.post(add, criterion_data(greeting, weight="1,234"))
    assert "Enter a number." in words_of(refused)


def test_one_credit_bound_alone_is_refused_in_a_sentence(sue, greeting):
    response = sue.post(
        reverse("admin:audits_criterion_add"), criterion_data(greeting, kind="count", full_credit="0", zero_credit="")
    )
    assert "Give two different bounds" in words_of(response)
    assert not greeting.criteria.exists()


def test_a_key_names_one_criterion_in_the_whole_version(sue, draft, greeting):
    room = Section.objects.create(version=draft, key="room", title="Room")
    Criterion.objects.create(section=greeting, key="clean", text="Clean hands?")
    add = reverse("admin:audits_criterion_add")
    response = sue.post(add, criterion_data(room, text="Clean floor?", key="clean"))
    assert "“Clean hands?” has the key “clean” in this version" in words_of(response)
    sue.post(add, criterion_data(room, text="Clean"))
    assert room.criteria.get().key == "clean-2"


def test_deleting_a_criterion_frees_what_was_shown_because_of_it(sue, world):
    second = clone(version=world.version)
    greeted = Criterion.objects.get(section__version=second, key="greeted")
    sue.post(address(greeted, "delete"), {"post": "yes"})
    warmth = Criterion.objects.get(section__version=second, key="warmth")
    assert (warmth.shown_if, warmth.shown_if_value) == (None, "")


def test_sections_and_whole_drafts_can_be_deleted_although_criteria_depend_on_each_other(sue, world):
    second = clone(version=world.version)
    greeting, shop = second.sections.all()
    fields = {"title": "Greeting", "asked": "interaction", "position": "0", "DELETE": "on"}
    kept = {"title": "Shop", "asked": "visit", "position": "1"}
    sue.post(address(second), {"note": ""} | rows("sections", [(greeting, fields), (shop, kept)], []))
    assert list(second.sections.all()) == [shop]
    third = Criterion.objects.create(section=shop, key="a", text="A?")
    Criterion.objects.create(section=shop, key="b", text="B?", shown_if=third, shown_if_value="yes")
    assert sue.post(address(second, "delete"), {"post": "yes"}).status_code == 302
    assert not Version.objects.filter(pk=second.pk).exists()


def test_cloning_twice_leads_to_the_draft_that_is_there(sue, world):
    sue.post(address(world.version, "clone"))
    response = sue.post(address(world.version, "clone"))
    assert "is a draft already" in said(response)
    assert response.url == address(world.standard.versions.get(number=2))
    assert world.standard.versions.count() == 2


def test_cloning_needs_a_button_not_a_link(sue, world):
    assert sue.get(address(world.version, "clone")).status_code == 405
    assert world.standard.versions.count() == 1


def test_a_second_draft_is_refused_in_a_sentence(sue, draft):
    response = sue.post(reverse("admin:audits_version_add"), {"standard": draft.standard_id, "note": ""})
    assert "This standard has a draft already" in words_of(response)


def test_order_follows_the_numbers_that_were_sent(sue, draft):
    sections = [
        {"title": "Second", "asked": "visit", "position": "5"},
        {"title": "First", "asked": "visit", "position": "2"},
    ]
    sue.post(address(draft), {"note": ""} | rows("sections", [], [*sections, {"title": "Last", "asked": "visit"}]))
    assert [section.title for section in draft.sections.all()] == ["First", "Second", "Last"]


def test_a_standards_key_stays_once_something_was_published_under_it(sue, world):
    sue.post(address(world.standard), {"name": "Service", "description": "", "key": "other"})
    world.standard.refresh_from_db()
    assert (world.standard.name, world.standard.key) == ("Service", "service")


@pytest.mark.parametrize("who", ["dan", "ana", "mia"])
def test_nobody_but_the_standards_owner_opens_or_changes_standards(client, world, who):
    user = getattr(world, who)
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    client.force_login(user)
    second = clone(version=world.version)
    for step in ("change", "preview", "publish", "clone", "retire", "delete"):
        assert client.post(address(second, step)).status_code == 403, step
    assert client.get(reverse("admin:audits_standard_changelist")).status_code == 403
    second.refresh_from_db()
    assert second.is_draft


def test_pages_ask_the_database_as_often_for_3_criteria_as_for_30(sue, draft, greeting):
    def fill(n):
        for number in range(Criterion.objects.filter(section__version=draft).count(), n):
            section = greeting if number % 2 else Section.objects.create(version=draft, key=f"s{number}", title="S")
            row = Criterion.objects.create(section=section, key=f"c{number}", text=f"C{number}", kind="level")
            Option.objects.create(criterion=row, value="a", label="A", conformity=1)

    def queries():
        counts = {}
        for name, url in {
            "version": address(draft),
            "publish": address(draft, "publish"),
            "section": address(greeting),
            "criterion": address(greeting.criteria.first()),
            "standards": reverse("admin:audits_standard_changelist"),
            "versions": reverse("admin:audits_version_changelist"),
            "criteria": reverse("admin:audits_criterion_changelist"),
        }.items():
            with CaptureQueriesContext(
                connection,
            ) as captured:
                assert sue.get(url).status_code == 200
            counts[name] = len(captured)
        return counts

    fill(3)
    few = queries()
    fill(30)
    many = queries()
    assert {name: n for name, n in many.items() if n > few[name]} == {}  # the first page may ask what is then cached
    assert max(few.values()) <= 25


def test_history_of_a_published_version_names_who_published_it(sue, world):
    second = clone(version=world.version)
    sue.post(address(second, "publish"))
    assert "Published." in words_of(page(sue, second, "history"))


def test_publish_refuses_a_version_that_is_published_already(sue, world):
    response = sue.post(address(world.version, "publish"))
    assert "published already" in said(response)


def test_drafts_without_problems_say_so(sue, world):
    second = clone(version=world.version)
    assert "Nothing hinders publishing." in words_of(page(sue, second))
    publish(version=second, by=world.sue)
