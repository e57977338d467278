"""Tables of docs/results.md from run folders of eida-probe.

results_tables.py MAIN_RUN [RUN …]: curves of MAIN_RUN; the others beside it at the largest k."""
import json
import sys

runs = [(path, json.load(open(f"{path}/probe.json"))) for path in sys.argv[1:]]
main = runs[0][1]


def places(run, kind, weights):
    return [p for p in run["places"] if p["kind"] == kind and p["weights"] == weights]


def table(header, rows):
    print("\n| " + " | ".join(header) + " |\n|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(row) + " |")


def number(value, digits=3):
    return "–" if value is None else f"{value['mean']:.{digits}f}"


dims = [str(k) for k in main["dims"]]
largest = dims[-1]
for kind, weights in (("input", "q,k,v"), ("delta_output", "k")):
    print(f"\n{kind} {weights}: fidelity ± half of the 95 % interval")
    table(["layer", *(f"k = {k}" for k in dims), f"centred, k = {largest}", "rank"],
          [[str(p["layer"]),
            *(f"{p['fidelity'][k]['mean']:.3f} ± {p['fidelity'][k]['half_interval_95'] or 0:.3f}" for k in dims),
            number(p["centred_fidelity"][largest]), str(p["rank"])] for p in places(main, kind, weights)])
print("\nhow the inputs of q, k, v lie")
table(["layer", "mean direction's energy share", "mean pair cosine", "participation ratio", "TwoNN", "MLE"],
      [[str(p["layer"]), number(p["mean_direction_energy_share"]), number(p["pair_cosine"]),
        number(p["participation_ratio"], 1), number(p["two_nn_dimension"], 1), number(p["mle_dimension"], 1)]
       for p in places(main, "input", "q,k,v")])
sites = ("q", "k", "v", "o", "fc1", "fc2")
print(f"\ngradient capture, k = {largest}")
table(["layer", *sites], [[str(layer), *(number(row[layer]["gradient_capture"][largest]) for row in columns)]
                          for columns in [[places(main, "delta_output", w) for w in sites]]
                          for layer in range(len(columns[0]))])
for kind in ("input", "delta_output"):
    ranks = [p["rank"] for p in main["places"] if p["kind"] == kind]
    print(f"\n{kind}: " + ", ".join(f"{ranks.count(k)} of {len(ranks)} places at {k}" for k in sorted(set(ranks))))
if len(runs) > 1:
    print(f"\nfidelity at k = {largest}, mean over layers")
    kinds = [("input", w) for w in ("q,k,v", "o", "fc1", "fc2")] + [("delta_output", w) for w in sites]
    rows = []
    for path, run in runs:
        means = [[p["fidelity"][largest]["mean"] for p in places(run, *kind)] for kind in kinds]
        rows.append([str(run["examples"]), *(f"{sum(m) / len(m):.3f}" for m in means)])
    table(["examples", *(f"{kind} {weights}" for kind, weights in kinds)], rows)
