"""What the kinds of comparisons share: the programs that are asked, refusals, counting and printing."""
import json
import random
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Refused:
    """An error in place of an answer."""
    message: str


@dataclass
class Pair:
    """An answer of the reference and ours. `bound`: of the difference of numbers, as a share of max(1, largest)."""
    what: str
    wanted: object
    got: object
    bound: float = 0.0
    many: int = 1  # comparisons in one


# Refused by us, named in the message, and why.
KNOWN = {
    r"tokenizer_class '.*' is not supported": "its words do not follow from the files alone",
    r"key '.*' is not supported": "a key of tokenizer_config.json that asks for code or another file",
    r"(position_embedding_type|is_decoder|is_encoder_decoder|add_cross_attention|problem_type|embedding_size|"
    r"per_layer_config|transformers_weights): .* is not supported":
        "another computation than that of the families; transformers 5 reads some of these keys and drops others",
    r"(hidden_act|hidden_activation|activation_function|activation): .* is not supported": "no activation of the families' checkpoints",
    r"eos_token_id: .* is not supported": "one token ends a text",
    r"relative_attention_num_buckets: .* is not supported": "transformers makes a table of that many rows and reads 32",
    r"(hidden_size|num_hidden_layers|num_attention_heads|intermediate_size|max_position_embeddings|vocab_size|n_embd|n_layer|n_head|"
    r"dim|n_layers|n_heads|hidden_dim) "
    r"is missing": "a size that nobody said is no size to guess",
    r"tensor '.*' is (in more than one shard|there under two names)": "which of two is meant is not ours to guess",
    r"tensor '.*' is not in .*": "an index that its shards do not bear out",
    r"tensors missing: ": "transformers draws them at random and warns",
    r"hidden size .* is not a multiple": "transformers says it later",
    r"shape is too large": "no tensor of LibTorch has so many rows",
    r": empty text": "an example without a text is a fault of its file",
    r"2 text columns and 1 source columns among: .*prediction": "e2e-metrics knows no column of that name",
    r"duplicate key|key '.*' is there twice": "which of two is meant is not ours to guess",
}

# Refused by the reference, taken by us, and why.
TAKEN = {
    r"got NoneType": "null says as little as a key that is not there",
    r"KeyError: 'metadata'": "nothing reads the metadata of an index",
}


def known(message, reasons=KNOWN):
    return next((why for pattern, why in reasons.items() if re.search(pattern, message)), None)


class Program:
    """A program that answers lines of JSON; it starts when it is first asked."""

    def __init__(self, path):
        self.path, self.process = path, None

    def ask(self, requests):
        """Answers in order; Refused for {"error"}. Many requests go in one line."""
        answers = []
        for batch in (requests[at:at + 500] for at in range(0, len(requests), 500)):
            if self.process is None:
                self.process = subprocess.Popen([self.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            try:
                self.process.stdin.write(json.dumps(batch).encode() + b"\n")
                self.process.stdin.flush()
                line = self.process.stdout.readline()
            except BrokenPipeError:
                line = b""
            if not line:
                status, self.process = self.process.wait(), None
                if len(batch) > 1:  # which one was it?
                    return [self.one(request) for request in requests]
                raise RuntimeError(f"{self.path} ended with status {status} at {json.dumps(batch)[:400]}")
            for answer in json.loads(line):
                error = isinstance(answer, dict) and answer.get("error")
                answers.append(Refused(error) if error else answer)
        return answers

    def one(self, request):
        return self.ask([request])[0]

    def close(self):
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()


@dataclass
class Session:
    programs: Path
    data: Path | None
    minilm: Path | None
    seed: int
    keep: Path | None = None
    shown: int = 3  # differences of one case that are printed
    fetched: Path | None = None  # folder of scripts/fetch_models.sh
    sample: int = 1  # of so many lines of the corpora one
    counts: dict = field(default_factory=dict)  # of each kind: cases, compared, left out, known, different

    def __post_init__(self):
        self.texts = Program(self.programs / "eida_answer_texts")
        self.models = Program(self.programs / "eida_answer_models")

    def count(self, kind, what, number=1):
        self.counts.setdefault(kind, dict.fromkeys(("cases", "compared", "left out", "known", "differ"), 0))[what] += number

    def judge(self, kind, place, pairs, folder):
        """Counts the pairs of a case and prints what differs; pairs None: the reference has no answer."""
        self.count(kind, "cases")
        if pairs is None:
            return self.count(kind, "left out")
        shown = 0
        for pair in pairs:
            self.count(kind, "compared", pair.many)
            if same(pair):
                continue
            if (isinstance(pair.got, Refused) and known(pair.got.message)) or (isinstance(pair.wanted, Refused) and known(pair.wanted.message, TAKEN)):
                self.count(kind, "known")
                continue
            self.count(kind, "differ")
            if shown == 0 and folder is not None and any(folder.iterdir()):
                if self.keep is not None:
                    folder = shutil.copytree(folder, self.keep / place.replace("--", "").replace(" ", "-"), dirs_exist_ok=True)
                print(f"{kind}: {place}: {folder}", flush=True)
            shown += 1
            if shown <= self.shown:
                print(f"{kind}: {place}: {str(pair.what)[:800]}\n  wanted  {str(pair.wanted)[:600]}\n  got     {str(pair.got)[:600]}", flush=True)

    def random_cases(self, kind, case, numbers):
        """Runs `case(session, rng, folder)` for each number, with a generator of its own."""
        for number in numbers:
            with tempfile.TemporaryDirectory(prefix="eida-") as name:
                rng = random.Random(f"{self.seed} {kind} {number}")
                place = f"--kinds {kind} --seed {self.seed} --first {number} --cases 1"
                self.judge(kind, place, case(self, rng, Path(name)), Path(name))

    def close(self):
        self.texts.close()
        self.models.close()


def numbers_in(value):
    if isinstance(value, (list, tuple)):
        return [number for one in value for number in numbers_in(one)]
    return [value]


def same(pair):
    wanted, got = pair.wanted, pair.got
    if isinstance(wanted, Refused) or isinstance(got, Refused):
        return isinstance(wanted, Refused) and isinstance(got, Refused)
    if pair.bound == 0.0:
        return wanted == got
    a, b = numbers_in(wanted), numbers_in(got)
    if len(a) != len(b):
        return False
    largest = max([1.0, *(abs(x) for x in a if x == x)])
    return all(x == y or abs(x - y) <= pair.bound * largest or (x != x and y != y) for x, y in zip(a, b))


def attempt(call):
    """What it returns, or Refused."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - whatever the reference says no with
        return Refused(f"{type(error).__name__}: {error}")


def write_json(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
