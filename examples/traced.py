"""A chat whose understanding is traced, told to the console in place of a collector."""

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

from emoplug import Emoplug

provider = TracerProvider()
provider.add_span_processor(
    SimpleSpanProcessor(
        ConsoleSpanExporter(formatter=lambda span: f"{span.name} {dict(span.attributes or {})}\n")
    )
)
trace.set_tracer_provider(provider)

emo = Emoplug(deadline=30)
turn = emo.prepare(
    [{"role": "user", "content": "I failed the exam again. I feel like a failure."}],
    session="ann",
    model="any-model",
)
emo.review(turn, "That hurts. What happened?")
