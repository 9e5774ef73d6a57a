"""What auditors of the invented chain write, by criterion: short, seen, without names."""

FAILED = {
    "acknowledged": (
        "Stood at the service desk, two members of staff passed without a look.",
        "Customer coughed, then asked. Nobody had looked up.",
        "Walked past three uniforms from door to till, no eye contact.",
    ),
    "wait-acknowledged": (
        "One person unpacking a pallet, back to the aisle.",
        "Customer went to look for somebody herself.",
        "Headset call first, customer second.",
    ),
    "staff-occupied": (
        "Both on the handheld, counting.",
        "Talking about the rota.",
        "Price changes. Did not look up once.",
    ),
    "greeted": (
        "“Next.” That was it.",
        "Scanned the first item without a word.",
        "“Yes?” while looking at the screen.",
    ),
    "greeting-warmth": (
        "Said hello to the shelf.",
        "Words came while walking away.",
        "The same sentence to each customer, in the same voice.",
    ),
    "room-to-look": ("Followed the customer along the whole bay.", "Second offer of help after ten seconds."),
    "wait-helped": (
        "“I'll be with you” twice, then served somebody else.",
        "Customer had the box open himself before help came.",
        "Sent to the other end of the store to wait.",
    ),
    "open-question": (
        "First question was the budget.",
        "“Do you want this one?” before the customer had said anything.",
        "No question at all, straight to the offer of the week.",
    ),
    "walked-along": ("“Aisle nine, on the left.”", "Pointed without turning round."),
    "interruptions": ("Headset three times in two minutes.", "Delivery driver wanted a signature, customer waited."),
    "listened": (
        "Recommended before the customer had finished the sentence.",
        "Customer said for a child; was shown adult sizes.",
    ),
    "reasoned": ("“This is what everybody takes.”", "Read out the shelf card."),
    "alternative": ("One product, no reason.", "Alternative was in stock on the next shelf and not mentioned."),
    "wrong-claim": (
        "Said the jacket is waterproof; the label says shower-proof.",
        "Said two years' guarantee, card says one.",
    ),
    "queue-seconds": ("Seven waiting, one till.", "Second till opened after the queue had gone."),
    "queue-response": ("Bell rung, nobody came.", "Second assistant was folding shirts ten steps away."),
    "price-named": ("Turned the card reader round without a word.",),
    "till-attention": ("Talked across to the other till all the time.", "Eyes on the clock."),
    "thanked": ("Receipt on the counter, next customer.",),
    "farewell-manner": ("Already scanning for the next one.",),
    "next-step": (
        "Customer asked about returns himself.",
        "Nothing said; the leaflets lay under the counter.",
        "Bought a tent, was not told about the repair service.",
    ),
    "entrance-clear": (
        "Two roll cages just inside the door.",
        "Wet floor, no sign, mat folded over.",
        "Cardboard left from the delivery.",
    ),
    "empty-facings": ("The bay from the window poster is half empty.", "Gaps since the left end, cards still there."),
    "price-cards": ("Two of five wrong: flask and head torch.", "Card of last week's offer still up."),
    "tills-staffed": ("One open, six waiting.", "“Till closed” on both, queue in between."),
    "escape-route": ("Boxes in front of the rear exit.", "Extinguisher behind the display stand."),
}

KEPT = (
    "Turned round, smiled, asked what the trip was for.",
    "Knew the product and said why.",
    "Left the customer room and was there at the right moment.",
    "Opened the second till before anybody asked.",
    "Explained returns without being asked.",
)

TOLD_GOOD = (
    "People look up when somebody comes near. Customers stay longer than they meant to.",
    "Calm, attentive, quick. A customer at the boots was walked to the fitting bench and left with two pairs.",
    "Nothing to add: a pleasant shop. The greeting sounds meant.",
    "Good questions at the rucksacks. The customer thanked the assistant first.",
    "Queue was seen at once and a second till opened.",
)
TOLD_POOR = {
    "arrival": "Tasks come first here: people counted and unpacked while customers stood next to them.",
    "greeting": "The greeting has become a formula. Customers answer without looking up.",
    "first-help": "Customers are seen and then left waiting. Two walked out with nothing.",
    "advice": "Advice is fast and the same for everybody. Nobody asked what it is for.",
    "checkout": "The queue is the last thing customers remember. One till for the whole afternoon.",
    "farewell": "The sale ends at the card reader. No word about returns, hardly a thank-you.",
    "shop": "The bay that the window promises was half empty.",
}

PLACES_SEEN = {
    "morning": ("Boots wall", "Service desk", "Till 1", "Rucksacks", "Click and collect"),
    "afternoon": ("Till 2", "Fitting bench", "Tents", "Service desk", "Cycle corner", "Till 1"),
    "evening": ("Till 1", "Jackets", "Service desk", "Fitting bench", "Maps and stoves"),
}
