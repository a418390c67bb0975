"""The uncertainty budget of every measure (GUM, JCGM 100:2008; Monte Carlo, JCGM 101:2008), as a table and on the page.

Not here: the measures and their U90 (`..metrology`), and how an instrument's constants are found.
"""

from .budget_section import add_budget
from .budget_table import budget_csv, budget_lines
from .measure_budget import MeasureBudget, make_budgets

__all__ = ["MeasureBudget", "add_budget", "budget_csv", "budget_lines", "make_budgets"]
