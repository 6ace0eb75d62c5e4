"""Long runs that print figures: `python -m tests.endurance kill|mutate|sizes [--count N]`.

`kill` ends a program with SIGKILL at random moments and looks for what it had promised; `mutate`
opens damaged headers and data files; `sizes` makes a backup, deletes the vault and brings it back
with the recovery key alone. Each ends with 1 if a figure that must be 0 is not. A small number of
each runs with the tests.
"""
