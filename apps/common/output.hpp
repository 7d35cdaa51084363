// What a command prints on standard output. A program that must never wait for its reader writes
// through log/line_writer.hpp instead.
#pragma once

#include <string>

namespace tenure::apps {

/// Prints a line. It is written when a buffer is full, by flush_output(), or at the end of
/// parse_and_run().
void print_line(const std::string& line);
/// The same for a text that has its line breaks.
void print_text(const std::string& text);

/// Writes what was printed. Ends the process where that fails: with exit_machine and an error, such
/// as on a full disk; with exit_ok if the reader has closed the pipe and SIGPIPE is ignored.
void flush_output();

}  // namespace tenure::apps
