from openai import OpenAI

import emoplug_openai
from emoplug import Emoplug

client = emoplug_openai.wrap(OpenAI(), Emoplug())
response = client.chat.completions.create(
    model="any-model",
    messages=[{"role": "user", "content": "I failed the exam again. I feel like a failure."}],
)
print(response.choices[0].message.content)
review = emoplug_openai.review_of(response)
print(review.turn.reading.emotion if review and review.turn.reading else "nothing read")
