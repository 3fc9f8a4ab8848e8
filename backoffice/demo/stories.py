"""What people write about themselves in their personal shops: a few true-sounding sentences, put together by number."""

OPENINGS = (
    "I came to Fernhollow as a customer, with a jar of balm and two very dry hands.",
    "My sister gave me a candle, and a year later I was the one giving candles away.",
    "I run a small bookshop, and the tea on my counter is from here.",
    "After twenty years in a hospital I wanted work that smells better.",
    "I started because a friend asked, and stayed because the creams are honest.",
    "My balcony is full of thyme, and so is my bathroom shelf.",
    "I teach in the mornings and pack parcels in the afternoons.",
    "It began with my daughter's skin, which forgives nothing.",
)
MIDDLES = (
    "I try everything on this page for a month before I recommend it.",
    "Ask me what suits you; I would rather sell you one thing that you use up than three that you do not.",
    "Write to me if you are unsure, and I will tell you what I would leave out.",
    "I like plain words about what is inside, so that is what you get from me.",
    "Most of the people who buy here come back for the same two things, and I know which.",
    "I keep a few samples at home; tell me your street and I may be around the corner.",
)
CLOSINGS = (
    "Thank you for looking in.",
    "Good to have you here.",
    "Take your time.",
    "Have a quiet evening.",
    "See you at the market on Saturday.",
)
HEADLINES = (
    "Skin care for people with other things to do",
    "Tea, balm and a little quiet",
    "Things I use up and buy again",
    "A small shelf of good things",
    "From my kitchen table",
    "Less, but better",
    "Plants, plainly put",
    "What helped me may help you",
)


def headline(person: int) -> str:
    """Return the headline of somebody's shop."""
    return HEADLINES[person * 7 % len(HEADLINES)]


def story(person: int) -> str:
    """Return what somebody writes about themselves."""
    parts = (OPENINGS[person % len(OPENINGS)], MIDDLES[person // 3 % len(MIDDLES)], CLOSINGS[person // 5 % len(CLOSINGS)])
    return " ".join(parts)
