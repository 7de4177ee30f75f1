"""A chain of LangChain with an emotion-aware model as one of its links; tokens still stream."""

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI

from emoplug import Review
from emoplug_langchain import emotion_aware


def show(review: Review) -> None:
    if review.turn.reading:
        print(f"\nthe person feels {review.turn.reading.emotion}")


prompt = ChatPromptTemplate.from_messages([("system", "Keep it short."), ("human", "{said}")])
model = emotion_aware(ChatOpenAI(model="any-model"), on_review=show)
chain = prompt | model | StrOutputParser()
for token in chain.stream({"said": "My best friend moved away and I miss her so much."}):
    print(token, end="")
