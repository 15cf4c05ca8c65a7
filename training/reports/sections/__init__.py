"""The sections of a run's report, each made from the run as tables, prose and pictures."""
