"""Media, and nothing but media: opening, probing, decoding, cutting and serving files. No Django here.

Times are seconds of *presentation time*: zero is the first picture of the file (the first sound where there is
no picture), so that a clip's start means the same to the scorer, the player and the export.
"""
