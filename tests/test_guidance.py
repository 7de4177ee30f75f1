from __future__ import annotations

from emoplug import Emoplug, Guidance, Turn, hookimpl

CHAT = [{"role": "user", "content": "I lost my job."}, {"role": "assistant", "content": "Oh no."}]


def test_guidance_is_taken_by_priority_until_the_budget_is_spent() -> None:
    class Talker:
        name = "talker"

        @hookimpl
        def guide(self, turn: Turn) -> list[Guidance]:
            sizes = {"low": (0, 3), "long": (9, 50), "high": (5, 3)}
            return [
                Guidance(text=text, kind="test", priority=p, tokens=t, source="talker")
                for text, (p, t) in sizes.items()
            ]

    emo = Emoplug(plugins=[Talker()], token_budget=6)
    assert [guidance.text for guidance in emo.prepare(CHAT).guidance] == ["high", "low"]


def test_guidance_that_does_not_fit_is_told_in_the_first_shorter_way_that_does() -> None:
    class Talker:
        name = "talker"

        @hookimpl
        def guide(self, turn: Turn) -> list[Guidance]:
            return [
                Guidance(text="a b c d", kind="test", priority=2, source="talker"),
                Guidance(
                    text="e f g h i", shorter=("j k l", "m"), kind="test", source="talker", tokens=5
                ),
            ]

    told = {
        budget: Emoplug(plugins=[Talker()], token_budget=budget).prepare(CHAT).guidance
        for budget in (3, 5, 8, 9)
    }
    assert {budget: [g.text for g in guidance] for budget, guidance in told.items()} == {
        3: ["j k l"],
        5: ["a b c d", "m"],
        8: ["a b c d", "j k l"],
        9: ["a b c d", "e f g h i"],
    }
    assert [(g.tokens, g.shorter) for g in told[8]] == [(4, ()), (3, ())]


def test_nothing_is_told_twice_white_space_and_case_aside() -> None:
    class Echo:
        name = "echo"

        @hookimpl
        def guide(self, turn: Turn) -> list[Guidance]:
            texts = ["Be kind.", "be  KIND. ", " ", "Be brief."]
            return [Guidance(text=text, kind="test", source="echo") for text in texts]

    assert Emoplug(plugins=[Echo()]).prepare(CHAT).guidance_text == "Be kind.\nBe brief."
