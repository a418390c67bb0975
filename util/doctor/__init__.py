"""The command `python -m util.doctor`: checks whether a training would work on this machine.

It starts the programs as a user does, in a temporary folder; it imports no model and no data set.
"""
