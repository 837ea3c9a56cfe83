"""Shards computed side by side: in processes of this machine, or by actors of a Ray cluster.

A piece of work is one missing shard of one model. Whoever asks for pieces gets each result as soon as it is there, in
any order, and stores it; nothing in here knows of files. See docs/how-to/workers.md.
"""
