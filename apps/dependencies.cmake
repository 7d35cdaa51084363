# What the programs need beside tenure.
find_package(Boost 1.81 REQUIRED COMPONENTS filesystem)  # for Boost.Process
find_package(CLI11 REQUIRED)
find_package(date REQUIRED)  # time zones; g++ 12's standard library has none
find_package(simdjson REQUIRED)
find_package(yaml-cpp REQUIRED)
