/// Standard error, which log and progress share: whole lines, and on a terminal one status line
/// below them.
#pragma once

#include <string>
#include <string_view>

namespace eida::terminal {

/// True when stderr is a terminal.
bool is_terminal();
/// True when stderr is a terminal and NO_COLOR is unset or empty (no-color.org).
bool has_colour();
/// Width of the terminal, 80 where it is not known.
int columns();

/// Writes a whole line (the line end is added), above the status line if there is one.
void write_line(std::string_view line);
/// Shows or replaces the status line; it has to fit the width. Nothing unless stderr is a terminal.
void set_status(std::string_view text);
/// Removes the status line.
void clear_status();

}  // namespace eida::terminal
