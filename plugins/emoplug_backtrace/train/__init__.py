"""Makes what ships with the plugin: the re-ranker's network, and the profiles."""

from emoplug import no_telemetry

no_telemetry()
