// eida-probe, top to bottom: open, repeat (draw, sample, estimate, measure), choose ranks, write.
#include "eida/programs/probe.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>
#include <optional>

#include "../../pipeline/probe_results.h"
#include "../dry_run.h"
#include "compare.h"
#include "eida/adapter/peft_export.h"
#include "eida/config/schema.h"
#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/json.h"
#include "eida/core/log.h"
#include "eida/core/progress.h"
#include "eida/core/run_folder.h"
#include "eida/data/batching.h"
#include "eida/report/probe_report.h"
#include "eida/run/earlier_run.h"
#include "eida/run/session.h"

namespace eida {
namespace {

/// Files that a probe reads beside its model.
std::vector<std::filesystem::path> probe_input_files(const Config& config) {
  std::vector<std::filesystem::path> files = {config.data.train};
  for (const auto& file : {config.probe.published, config.ranks.plan}) {
    if (!file.empty()) files.push_back(file);
  }
  return files;
}

struct ProbeInputs {
  ComputeSetting compute;
  std::shared_ptr<const Dataset> data;
  ExampleTokenizer tokenizer;
  std::unique_ptr<PretrainedModel> model;
  PublishedCurves published;
};

/// Opens and checks: what a run would refuse is refused here.
ProbeInputs open_probe_inputs(const Config& config, const Communicator& processes) {
  const ComputeSetting compute = set_up_compute(config.run, processes);
  ReaderOptions reader = reader_options(config.data);
  auto data = open_dataset(config.data.train, reader);
  reader.class_names = class_order(*data, config);
  if (!reader.class_names.empty()) data = open_dataset(config.data.train, reader);
  require_targets(*data, config.data);
  check_enough_examples(data->name(), data->size(), config.sampling.examples, config.probe.heldout,
                        "probe.heldout");
  ExampleTokenizer tokenizer = open_example_tokenizer(config, data->kind(), compute.threads);
  auto model =
      open_model(config, data->kind(), static_cast<int64_t>(data->class_names().size()), compute);
  check_dims(*model, config.subspace.dims);
  check_rank_rule(*model, config);
  ProbeInputs inputs{compute, std::move(data), std::move(tokenizer), std::move(model), {}};
  if (!config.probe.published.empty())
    inputs.published = read_published_curves(config.probe.published);
  return inputs;
}

/// Fresh examples of one repeat, tokenized: `examples` to estimate from, then `heldout` to measure
/// on.
struct DrawnExamples {
  TokenizedSet tokens;
  std::vector<const TokenExample*> examples, heldout;
};

DrawnExamples draw_fresh(const Dataset& data, const ExampleTokenizer& tokenizer,
                         const Config& config, uint64_t repeat) {
  const int64_t wanted = config.sampling.examples + config.probe.heldout;
  DrawnExamples drawn;
  drawn.tokens = tokenizer.tokenize_drawn(
      data, wanted, Rng(static_cast<uint64_t>(config.run.seed), "examples", repeat));
  for (size_t i = 0; i < drawn.tokens.examples.size(); ++i) {
    const bool held_out = static_cast<int64_t>(i) >= config.sampling.examples;
    (held_out ? drawn.heldout : drawn.examples).push_back(&drawn.tokens.examples[i]);
  }
  return drawn;
}

ProbeResults measure(const ProbeInputs& inputs, const Config& config,
                     std::optional<ProbeRepeat>& first) {
  PretrainedModel& model = *inputs.model;
  ProbeResults results = start_results(model, config.subspace.dims);
  MeasureOptions options = measure_options(config, inputs.data->kind());
  options.processes = inputs.compute.processes;
  Progress progress("probing",
                    config.probe.repeats * (config.sampling.examples + config.probe.heldout),
                    "examples");
  for (int64_t r = 0; r < config.probe.repeats; ++r) {
    const DrawnExamples drawn =
        draw_fresh(*inputs.data, inputs.tokenizer, config, static_cast<uint64_t>(r));
    options.sampler.draw.repeat = static_cast<uint64_t>(r);
    options.estimate.seed = static_cast<uint64_t>(config.run.seed + r);
    options.sampler.progress = advance_and_check(progress);
    ProbeRepeat repeat = measure_repeat(model, drawn.examples, drawn.heldout, options);
    spdlog::info("repeat {} of {}: sampling {:.1f} s, subspaces {:.1f} s, held out {:.1f} s", r + 1,
                 config.probe.repeats, repeat.sampling_seconds, repeat.estimation_seconds,
                 repeat.heldout_seconds);
    add_repeat(results, repeat);
    if (config.probe.save_subspaces && options.processes->is_root() && !first)
      first = std::move(repeat);
  }
  return results;
}

void write_figures(const RunFolder& run, std::vector<CurvePoint> points,
                   const PublishedCurves& published, const ProbeOptions& options) {
  std::erase_if(points, [&](const CurvePoint& point) {
    return std::count(options.figures.begin(), options.figures.end(), point.kind) == 0;
  });
  CurveFigureOptions figures;
  figures.published = published;
  figures.width = static_cast<int>(options.figure_size[0]);
  figures.height = static_cast<int>(options.figure_size[1]);
  if (points.empty()) return;
  write_curve_figures(run.path() / "figures", curve_figures(points, figures),
                      options.figure_formats);
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

int run_probe(const ParsedCommand& command, const Communicator& processes) {
  const Config& config = command.config;
  check_processes(command, processes);
  if (command.subcommand == "compare") return run_compare(command);
  RunFolderOptions options{command.overwrite, command.resume, probe_input_files(config)};
  options.inputs.push_back(config.model.path);
  if (!command.dry_run && config.run.output.empty())
    throw ConfigError("run.output: is needed and not given (hint: --output DIR)");
  const bool finished = ask_root(processes, [&] {
    if (!config.run.output.empty()) RunFolder::check(config.run.output, options);
    return is_already_finished(command);
  });
  if (finished) return 0;
  const ProbeInputs inputs = open_probe_inputs(config, processes);
  std::optional<ProbeRepeat> first;
  if (!processes
           .is_root()) {  // computes its part; the first process has the results and writes them
    if (!command.dry_run) measure(inputs, config, first);
    return 0;
  }
  if (command.dry_run)
    return dry_run_probe(config, *inputs.model, *inputs.data, inputs.tokenizer, inputs.compute);

  RunFolder run(config.run.output, options);
  attach_log_file(run.file("log.jsonl"));
  ProbeReport report;
  report.published = inputs.published;
  report.config = dump_yaml(config, Program::kProbe);
  write_file_atomic(run.file("config.yaml"), report.config);
  report.manifest = start_manifest("eida-probe", config, inputs.compute, probe_input_files(config),
                                   command.command_line);

  const ProbeResults results = measure(inputs, config, first);
  const RankPlan plan = make_plan(results, *inputs.model, config.ranks);
  write_file_atomic(run.file("peft_config.json"),
                    json_text(peft_config(*inputs.model, plan, config.model.path.string())));
  if (config.probe.save_subspaces) write_subspaces(run.file("subspaces.safetensors"), *first);
  write_results(run, results, plan, config, *inputs.model, report);
  run.finish(report.manifest);

  fmt::print("{}", result_text(results, plan, config.run.format));
  spdlog::info("curves, plan and figures: {}", (run.path() / "report.html").string());
  return 0;
}

}  // namespace eida
