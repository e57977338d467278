"""safetensors files beside safetensors, and shards with their index beside transformers: what is taken, what is refused, values."""
import json
import math
import struct

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from . import models
from .common import Pair, attempt, write_json

BITS = {"F64": 64, "F32": 32, "F16": 16, "BF16": 16, "I64": 64, "I32": 32, "I16": 16, "I8": 8, "U8": 8, "BOOL": 8, "U16": 16, "U32": 32,
        "U64": 64, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6}
READ = {"F64", "F32", "F16", "BF16", "I64", "I32", "I16", "U8", "BOOL"}  # what a parameter may be made of, by us


def random_tensors(rng):
    """Name, type, shape, bytes."""
    names = ["a", "b.weight", "\u00e9", "layer.0.w", "", "x y", "\u5b57", "A", "tab\t", "__meta__"]
    for name in rng.sample(names, rng.randrange(0, 5)):
        dtype = rng.choice([*BITS, "F32", "F32", "F16", "BF16", "I64"])
        shape = [rng.choice([0, 1, 2, 3, 4]) for _ in range(rng.randrange(0, 4))]
        bits = BITS[dtype] * math.prod(shape)
        if bits % 8:
            shape, bits = [8], BITS[dtype] * 8
        raw = bytes(rng.randrange(2) for _ in range(bits // 8)) if dtype == "BOOL" else rng.randbytes(bits // 8)
        yield name, dtype, shape, raw


def random_bytes(rng):
    """A file that is as it should be, or one of the many that are not."""
    header, data = {}, b""
    if rng.random() < 0.5:
        header["__metadata__"] = rng.choice([{"format": "pt"}, {}, None, {"a": "\u00e9"}, {"a": 1}, {"a": None}, [], 3, "x", {"a": {"b": "c"}}])
    for name, dtype, shape, raw in random_tensors(rng):
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    entries = [value for name, value in header.items() if name != "__metadata__"]
    if entries and rng.random() < 0.5:
        damage(rng, header, rng.choice(entries))
    text = json.dumps(header, ensure_ascii=rng.random() < 0.5)
    if rng.random() < 0.5:
        text = edit_text(rng, text)
    raw = text.encode("utf-8", "surrogatepass")
    if rng.random() < 0.6:
        raw += b" " * (-len(raw) % 8)
    if rng.random() < 0.1:
        data += rng.choice([b"\0", b" ", b"1234"])
    if rng.random() < 0.05:
        data = data[:-1]
    length = len(raw) + rng.choice([0] * 20 + [1, -1, 8, 1 << 40, len(data)])
    return struct.pack("<Q", max(length, 0)) + raw + data


def damage(rng, header, entry):
    key = rng.choice(["dtype", "shape", "data_offsets", "more", "again"])
    if key == "dtype":
        entry["dtype"] = rng.choice(["f32", "F31", "", None, 3, "F32 ", "U128", "BF16", "F16", "I32", "F8_E4M3", "F8_E4M3FN", "BOOL", "F4"])
    elif key == "shape":
        entry["shape"] = rng.choice([[], [-1], [1.0], [1.5], None, [None], ["2"], "2", [2**63], [2**64], [2**32, 2**32], [0, 2**63], [1e3], 4, [True],
                                     entry["shape"] + [1], entry["shape"][::-1], [1] * 80, [[1]]])
    elif key == "data_offsets":
        begin, end = entry["data_offsets"]
        entry["data_offsets"] = rng.choice([[begin], [begin, end, end], [end, begin], [begin + 1, end + 1], [begin, end + 1], None, [str(begin), end],
                                            [float(begin), end], [-1, end], [begin, 2**64 - 1], [2**63, 2**63], {"0": begin, "1": end}, [begin, None]])
    elif key == "more":
        entry[rng.choice(["extra", "Dtype", "strides"])] = rng.choice([1, None, [1], {"a": 1}])
        if rng.random() < 0.2:
            entry.pop(rng.choice(["dtype", "shape", "data_offsets"]))
    else:
        header["same place"] = dict(entry)


def edit_text(rng, text):
    return rng.choice([
        lambda: " " + text, lambda: "\n" + text, lambda: text + "\n", lambda: text + "\0", lambda: text + " \t", lambda: "\ufeff" + text, lambda: text + "x",
        lambda: text + "{}", lambda: text[:-1], lambda: text.replace("}", ",}", 1), lambda: text.replace('"dtype"', '"dtype"', 1),
        lambda: text.replace(": ", " : "), lambda: text.replace(", ", " ,\n"), lambda: text[:-1] + ', "a": null}', lambda: text[:-1] + ', "b.weight": {}}',
        lambda: text.replace('"shape": [', '"shape": [0, 0, ', 1), lambda: text.replace("[0,", "[00,", 1), lambda: text.replace("[0,", "[-0,", 1),
        lambda: text.replace("[0,", "[0e0,", 1), lambda: text.replace("[0,", "[+0,", 1), lambda: "[]", lambda: "null", lambda: "{}", lambda: "",
        lambda: text[:-1] + ', "\\ud800": ' + '{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}', lambda: text.replace('"', "'", 2),
        lambda: text.replace('{"dtype"', '{"dtype": "F32", "dtype"', 1), lambda: text[:-1] + ', "__metadata__": {"format": "pt"}}',
        lambda: text[:-1] + ', "__metadata__": {"k": "1", "k": "2"}}', lambda: "/**/" + text, lambda: text.replace("\"", "\\u0022", 1),
        lambda: text.replace('"dtype": "F', '"dtype": "\\u0046', 1)])()


def read_theirs(path):
    """Name -> shape, and the values of the types that both read."""
    out = {}
    with safe_open(path, framework="pt") as file:
        for name in file.keys():
            part = file.get_slice(name)
            values = None
            if part.get_dtype() in READ:
                values = [str(value) for value in file.get_tensor(name).to(torch.float64).flatten().tolist()]
            out[name] = [part.get_dtype(), list(part.get_shape()), values]
    return out


def case(session, rng, folder):
    """Twelve files a case: they are quick."""
    pairs = []
    for number in range(12):
        path = folder / f"{number}.safetensors"
        path.write_bytes(random_bytes(rng))
        wanted, got = attempt(lambda: read_theirs(path)), session.models.one({"safetensors": str(path)})
        if isinstance(got, dict):
            got = {name: [dtype, shape, [str(float("nan" if v is None else v)) for v in values] if isinstance(values, list) else None]
                   for name, (dtype, shape, values) in got.items()}
            for name, entry in got.items():  # JSON has no infinite numbers
                theirs = wanted[name][2] if isinstance(wanted, dict) and name in wanted else None
                if theirs is not None and entry[2] is not None and len(theirs) == len(entry[2]):
                    entry[2] = [a if b == "nan" and a in ("inf", "-inf") else b for a, b in zip(theirs, entry[2])]
        pairs.append(Pair(path.read_bytes()[8:400], wanted, got))
    return pairs


# --- shards -------------------------------------------------------------------------------------------------------
def shards_case(session, rng, folder):
    kind = rng.choice(list(models.TYPES))
    models.save_model(rng, kind, folder)
    file = folder / "model.safetensors"
    tensors = load_file(file)
    names = sorted(tensors)
    count = rng.randrange(1, 4)
    parts = [{} for _ in range(count)]
    files = [f"model-{i + 1:05d}-of-{count:05d}.safetensors" for i in range(count)]
    if rng.random() < 0.2:
        files = [f"part {i}.bin.safetensors" for i in range(count)]
    weight_map = {}
    for name in names:
        part = rng.randrange(count)
        parts[part][name], weight_map[name] = tensors[name], files[part]
    index = {"metadata": {"total_size": 3}, "weight_map": weight_map}
    if rng.random() < 0.5:
        edit_index(rng, index, parts, files)
    for part, name in zip(parts, files):
        if name in weight_map.values() or rng.random() < 0.5:
            save_file(part, folder / name, rng.choice([None, {"format": "pt"}]))
    write_json(folder / "model.safetensors.index.json", index)
    if rng.random() < 0.9:
        file.unlink()
    return models.compare(session, rng, folder)


def edit_index(rng, index, parts, files):
    weight_map = index["weight_map"]
    name = rng.choice(sorted(weight_map))
    choice = rng.randrange(9)
    if choice == 0:
        del weight_map[name]  # in its shard, not in the index
    elif choice == 1:
        weight_map[name] = rng.choice(files)  # perhaps another shard
    elif choice == 2:
        parts[0][name] = torch.ones(1)  # in two shards
    elif choice == 3:
        weight_map["made.up"] = files[0]
    elif choice == 4:
        weight_map[name] = "missing.safetensors"
    elif choice == 5:
        index.pop("metadata")
    elif choice == 6:
        index["metadata"] = {}
    elif choice == 7:
        parts[-1]["made.up"] = torch.ones(3)
    else:
        for part in parts:
            part.pop(name, None)
        del weight_map[name]
