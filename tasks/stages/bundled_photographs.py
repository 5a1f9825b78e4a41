"""The colour photographs in scikit-image, with source, licence, consent and scene of each."""

from collections.abc import Mapping

_NO_CONSENT = "none recorded"
_STEREO = {
    "source": "Middlebury 2014 stereo benchmark (Scharstein et al., GCPR 2014)",
    "licence": "as distributed with scikit-image",
    "consent": _NO_CONSENT,
    "scene": "motorcycle",  # two views of one scene: never one in training and one held out
}

BUNDLED: Mapping[str, Mapping[str, str]] = {
    "astronaut.png": {
        "source": "NASA, portrait of Eileen Collins",
        "licence": "public domain",
        "consent": "public figure, official portrait",
    },
    "chelsea.png": {"source": "Stefan van der Walt", "licence": "CC0", "consent": _NO_CONSENT},
    "coffee.png": {"source": "Rachel Michetti", "licence": "CC0", "consent": _NO_CONSENT},
    "hubble_deep_field.jpg": {
        "source": "NASA, HubbleSite",
        "licence": "public domain",
        "consent": _NO_CONSENT,
    },
    "ihc.png": {
        "source": "Center for Microscopy and Molecular Imaging",
        "licence": "no known restrictions",
        "consent": _NO_CONSENT,
    },
    "motorcycle_left.png": _STEREO,
    "motorcycle_right.png": _STEREO,
    "retina.jpg": {
        "source": "Mikael Häggström, WikiJournal of Medicine 1(2), 2014",
        "licence": "CC0",
        "consent": _NO_CONSENT,
    },
    "rocket.jpg": {"source": "SpaceX, launch of DSCOVR", "licence": "public domain", "consent": _NO_CONSENT},
}
