"""What is kept in Redis, and the embedded server that stands in where there is none.

Every read has a budget and every failure an answer: guidance never waits for the store.
"""
