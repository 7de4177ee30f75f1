"""Makes and measures the dialogue reader; needs the ``train`` extra."""
