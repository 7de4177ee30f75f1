"""An OpenAI-compatible proxy with emoplug in it: ``emoplug serve``, or an ASGI app of your own.

    app = create_app(ServerSettings(upstream="http://localhost:11434/v1"))

Clients change their base URL and nothing else.
"""

from emoplug_server._app import create_app
from emoplug_server._settings import ServerSettings

__all__ = ["ServerSettings", "create_app"]
