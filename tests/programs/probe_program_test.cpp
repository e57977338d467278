// eida-probe from the command line to its files.
#include <ATen/ops/arange.h>
#include <ATen/ops/eye.h>

#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

#include "../../src/programs/dry_run.h"
#include "../../src/programs/probe/results.h"
#include "eida/core/csv.h"
#include "eida/report/curves.h"
#include "eida/report/figure.h"
#include "eida/subspace/rank_plan.h"
#include "eida/tensor/safetensors.h"
#include "probe_fixture.h"

namespace eida::testing {
namespace {

nlohmann::json json_file(const std::filesystem::path& path) {
  return nlohmann::json::parse(read_file(path));
}

/// The least --memory-limit, as the refusal of a smaller one says it.
std::string hinted_limit(const ProgramResult& refused) {
  EXPECT_EQ(refused.code, 2) << refused.err;
  const std::string hint = "hint: --memory-limit ";
  const size_t found = refused.err.find(hint);
  if (found == std::string::npos) {
    ADD_FAILURE() << refused.err;
    return "1";
  }
  return std::to_string(std::stol(refused.err.substr(found + hint.size())));
}

TEST_F(ProbeProgram, WritesEveryFileOfTheContract) {
  const ProgramResult result = run(quick_reviews({"--save-subspaces"}));
  ASSERT_EQ(result.code, 0) << result.err;
  for (const char* name : {"config.yaml", "manifest.json", "log.jsonl", "curves.csv", "probe.json",
                           "rank_plan.json", "subspaces.safetensors", "report.html"}) {
    EXPECT_TRUE(std::filesystem::exists(run_ / name)) << name;
  }
  EXPECT_FALSE(std::filesystem::exists(run_ / "INCOMPLETE"));
  // 9 input spaces and 13 sites, 3 dims, 2 repeats
  const auto rows = read_curves_csv(run_ / "curves.csv");
  EXPECT_EQ(rows.size(), (9u + 13u) * 3u * 2u);
  for (const auto& row : rows) {
    // 32 sentences of which 2 tokens are drawn, the first at the head; 40 held-out ones
    const int64_t tokens = row.layer == 2 ? 1 : 2;
    EXPECT_EQ(row.samples, 32 * tokens);
    EXPECT_EQ(row.heldout, 40 * tokens);
    EXPECT_GT(row.fidelity, 0.0);
  }
  const nlohmann::json plan = json_file(run_ / "rank_plan.json");
  EXPECT_EQ(plan["inputs"].size(), 9u);
  EXPECT_EQ(plan["delta_outputs"].size(), 13u);
  EXPECT_EQ(json_file(run_ / "manifest.json")["inputs"].size(), 4u);  // data, config, vocab, merges
  const SafetensorsFile subspaces(run_ / "subspaces.safetensors");
  EXPECT_EQ(subspaces.find("input.0.basis")->shape, (std::vector<int64_t>{8, 24}));
  EXPECT_EQ(subspaces.find("delta_output.4.basis")->shape, (std::vector<int64_t>{8, 40}));
}

TEST_F(ProbeProgram, EachSideMayHaveAnEstimatorOfItsOwn) {
  std::string named;
  const auto bases = [&](std::initializer_list<const char*> settings) {
    std::vector<std::string> arguments = {"--save-subspaces", "--overwrite"};
    for (const char* setting : settings)
      arguments.insert(arguments.end(), {"--set", std::string("subspace.") + setting});
    const ProgramResult result = run(quick_reviews(arguments));
    EXPECT_EQ(result.code, 0) << result.err;
    named = json_file(run_ / "probe.json")["estimator"];
    std::map<std::string, at::Tensor> tensors;
    const SafetensorsFile file(run_ / "subspaces.safetensors");
    for (const auto& entry : file.entries()) tensors[entry.name] = file.tensor(entry).clone();
    return tensors;
  };
  const auto data = bases({"estimator=centred"}), blind = bases({"estimator=random"});
  EXPECT_EQ(named, "random");
  const auto mixed = bases({"estimator=random", "input=centred"});
  EXPECT_EQ(named, "centred at inputs, random at outputs");
  ASSERT_EQ(mixed.size(), 22u);
  for (const auto& [name, basis] : mixed) {
    const bool input = name.starts_with("input.");
    EXPECT_TRUE(basis.equal((input ? data : blind).at(name))) << name;
    EXPECT_FALSE(basis.equal((input ? blind : data).at(name))) << name;
  }
  EXPECT_EQ(
      bases({"estimator=mean_first", "input=random", "output=random"}).at("input.0.basis").sizes(),
      blind.at("input.0.basis").sizes());
  EXPECT_EQ(named, "random");
}

TEST(Subspaces, AreWrittenWithTheirScale) {
  Places places;
  places.add_input("x", "q", 0, 4);
  places.add_site("w", "q", 3);
  PerPlace<Subspace> subspaces(2);
  for (PlaceId id = 0; id < 2; ++id) subspaces[id].basis = at::eye(places[id].dim).narrow(0, 0, 2);
  subspaces[0].scale = at::arange(1, 3, at::kDouble);
  const TempDir dir;
  write_subspaces(dir.path() / "s.safetensors", places, subspaces);
  const SafetensorsFile file(dir.path() / "s.safetensors");
  EXPECT_TRUE(file.tensor(*file.find("input.0.scale")).equal(at::arange(1, 3, at::kFloat)));
  EXPECT_EQ(file.find("delta_output.0.scale"), nullptr);
}

TEST_F(ProbeProgram, SaysThatWeightsAreRandom) {
  const ProgramResult result = run(quick_reviews());
  ASSERT_EQ(result.code, 0) << result.err;
  const nlohmann::json probe = json_file(run_ / "probe.json");
  EXPECT_EQ(probe["weights"], "random, seed 0");
  EXPECT_TRUE(probe["name_or_path"].is_null());
  EXPECT_GT(probe["random_tensors"].size(), 10u);
  EXPECT_NE(result.err.find("random"), std::string::npos) << result.err;
}

TEST_F(ProbeProgram, SaysThatTheHeadIsRandomWhereTheCheckpointHasNone) {
  write_encoder_without_head();
  const ProgramResult result = run(quick_reviews({"--set", "model.init=pretrained"}));
  ASSERT_EQ(result.code, 0) << result.err;
  const nlohmann::json probe = json_file(run_ / "probe.json");
  EXPECT_EQ(probe["weights"], "from file");
  EXPECT_EQ(probe["random_tensors"],
            (nlohmann::json{"classifier.dense.weight", "classifier.dense.bias",
                            "classifier.out_proj.weight", "classifier.out_proj.bias"}));
  EXPECT_NE(read_file(run_ / "report.html").find("The classification head is random"),
            std::string::npos);
}

TEST_F(ProbeProgram, ReportHoldsPanelsPlacesAndTheCommand) {
  const ProgramResult result = run(quick_reviews());
  ASSERT_EQ(result.code, 0) << result.err;
  const std::string html = read_file(run_ / "report.html");
  const auto count = [&](const std::string& part) {
    size_t found = 0;
    for (size_t at = html.find(part); at != std::string::npos; at = html.find(part, at + 1))
      ++found;
    return found;
  };
  EXPECT_EQ(count("class=\"panel\""), 2u * (4 + 6));  // raw and centred
  const nlohmann::json probe = json_file(run_ / "probe.json");
  for (const auto& place : probe["places"]) {
    EXPECT_GE(count("<td>" + place["name"].get<std::string>() + "</td>"), 1u) << place["name"];
  }
  EXPECT_NE(html.find("The weights are random"), std::string::npos);
  EXPECT_NE(html.find("--heldout 40"), std::string::npos);
}

TEST_F(ProbeProgram, DrawsTheFormatsThatWereAskedFor) {
  const ProgramResult result =
      run(quick_reviews({"--figures", "input", "--figure-formats", "pdf,png"}));
  ASSERT_EQ(result.code, 0) << result.err;
  if (!have_gnuplot()) GTEST_SKIP() << "needs gnuplot";
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(run_ / "figures"))
    names.insert(entry.path().filename().string());
  EXPECT_EQ(names, (std::set<std::string>{"input-fc1.pdf", "input-fc1.png", "input-fc2.pdf",
                                          "input-fc2.png", "input-o.pdf", "input-o.png",
                                          "input-q_k_v.pdf", "input-q_k_v.png"}));
}

TEST_F(ProbeProgram, WithoutGnuplotItEndsWellAndSaysWhatIsMissing) {
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", dir_.path().c_str(), 1);
  const ProgramResult result = run(quick_reviews());
  ::setenv("PATH", path.c_str(), 1);
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_NE(result.err.find("no figures, gnuplot cannot be started"), std::string::npos)
      << result.err;
  EXPECT_TRUE(looks_complete());
  EXPECT_TRUE(std::filesystem::exists(run_ / "report.html"));
}

TEST_F(ProbeProgram, PublishedCurvesThatAreBrokenEndItBeforeItMeasures) {
  const auto published = dir_.path() / "published.csv";
  write_file_atomic(published, "layer\n");
  expect_error(run(quick_reviews({"--set", "probe.published=" + published.string()})), 3,
               "published.csv:1: header is 'layer'");
  EXPECT_FALSE(std::filesystem::exists(run_));
}

TEST_F(ProbeProgram, FidelityRisesWithKAndIsCentredBelow) {
  ASSERT_EQ(run(quick_reviews()).code, 0);
  const nlohmann::json probe = json_file(run_ / "probe.json");
  ASSERT_EQ(probe["places"].size(), 9u + 13u);
  for (const auto& place : probe["places"]) {
    double before = 0;
    for (const char* k : {"2", "4", "8"}) {
      const double fidelity = place["fidelity"][k]["mean"];
      EXPECT_GE(fidelity, before) << place["name"];
      before = fidelity;
    }
    EXPECT_LE(before, 1.0);
    // Row 0 is the mean: without its direction a vector has lost of what is kept, and of nothing
    // else.
    const double centred = place["centred_fidelity"]["8"]["mean"];
    EXPECT_GT(centred, 0.0) << place["name"];
    EXPECT_LT(centred, before) << place["name"];
    if (place["kind"] == "delta_output") {
      const double captured = place["gradient_capture"]["8"]["mean"];
      EXPECT_GT(captured, 0.0);
      EXPECT_LE(captured, 1.0 + 1e-6);  // float32 sums
    }
  }
}

TEST_F(ProbeProgram, ProbesADecoder) {
  const ProgramResult result =
      run(quick(decoder_, "e2e", pairs_, {"--set", "sampling.token_rate=0.05"}));
  ASSERT_EQ(result.code, 0) << result.err;
  std::set<std::string> names;
  const nlohmann::json probe = json_file(run_ / "probe.json");
  for (const auto& place : probe["places"]) names.insert(place["name"]);
  EXPECT_EQ(names.size(), 8u + 12u);
  EXPECT_TRUE(names.contains("transformer.h.0.attn.c_attn:q"));
}

TEST_F(ProbeProgram, SameSeedGivesTheSameBytesAndAnotherSeedDoesNot) {
  ASSERT_EQ(run(quick_reviews()).code, 0);
  const std::string first = read_file(run_ / "curves.csv");
  ASSERT_EQ(run(quick_reviews({"--overwrite"})).code, 0);
  EXPECT_EQ(read_file(run_ / "curves.csv"), first);
  ASSERT_EQ(run(quick_reviews({"--overwrite", "--seed", "1"})).code, 0);
  EXPECT_NE(read_file(run_ / "curves.csv"), first);
}

TEST_F(ProbeProgram, ItsConfigRepeatsTheRun) {
  ASSERT_EQ(run(quick_reviews()).code, 0);
  const std::string first = read_file(run_ / "curves.csv");
  const auto config = dir_.path() / "again.yaml";
  write_file_atomic(config, read_file(run_ / "config.yaml"));
  ASSERT_EQ(run({EIDA_PROBE, "--config", config.string(), "--overwrite"}).code, 0);
  EXPECT_EQ(read_file(run_ / "curves.csv"), first);
}

TEST_F(ProbeProgram, DryRunSaysWhatItWouldCostAndWritesNothing) {
  const ProgramResult result = run(quick_reviews({"--dry-run"}));
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_NE(result.out.find("9 input spaces, 13 sites"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("RANDOM"), std::string::npos) << result.out;
  EXPECT_FALSE(std::filesystem::exists(run_));
  const ProgramResult without_output = run({EIDA_PROBE,
                                            "--model",
                                            encoder_.string(),
                                            "--task",
                                            "classification",
                                            "--train",
                                            reviews_.string(),
                                            "--set",
                                            "model.init=random",
                                            "--dims",
                                            "4,8",
                                            "--set",
                                            "ranks.narrow=4",
                                            "--set",
                                            "ranks.wide=8",
                                            "--examples",
                                            "32",
                                            "--heldout",
                                            "40",
                                            "--dry-run"});
  EXPECT_EQ(without_output.code, 0) << without_output.err;
}

TEST_F(ProbeProgram, DryRunSaysWhatTheRunTakes) {
  write_longer_reviews();
  write_encoder_config(192, 3, 768);
  const std::vector<std::string> options = {"--set", "sampling.examples=64", "--set",
                                            "probe.heldout=64"};
  auto dry = options;
  dry.emplace_back("--dry-run");
  const ProgramResult said = run(quick_reviews(dry));
  ASSERT_EQ(said.code, 0) << said.err;
  ASSERT_EQ(run(quick_reviews(options)).code, 0);
  expect_as_announced(said.out, run_);
}

TEST_F(ProbeProgram, TheManifestListsEveryFileThatWasReadAndThePrecision) {
  ASSERT_EQ(run(quick_reviews()).code, 0);
  EXPECT_EQ(json_file(run_ / "manifest.json")["precision"], "fp32");
  const auto plan = dir_.path() / "plan.json", published = dir_.path() / "published.csv";
  std::filesystem::copy_file(run_ / "rank_plan.json", plan);
  write_file_atomic(published, "kind,layer,weights,k,fidelity\ninput,0,q,4,0.5\n");
  const ProgramResult result =
      run(quick_reviews({"--overwrite", "--set", "run.precision=bf16", "--rank-plan", plan.string(),
                         "--set", "probe.published=" + published.string()}));
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(json_file(run_ / "manifest.json")["precision"], "bf16");
  const auto inputs = manifest_inputs(run_);
  for (const char* name : {"reviews.tsv", "plan.json", "published.csv", "config.json"})
    EXPECT_EQ(std::count(inputs.begin(), inputs.end(), name), 1) << name;
}

TEST_F(ProbeProgram, APlanThatWouldBeEmptiedWithItsFolderIsKept) {
  ASSERT_EQ(run(quick_reviews()).code, 0);
  const auto plan = run_ / "rank_plan.json";
  const ProgramResult result = run(quick_reviews({"--overwrite", "--rank-plan", plan.string()}));
  EXPECT_EQ(result.code, 2) << result.err;
  EXPECT_TRUE(std::filesystem::exists(plan));
}

TEST_F(ProbeProgram, FormatJsonGivesOneObjectAPlace) {
  const ProgramResult result = run(quick_reviews({"--format", "json"}));
  ASSERT_EQ(result.code, 0) << result.err;
  std::istringstream lines(result.out);
  int64_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_TRUE(nlohmann::json::parse(line).contains("rank"));
  }
  EXPECT_EQ(count, 9 + 13);
}

TEST_F(ProbeProgram, ARunComparedWithItselfHasNoAngles) {
  ASSERT_EQ(run(quick_reviews({"--save-subspaces"})).code, 0);
  const auto compared = dir_.path() / "compared";
  ASSERT_EQ(
      run({EIDA_PROBE, "compare", run_.string(), run_.string(), "--output", compared.string()})
          .code,
      0);
  std::istringstream lines(read_file(compared / "angles.csv"));
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line,
            "kind,place,layer,weights,dim,k,run,from_run,mean_degrees,largest_degrees,overlap,"
            "overlap_by_chance,distance");
  int rows = 0;
  for (; std::getline(lines, line); ++rows) {
    CsvFault fault;
    const auto fields = split_csv_row(line, fault);
    ASSERT_EQ(fields.size(), 13u) << line;
    EXPECT_NEAR(std::stod(fields[9]), 0.0, 1e-3) << line;  // float32 bases
    EXPECT_NEAR(std::stod(fields[10]), 1.0, 1e-6) << line;
    EXPECT_NEAR(std::stod(fields[12]), 0.0, 1e-3) << line;
  }
  EXPECT_EQ(rows, 22 * 3);  // places, dims
}

TEST_F(ProbeProgram, ComparesRuns) {
  ASSERT_EQ(run(quick_reviews({"--save-subspaces"})).code, 0);
  const auto other = dir_.path() / "other", compared = dir_.path() / "compared";
  ASSERT_EQ(run(quick_reviews(
                    {"--save-subspaces", "--seed", "1", "--set", "run.output=" + other.string()}))
                .code,
            0);
  const ProgramResult result = run({EIDA_PROBE, "compare", run_.string(), other.string(),
                                    "--output", compared.string(), "--figure-formats", "pdf,svg"});
  ASSERT_EQ(result.code, 0) << result.err;
  if (have_gnuplot()) {
    EXPECT_TRUE(std::filesystem::exists(compared / "figures/input-q_k_v.pdf"));
    EXPECT_TRUE(std::filesystem::exists(compared / "figures/input-q_k_v.svg"));
  }
  EXPECT_NE(result.out.find("k = 8"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("distance of " + other.string()), std::string::npos) << result.out;
  for (const char* name : {"config.yaml", "manifest.json", "log.jsonl"})
    EXPECT_TRUE(std::filesystem::exists(compared / name)) << name;
  const std::string curves = read_file(compared / "comparison.csv");
  EXPECT_EQ(curves.rfind("kind,place,layer,weights,dim,k,run,repeats,fidelity,fidelity_low,", 0),
            0u);
  EXPECT_EQ(std::count(curves.begin(), curves.end(), '\n'), 1 + 22 * 3 * 2);  // places, dims, runs
  const std::string angles = read_file(compared / "angles.csv");
  EXPECT_EQ(std::count(angles.begin(), angles.end(), '\n'), 1 + 22 * 3);  // places, dims
  const std::string page = read_file(compared / "report.html");
  EXPECT_NE(page.find(other.string() + ", k = 8"), std::string::npos);
  EXPECT_NE(page.find("Principal angles, a place and k"), std::string::npos);
  EXPECT_NE(page.find("The runs differ in: weights, seed."), std::string::npos);
  EXPECT_NE(page.find("There were 2 repeats only"), std::string::npos);
  const ProgramResult missing =
      run({EIDA_PROBE, "compare", run_.string(), (dir_.path() / "nowhere").string()});
  EXPECT_EQ(missing.code, 3) << missing.err;
  std::string subspaces = read_file(other / "subspaces.safetensors");
  subspaces.replace(subspaces.size() - 4, 4, 4, '\xFF');  // NaN in the last basis
  write_file_atomic(other / "subspaces.safetensors", subspaces);
  const ProgramResult broken = run({EIDA_PROBE, "compare", run_.string(), other.string()});
  EXPECT_EQ(broken.code, 4) << broken.err;
  EXPECT_NE(broken.err.find(".basis' is not finite"), std::string::npos) << broken.err;
  std::filesystem::remove(other / "curves.csv");
  const ProgramResult training = run({EIDA_PROBE, "compare", run_.string(), other.string()});
  EXPECT_EQ(training.code, 3) << training.err;
  EXPECT_NE(training.err.find("is not a probe's run folder"), std::string::npos) << training.err;
}

TEST_F(ProbeProgram, PlacesThatDoNotFitIntoMemoryTakeTurnsAndGiveTheSameBits) {
  write_encoder_config(192, 2, 768);
  write_file_atomic(reviews_, demo_review_file(make_demo_reviews({500, 10, 3}).train));
  const auto probe = [&](std::vector<std::string> more) {
    more.insert(more.end(),
                {"--set", "sampling.examples=400", "--set", "probe.repeats=1", "--overwrite"});
    return run(quick_reviews(std::move(more)));
  };
  ASSERT_EQ(probe({}).code, 0);
  const std::string curves = read_file(run_ / "curves.csv"), json = read_file(run_ / "probe.json");
  const std::string least = hinted_limit(probe({"--memory-limit", "1"}));
  const ProgramResult limited = probe({"--memory-limit", least});
  ASSERT_EQ(limited.code, 0) << limited.err;
  EXPECT_NE(limited.err.find("passes of the model"), std::string::npos) << limited.err;
  EXPECT_EQ(read_file(run_ / "curves.csv"), curves);
  EXPECT_EQ(nlohmann::json::parse(read_file(run_ / "probe.json"))["places"],
            nlohmann::json::parse(json)["places"]);
}

TEST_F(ProbeProgram, ALogicalBatchOfManyTokensCountsInTheMemoryLimit) {
  write_encoder_config(192, 2, 768);
  write_longer_reviews();
  const auto probe = [&](const std::string& limit) {
    return run(quick_reviews({"--set", "sampling.examples=64", "--set", "probe.heldout=64", "--set",
                              "probe.repeats=1", "--set", "sampling.batch_size=64", "--overwrite",
                              "--memory-limit", limit}));
  };
  const std::string least = hinted_limit(probe("1"));
  const ProgramResult result = probe(least);
  ASSERT_EQ(result.code, 0) << result.err;
  const auto peak = json_file(run_ / "manifest.json")["peak_memory_mib"].get<double>();
  EXPECT_LT(peak, std::stod(least));
  EXPECT_GT(peak, 0.6 * std::stod(least));
}

TEST_F(ProbeProgram, SketchesGiveTheCurvesOfSecondMomentsWithinTheirBound) {
  write_encoder_config(48, 1, 600);
  write_file_atomic(reviews_, demo_review_file(make_demo_reviews({460, 10, 3}).train));
  const auto places = [&](const std::string& sketch_from) {
    const ProgramResult result = run(quick_reviews(
        {"--set", "sampling.examples=400", "--tokens", "10", "--set", "probe.repeats=1",
         "--overwrite", "--set", "sampling.sketch_from=" + sketch_from}));
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_EQ(result.err.find("sketches of 256 rows at 2 places") != std::string::npos,
              sketch_from == "1")
        << result.err;
    return json_file(run_ / "probe.json")["places"];
  };
  const nlohmann::json exact = places("0"), sketched = places("1");
  ASSERT_EQ(exact.size(), sketched.size());
  for (size_t i = 0; i < exact.size(); ++i) {
    if (exact[i]["dim"] != 600) {  // where moments are smaller
      EXPECT_EQ(exact[i]["fidelity"], sketched[i]["fidelity"]);
      continue;
    }
    const nlohmann::json& bound = sketched[i]["sketch"];
    EXPECT_EQ(bound["rows"], 256);
    const auto mean = [&](const nlohmann::json& places, const char* what) {
      return places[i][what]["8"]["mean"].get<double>();
    };
    constexpr double kFloat = 1e-6;  // bases are float32
    EXPECT_NEAR(mean(sketched, "fidelity"), mean(exact, "fidelity"),
                bound["largest_sine"].get<double>() + kFloat);
    EXPECT_NEAR(mean(sketched, "explained"), mean(exact, "explained"),
                bound["energy_missed"].get<double>() + kFloat);
    EXPECT_LT(bound["energy_missed"].get<double>(), 0.2);
    // Beside the bound, which an angle often has not: what random weights gave, with room.
    EXPECT_NEAR(mean(sketched, "fidelity"), mean(exact, "fidelity"), 0.01);
  }
}

/// Of a real pretrained model: what the method rests on.
TEST_F(ProbeProgram, MeanFirstKeepsMoreOfHeldOutTokensThanRandomDirections) {
  EIDA_NEED_DATA(minilm_dir());
  const auto probe = [&](const char* estimator) {
    const ProgramResult result = run(quick(minilm_dir(), "classification", reviews_,
                                           {"--estimator", estimator, "--overwrite", "--set",
                                            "model.init=pretrained", "--set", "probe.figures=[]"}));
    EXPECT_EQ(result.code, 0) << result.err;
    return json_file(run_ / "probe.json")["places"];
  };
  const nlohmann::json ours = probe("mean_first"), random = probe("random");
  ASSERT_EQ(ours.size(), random.size());
  ASSERT_EQ(ours.size(), (6u * 4u + 1u) + (6u * 6u + 1u));
  for (size_t i = 0; i < ours.size(); ++i) {
    const double dim = ours[i]["dim"];
    for (const int k : {2, 8}) {
      const auto kept = [&](const nlohmann::json& places) {
        return places[i]["fidelity"][std::to_string(k)]["mean"].get<double>();
      };
      // Of k directions by chance a vector keeps the share k / d of its square, about.
      EXPECT_LT(kept(random), 1.6 * std::sqrt(k / dim)) << ours[i]["name"] << " " << k;
      // Of few batches ΔW·X is noise in part; X never is.
      const double more = ours[i]["kind"] == "input" ? 2.0 : 1.3;
      EXPECT_GT(kept(ours), more * kept(random)) << ours[i]["name"] << " " << k;
    }
  }
}

TEST_F(ProbeProgram, ADryRunOfManyTokensTriesFewExamples) {
  const auto model =
      load_pretrained(encoder_, TaskKind::kClassification, {.num_labels = 2, .random_init = true});
  TokenizedSet drawn;
  for (int i = 0; i < 64; ++i)
    drawn.examples.push_back({std::vector<int32_t>(250, 7), std::vector<int32_t>(250, 0), i % 2});
  DrawOptions draw;
  const auto tried = [&](int64_t tokens) {
    draw.tokens_per_example = tokens;
    return sampling_trial(*model, drawn, draw, kTrialExamples);
  };
  EXPECT_EQ(tried(2), 32);
  EXPECT_EQ(tried(64), 32);
  EXPECT_EQ(tried(240), 8);
  draw.task = TaskKind::kCompletion;
  draw.token_rate = 1.0;  // 31,000 vectors an example
  EXPECT_EQ(tried(2), 1);
}

}  // namespace
}  // namespace eida::testing
