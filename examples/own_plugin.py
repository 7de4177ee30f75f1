from emoplug import Emoplug, Guidance, Turn, hookimpl


class Brief:
    """Asks for short replies when somebody is very upset: long ones are hard to take in then."""

    name = "brief"

    @hookimpl
    def guide(self, turn: Turn) -> list[Guidance] | None:
        if turn.reading is None or turn.reading.intensity < 0.6:
            return None
        return [Guidance(text="[Reply in two sentences.]", kind="style", source=self.name)]


emo = Emoplug(plugins=["onnx", "emotion", Brief()])
print(emo.prepare([{"role": "user", "content": "I am so angry and scared!"}]).guidance_text)
