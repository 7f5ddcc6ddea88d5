# Writes OUTPUT, a C++ file that defines kBuildId: VERSION and a hash over FILES.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
set(hashes "")
string(REPLACE "|" ";" FILES "${FILES}")
foreach(file ${FILES})
  file(SHA256 ${file} hash)
  string(APPEND hashes ${hash})
endforeach()
string(SHA256 hash "${hashes}")
string(SUBSTRING ${hash} 0 32 hash)
file(WRITE ${OUTPUT} "#include \"runtime/jit/BuildId.h\"\nnamespace tessera {\nconst std::string_view kBuildId = \"${VERSION} ${hash}\";\n}\n")
