"""The text of the invented chain's service standard, as data: what an auditor is asked, in the order of the form."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Asked:
    """One criterion. `ease` is how often it is kept in an average store, in logits; it is no part of the text."""

    key: str
    text: str
    guidance: str = ""
    kind: str = "yes_no"
    dimension: str = "completion"
    weight: float = 1
    is_critical: bool = False
    yes_conforms: bool = True
    wants_photo: bool = False
    bounds: tuple[float | None, float | None] = (None, None)  # full credit, zero credit
    shown_if: tuple[str, str] | None = None
    options: tuple[tuple[str, str, float | None], ...] = ()
    ease: float = 1.8


@dataclass(frozen=True)
class Moment:
    """A section of the form."""

    key: str
    title: str
    guidance: str
    criteria: tuple[Asked, ...] = field(default_factory=tuple)
    asked: str = "interaction"


ARRIVAL = Moment(
    "arrival",
    "Arrival",
    "From the door to the first contact. Follow one customer who is not known to the staff.",
    (
        Asked(
            "acknowledged",
            "Was the customer acknowledged without having to ask?",
            "Eye contact, a nod or a word from anybody in uniform. A glance past the customer does not count.",
            is_critical=True,
            weight=2,
            ease=2.1,
        ),
        Asked(
            "wait-acknowledged",
            "Seconds until the customer was acknowledged",
            "From the moment the customer stands still within five paces of staff. Use the stopwatch; if you "
            "have to estimate, say so in the note.",
            kind="seconds",
            bounds=(30, 120),
            ease=1.7,
        ),
        Asked(
            "staff-occupied",
            "What was the nearest member of staff doing?",
            "As the customer came within five paces.",
            kind="choice",
            dimension="delivery",
            options=(
                ("available", "Facing the shop floor, ready for customers", 1),
                ("helping", "Helping another customer", None),
                ("task", "On a task, looked up when the customer came near", 0.7),
                ("absorbed", "On a task or a screen, did not look up", 0),
                ("talking", "In conversation with a colleague", 0),
            ),
            ease=1.4,
        ),
    ),
)

GREETING = Moment(
    "greeting",
    "Greeting",
    "The first words. Judge what was said and how, not the person who said it.",
    (
        Asked(
            "greeted",
            "Was the customer greeted in words?",
            "Any words of welcome before business. “Next, please” is no greeting.",
            is_critical=True,
            weight=2,
            ease=2.3,
        ),
        Asked(
            "greeting-warmth",
            "How was the greeting given?",
            "Choose what came closest.",
            kind="level",
            dimension="delivery",
            weight=2,
            shown_if=("greeted", "yes"),
            options=(
                ("words-only", "Words without eye contact, while busy with something else", 0),
                ("routine", "Eye contact and a routine phrase", 0.5),
                ("own-words", "Turned to the customer, own words, offered help", 1),
            ),
            ease=1.3,
        ),
        Asked(
            "room-to-look",
            "Was the customer left room to look around after the greeting?",
            "No hovering, no second question within a minute unless the customer looks up.",
            dimension="delivery",
            ease=2.0,
        ),
    ),
)

FIRST_HELP = Moment(
    "first-help",
    "First help",
    "From the greeting to the first useful thing that somebody did.",
    (
        Asked(
            "wait-helped",
            "Seconds from the greeting until meaningful help began",
            "Meaningful: a question about the need, walking to the product. “I'll be with you” is not.",
            kind="seconds",
            bounds=(60, 300),
            weight=2,
            ease=1.6,
        ),
        Asked(
            "open-question",
            "Did staff ask an open question about what the customer needs?",
            "A question that cannot be answered with yes or no: “What will you use it for?”",
            weight=2,
            ease=1.3,
        ),
        Asked(
            "walked-along",
            "When a product was asked for, did staff walk the customer to it?",
            "Pointing or naming an aisle is a no. Does not apply when nothing was asked for.",
            dimension="delivery",
            ease=1.5,
        ),
        Asked(
            "interruptions",
            "How many times was the help interrupted by other tasks?",
            "Telephone, headset, colleague, delivery. Another customer who was briefly told to wait does not count.",
            kind="count",
            dimension="delivery",
            bounds=(0, 3),
            ease=1.7,
        ),
    ),
)

ADVICE = Moment(
    "advice",
    "Advice",
    "Only where advice was wanted; otherwise mark “does not apply”.",
    (
        Asked(
            "listened",
            "How well did staff listen?",
            "Choose what came closest.",
            kind="level",
            dimension="delivery",
            weight=2,
            options=(
                ("talked-over", "Interrupted or recommended before the customer had finished", 0),
                ("heard", "Let the customer finish, then recommended", 0.4),
                ("followed-up", "Asked at least one question that followed from the answer", 0.8),
                ("summed-up", "Summed up the need in own words before recommending", 1),
            ),
            ease=1.2,
        ),
        Asked(
            "reasoned",
            "Was the recommendation tied to what the customer had said?",
            "“Because you said …” or the same in other words.",
            ease=1.5,
        ),
        Asked(
            "alternative",
            "Was more than one option shown, or a reason given for only one?",
            "On the shelf, on the screen or in the catalogue.",
            ease=1.6,
        ),
        Asked(
            "wrong-claim",
            "Did staff say anything about the product that its label contradicts?",
            "Compare with the label or the shelf card afterwards. Quote what was said in the note.",
            is_critical=True,
            yes_conforms=False,
            weight=2,
            wants_photo=True,
            ease=3.0,
        ),
    ),
)

CHECKOUT = Moment(
    "checkout",
    "Checkout",
    "From joining the queue, or reaching the till, to holding the receipt.",
    (
        Asked(
            "queue-seconds",
            "Seconds in the queue",
            "Until the till assistant turns to this customer.",
            kind="seconds",
            bounds=(120, 420),
            ease=1.7,
        ),
        Asked(
            "queue-response",
            "With more than three customers waiting, was another till opened or help called?",
            "Does not apply when three or fewer were waiting.",
            wants_photo=True,
            weight=2,
            ease=1.2,
        ),
        Asked(
            "price-named",
            "Was the total named before payment was taken?",
            ease=2.3,
        ),
        Asked(
            "till-attention",
            "Where was the till assistant's attention?",
            "Choose what came closest.",
            kind="level",
            dimension="delivery",
            options=(
                ("elsewhere", "On a colleague or a screen for most of the sale", 0),
                ("sale", "On the goods and the till", 0.5),
                ("customer", "Looked up and spoke to the customer at least twice", 1),
            ),
            ease=1.5,
        ),
    ),
)

FAREWELL = Moment(
    "farewell",
    "Farewell",
    "The last words, at the till or on the way out.",
    (
        Asked("thanked", "Was the customer thanked?", ease=2.2),
        Asked(
            "farewell-manner",
            "How was the farewell given?",
            "Choose what came closest.",
            kind="level",
            dimension="delivery",
            options=(
                ("turned-away", "Already turned to the next thing", 0),
                ("phrase", "A routine phrase with eye contact", 0.6),
                ("personal", "Referred to the purchase or the conversation", 1),
            ),
            ease=1.4,
        ),
        Asked(
            "next-step",
            "Was the customer told what happens if it does not fit or work?",
            "Return period, repair, telephone number, or the leaflet with a word about it.",
            ease=0.9,
        ),
        Asked(
            "felt",
            "As this customer, how did you feel treated?",
            "Your own feeling, not what you think the standard wants. It is never scored.",
            kind="choice",
            dimension="perception",
            options=(
                ("ignored", "Like somebody in the way", None),
                ("processed", "Correctly processed", None),
                ("welcome", "Welcome", None),
                ("delighted", "I would tell somebody about it", None),
            ),
        ),
    ),
)

SHOP = Moment(
    "shop",
    "Shop",
    "Once per visit, before you leave. Walk the main aisle from the door to the till.",
    (
        Asked(
            "entrance-clear",
            "Was the entrance clear and clean?",
            "No trolleys, boxes or wet floor in the first ten paces; litter and mat as you would want them at home.",
            wants_photo=True,
            ease=2.2,
        ),
        Asked(
            "empty-facings",
            "How many empty facings in the seasonal bay?",
            "Count gaps as wide as one product, in the bay that the window promises.",
            kind="count",
            bounds=(0, 8),
            wants_photo=True,
            ease=1.5,
        ),
        Asked(
            "price-cards",
            "Did every one of five products have the right price card?",
            "Take five at random on your way and scan or compare. Name the wrong ones in the note.",
            wants_photo=True,
            weight=2,
            ease=1.8,
        ),
        Asked(
            "tills-staffed",
            "How were the tills staffed for the customers waiting?",
            "As you passed them.",
            kind="level",
            options=(
                ("closed", "Customers waiting at a closed till", 0),
                ("one", "One open, more than three waiting", 0.3),
                ("enough", "Nobody had more than two before them", 1),
            ),
            wants_photo=True,
            ease=1.6,
        ),
        Asked(
            "escape-route",
            "Were the escape routes and the extinguisher free?",
            "Every marked door and the space in front of it. One box is a no.",
            is_critical=True,
            weight=3,
            wants_photo=True,
            ease=3.1,
        ),
        Asked(
            "in-words",
            "In your own words: what would you tell the store manager?",
            "Two sentences at most: what you saw, and what it did to a customer. No names.",
            kind="text",
            dimension="perception",
        ),
    ),
    asked="visit",
)

KEY = "service"
NAME = "Service standard"
DESCRIPTION = "How customers of Fernhill are received, helped and sent on their way, in behaviour that can be seen."
MOMENTS = (ARRIVAL, GREETING, FIRST_HELP, ADVICE, CHECKOUT, FAREWELL, SHOP)

PROPOSED = Asked(
    "accessible-route",
    "Could a wheelchair pass along the whole main aisle?",
    "Ninety centimetres between displays, measured with the card. Photograph the narrowest place.",
    wants_photo=True,
)
"""What the waiting draft adds to the section Shop."""


def criteria() -> list[tuple[Moment, Asked]]:
    return [(moment, asked) for moment in MOMENTS for asked in moment.criteria]
