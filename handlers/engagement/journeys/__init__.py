"""Journeys: their definitions, and the engine that walks participants through them."""
