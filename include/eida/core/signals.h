/// SIGINT and SIGTERM as a flag that long loops check.
#pragma once

namespace eida {

/// The first SIGINT or SIGTERM sets a flag, a second one ends the process at once. SIGXFSZ
/// and SIGPIPE are ignored, so that a file-size limit and a reader that has gone are errors of
/// write(). run_main() calls this.
void install_signal_handlers();

/// True after a SIGINT or SIGTERM. May be called from any thread.
bool interrupted();

/// SIGINT or SIGTERM, whichever was received; 0: neither.
int received_signal();

/// Returns for 0. \throws Interrupted with exit code 130 (SIGINT) or 143 (SIGTERM).
void stop_for(int signal);

/// Call it between steps. \throws Interrupted with exit code 130 (SIGINT) or 143 (SIGTERM).
void check_interrupted();

/// Forgets a received signal (tests).
void clear_interrupted();

}  // namespace eida
