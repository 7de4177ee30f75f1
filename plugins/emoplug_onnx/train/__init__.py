"""Makes and measures the shipped weights; needs the ``train`` extra."""

from emoplug import no_telemetry

no_telemetry()
