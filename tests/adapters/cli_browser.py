"""A real Chromium, steered by its own driver, that shows a page and tells what it sees."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped] # has no types
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
DRIVER = shutil.which("chromedriver")
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
# Every visible text with its own colour and the first opaque colour behind it.
_CONTRASTS = """
const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
const light = colour => numbers(colour).slice(0, 3).map(v => v / 255)
  .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
  .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const behind = element => {
  for (let e = element; e; e = e.parentElement) {
    const colour = getComputedStyle(e).backgroundColor, parts = numbers(colour);
    if (parts.length < 4 || parts[3] === 1) return colour;
  }
  return 'rgb(255, 255, 255)';
};
const found = [];
for (const e of document.querySelectorAll('body *')) {
  const own = [...e.childNodes].filter(n => n.nodeType === 3).map(n => n.data.trim()).join('');
  const style = getComputedStyle(e);
  if (!own || ['title', 'desc', 'STYLE'].includes(e.tagName)) continue;
  const colour = e instanceof SVGElement ? style.fill : style.color;
  const [a, b] = [light(colour), light(behind(e))].sort((x, y) => y - x);
  found.push([own.slice(0, 40), (a + 0.05) / (b + 0.05)]);
}
return found;
"""


class Browser:
    """One browser window."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver

    def show(self, page: Path, width: int = 1000, scheme: str = "light") -> None:
        """Open a page in a window this wide, for someone who likes it light or dark."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self._command("Emulation.setEmulatedMedia", features=features)
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self._command("Emulation.setDeviceMetricsOverride", **size)
        self.driver.get("about:blank")
        self.complaints()  # forgets what came before
        self.requests()
        self.driver.get(page.as_uri())

    def ask(self, script: str) -> Any:
        """Evaluate an expression in the page."""
        return self.driver.execute_script(f"return {script}")

    def contrasts(self) -> dict[str, float]:
        """Answer the contrast of each visible text with what is behind it."""
        found = self.driver.execute_script(_CONTRASTS)
        return {text: ratio for text, ratio in found}

    def complaints(self) -> list[str]:
        """Answer what the browser wrote into its console."""
        return [entry["message"] for entry in self._log("browser")]

    def requests(self) -> list[str]:
        """Answer each address asked for since the page was opened."""
        events = [json.loads(e["message"])["message"] for e in self._log("performance")]
        sent = [e for e in events if e["method"] == "Network.requestWillBeSent"]
        return [event["params"]["request"]["url"] for event in sent]

    def _log(self, kind: str) -> list[dict[str, Any]]:
        """Answer what was logged since the last time."""
        entries: list[dict[str, Any]] = self.driver.get_log(kind)  # type: ignore[no-untyped-call] # selenium
        return entries

    def _command(self, name: str, **parameters: Any) -> None:
        self.driver.execute_cdp_cmd(name, parameters)


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """Start a browser with an empty profile, and see to it that none of it is left."""
    options = ChromeOptions()
    options.binary_location = str(BROWSER)
    for flag in (*_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = Service(str(DRIVER))
    driver = Chrome(options=options, service=service)
    started = psutil.Process(service.process.pid).children(recursive=True)
    try:
        yield Browser(driver)
    finally:
        driver.quit()
        _, left = psutil.wait_procs(started, timeout=20)
        for process in left:
            process.kill()
    assert not left, left
