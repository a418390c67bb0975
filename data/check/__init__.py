"""`python -m data.check`: counts and measures the images of a data set, and says which trainings can start.

It never changes the data set, and it knows kinds of data sets, not models.
"""
