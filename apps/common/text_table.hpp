// Tables of plain text.
#pragma once

#include <string>
#include <vector>

namespace tenure::apps {

using table_row = std::vector<std::string>;

/// The rows as lines, with the columns below each other, two spaces apart, counted in characters of
/// UTF-8. All rows have as many cells as the first.
std::vector<std::string> aligned(const std::vector<table_row>& rows);

}  // namespace tenure::apps
