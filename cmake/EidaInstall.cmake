# Install and export: programs with manual pages and completion, libraries, headers, configs, documentation, and a
# package for find_package(eida). `cpack` makes the relocatable archive of the same (docs/install.md).
include(CMakePackageConfigHelpers)
set(eida_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/eida")

# `cmake --install` and cpack take what has been built; neither builds the tests first.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

# Installed files find their own libraries beside them, and LibTorch in libtorch/ beside bin/. RUNPATH is not transitive,
# so the libraries need it as much as the programs.
file(RELATIVE_PATH eida_lib_from_bin "/${CMAKE_INSTALL_BINDIR}" "/${CMAKE_INSTALL_LIBDIR}")
file(RELATIVE_PATH eida_prefix_from_lib "/${CMAKE_INSTALL_LIBDIR}" "/")
set(eida_rpath "$ORIGIN" "$ORIGIN/${eida_lib_from_bin}")
if(EIDA_WITH_TORCH)
  list(APPEND eida_rpath "$ORIGIN/../libtorch/lib" "$ORIGIN/${eida_prefix_from_lib}libtorch/lib")
  list(REMOVE_DUPLICATES eida_rpath)
endif()
list(JOIN eida_rpath ":" eida_rpath)

if(SKBUILD)  # a wheel: LibTorch is torch/ beside eida/ in site-packages
  string(APPEND eida_rpath ":$ORIGIN/../../torch/lib")
endif()

# The component `wheel` is what a Python wheel holds (pyproject.toml).
set(eida_installed eida_base)
foreach(target eida eida-probe eida-train eida-eval)
  if(TARGET ${target})
    list(APPEND eida_installed ${target})
  endif()
endforeach()
install(TARGETS ${eida_installed} EXPORT eidaTargets
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT wheel
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT wheel NAMELINK_COMPONENT development)
if(TARGET eida_mpi)
  list(APPEND eida_installed eida_mpi)
  install(TARGETS eida_mpi LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT wheel)
endif()
set_target_properties(${eida_installed} PROPERTIES INSTALL_RPATH "${eida_rpath}")
if(SKBUILD)
  include(EidaWheel)
endif()
install(DIRECTORY include/eida DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h" PATTERN "*.inc")
install(DIRECTORY configs DESTINATION ${CMAKE_INSTALL_DATADIR}/eida COMPONENT wheel)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR})
# Of this machine, and so not in the archive: LibTorch, and METEOR's data.
set(eida_links "")
if(EIDA_WITH_TORCH)
  list(APPEND eida_links "libtorch" "${eida_torch_folder}")
endif()
if(eida_meteor)
  list(APPEND eida_links "${CMAKE_INSTALL_DATADIR}/eida/meteor" "${eida_meteor}")
endif()
configure_file(cmake/install_links.cmake.in install_links.cmake @ONLY)
install(SCRIPT "${PROJECT_BINARY_DIR}/install_links.cmake")
if(eida_plotly)
  install(FILES "${eida_plotly}" DESTINATION ${CMAKE_INSTALL_DATADIR}/eida COMPONENT wheel)
endif()
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
set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_BINARY_DIR}/archive_links.cmake")
configure_file(cmake/archive_links.cmake.in archive_links.cmake @ONLY)
include(CPack)

if(EIDA_TESTS)
  set(checks OutsideProgramBuildsAndRuns ArchiveRunsBesideLibTorch LibTorchIsFound)
  # A debugger's and gcov's records name source files.
  if(CMAKE_BUILD_TYPE MATCHES "^(Release|MinSizeRel|None)$" AND NOT EIDA_COVERAGE AND NOT EIDA_SANITIZE)
    list(APPEND checks NothingNamesThisMachine)
  endif()
  foreach(check ${checks})
    add_test(NAME Install.${check}
      COMMAND ${CMAKE_COMMAND} -DBUILD_DIR=${PROJECT_BINARY_DIR} -DSOURCE_DIR=${PROJECT_SOURCE_DIR}
        -DCXX=${CMAKE_CXX_COMPILER} -DWITH_TORCH=${EIDA_WITH_TORCH} -DSANITIZE=${EIDA_SANITIZE}
        -DTORCH=${eida_torch_folder} -DVENV=${EIDA_VENV} -P ${PROJECT_SOURCE_DIR}/tests/install/${check}.cmake)
    set_tests_properties(Install.${check} PROPERTIES TIMEOUT 300 LABELS install)
  endforeach()
endif()
