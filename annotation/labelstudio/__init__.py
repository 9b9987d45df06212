"""The bridge to Label Studio: a queue out as tasks, annotations back as judgments. Pure, but for ``server``'s client.

``config`` and ``tasks`` write what Label Studio reads, with the SDK's own classes; ``reading`` understands what it
writes; ``server`` speaks to one. Nothing here knows Django.
"""
