// The entry point that libFuzzer calls.
#include <cstddef>
#include <cstdint>

#include "target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  for (const tenure::fuzz::target* one : tenure::fuzz::target::all()) one->run(input);
  return 0;
}
