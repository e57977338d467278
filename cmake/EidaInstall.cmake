# Install and export: programs with manual pages and completion, libraries, headers, configs, documentation, and a
# package for find_package(eida). `cpack` makes the relocatable archive of the same (docs/install.md).
include(CMakePackageConfigHelpers)
set(eida_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/eida")

# `cmake --install` and cpack take what has been built; neither builds the tests first.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

# Installed files find their own libraries beside them, LibTorch in libtorch/ beside bin/, else where this build
# found it. RUNPATH is not transitive, so the libraries need it as much as the programs.
file(RELATIVE_PATH eida_lib_from_bin "/${CMAKE_INSTALL_BINDIR}" "/${CMAKE_INSTALL_LIBDIR}")
file(RELATIVE_PATH eida_prefix_from_lib "/${CMAKE_INSTALL_LIBDIR}" "/")
set(eida_rpath "$ORIGIN" "$ORIGIN/${eida_lib_from_bin}")
if(EIDA_WITH_TORCH)
  list(APPEND eida_rpath "$ORIGIN/../libtorch/lib" "$ORIGIN/${eida_prefix_from_lib}libtorch/lib")
  list(REMOVE_DUPLICATES eida_rpath)
  list(JOIN eida_rpath ":" eida_rpath_anywhere)
  list(APPEND eida_rpath "${TORCH_INSTALL_PREFIX}/lib")
else()
  list(JOIN eida_rpath ":" eida_rpath_anywhere)
endif()
list(JOIN eida_rpath ":" eida_rpath_here)

set(eida_installed eida_base)
foreach(target eida eida-probe eida-train eida-eval)
  if(TARGET ${target})
    list(APPEND eida_installed ${target})
  endif()
endforeach()
set_target_properties(${eida_installed} PROPERTIES INSTALL_RPATH "${eida_rpath}")
install(TARGETS ${eida_installed} EXPORT eidaTargets
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/eida DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h" PATTERN "*.inc")
install(DIRECTORY configs DESTINATION ${CMAKE_INSTALL_DATADIR}/eida)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES README.md CHANGELOG.md LICENSE CITATION.cff CITATION.bib DESTINATION ${CMAKE_INSTALL_DOCDIR})

# eida_install_document(PROGRAM LIST FILE FOLDER): what `PROGRAM --list LIST` prints becomes FOLDER/FILE.
function(eida_install_document program list file folder)
  set(made "${PROJECT_BINARY_DIR}/documents/${list}/${file}")
  file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/documents/${list}")
  add_custom_command(OUTPUT "${made}" COMMAND ${program} --list ${list} > "${made}" DEPENDS ${program} VERBATIM)
  add_custom_target(${program}-${list} ALL DEPENDS "${made}")
  add_dependencies(eida_programs ${program}-${list})
  install(FILES "${made}" DESTINATION "${folder}")
endfunction()
foreach(program eida-probe eida-train eida-eval)
  if(TARGET ${program})
    eida_install_document(${program} man ${program}.1 ${CMAKE_INSTALL_MANDIR}/man1)
    eida_install_document(${program} bash ${program} ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
    eida_install_document(${program} zsh _${program} ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
    eida_install_document(${program} fish ${program}.fish ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
  endif()
endforeach()

install(EXPORT eidaTargets NAMESPACE eida:: DESTINATION ${eida_package_dir})
configure_package_config_file(cmake/eidaConfig.cmake.in eidaConfig.cmake
  INSTALL_DESTINATION ${eida_package_dir})
write_basic_package_version_file(eidaConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/eidaConfig.cmake" "${PROJECT_BINARY_DIR}/eidaConfigVersion.cmake"
  DESTINATION ${eida_package_dir})
if(EIDA_WITH_TORCH)
  install(FILES cmake/EidaTorch.cmake DESTINATION ${eida_package_dir})
endif()

set(CPACK_GENERATOR TGZ)
set(CPACK_PACKAGE_VENDOR "The EIDA developers")
set(CPACK_PACKAGE_FILE_NAME "eida-${PROJECT_VERSION}-${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR}")
set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_BINARY_DIR}/relocate.cmake")
configure_file(cmake/relocate.cmake.in relocate.cmake @ONLY)
include(CPack)

if(EIDA_TESTS)
  foreach(check OutsideProgramBuildsAndRuns ArchiveRunsBesideLibTorch)
    add_test(NAME Install.${check}
      COMMAND ${CMAKE_COMMAND} -DBUILD_DIR=${PROJECT_BINARY_DIR} -DSOURCE_DIR=${PROJECT_SOURCE_DIR}
        -DCXX=${CMAKE_CXX_COMPILER} -DWITH_TORCH=${EIDA_WITH_TORCH} -DSANITIZE=${EIDA_SANITIZE}
        -DTORCH=${TORCH_INSTALL_PREFIX} -P ${PROJECT_SOURCE_DIR}/tests/install/${check}.cmake)
    set_tests_properties(Install.${check} PROPERTIES TIMEOUT 300 LABELS install)
  endforeach()
endif()
