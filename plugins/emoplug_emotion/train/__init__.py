"""Learns how feelings follow on each other, from data sets of conversations."""
