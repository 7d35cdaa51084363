# The libraries that tenure needs. Debian 12 and its successors package all of them.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(spdlog REQUIRED)
find_package(simdjson REQUIRED)
find_package(re2 REQUIRED)  # uses cmake/Findre2.cmake
if(TENURE_APPS)
  find_package(Boost 1.81 REQUIRED COMPONENTS filesystem)  # for Boost.Process
  find_package(CLI11 REQUIRED)
  find_package(yaml-cpp REQUIRED)
endif()
if(TENURE_TESTS)
  find_package(Catch2 3 REQUIRED)
  include(Catch)
endif()
