"""How a chat endpoint is asked and how far it is believed; `engines/endpoint/engine.py` is the engine itself.

Imports the engines' own words and the kernel; httpx and tenacity only where a call is made.
"""
