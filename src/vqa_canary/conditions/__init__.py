"""Conditions: one pure function for each way to show an item. Imports the standard library and Pillow only."""
