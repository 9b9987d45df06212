"""A believable corpus made of nothing but a seed, for trying policies and reviews at full size.

Pure: imports no Django. ``shapes`` says how each metric is spread, ``world`` makes blocks of sources and clips,
``truth`` knows what is really the matter with each clip. Nothing here is a measurement; whatever is loaded from it
carries the origin ``synthetic``.
"""

SYNTHETIC = "synthetic"
