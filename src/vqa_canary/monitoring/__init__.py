"""A frozen policy in use: batch by batch, does its error still keep to the target, and is anything else than it was?"""
