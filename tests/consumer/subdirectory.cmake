# ./subdirectory: a project that has tenure's source tree below its own. Configured, and a little of
# it built; the machine has neither re2 nor spdlog.
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")
file(REMOVE_RECURSE "${SCRATCH}")
step(${configure} -S "${CMAKE_CURRENT_LIST_DIR}/subdirectory" -B "${SCRATCH}"
  "-DTENURE_SOURCE=${SOURCE}"
  -DCMAKE_DISABLE_FIND_PACKAGE_re2=ON -DCMAKE_DISABLE_FIND_PACKAGE_spdlog=ON)
step(${CMAKE_COMMAND} --build "${SCRATCH}" --target tenure_text)
