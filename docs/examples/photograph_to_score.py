"""From one photograph to a score, without store or orchestrator: the whole method in one script.

::

    python docs/examples/photograph_to_score.py

Every step is the function that the pipeline calls, too. It learns for two steps, so the score shows nothing.
"""

import itertools

import numpy as np
import skimage.data

from shls_core.files.pictures.sizes import shrink_to_side
from shls_core.methods.registry import method_config, method_named
from shls_core.metrics.scores import global_scores
from shls_core.photographs.crops import Box, crop
from shls_core.propagation.evaluation import by_copying, by_propagation, evaluate
from shls_core.propagation.labelled_sequence import LabelledSequence
from shls_core.saliency.config import SaliencyConfig
from shls_core.saliency.pseudo_mask import pseudo_mask
from shls_core.saliency.rbd import rbd_saliency
from shls_core.seeding import generator
from shls_core.superpixels.config import SuperpixelConfig
from shls_core.superpixels.superpixel_map import superpixel_map
from shls_core.synthesis.config import SynthesisConfig
from shls_core.synthesis.draw import draw_recipe
from shls_core.synthesis.render import render
from shls_core.training.batch import TrainingBatch
from shls_core.training.config import TrainingConfig
from shls_core.training.loop import train

# A photograph, what stands out in it, and the pseudo-mask that follows: stages `ingest` and `saliency`.
image = shrink_to_side(crop(skimage.data.coffee(), Box(50, 50, 350, 350)), 96)
saliency_map = rbd_saliency(image, SaliencyConfig())
mask = pseudo_mask(saliency_map, SaliencyConfig())

# A pseudo-sequence: everything random is drawn into a recipe, then rendered from it. Stage `sequences`.
synthesis, maps = SynthesisConfig(frame_size=64, num_frames=4), {"coffee": saliency_map}
drawn = generator(0, "recipe", "sample")
recipe, _ = draw_recipe("sample", "coffee", mask, ["coffee"], maps, synthesis, drawn)
made = render(recipe, {"coffee": image}, maps, {"coffee": mask})

# Superpixels of every frame. Stage `superpixels`.
superpixels = np.stack([superpixel_map(frame, SuperpixelConfig(num_superpixels=40)) for frame in made.frames])

# A method learns from batches of sequences.
shls, config = method_named("shls"), method_config({"network": {"width_multiplier": 0.0625}})
network = shls.new_network(config, 0)
batch = TrainingBatch(made.frames[None], superpixel_maps=superpixels[None], masks=made.masks[None])
training = TrainingConfig(steps=2, batch_size=1, num_threads=1)
train(shls.trainable(network, config), itertools.repeat(batch), training, on_step=lambda metrics: None)

# It carries the first mask through a video; J&F compares with the masks that are known.
sequence = LabelledSequence("sample", made.frames, made.masks, {"superpixel_maps": superpixels})
propagator = shls.propagator(network, config)
for name, segmenter in (("network", by_propagation(propagator)), ("copy", by_copying)):
    scores = global_scores(evaluate(segmenter, [sequence]))
    print(f"{name:<8} J&F {100 * scores.jf_mean:.1f}")
