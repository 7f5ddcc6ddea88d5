# How lit runs the tests of this folder: tools from the build, FileCheck from LLVM, the simulator as the device.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
import os
import shutil
import sys

import lit.formats

config.name = "tessera"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".tile", ".test", ".ptx"]
config.excludes = ["Inputs"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.tessera_build, "test")

config.environment["PATH"] = os.pathsep.join(
    [os.path.join(config.tessera_build, "bin"), config.llvm_bin, "/usr/lib/llvm-22/bin", os.environ.get("PATH", "")]
)
config.environment["TESSERA_CACHE_DIR"] = os.path.join(config.test_exec_root, "cache")
config.environment["TESSERA_DEVICE"] = "sim"
for name in ("HOME", "LD_LIBRARY_PATH"):
    if name in os.environ:
        config.environment[name] = os.environ[name]

verify = os.path.join(config.tessera_source, "test", "frontend", "verify_diagnostics.py")
config.substitutions.append(("%verify", sys.executable + " " + verify))
config.substitutions.append(("%examples", os.path.join(config.tessera_source, "examples")))

if shutil.which("ptxas", path=config.environment["PATH"] + ":/usr/local/cuda/bin"):
    config.available_features.add("ptxas")
if os.path.exists("/dev/nvidiactl"):
    config.available_features.add("gpu")
