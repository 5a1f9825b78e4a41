from flows.configuration import PipelineConfig
from flows.stages import dataset_stages
from storage.rows.stage_names import CLIPS, FOOTAGE, OF_STILLS


def test_the_stages_are_the_four_in_the_order_in_which_they_read_each_other():
    stages = dataset_stages(PipelineConfig())
    assert tuple(stage.name for stage in stages) == OF_STILLS
    for number, stage in enumerate(stages):
        assert set(stage.reads) <= set(OF_STILLS[:number])


def test_each_stage_gets_its_section_and_all_get_the_same_seed_and_size():
    config = PipelineConfig().with_changes(
        staging={"seed": 7},
        ingest={"max_side": 123},
        saliency={"border_radius_px": 1},
        crops={"crops_per_image": 2},
        synthesis={"frame_size": 96},
        held_out={"share": 0.5},
        superpixels={"compactness": 3.0},
    )
    ingest, saliency, sequences, superpixels = dataset_stages(config)
    assert ingest.config == config.ingest
    assert (saliency.config, saliency.crops) == (config.saliency, config.crops)
    assert (sequences.config, sequences.held_out) == (config.synthesis, config.held_out)
    assert superpixels.config == config.superpixels
    assert {saliency.seed, sequences.seed} == {7}
    assert {saliency.max_side, sequences.max_side} == {123}


def test_stages_are_those_of_the_sources_that_are_named():
    videos = PipelineConfig().with_changes(
        footage={"videos": "films"}, clips={"side": 99}, held_out={"share": 0.5}
    )
    footage, clips = dataset_stages(videos)
    assert (footage.name, clips.name) == (FOOTAGE, CLIPS)
    assert footage.config == videos.footage
    assert (clips.config, clips.held_out) == (videos.clips, videos.held_out)
    both = videos.with_changes(ingest={"images": "photos"})
    assert tuple(stage.name for stage in dataset_stages(both)) == (*OF_STILLS, FOOTAGE, CLIPS)
    alone = PipelineConfig().with_changes(ingest={"images": "photos"}, held_out={"share": 0.5})
    assert dataset_stages(both)[:4] == dataset_stages(alone)
