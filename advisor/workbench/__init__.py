"""What rule authors work with: its tests, questions about a pack, plain answers.

It drives the same reader, index and guards as the service, so an answer here is the answer there.
"""
