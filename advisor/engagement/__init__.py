"""The engagement card, promises, calendars and slots: what a customer and a company owe each other.

Nothing here knows of rules, calls or storage; every function takes the time as an argument.
"""
