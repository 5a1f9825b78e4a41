"""The algorithms of SHLS, free of any orchestrator, file format or store.

Axis letters, used in every shape of this project:

====== ==========================================================
``B``  batch (pseudo-sequences in a training step)
``T``  time (frames of a video or pseudo-sequence)
``H``  rows of an image, ``W`` its columns
``C``  channels of a feature map
``R``  superpixels of a frame
``K``  objects, the background not counted
``S``  size of a superfeature
====== ==========================================================

Boxes are half-open ``(top, left, bottom, right)``, points are ``(row, column)``, images are RGB.
Package initialisers import nothing, so that the code a stage depends on can be found by its imports.
"""
