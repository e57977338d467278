# Install and export: programs, libraries, headers, configs, and a package for find_package(eida).
include(CMakePackageConfigHelpers)
set(eida_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/eida")

# Installed files find their own libraries beside them and LibTorch where this build found it.
# RUNPATH is not transitive, so the libraries need it as much as the programs.
file(RELATIVE_PATH eida_lib_from_bin "/${CMAKE_INSTALL_BINDIR}" "/${CMAKE_INSTALL_LIBDIR}")
set(eida_rpath "$ORIGIN" "$ORIGIN/${eida_lib_from_bin}")
if(EIDA_WITH_TORCH)
  list(APPEND eida_rpath "${TORCH_INSTALL_PREFIX}/lib")
endif()

set(eida_installed eida_base)
foreach(target eida eida-probe eida-train eida-eval)
  if(TARGET ${target})
    list(APPEND eida_installed ${target})
  endif()
endforeach()
set_target_properties(${eida_installed} PROPERTIES INSTALL_RPATH "${eida_rpath}")
install(TARGETS ${eida_installed} EXPORT eidaTargets
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/eida DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(DIRECTORY configs DESTINATION ${CMAKE_INSTALL_DATADIR}/eida)

install(EXPORT eidaTargets NAMESPACE eida:: DESTINATION ${eida_package_dir})
configure_package_config_file(cmake/eidaConfig.cmake.in eidaConfig.cmake
  INSTALL_DESTINATION ${eida_package_dir})
write_basic_package_version_file(eidaConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/eidaConfig.cmake" "${PROJECT_BINARY_DIR}/eidaConfigVersion.cmake"
  DESTINATION ${eida_package_dir})
if(EIDA_WITH_TORCH)
  install(FILES cmake/EidaTorch.cmake DESTINATION ${eida_package_dir})
endif()

if(EIDA_TESTS)
  add_test(NAME Install.OutsideProgramBuildsAndRuns
    COMMAND ${CMAKE_COMMAND} -DBUILD_DIR=${PROJECT_BINARY_DIR} -DSOURCE_DIR=${PROJECT_SOURCE_DIR}/tests/install
      -DCXX=${CMAKE_CXX_COMPILER} -DWITH_TORCH=${EIDA_WITH_TORCH} -DSANITIZE=${EIDA_SANITIZE}
      -P ${PROJECT_SOURCE_DIR}/tests/install/run.cmake)
  set_tests_properties(Install.OutsideProgramBuildsAndRuns PROPERTIES TIMEOUT 300 LABELS install)
endif()
