"""Measurements: speed, quality, and the fitting of ``assistant/calibration.json``."""
