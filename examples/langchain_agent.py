"""An agent of LangChain that understands whom it talks to."""

from langchain.agents import create_agent
from langchain_openai import ChatOpenAI

from emoplug_langchain import EmotionMiddleware

agent = create_agent(ChatOpenAI(model="any-model"), middleware=[EmotionMiddleware()])
said = "I failed the exam again. I feel like a failure."
state = agent.invoke({"messages": [{"role": "user", "content": said}]})
print(state["messages"][-1].content)
print(state["emotion"]["label"], "because of:", [cause["text"] for cause in state["causes"]])
print("fits best:", state["strategy"]["name"])
