#!/usr/bin/env python3
"""Prints the scalars of a folder of event files as TensorBoard's own reader sees them: one JSON object, tag -> [[step, value], ...].

    scripts/read_tensorboard.py runs/NAME/tensorboard
"""
import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

accumulator = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0})
accumulator.Reload()
print(json.dumps({tag: [[event.step, event.value] for event in accumulator.Scalars(tag)]
                  for tag in accumulator.Tags()["scalars"]}))
