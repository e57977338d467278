/// The one progress display: rate and time left.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace eida {

struct ProgressOptions {
  bool enabled = true;            ///< false: --no-progress or --quiet
  double seconds_between = 10.0;  ///< between plain lines, where stderr is not a terminal
};

/// Sets what bars made from here on do.
void setup_progress(const ProgressOptions& options);

/// One piece of work with a known or unknown number of steps. On a terminal it is one refreshed
/// line on stderr, else plain lines: at most one every `seconds_between`, and one at the end. A bar
/// made while another one lives shows nothing. Safe to advance from several threads; cheap enough
/// to call once an example.
class Progress {
 public:
  /// \param label what is done, for example "sampling". \param total number of steps, 0 when it is
  /// not known. \param unit plural of what is counted, for example "sentences".
  Progress(std::string label, int64_t total, std::string unit = "steps");
  /// Ends the display; says how far it came when it was not finished.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void advance(int64_t steps = 1);
  /// Text behind the rest of the display, for example a second rate: "812.4 tokens/s".
  void set_note(std::string note);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// "sampling: 128/256 sentences (50 %), 41.2/s, 0:03 left". With total 0: "sampling: 128 sentences,
/// 41.2/s". \param seconds since the start.
std::string format_progress(std::string_view label, int64_t done, int64_t total,
                            std::string_view unit, double seconds);

/// "0:03", "12:34", "2:05:09", "3 d 04:05".
std::string format_duration(double seconds);

}  // namespace eida
