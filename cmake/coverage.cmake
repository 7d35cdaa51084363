# Counts which lines of the layers core and election run, in every program that links them, by
# clang's source-based coverage. Each program adds its counts to a file in build/PRESET/coverage
# when it exits; ./dev coverage reads them. Only these two layers are compiled for it, which costs
# little.
#
# tenure_count_coverage(LAYER)
function(tenure_count_coverage layer)
  if(TENURE_COVERAGE)
    # %m: one file for each program, into which its runs are merged.
    target_compile_options(tenure_${layer} PRIVATE
      "-fprofile-instr-generate=${PROJECT_BINARY_DIR}/coverage/%m.profraw" -fcoverage-mapping)
  endif()
endfunction()

if(TENURE_COVERAGE)
  add_link_options(-fprofile-instr-generate)
endif()
