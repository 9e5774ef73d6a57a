"""What head office and standards owners fill in: the three numbers, and the past to try them on."""

from django import forms

from audits.models import Standard
from reports.detection.backtest.lifecycle import BadPeriod, count_runs
from reports.detection.data.settings import DROP, FALSE_ALARMS, LOOK_BACK, NAMES, BadSettings, Chosen, check_number
from reports.measure import defaults

A_NUMBER = {"required": "Write a number, such as {}.", "invalid": "Write a number, such as {}."}
A_DAY = {"required": "Choose a day.", "invalid": "Write a day such as 2026-03-31."}


def _such_as(example: str) -> dict[str, str]:
    return {code: words.format(example) for code, words in A_NUMBER.items()}


def _number(low: float, high: float, step: str) -> forms.NumberInput:
    return forms.NumberInput(attrs={"min": f"{low:g}", "max": f"{high:g}", "step": step, "inputmode": "decimal"})


class SettingsForm(forms.Form):
    """The three numbers, the drop in points."""

    use_required_attribute = False  # the sentence that an empty field gets says more than the browser's
    false_alarms_per_year = forms.FloatField(
        label="False flags per store and year",
        widget=_number(*FALSE_ALARMS, "any"),
        error_messages=_such_as(f"{defaults.FALSE_ALARMS_PER_YEAR:g}"),
    )
    smallest_drop = forms.FloatField(
        label="Smallest drop, in points",
        widget=_number(100 * DROP[0], 100 * DROP[1], "any"),
        error_messages=_such_as(f"{100 * defaults.SMALLEST_DROP:g}"),
    )
    look_back = forms.IntegerField(
        label="Look-back, in visits",
        widget=_number(*LOOK_BACK, "1"),
        error_messages={
            **_such_as(f"{defaults.LOOK_BACK}"),
            "invalid": f"Write a whole number, such as {defaults.LOOK_BACK}.",
        },
    )

    def __init__(self, *args, helps: dict[str, str] | None = None, **kwargs):
        """helps : by field, what its number means for this chain."""
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        for name, words in (helps or {}).items():
            self.fields[name].help_text = words

    def clean_false_alarms_per_year(self) -> float:
        return self._checked("false_alarms_per_year", self.cleaned_data["false_alarms_per_year"])

    def clean_smallest_drop(self) -> float:
        """As a share."""
        return self._checked("smallest_drop", round(self.cleaned_data["smallest_drop"] / 100, 6))

    def clean_look_back(self) -> int:
        return self._checked("look_back", self.cleaned_data["look_back"])

    def _checked(self, name: str, value):
        try:
            check_number(name, value)
        except BadSettings as wrong:
            raise forms.ValidationError(str(wrong)) from wrong
        return value

    @property
    def chosen(self) -> Chosen:
        """Of a form that is valid."""
        return Chosen(**{name: self.cleaned_data[name] for name in NAMES})

    @staticmethod
    def filled_with(chosen: Chosen) -> dict:
        points = f"{100 * chosen.smallest_drop:g}"
        return chosen.parameters() | {"smallest_drop": points}


class BacktestForm(SettingsForm):
    """The numbers, and a period of a standard's past."""

    start_on = forms.DateField(
        label="First day",
        help_text="What was known when this day began shows what is usual. Leave some months before it.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages=A_DAY,
    )
    stop_on = forms.DateField(
        label="Last day",
        help_text="Included.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages=A_DAY,
    )
    field_order = ["start_on", "stop_on", "false_alarms_per_year", "smallest_drop", "look_back"]

    def __init__(self, *args, standard: Standard | None, **kwargs):
        super().__init__(*args, **kwargs)
        self.standard = standard

    def clean(self) -> dict:
        cleaned = super().clean() or self.cleaned_data
        if self.standard is None:
            raise forms.ValidationError("No standard has been published yet: there is no past to replay.")
        if "start_on" in cleaned and "stop_on" in cleaned:
            try:
                count_runs(standard=self.standard, start_on=cleaned["start_on"], stop_on=cleaned["stop_on"])
            except BadPeriod as wrong:
                self.add_error(wrong.name, str(wrong))
        return cleaned
