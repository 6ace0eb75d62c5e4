"""The encrypted copy of a vault in a folder that a provider carries between computers.

`FORMAT.md` gives the bytes and the rules of merging.
"""
