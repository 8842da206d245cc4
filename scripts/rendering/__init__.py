"""Rendered operations: laparoscopic-looking scenes whose tools are known in every frame.

The project can ship no real surgery, so its samples are drawn. A scene is a function of its seed:
the same seed and time give the same picture. The files, in the order of the data's flow:

=================================  =====================================================
chance                             named random streams, smooth noise, drifts
tissue, outside                    what the camera looks at, as textures
shapes                             polygons that move as one
jaws, probes, bag, tools           the seven tools
plans, choreography                which tool is at work when, and where it is
camera, lens                       how the picture is taken: motion, light, smoke, noise
picture                            ground, shadows and tools become one picture
visibility                         the rule by which a tool counts as visible
scene                              all of it, at any time and size
seeds, workers, files              what the writers share
training_images, dataset,          the writers
recording
=================================  =====================================================
"""

from rendering.scene import RenderedFrame, Scene
from rendering.tools import TOOLS

__all__ = ["TOOLS", "RenderedFrame", "Scene"]
