# Programs, built against the installed package alone. Without optimization: only that they compile
# and link matters.
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")
file(REMOVE_RECURSE "${SCRATCH}")
step(${configure} -DCMAKE_BUILD_TYPE=None -S "${SOURCE}/apps" -B "${SCRATCH}/apps")
step(${CMAKE_COMMAND} --build "${SCRATCH}/apps" --parallel 2 --target scheduler tenure_cron)
step("${SCRATCH}/apps/bin/scheduler" --help)
step("${SCRATCH}/apps/bin/tenure-cron" --help)

step(${configure} -DCMAKE_BUILD_TYPE=None -S "${SOURCE}/bench/subjects" -B "${SCRATCH}/bench"
  -DTENURE_PCH=OFF)
step(${CMAKE_COMMAND} --build "${SCRATCH}/bench" --parallel 2 --target tenure_subject)
