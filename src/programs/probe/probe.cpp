// eida-probe, top to bottom: open, repeat (sample, estimate, measure), plan ranks, write.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>

#include "../dry_run.h"
#include "comparison.h"
#include "demo.h"
#include "eida/adapter/peft_export.h"
#include "eida/config/schema.h"
#include "eida/core/files.h"
#include "eida/core/json.h"
#include "eida/core/progress.h"
#include "eida/programs/programs.h"
#include "eida/report/probe_report.h"
#include "eida/run/measure_setup.h"
#include "eida/run/run.h"
#include "results.h"

namespace eida {
namespace {

/// Opens and checks: what a run would refuse is refused here. \throws Error
OpenedInputs open_inputs(const Config& config, const Communicator& processes) {
  const ComputeSetting compute = set_up_compute(config.run, processes);
  auto data = open_training_data(config.data.train, config);
  check_enough_examples(data->name(), data->size(), config.sampling.examples, config.probe.heldout,
                        "probe.heldout");
  ExampleTokenizer tokenizer = open_example_tokenizer(config, data->kind(), compute.threads);
  auto model =
      open_model(config, data->kind(), static_cast<int64_t>(data->class_names().size()), compute);
  check_dims(model->places(), config.subspace.dims);
  check_rank_rule(rank_rule_options(config.ranks), model->places(), config.subspace.dims);
  check_draws(*data, tokenizer, config, config.probe.heldout, 0, config.probe.repeats,
              [&](const DrawnExamples& drawn, const MeasureOptions& options) {
                check_sampling(*model, drawn.examples, drawn.heldout, options);
              });
  return {compute, std::move(data), std::move(tokenizer), std::move(model)};
}

/// Fresh samples, subspaces and fidelity of every repeat. \param first subspaces of the first one,
/// where they are to be saved
ProbeResults measure(const OpenedInputs& inputs, const Config& config,
                     std::optional<PerPlace<Subspace>>& first) {
  PretrainedModel& model = *inputs.model;
  ProbeResults results{model.places(), config.subspace.dims, {}, {}, {}, {}};
  const Communicator& processes = *inputs.compute.processes;
  Progress progress("probing",
                    config.probe.repeats * (config.sampling.examples + config.probe.heldout),
                    "examples");
  for (int64_t r = 0; r < config.probe.repeats; ++r) {
    const DrawnExamples sample =
        draw_fresh(*inputs.data, inputs.tokenizer, config, config.probe.heldout, r);
    MeasureOptions options = measure_options(config, inputs.data->kind(), r, processes);
    options.sampler.progress = advance_and_check(progress);
    Repeat repeat = estimate_repeat(model, sample.examples, options);
    measure_heldout(model, sample.heldout, options, repeat);
    spdlog::info("repeat {} of {}: sampling {:.1f} s, subspaces {:.1f} s, held out {:.1f} s", r + 1,
                 config.probe.repeats, repeat.sampling_seconds, repeat.estimation_seconds,
                 repeat.heldout_seconds);
    if (config.probe.save_subspaces && processes.is_root() && !first)
      first = std::move(repeat.subspaces);
    results.repeats.push_back(std::move(repeat.measures));
    results.sampling_seconds.push_back(repeat.sampling_seconds);
    results.estimation_seconds.push_back(repeat.estimation_seconds);
    results.heldout_seconds.push_back(repeat.heldout_seconds);
  }
  return results;
}

/// The figures that are asked for.
void write_figures(const RunFolder& run, const ProbeReport& report, const ProbeOptions& options) {
  auto points = curve_points(report.probe, "fidelity");
  std::erase_if(points, [&](const CurvePoint& point) {
    return !contains(options.figures, from_string<FigureKind>(point.kind));
  });
  if (points.empty()) return;
  const CurveFigureOptions figures{.published = report.published,
                                   .width = static_cast<int>(options.figure_size[0]),
                                   .height = static_cast<int>(options.figure_size[1])};
  write_curve_figures(run.path() / "figures", curve_figures(points, figures),
                      options.figure_formats);
}

/// Everything that is read by others: curves, plan, probe.json, figures, report.
void write_results(const RunFolder& run, const ProbeResults& results, const RankPlan& plan,
                   const Config& config, const PretrainedModel& model, ProbeReport& report) {
  write_curves_csv(run.file("curves.csv"), curve_rows(results));
  write_file_atomic(run.file("rank_plan.json"), plan.to_json(results.places));
  report.probe = probe_json(results, plan, config, model);
  write_file_atomic(run.file("probe.json"), json_text(report.probe));
  write_figures(run, report, config.probe);
  probe_page(report).write(run.file("report.html"));
}

int run_demo(const ParsedCommand& command, const Communicator& processes) {
  check_processes(command, processes);
  const ParsedCommand demo = demo_command(command);
  const int code = run_probe(demo, processes);
  fmt::print("\nOpen {} in a browser.\n", (demo.config.run.output / "report.html").string());
  return code;
}

}  // namespace

int run_probe(const ParsedCommand& command, const Communicator& processes) {
  const Config& config = command.config;
  if (command.subcommand == "compare") return run_compare(command, processes);
  if (command.subcommand == "demo") return run_demo(command, processes);
  const Run run(command, processes, {config.data.train, config.probe.published, config.ranks.plan});
  if (run.finished()) return 0;
  const OpenedInputs inputs = open_inputs(config, processes);
  ProbeReport report;
  if (!config.probe.published.empty())
    report.published = read_published_curves(config.probe.published);
  if (command.dry_run) return processes.is_root() ? dry_run_probe(config, inputs) : 0;

  const auto folder = run.make_folder();
  report.config = dump_yaml(config, Program::kProbe);
  report.manifest = run.manifest(inputs.compute);

  std::optional<PerPlace<Subspace>> first;
  const ProbeResults results = measure(inputs, config, first);
  if (!folder) return 0;  // the first process has the results and writes them
  const RankPlan plan = choose_ranks(rank_rule_options(config.ranks), results.places,
                                     rank_curves(results.places, results.dims, results.repeats));
  write_file_atomic(folder->file("peft_config.json"),
                    json_text(peft_config(*inputs.model, plan, config.model.path.string())));
  if (config.probe.save_subspaces)
    write_subspaces(folder->file("subspaces.safetensors"), results.places, *first);
  write_results(*folder, results, plan, config, *inputs.model, report);
  folder->finish(report.manifest);

  fmt::print("{}", probe_text(report.probe, config.run.format));
  spdlog::info("curves, plan and figures: {}", (folder->path() / "report.html").string());
  return 0;
}

}  // namespace eida
