#include "tenure-cron/operating/operations.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <utility>

#include "tenure-cron/term/lane_context.hpp"

namespace tenure::cron {

namespace asio = boost::asio;

namespace {

constexpr std::size_t enough_records = 3;

std::string note_of(std::string job, std::string by) {
  operator_note note;
  note.job = std::move(job);
  note.by = std::move(by);
  note.at = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  return to_json(note);
}

// `path`: <member>/jobs/<job>, below the prefix of the hosts.
std::optional<job_status> document_of_host(const std::string& path, const std::string& value) {
  constexpr std::string_view folder = "/jobs/";
  const std::size_t slash = path.find('/');
  if (slash == path.npos || path.compare(slash, folder.size(), folder) != 0) return std::nullopt;
  job_status made(path.substr(slash + folder.size()));
  made.member = path.substr(0, slash);
  made.document = parse_ledger_document(value);
  return made;
}

// A document whose list has just moved into a page says little: the page comes before it again.
asio::awaitable<void> add_newest_pages(kv store, ledger_keys keys, std::vector<job_status>& all) {
  std::map<std::string, ledger_document*> by_page;
  std::vector<std::string> wanted;
  for (job_status& one : all) {
    if (!one.document || one.document->pages == 0) continue;
    if (one.document->recent.size() >= enough_records) continue;
    const ledger_keys own = one.member.empty() ? keys : keys.of_host(one.member);
    wanted.push_back(own.page(one.name, one.document->pages));
    by_page.emplace(wanted.back(), &*one.document);
  }
  if (wanted.empty()) co_return;
  const std::vector<stored_key> pages = co_await store.get_all(std::move(wanted));
  for (const stored_key& page : pages) {
    const auto records = parse_ledger_page(page.value);
    std::vector<run_record>& recent = by_page.at(page.key)->recent;
    if (records) recent.insert(recent.begin(), records->begin(), records->end());
  }
}

}  // namespace

asio::awaitable<std::vector<job_status>> read_jobs(kv store, std::string root) {
  const ledger_keys keys(root);
  const std::string documents = keys.jobs();
  const std::string paused = keys.paused("");
  const std::string hosts = keys.hosts();
  const stored_keys written = co_await store.list(documents);
  const stored_keys of_hosts = co_await store.list(hosts);
  const stored_keys notes = co_await store.list(paused);
  std::vector<job_status> all;
  for (const stored_key& one : written.keys) {
    all.emplace_back(one.key.substr(documents.size()));
    all.back().document = parse_ledger_document(one.value);
  }
  for (const stored_key& one : of_hosts.keys) {
    if (auto found = document_of_host(one.key.substr(hosts.size()), one.value))
      all.push_back(std::move(*found));
  }
  co_await add_newest_pages(store, keys, all);
  std::map<std::string, operator_note> pauses;
  for (const stored_key& one : notes.keys)
    pauses.emplace(one.key.substr(paused.size()), parse_operator_note(one.value));
  for (job_status& one : all) {
    const auto pause = pauses.find(one.name);
    if (pause != pauses.end()) one.paused = pause->second;
  }
  co_return all;
}

asio::awaitable<void> add_leaders(kv store, std::string election, std::vector<job_status>& all) {
  std::vector<std::string> wanted{election};
  for (const job_status& one : all) {
    if (one.member.empty()) wanted.push_back(election + '/' + one.name);
  }
  const std::vector<stored_key> found = co_await store.get_all(std::move(wanted));
  std::map<std::string, std::string> holders;
  for (const stored_key& one : found) {
    if (!one.session.empty()) holders.emplace(one.key, one.value);
  }
  const std::string shared = holders[election];
  for (job_status& one : all) {
    if (!one.member.empty()) continue;
    const auto own = holders.find(election + '/' + one.name);
    one.leader = own != holders.end() ? own->second : shared;
  }
}

asio::awaitable<std::optional<job_status>> read_job(kv store, ledger_keys keys, std::string job) {
  const std::string document = keys.document(job);
  std::vector<std::string> wanted{document, keys.paused(job)};
  const std::vector<stored_key> found = co_await store.get_all(std::move(wanted));
  job_status made(job);
  for (const stored_key& one : found) {
    if (one.key == document) {
      made.document = parse_ledger_document(one.value);
    } else {
      made.paused = parse_operator_note(one.value);
    }
  }
  if (!made.document) co_return std::nullopt;
  std::vector<job_status> only{std::move(made)};
  co_await add_newest_pages(store, keys, only);
  co_return std::move(only.front());
}

asio::awaitable<std::vector<std::string>> members_with(kv store, std::string root,
                                                       std::string job) {
  const std::string hosts = ledger_keys(root).hosts();
  const stored_keys all = co_await store.list(hosts);
  std::vector<std::string> found;
  for (const stored_key& one : all.keys) {
    const auto status = document_of_host(one.key.substr(hosts.size()), one.value);
    if (status && status->name == job) found.push_back(status->member);
  }
  co_return found;
}

// A page that is missing has been removed since, as it is beyond the history that the job keeps. So
// many full pages are enough, whatever number the document has.
asio::awaitable<std::vector<run_record>> read_history(kv store, ledger_keys keys, std::string job,
                                                      std::size_t limit) {
  const std::optional<stored_key> stored = co_await store.get(keys.document(job));
  std::vector<run_record> found;
  if (!stored) co_return found;
  const auto parsed = parse_ledger_document(stored->value);
  if (!parsed) co_return found;
  const ledger_document& document = *parsed;
  found.assign(document.recent.rbegin(), document.recent.rend());
  const std::uint64_t most = std::min<std::uint64_t>(limit / records_per_page + 1, document.pages);
  for (std::uint64_t i = 0; i < most && found.size() < limit; ++i) {
    const std::uint64_t n = document.pages - i;
    const std::optional<stored_key> page = co_await store.get(keys.page(job, n));
    if (!page) break;
    const auto records = parse_ledger_page(page->value);
    if (records) found.insert(found.end(), records->rbegin(), records->rend());
  }
  if (found.size() > limit) found.erase(found.begin() + std::ptrdiff_t(limit), found.end());
  co_return found;
}

asio::awaitable<std::string> order_run(kv store, ledger_keys keys, std::string job,
                                       std::string by) {
  const std::string id = random_run_id();
  std::string value = note_of(std::move(job), std::move(by));
  co_await store.set_if(keys.request(id), std::move(value), 0);
  co_return id;
}

asio::awaitable<bool> is_ordered(kv store, ledger_keys keys, std::string run_id) {
  const std::optional<stored_key> found = co_await store.get(keys.request(run_id));
  co_return found.has_value();
}

asio::awaitable<bool> pause_job(kv store, ledger_keys keys, std::string job, std::string by) {
  std::string key = keys.paused(job);
  std::string value = note_of(std::move(job), std::move(by));
  const bool written = co_await store.set_if(std::move(key), std::move(value), 0);
  co_return written;
}

asio::awaitable<bool> resume_job(kv store, ledger_keys keys, std::string job) {
  const std::string key = keys.paused(job);
  for (;;) {  // until the key that was read is the one that is removed
    const std::optional<stored_key> found = co_await store.get(key);
    if (!found) co_return false;
    const bool removed = co_await store.remove_if(key, found->modify_index);
    if (removed) co_return true;
  }
}

}  // namespace tenure::cron
