"""What was promised: a standard, its versions, and in each the observable behaviours that are looked at.

A published version never changes: triggers in the database refuse it (`audits.standards.guards`), whoever asks.
"""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.signals import pre_delete
from django.dispatch import receiver

from audits.models.limits import DEFAULT_WEIGHT, LONGEST_CRITERION, LONGEST_KEY, LONGEST_TITLE

key_is_plain = RegexValidator(
    r"^[A-Za-z0-9][A-Za-z0-9_.:-]*$", "Use letters, digits and _ . : - only, beginning with a letter or digit."
)


class Standard(models.Model):
    """A set of expectations of how customers are served."""

    key = models.CharField(
        max_length=LONGEST_KEY, unique=True, validators=[key_is_plain], help_text="Its name in files."
    )
    name = models.CharField(max_length=160)
    description = models.TextField(blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def current(self) -> "Version | None":
        """The published version with the highest number."""
        return self.versions.filter(state=Version.State.PUBLISHED).order_by("-number").first()


class Version(models.Model):
    """A standard's text. Written as a draft, then published for good, later retired."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Published"
        RETIRED = "retired", "Retired"

    standard = models.ForeignKey(Standard, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    note = models.CharField("what changed", max_length=255, blank=True)
    digest = models.CharField(max_length=64, blank=True, editable=False, help_text="SHA-256 of the published text.")
    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["standard", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["standard", "number"], name="version_number_once"),
            models.UniqueConstraint(fields=["standard"], condition=Q(state="draft"), name="version_one_draft"),
            models.CheckConstraint(
                condition=Q(state="draft", published_at=None, retired_at=None)
                | Q(state="published", published_at__isnull=False, retired_at=None)
                | Q(state="retired", published_at__isnull=False, retired_at__isnull=False),
                name="version_state_and_dates",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.standard} v{self.number}"

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    def criteria(self) -> "models.QuerySet[Criterion]":
        """All criteria in the order of the form; a tally's columns follow it."""
        return Criterion.objects.filter(section__version=self).order_by("section__position", "position", "pk")


class Section(models.Model):
    """A moment of the customer's journey."""

    class Asked(models.TextChoices):
        INTERACTION = "interaction", "Once per interaction"
        VISIT = "visit", "Once per visit"

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="sections")
    key = models.CharField(
        max_length=LONGEST_KEY,
        validators=[key_is_plain],
        help_text="Stays the same in later versions, so that series go on.",
    )
    title = models.CharField(max_length=LONGEST_TITLE)
    guidance = models.TextField(blank=True)
    asked = models.CharField(max_length=11, choices=Asked, default=Asked.INTERACTION)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["version", "key"], name="section_key_once")]

    def __str__(self) -> str:
        return self.title


class Criterion(models.Model):
    """One observable behaviour. `key` outlives versions; a changed meaning gets a new key."""

    class Kind(models.TextChoices):
        """What each one means is said in `audits.standards.kinds`, and on the phone in a row of its own."""

        YES_NO = "yes_no", "Yes or no"
        LEVEL = "level", "Anchored level"
        COUNT = "count", "Count"
        SECONDS = "seconds", "Seconds"
        CHOICE = "choice", "Choice"
        TEXT = "text", "Text"

    class Dimension(models.TextChoices):
        COMPLETION = "completion", "Completion: was it done"
        DELIVERY = "delivery", "Delivery: how it was done"
        PERCEPTION = "perception", "Perception: how it felt (never scored)"

    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="criteria")
    key = models.CharField(
        max_length=LONGEST_KEY,
        validators=[key_is_plain],
        help_text="Stays the same in later versions while the meaning does.",
    )
    text = models.CharField(max_length=LONGEST_CRITERION)
    guidance = models.TextField(blank=True, help_text="What counts and what does not, in words an auditor can use.")
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.YES_NO)
    dimension = models.CharField(max_length=10, choices=Dimension, default=Dimension.COMPLETION)
    weight = models.FloatField(default=DEFAULT_WEIGHT, help_text="Its share in scores. Never leaves the server.")
    is_critical = models.BooleanField(default=False, help_text="Its failure is a verdict of its own.")
    yes_conforms = models.BooleanField(default=True, help_text="Off where 'yes' is the failure. Yes-or-no only.")
    full_credit = models.FloatField(null=True, blank=True, help_text="Count or seconds that deserve full credit.")
    zero_credit = models.FloatField(null=True, blank=True, help_text="Count or seconds that deserve none.")
    wants_photo = models.BooleanField("photo when it fails", default=False)
    shown_if = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="shows",
        help_text="Shown only if this earlier criterion was answered as follows.",
    )
    shown_if_value = models.CharField(
        max_length=120, blank=True, help_text="yes, no, or the value of a level or choice."
    )
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["section", "position", "pk"]
        verbose_name_plural = "criteria"
        constraints = [
            models.UniqueConstraint(fields=["section", "key"], name="criterion_key_once"),
            models.CheckConstraint(
                condition=Q(weight__gte=0), name="criterion_weight_not_negative", violation_error_message="0 or more."
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["count", "seconds"])
                | Q(full_credit=None, zero_credit=None)
                | (Q(full_credit__isnull=False, zero_credit__isnull=False) & ~Q(full_credit=F("zero_credit"))),
                name="criterion_credit_bounds",
                violation_error_message="Give two different bounds, or neither to record without scoring.",
            ),
            models.CheckConstraint(
                condition=Q(shown_if=None, shown_if_value="") | (Q(shown_if__isnull=False) & ~Q(shown_if_value="")),
                name="criterion_shown_if_complete",
                violation_error_message="'Shown if' needs both a criterion and its value.",
            ),
        ]

    def __str__(self) -> str:
        return self.text


@receiver(pre_delete, sender=Criterion)
def free_what_it_shows(sender, instance: Criterion, using: str, **kwargs) -> None:
    """What was shown only because of a criterion that goes is always shown from now on.

    SET_NULL alone would leave the condition's value without its criterion, which the database refuses.
    """
    Criterion.objects.using(using).filter(shown_if=instance).update(shown_if=None, shown_if_value="")


class Option(models.Model):
    """An anchor of a level, or an answer to choose."""

    criterion = models.ForeignKey(Criterion, on_delete=models.CASCADE, related_name="options")
    value = models.CharField(max_length=LONGEST_KEY, validators=[key_is_plain])
    label = models.CharField("anchor", max_length=255, help_text="The behaviour that deserves this level.")
    conformity = models.FloatField(null=True, blank=True, help_text="0 to 1; blank where the answer says nothing.")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["criterion", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["criterion", "value"], name="option_value_once"),
            models.CheckConstraint(
                condition=Q(conformity=None) | Q(conformity__range=(0, 1)),
                name="option_conformity_0_to_1",
                violation_error_message="Conformity lies between 0 and 1.",
            ),
        ]

    def __str__(self) -> str:
        return self.label
