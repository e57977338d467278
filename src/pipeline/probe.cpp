// eida-probe, top to bottom: open, repeat (draw, sample, estimate, measure), choose ranks, write.
#include "eida/pipeline/probe.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>
#include <optional>

#include "compare.h"
#include "dry_run.h"
#include "eida/adapter/peft_export.h"
#include "eida/config/schema.h"
#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/json.h"
#include "eida/core/log.h"
#include "eida/core/progress.h"
#include "eida/core/run_folder.h"
#include "eida/data/batching.h"
#include "eida/pipeline/session.h"
#include "eida/report/probe_report.h"
#include "probe_results.h"

namespace eida {
namespace {

void check_dims(const PretrainedModel& model, const std::vector<int64_t>& dims) {
  for (const auto& site : model.sites()) {
    const int64_t narrowest =
        std::min(site.dim, model.input_spaces()[static_cast<size_t>(site.input)].dim);
    if (dims.back() <= narrowest) continue;
    throw ConfigError(
        "subspace.dims: {} is more than the {} dimensions of {} (hint: --dims with smaller "
        "numbers)",
        dims.back(), narrowest, site.name);
  }
}

/// Fresh examples of one repeat, tokenized: `examples` to estimate from, then `heldout` to measure
/// on.
struct DrawnExamples {
  TokenizedSet tokens;
  std::vector<const TokenExample*> examples, heldout;
};

DrawnExamples draw_fresh(const Dataset& data, const ExampleTokenizer& tokenizer,
                         const Config& config, uint64_t repeat) {
  Rng rng(static_cast<uint64_t>(config.run.seed), "examples", repeat);
  const int64_t wanted = config.sampling.examples + config.probe.heldout;
  if (wanted > data.size()) {
    throw DataError(
        "{}: {} examples, but sampling.examples + probe.heldout = {} (hint: lower --examples or "
        "--heldout)",
        data.name(), data.size(), wanted);
  }
  DrawnExamples drawn;
  drawn.tokens = tokenizer.tokenize_all(data, draw_examples(data.size(), wanted, rng));
  for (size_t i = 0; i < drawn.tokens.examples.size(); ++i) {
    const bool held_out = static_cast<int64_t>(i) >= config.sampling.examples;
    (held_out ? drawn.heldout : drawn.examples).push_back(&drawn.tokens.examples[i]);
  }
  if (drawn.heldout.empty()) throw DataError("{}: no usable held-out example is left", data.name());
  return drawn;
}

ProbeResults measure(PretrainedModel& model, const Dataset& data, const ExampleTokenizer& tokenizer,
                     const Config& config, std::optional<ProbeRepeat>& first) {
  ProbeResults results = start_results(model, config.subspace.dims);
  MeasureOptions options = measure_options(config, data.kind());
  Progress progress("probing",
                    config.probe.repeats * (config.sampling.examples + config.probe.heldout),
                    "examples");
  for (int64_t r = 0; r < config.probe.repeats; ++r) {
    const DrawnExamples drawn = draw_fresh(data, tokenizer, config, static_cast<uint64_t>(r));
    options.sampler.draw.repeat = static_cast<uint64_t>(r);
    options.estimate.seed = static_cast<uint64_t>(config.run.seed + r);
    options.sampler.progress = advance_and_check(progress);
    ProbeRepeat repeat = measure_repeat(model, drawn.examples, drawn.heldout, options);
    spdlog::info("repeat {} of {}: sampling {:.1f} s, subspaces {:.1f} s, held out {:.1f} s", r + 1,
                 config.probe.repeats, repeat.sampling_seconds, repeat.estimation_seconds,
                 repeat.heldout_seconds);
    add_repeat(results, repeat);
    if (!first) first = std::move(repeat);
  }
  return results;
}

void write_figures(const RunFolder& run, std::vector<CurvePoint> points,
                   const PublishedCurves& published, const ProbeOptions& options) {
  std::erase_if(points, [&](const CurvePoint& point) {
    return std::count(options.figures.begin(), options.figures.end(), point.kind) == 0;
  });
  CurveFigureOptions figures;
  figures.formats = options.figure_formats;
  figures.published = published;
  figures.width = static_cast<int>(options.figure_size[0]);
  figures.height = static_cast<int>(options.figure_size[1]);
  if (!points.empty()) write_curve_figures(run.path() / "figures", points, figures);
}

/// Everything that is read by others: curves, plan, probe.json, figures, report.
void write_results(const RunFolder& run, const ProbeResults& results, const RankPlan& plan,
                   const Config& config, const PretrainedModel& model, ProbeReport& report) {
  write_curves_csv(run.file("curves.csv"), curve_rows(results));
  write_file_atomic(run.file("rank_plan.json"), plan.to_json());
  report.probe = probe_json(results, plan, config, model);
  write_file_atomic(run.file("probe.json"), json_text(report.probe));
  write_figures(run, curve_points(results), report.published, config.probe);
  probe_page(report).write(run.file("report.html"));
}

}  // namespace

int run_probe(const ParsedCommand& command) {
  const Config& config = command.config;
  if (command.subcommand == "compare") return run_compare(command);
  const ComputeSetting compute = set_up_compute(config.run);
  const auto data = open_dataset(config.data.train, reader_options(config.data));
  if (!data->has_targets()) {
    throw DataError("{}: has no labels or completions, but the gradient needs them", data->name());
  }
  const ExampleTokenizer tokenizer = open_example_tokenizer(config, data->kind(), compute.threads);
  const auto model =
      open_model(config, data->kind(), static_cast<int64_t>(data->class_names().size()), compute);
  check_dims(*model, config.subspace.dims);
  ProbeReport report;
  if (!config.probe.published.empty())
    report.published = read_published_curves(config.probe.published);
  const RunFolderOptions folder{
      command.overwrite, command.resume, {config.model.path, config.data.train}};
  if (command.dry_run) {
    if (!config.run.output.empty()) RunFolder::check(config.run.output, folder);
    return dry_run_probe(config, *model, *data, tokenizer, compute);
  }
  if (config.run.output.empty())
    throw ConfigError("run.output: is needed and not given (hint: --output DIR)");

  if (command.resume) spdlog::info("a probe keeps no half-done repeats: it starts over");
  RunFolder run(config.run.output, folder);
  attach_log_file(run.file("log.jsonl"));
  report.config = dump_yaml(config, Program::kProbe);
  write_file_atomic(run.file("config.yaml"), report.config);
  std::vector<std::filesystem::path> inputs = {config.data.train};
  if (!config.probe.published.empty()) inputs.push_back(config.probe.published);
  report.manifest = start_manifest("eida-probe", config, compute, inputs, command.command_line);

  std::optional<ProbeRepeat> first;
  const ProbeResults results = measure(*model, *data, tokenizer, config, first);
  const RankPlan plan = make_plan(results, *model, config.ranks);
  write_file_atomic(run.file("peft_config.json"),
                    json_text(peft_config(*model, plan, config.model.path.string())));
  if (config.probe.save_subspaces) write_subspaces(run.file("subspaces.safetensors"), *first);
  write_results(run, results, plan, config, *model, report);
  run.finish(report.manifest);

  fmt::print("{}", result_text(results, plan, config.run.format));
  spdlog::info("curves, plan and figures: {}", (run.path() / "report.html").string());
  return 0;
}

}  // namespace eida
