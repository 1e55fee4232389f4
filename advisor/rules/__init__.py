"""The rule language: reading a pack, reporting every mistake, indexing, matching, explaining.

A pack is used whole and valid, or not at all.
"""
