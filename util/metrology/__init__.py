"""From depth maps to the numbers of a metrology report: holes, sites, runs."""
