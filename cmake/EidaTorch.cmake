# Finds LibTorch as eida::torch and puts its include folders last; used by the build and, installed, by
# eidaConfig.cmake, so that no path of LibTorch is in the exported targets.
# LibTorch ships its own fmt; as a -isystem folder it would hide the system's fmt and break spdlog.
find_package(Torch REQUIRED HINTS ${EIDA_TORCH_HINTS})
foreach(target torch torch_library torch_cpu torch_cuda c10 c10_cuda)
  if(TARGET ${target})
    get_target_property(dirs ${target} INTERFACE_INCLUDE_DIRECTORIES)
    if(dirs)
      set_target_properties(${target} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "")
      foreach(dir ${dirs})
        if(NOT dir MATCHES "^\\$<")
          set_property(TARGET ${target} APPEND PROPERTY
            INTERFACE_COMPILE_OPTIONS "SHELL:-idirafter ${dir}")
        endif()
      endforeach()
    endif()
  endif()
endforeach()
if(NOT TARGET eida::torch)
  add_library(eida::torch INTERFACE IMPORTED)
  target_link_libraries(eida::torch INTERFACE ${TORCH_LIBRARIES})
  # LibTorch's headers include the operators they use in place of the list of all operators.
  target_compile_definitions(eida::torch INTERFACE AT_PER_OPERATOR_HEADERS)
endif()
