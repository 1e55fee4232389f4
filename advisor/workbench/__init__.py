"""What rule authors work with: a pack's tests, questions about it, plain answers.

It drives the same reader, index and guards as the service, so an answer here is the answer there.
"""
