"""The audit of one model: when may its answers be given without a person looking at them?"""
