# For the wheel (pyproject.toml): the distribution's libraries that EIDA needs lie beside its own, each under the name
# by which it is loaded, so that a user needs no package of the distribution. LibTorch and its libgomp come with torch,
# MPI's libraries are the machine's.
install(CODE [[
  set(prefix "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}")
  file(GLOB libraries "${prefix}/lib/libeida*.so*")
  file(GLOB programs "${prefix}/bin/eida-*")
  file(GET_RUNTIME_DEPENDENCIES LIBRARIES ${libraries} EXECUTABLES ${programs}
    RESOLVED_DEPENDENCIES_VAR needed UNRESOLVED_DEPENDENCIES_VAR of_torch)
  list(FILTER needed INCLUDE REGEX "/lib(fmt|spdlog|yaml-cpp|crypto|minizip|stemmer|utf8proc|pcre2-8|mimalloc)[^/]*$")
  foreach(library IN LISTS needed)
    get_filename_component(name "${library}" NAME)
    message(STATUS "Installing: ${prefix}/lib/${name}")
    file(REAL_PATH "${library}" real)
    file(COPY_FILE "${real}" "${prefix}/lib/${name}")
  endforeach()
]] COMPONENT wheel)
foreach(program eida-probe eida-train eida-eval)
  install(PROGRAMS "${PROJECT_SOURCE_DIR}/python/launcher.sh" DESTINATION "${SKBUILD_SCRIPTS_DIR}" RENAME ${program} COMPONENT wheel)
endforeach()
