// What Consul keeps of one job: the last decided tick, the runs that go on, and the newest records.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenure-cron/ledger/record.hpp"

namespace tenure::cron {

/// As JSON under `<root>/jobs/<job>`. Only the leader of the job writes it.
class ledger_document {
 public:
  std::string schedule;  ///< as the jobs file has it, for people
  std::string zone;
  std::string digest;  ///< job::digest()
  /// The last tick that was decided. Nothing: the job has just been added.
  std::optional<sys_seconds> last_tick;
  /// The highest tick that was ever decided, if that is another one: a clock was put back. Ticks up
  /// to this one are never missed.
  std::optional<sys_seconds> highest_tick;
  std::optional<sys_seconds> next_tick;  ///< for people: when it runs next
  std::vector<open_run> open;
  std::vector<run_record> recent;  ///< the oldest first, fewer than records_per_page
  std::uint64_t pages = 0;         ///< the number of the newest sealed page; from 1
  std::uint64_t first_page = 1;    ///< the number of the oldest page that is kept, if one is
  std::uint64_t records = 0;       ///< ever written

  /// Adds a record. `follows`: its tick is the next one of the job after the last record. Skipped
  /// ticks that follow others of the same reason join their row.
  void add(run_record r, bool follows = false);
  /// Of those two.
  sys_seconds highest() const;
  /// `tick` has been decided.
  void decided(sys_seconds tick);
  open_run* find_open(std::string_view run_id);
  /// Removes and returns it.
  std::optional<open_run> take_open(std::string_view run_id);
  bool mentions(std::string_view run_id) const;  ///< as an open run or in `recent`
};

/// A full list of recent records is sealed: it becomes a page.
constexpr std::size_t records_per_page = 20;
/// Runs of one job that have not ended.
constexpr std::size_t most_open_runs = 1000;
/// All open runs get their records at once when their leader has died; the next writes seal them.
constexpr std::size_t most_recent_records = 2 * most_open_runs;
/// Of the text of a document or a page that is read: Consul has no larger values.
constexpr std::size_t most_document_bytes = 512 * 1024;
/// Of the text of a document that is written. Consul takes 512 KB in a transaction, where a
/// document is as base64, beside a page.
constexpr std::size_t most_written_bytes = 320 * 1024;

std::string to_json(const ledger_document& document);
/// The text to write. If it were too large, the records lose the ends of their output.
std::string text_to_write(ledger_document& document);
/// Nothing if the text is not such a document: its numbers, times and lengths too are those that a
/// replica may have written, so that all that is reckoned with them is safe.
std::optional<ledger_document> parse_ledger_document(const std::string& text);

/// A page: {"records": [...]}, the oldest first.
std::string page_to_json(const std::vector<run_record>& records);
std::optional<std::vector<run_record>> parse_ledger_page(const std::string& text);

/// One record as it is in the ledger; also what on_failure commands and `history --json` show.
std::string to_json(const run_record& record);

}  // namespace tenure::cron
