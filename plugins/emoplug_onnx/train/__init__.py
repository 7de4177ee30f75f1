"""Makes and measures the shipped weights; needs the ``train`` extra."""
