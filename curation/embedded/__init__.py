"""The database, the broker and the supervisor that come along, so that nothing has to be installed or configured.

Nothing here imports Django.
"""
