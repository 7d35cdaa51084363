# What the programs need beside tenure.
find_package(CLI11 REQUIRED)
find_package(date REQUIRED)  # time zones; g++ 12's standard library has none
find_package(simdjson REQUIRED)
find_package(yaml-cpp REQUIRED)
