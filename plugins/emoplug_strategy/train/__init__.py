"""Learns the planner and the reply classifier; needs the extra ``train``."""
