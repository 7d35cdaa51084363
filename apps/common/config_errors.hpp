// The errors of a configuration file, collected so that one run of a program reports them all.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tenure::apps {

/// A place in a text file, from 1. Column 0: the line as a whole.
class file_position {
 public:
  file_position(int l, int c = 0) : line(l), column(c) {}

  int line;
  int column;
};

class config_error {
 public:
  config_error(file_position at, std::string text)
      : line(at.line), column(at.column), text(std::move(text)) {}

  int line;    ///< from 1
  int column;  ///< from 1; 0: the line as a whole
  std::string text;
};

/// "FILE:12:5: text", as compilers write it; without a column if the error has none.
std::string located(const std::string& file, const config_error& error);

class config_errors {
 public:
  /// `text`, which may quote the file, becomes one line: see error_line().
  void add(file_position at, std::string text);
  bool empty() const noexcept { return list_.empty(); }
  std::size_t size() const noexcept { return list_.size(); }
  /// All of them, sorted by line and column.
  std::vector<config_error> take();

 private:
  std::vector<config_error> list_;
};

}  // namespace tenure::apps
