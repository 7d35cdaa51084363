// The levels of a log by the names of other programs.
#pragma once

#include <string_view>
#include <tenure/log.hpp>

namespace tenure::sidecar {

/// A level by the names of logrus, with which the elector logs, in any case: "warning" is warn;
/// "panic" and "fatal" are error, the highest level of tenure. Tenure's own names as well. Throws
/// bad_configuration.
log_level parse_logrus_level(std::string_view name);

}  // namespace tenure::sidecar
