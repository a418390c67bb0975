"""The command `python -m util.compare`: a page that shows the results of several runs side by side.

Not here: how a folder of results is read (`..results`) and statistics of one run (`..metrology`)."""
