"""What lies in a run folder, as frames and arrays (docs/formats.md says what each file holds)."""

from __future__ import annotations

import json
import os
import pathlib
import warnings
from functools import cached_property
from typing import Any

import numpy
import pandas

_KINDS = {"inputs": "input", "delta_outputs": "delta_output"}


class Run:
    """A run folder. Each part is read when it is asked for; one that this run did not write is a FileNotFoundError.

    Frames that speak of places have the columns ``kind`` ("input" or "delta_output") and ``place`` (its number).
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = pathlib.Path(path)
        if not (self.path / "config.yaml").exists():
            raise FileNotFoundError(f"{self.path}: is no run folder (it has no config.yaml)")
        if (self.path / "INCOMPLETE").exists():
            warnings.warn(f"{self.path}: the run did not finish; what it wrote so far is read", stacklevel=3)

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    def _file(self, name: str, wrote: str) -> pathlib.Path:
        file = self.path / name
        if not file.exists():
            raise FileNotFoundError(f"{file}: this run has none; {wrote}")
        return file

    def _json(self, name: str, wrote: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self._file(name, wrote).read_text())
        return content

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Program, version, command line, seed, device, seconds, SHA-256 of every file that was read."""
        return self._json("manifest.json", "it is written when a run ends")

    @cached_property
    def curves(self) -> pandas.DataFrame:
        """Fidelity: a row a place, dimension ``k`` and repeat, as measured on held-out vectors."""
        return pandas.read_csv(self._file("curves.csv", "eida-probe writes it"))

    @cached_property
    def probe(self) -> dict[str, Any]:
        """Everything that eida-probe measured, as probe.json has it."""
        return self._json("probe.json", "eida-probe writes it")

    @cached_property
    def places(self) -> pandas.DataFrame:
        """A row a place: what was measured of it as one number (the mean over the repeats), its rank and the reason."""
        rows = []
        for place in self.probe["places"]:
            row = {}
            for key, value in place.items():
                if isinstance(value, dict) and "mean" in value:
                    row[key] = value["mean"]
                elif not isinstance(value, dict):
                    row[key] = value
            rows.append(row)
        return pandas.DataFrame(rows)

    def by_dimension(self, quantity: str = "fidelity") -> pandas.DataFrame:
        """The curves of the page: mean over the repeats, ``low`` and ``high`` of its 95 % interval (nan: one repeat).

        ``quantity`` is any that probe.json gives by dimension: fidelity, centred_fidelity, explained, gradient_capture.
        A place without it has no rows; a quantity that no place has is a KeyError.
        """
        rows = []
        for place in self.probe["places"]:
            named = {key: place[key] for key in ("kind", "place", "name", "layer", "weights", "dim")}
            for k, value in place.get(quantity, {}).items():
                mean, half = (numpy.nan if value[key] is None else value[key] for key in ("mean", "half_interval_95"))
                rows.append({**named, "k": int(k), "mean": mean, "low": mean - half, "high": mean + half})
        if not rows:
            raise KeyError(f"{quantity}: no place of {self.path / 'probe.json'} has it by dimension")
        return pandas.DataFrame(rows)

    @cached_property
    def plan(self) -> pandas.DataFrame:
        """Ranks: a row a place, with ``rank`` and ``reason``; of eida-train a row a round and place, with ``round``."""
        rounds = sorted(self.path.glob("rounds/*/rank_plan.json"))
        if not rounds:
            return _plan(self._json("rank_plan.json", "eida-probe and eida-train with bases of their own write it"))
        frames = [_plan(json.loads(file.read_text())).assign(round=int(file.parent.name)) for file in rounds]
        return pandas.concat(frames, ignore_index=True)

    @cached_property
    def _log(self) -> pandas.DataFrame:
        file = self._file("metrics.jsonl", "eida-train writes it")
        rows = pandas.json_normalize([json.loads(line) for line in file.read_text().splitlines()])
        return rows if "event" in rows else rows.assign(event=None)

    @cached_property
    def metrics(self) -> pandas.DataFrame:
        """Training: a row a logged step (loss, lr, grad_norm, examples_per_s)."""
        return _used(self._log[self._log.event.isna()])

    @cached_property
    def rounds(self) -> pandas.DataFrame:
        """A row a round: losses, scores (``eval.accuracy`` …), fidelity, drift in degrees, seconds."""
        return _used(self._log[self._log.event == "round_end"])

    @cached_property
    def evaluations(self) -> pandas.DataFrame:
        """A row an evaluation between the steps (train.eval_every)."""
        return _used(self._log[self._log.event == "eval"])

    @cached_property
    def summary(self) -> dict[str, Any]:
        """Best and last score, parameters, seconds, memory of a training run."""
        return self._json("summary.json", "eida-train writes it at the end")

    @cached_property
    def scores(self) -> dict[str, Any]:
        """The scores, unrounded, with their intervals."""
        return self._json("scores.json", "eida-eval writes it")

    @cached_property
    def predictions(self) -> pandas.DataFrame:
        """A row an item of eida-eval, in file order."""
        return pandas.read_json(self._file("predictions.jsonl", "eida-eval writes it"), lines=True)

    @cached_property
    def subspaces(self) -> dict[tuple[str, int], numpy.ndarray]:
        """Bases, by (kind, place): [k, d] float32 with orthonormal rows, of which the first j are the j-dimensional
        estimate."""
        from safetensors.numpy import load_file

        file = self._file("subspaces.safetensors", "eida-probe --save-subspaces writes it")
        bases = {}
        for name, value in load_file(file).items():
            kind, place, part = name.split(".")
            if part == "basis":
                bases[kind, int(place)] = value
        return bases


def _plan(plan: dict[str, Any]) -> pandas.DataFrame:
    reasons = plan.get("reasons", {})
    rows = [
        {"kind": kind, "place": int(place), "rank": rank, "reason": reasons.get(key, {}).get(place)}
        for key, kind in _KINDS.items()
        for place, rank in plan.get(key, {}).items()
    ]
    return pandas.DataFrame(rows, columns=["kind", "place", "rank", "reason"])


def _used(rows: pandas.DataFrame) -> pandas.DataFrame:
    """Without the columns that no row has."""
    return rows.dropna(axis="columns", how="all").drop(columns="event", errors="ignore").reset_index(drop=True)
