"""The typed catalogue of what rules may speak of, and how a situation becomes facts.

A fact is known, missing or unsure; the difference is kept all the way to the verdict.
"""
