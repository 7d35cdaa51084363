# The programs, built against the installed package alone. Without optimization: only that they
# compile and link matters.
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")
file(REMOVE_RECURSE "${SCRATCH}")
step(${configure} -DCMAKE_BUILD_TYPE=None -S "${SOURCE}/apps" -B "${SCRATCH}")
step(${CMAKE_COMMAND} --build "${SCRATCH}" --target scheduler tenure_cron)
step("${SCRATCH}/bin/scheduler" --help)
step("${SCRATCH}/bin/tenure-cron" --help)
