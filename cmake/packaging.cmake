# cmake --install: a package for find_package(tenure), with the public headers, the static libraries
# of all layers (as tenure::LAYER; users link tenure::tenure) and the command-line tools. The
# layers' private headers are not installed.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

get_property(installed GLOBAL PROPERTY TENURE_INSTALLED)
install(TARGETS ${installed} EXPORT tenureTargets
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/lib/include/" DESTINATION include COMPONENT development
  FILES_MATCHING PATTERN "*.hpp")

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/tenure")
install(EXPORT tenureTargets NAMESPACE tenure:: DESTINATION "${package_dir}"
  COMPONENT development)
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/tenureConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/tenureConfig.cmake" INSTALL_DESTINATION "${package_dir}"
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/tenureConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/tenureConfig.cmake"
  "${PROJECT_BINARY_DIR}/tenureConfigVersion.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/Findre2.cmake"
  DESTINATION "${package_dir}" COMPONENT development)

# The programs of apps/tenure and apps/tenure-cron. The target `tools` builds only these.
if(TENURE_APPS)
  foreach(app tenure tenure-cron)
    get_property(targets DIRECTORY "${PROJECT_SOURCE_DIR}/apps/${app}"
      PROPERTY BUILDSYSTEM_TARGETS)
    foreach(target ${targets})
      get_target_property(type ${target} TYPE)
      if(type STREQUAL "EXECUTABLE")
        list(APPEND tools ${target})
      endif()
    endforeach()
  endforeach()
  install(TARGETS ${tools} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT tools)
  # Completions and man pages. bash loads a completion by the name of the command.
  get_property(made GLOBAL PROPERTY TENURE_MADE)
  install(DIRECTORY "${made}/man/" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1"
    COMPONENT tools OPTIONAL)
  install(DIRECTORY "${made}/bash/" COMPONENT tools OPTIONAL
    DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
  install(DIRECTORY "${made}/zsh/" COMPONENT tools OPTIONAL
    DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions")
  install(DIRECTORY "${made}/fish/" COMPONENT tools OPTIONAL
    DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")

  # Links: other names of `tenure`.
  get_property(links GLOBAL PROPERTY TENURE_LINKS)
  foreach(link ${links})
    install(CODE "
      set(folder \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
      file(MAKE_DIRECTORY \"\${folder}\")
      file(CREATE_LINK tenure \"\${folder}/${link}\" SYMBOLIC)" COMPONENT tools)
  endforeach()
  add_custom_target(tools DEPENDS ${tools} tenure_help)
endif()
