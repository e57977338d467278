# What the programs read at run time: configs/, and of the Python environment that scripts/setup.sh makes Plotly's script
# and METEOR's data. They find them in share/eida beside their libraries (include/eida/core/installation.h). In the build tree, and in
# an installation on this machine, links stand there, so that no library holds a path.
# eida_link_from(VARIABLE PATH NAME): PATH of the environment's site-packages, empty where it is not there.
file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/share/eida")
function(eida_link_from variable path name)
  file(GLOB found "${EIDA_VENV}/lib/python3*/site-packages/${path}")
  set(link "${PROJECT_BINARY_DIR}/share/eida/${name}")
  file(REMOVE "${link}")
  if(found)
    list(GET found 0 found)
    file(CREATE_LINK "${found}" "${link}" SYMBOLIC)
  endif()
  set(${variable} "${found}" PARENT_SCOPE)
endfunction()
file(CREATE_LINK "${PROJECT_SOURCE_DIR}/configs" "${PROJECT_BINARY_DIR}/share/eida/configs" SYMBOLIC)
eida_link_from(eida_plotly plotly/package_data/plotly.min.js plotly.min.js)
eida_link_from(eida_meteor pycocoevalcap/meteor meteor)
