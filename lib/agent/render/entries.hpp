// Keys and sessions as Consul shows them.
#pragma once

#include <cstdint>
#include <string>
#include <tenure/toolkit/json_writer.hpp>
#include <vector>

#include "agent/state/kv_entry.hpp"
#include "agent/state/session_entry.hpp"

namespace tenure::agent {

/// Most operations of a transaction answer with null for the value.
enum class value_part : std::uint8_t { included, omitted };

void write_entry(text::json_writer& json, const kv_fields& entry, value_part part);
void write_session(text::json_writer& json, const session_entry& session);

/// A JSON array.
void write_strings(text::json_writer& json, const std::vector<std::string>& texts);

}  // namespace tenure::agent
