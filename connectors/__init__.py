"""Readers of the files that companies, hospitals, utilities and platforms hand back.

Nothing here imports `app`: a connector sees a file and yields records. It runs in a worker
process that holds no key, no database and no token (`connectors.worker`).
"""
