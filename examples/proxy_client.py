"""A chatbot that changes one base URL: `emoplug serve` in front of its model's endpoint."""

from __future__ import annotations

import os
import subprocess
import sys

from openai import OpenAI

upstream = os.environ.get("OPENAI_BASE_URL", "https://api.openai.com/v1")
serve = [sys.executable, "-m", "emoplug_cli", "serve", "--port", "0", "--upstream", upstream]
with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as proxy:
    assert proxy.stdout is not None
    address = proxy.stdout.readline().split()[3].rstrip(",")  # emoplug listens on http://…/v1, …
    client = OpenAI(base_url=address)
    answer = client.chat.completions.with_raw_response.create(
        model="any-model",
        messages=[{"role": "user", "content": "I failed the exam again. I feel like a failure."}],
    )
    print(answer.parse().choices[0].message.content)
    print("the person feels", answer.headers["x-emoplug-emotion"])
    proxy.terminate()
