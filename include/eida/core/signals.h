/// SIGINT and SIGTERM as a flag that long loops look at.
#pragma once

namespace eida {

/// The first SIGINT or SIGTERM sets a flag, a second one ends the process at once. SIGXFSZ is
/// ignored, so that a file-size limit is an error of write(). run_main() calls this.
void install_signal_handlers();

/// True after a SIGINT or SIGTERM. May be called from any thread.
bool interrupted();

/// Call it between steps. \throws Interrupted with exit code 130 (SIGINT) or 143 (SIGTERM).
void check_interrupted();

/// Forgets a received signal (tests).
void clear_interrupted();

}  // namespace eida
