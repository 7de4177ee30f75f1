"""LangChain's own tests of chat models, for a model alone and with emoplug around it.

Both classes share what a model of this kind cannot do, so each passes exactly where the other does.
"""

from __future__ import annotations

from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

from emoplug import Emoplug
from emoplug_langchain._model import EmotionChatModel
from tests.adapters.langchain_fake import Fake
from tests.adapters.openai_talks import Sayer

EMO = Emoplug(plugins=[Sayer()], deadline=30)


class Aware(EmotionChatModel):
    """Made from the inner model's own arguments, as the suites make models."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(Fake(**arguments), EMO, None, None)


class Bare:
    """What the suites are told of the model alone."""

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return Fake

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"temperature": 0.0}

    @property
    def model_override_value(self) -> str:
        return "another"

    @property
    def supports_anthropic_inputs(self) -> bool:
        return True


class Wrapped(Bare):
    """The same with emoplug around it."""

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return Aware


class TestUnitBare(Bare, ChatModelUnitTests):
    pass


class TestUnitWrapped(Wrapped, ChatModelUnitTests):
    pass


class TestIntegrationBare(Bare, ChatModelIntegrationTests):
    pass


class TestIntegrationWrapped(Wrapped, ChatModelIntegrationTests):
    pass
