"""Conditions: one pure function a way to show an item. Imports the standard library only."""
