"""The kernel: money, ids, instants, errors and canonical bytes. Every floor stands on it.

Not here: I/O of any kind but reading the data files of the package, and no word of any room.
"""
