"""What the offline listener can say. No sentence advises; every reply ends in one open question."""

from __future__ import annotations

FEELINGS = {
    "admiration": ("admiration", "glad"),
    "amusement": ("amusement", "glad"),
    "anger": ("anger", "hot"),
    "annoyance": ("annoyance", "hot"),
    "approval": ("agreement", "glad"),
    "caring": ("care", "glad"),
    "confusion": ("confusion", "open"),
    "curiosity": ("curiosity", "open"),
    "desire": ("longing", "open"),
    "disappointment": ("disappointment", "heavy"),
    "disapproval": ("disapproval", "hot"),
    "disgust": ("disgust", "hot"),
    "embarrassment": ("embarrassment", "heavy"),
    "excitement": ("excitement", "glad"),
    "fear": ("fear", "afraid"),
    "gratitude": ("gratitude", "glad"),
    "grief": ("grief", "heavy"),
    "joy": ("joy", "glad"),
    "love": ("love", "glad"),
    "nervousness": ("nervousness", "afraid"),
    "optimism": ("hope", "glad"),
    "pride": ("pride", "glad"),
    "realization": ("a new understanding", "open"),
    "relief": ("relief", "glad"),
    "remorse": ("regret", "heavy"),
    "sadness": ("sadness", "heavy"),
    "surprise": ("surprise", "open"),
}
"""Label to (what the listener calls it, the family whose sentences fit it)."""

SURE = (
    "I read {feeling} in what you write.",
    "It sounds as if there is {feeling} in this.",
    "What comes across is {feeling}.",
    "There seems to be {feeling} in your words.",
    "Between the lines I read {feeling}.",
)
UNSURE = (
    "There may be some {feeling} in this, though I could be misreading it.",
    "I am not certain, but I wonder about {feeling}.",
    "Perhaps there is a trace of {feeling} here; you know better than I do.",
    "If I read you rightly, this touches on {feeling}.",
)
PLAIN = (
    "I am with you so far.",
    "Thank you for telling me that.",
    "I am listening.",
    "I hear you.",
)

KIND = {
    "heavy": (
        "That is a lot to carry.",
        "It makes sense that this hurts.",
        "Thank you for putting it into words.",
        "It does not have to be tidy to be said here.",
        "Something like that can weigh on a whole day.",
    ),
    "hot": (
        "It makes sense that this gets to you.",
        "That clearly touches something that matters to you.",
        "That feeling is allowed to be as big as it is.",
        "It would get under many people's skin.",
    ),
    "afraid": (
        "Not knowing how it will go can be hard to bear.",
        "It takes something to say that.",
        "That sounds unsettling.",
        "No wonder it keeps you on edge.",
    ),
    "glad": (
        "That is good to hear.",
        "There is room for that here.",
        "It is nice to have it said.",
        "That sounds as if it means something to you.",
    ),
    "open": (
        "It sounds as if things are still settling.",
        "There is no hurry to make sense of it here.",
        "It is fine for this to be unfinished.",
        "Much in it still seems to be moving.",
    ),
    "neutral": (
        "There is room here for whatever comes next.",
        "There is no wrong place to begin.",
        "It can be as much or as little as you like.",
    ),
}

QUESTIONS = {
    "heavy": (
        "What is the hardest part of it right now?",
        "What goes through you when you think of it?",
        "What do you wish someone understood about this?",
        "How has it been for you since then?",
        "What do you miss most in all of this?",
    ),
    "hot": (
        "What bothers you most about it?",
        "What was it like for you in that moment?",
        "What did you need that was not there?",
        "What would have felt fair to you?",
    ),
    "afraid": (
        "What are you most afraid could happen?",
        "How does it show itself, in your body or your thoughts?",
        "What feels least certain just now?",
        "What is it like to live with that open?",
    ),
    "glad": (
        "What made it feel that way?",
        "What does it mean to you?",
        "What part of it stays with you most?",
        "How does it feel to tell it?",
    ),
    "open": (
        "What stands out to you most?",
        "What do you make of it so far?",
        "What had you expected instead?",
        "How does it sit with you now?",
    ),
    "neutral": (
        "What is on your mind about it?",
        "How is that for you?",
        "What feels most important in this for you?",
        "What else belongs to it?",
    ),
}

ECHO = "You write: \u201c{words}\u201d."

GREETINGS = (
    "Hello. I am a program that listens, no more than that. What brings you here today?",
    "Hello, and welcome. I am only a program, but I am listening. What is on your mind?",
)
NO_ADVICE = (
    "I cannot tell you what to do: I am only a program, and it is your life.",
    "What to do is not for a program like me to say.",
    "I have no answer to give you on that; I am a program that listens.",
)
OWN_ANSWER = (
    "What do you feel drawn to yourself?",
    "What has spoken for one way or the other so far?",
    "What would matter most to you in deciding?",
    "How would each way feel, a week from now?",
)

CARE = (
    "Thank you for telling me this; I take it seriously, and nothing you say here is wrong.",
    "I am glad you wrote that down rather than keeping it to yourself.",
    "That sounds like a great deal of pain, and it is all right to say it here.",
)
CARE_LIMITS = (
    "I am only a program, though: I cannot know how safe you are, and I cannot call anyone for "
    "you. A person you trust could be with you in this in a way I cannot. If you, or the person "
    "you write about, may be in danger now, please call your local emergency services or a crisis "
    "line where you are. And you can go on writing here."
)
CARE_QUESTIONS = (
    "What is happening for you right now?",
    "How close are these thoughts to you at this moment?",
    "Who comes to mind that could be near you today?",
)
CARE_AFTER = (
    "What you wrote before still matters. I am only a program; if it comes closer, a person you "
    "trust or your local emergency services can be there as I cannot."
)
