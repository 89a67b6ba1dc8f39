"""A folder a lesson: its exercises, each whole in a module, the material that learners import, and its figures.

No lesson imports another, and nothing outside of this folder imports a lesson: an exercise is found by its id.
"""
