# Writes OUTPUT: the texts of FILES (in FOLDER) as string literals, and which file defines which module-level name.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
set(texts "")
set(names "")
set(index 0)
foreach(file ${FILES})
  file(READ ${FOLDER}/${file} text)
  # String literals have a limit of 64 KiB; the files are shorter.
  string(APPEND texts "    {\"<library>/${file}\", R\"__tile__(${text})__tile__\"},\n")
  string(REGEX MATCHALL "(^|\n)def [A-Za-z_0-9]+" functions "${text}")
  string(REGEX MATCHALL "(^|\n)[A-Za-z_][A-Za-z_0-9]*(: tl.constexpr)? = " constants "${text}")
  foreach(match ${functions} ${constants})
    string(REGEX REPLACE "^\n?(def )?([A-Za-z_0-9]+).*" "\\2" name "${match}")
    string(APPEND names "    {\"${name}\", ${index}},\n")
  endforeach()
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${OUTPUT}
"// The texts of frontend/library. Generated; see Embed.cmake there.
#include \"frontend/emit/Library.h\"

static const tessera::emit::LibraryFile files[] = {
${texts}};

static const tessera::emit::LibraryName names[] = {
${names}};

llvm::ArrayRef<tessera::emit::LibraryFile> tessera::emit::getLibraryFiles() { return files; }
llvm::ArrayRef<tessera::emit::LibraryName> tessera::emit::getLibraryNames() { return names; }
")
