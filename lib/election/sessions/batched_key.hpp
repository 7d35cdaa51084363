// A key whose locks and proofs travel in transactions with those of other keys: what the lock queue
// and the proof batcher need to know of a participant.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tenure/error.hpp>
#include <tenure/time.hpp>

#include "election/acquisition/lock_op.hpp"
#include "election/sessions/session_user.hpp"

namespace tenure::impl {

/// Whether many keys of a transaction have changed. Then their session has probably died.
enum class missed_with : std::uint8_t { few, many };

class batched_key : public session_user {
 public:
  virtual const std::string& key() const noexcept = 0;

  // -- acquisitions and releases, by the lock queue ----------------------------------------------
  /// The operation that was queued, as of now; nothing where there is nothing to release any more.
  /// May be called more than once before the outcome: what counts is the last answer.
  virtual std::optional<lock_op> make_lock_op(lock_op::kind what) = 0;
  virtual void lock_op_done(const lock_op& which, const lock_outcome& outcome) = 0;

  // -- proofs, by the proof batcher --------------------------------------------------------------
  /// When the next proof is due; time_point::max() where none is wanted.
  virtual time_point proof_due() const noexcept = 0;
  /// Whether it joins a batch that goes out now, though its own proof may be due a little later.
  virtual bool proof_worthwhile(time_point now) const noexcept = 0;
  virtual duration proof_timeout() const noexcept = 0;
  /// A proof goes out: returns the index to check.
  virtual std::uint64_t begin_proof() noexcept = 0;
  /// The session that holds it, for the proof.
  virtual std::string proof_session() const = 0;
  virtual void proof_done(std::uint64_t guard, time_point sent_at) = 0;
  /// The key is not at that index any more.
  virtual void proof_missed(std::uint64_t guard, missed_with others) = 0;
  /// No answer to the proof that was due at `asked`, or none about this key: not again before
  /// `until`.
  virtual void proof_put_off(time_point until, const error_code& why, time_point asked) = 0;

 private:
  friend class proof_batcher;
  std::uint32_t proof_index_ = 0;  ///< in its batcher's list
};

}  // namespace tenure::impl
