# Checks what `tessera explain --json` prints: the keys of the documentation, and that lines add up to the totals.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
import json
import sys

CLASSES = ("alu fma mma wgmma sfu global_load global_store shared_load shared_store ldmatrix stmatrix async_copy tma "
           "atomic shuffle barrier branch convert move other").split()
SUMS = ("thread_instructions warp_instructions global_sectors global_sectors_least shared_wavefronts "
        "shared_wavefronts_least global_bytes l1_bypass_bytes local_bytes async_copy_bytes tma_bytes tensor_flops "
        "divergent_branches barrier_waits").split()

with open(sys.argv[1]) as file:
    found = json.load(file)
print(found["kernel"], found["target"], found["grid"], found["block"])
totals = found["totals"]
assert list(totals["classes"]) == CLASSES, list(totals["classes"])
for key in ("cluster", "registers", "registers_estimated", "shared_bytes", "occupancy", "footprint_read_bytes",
            "footprint_written_bytes", "roofline", "lines", "shared_accesses"):
    assert key in found, key
for counts in [totals] + found["lines"]:
    assert all(isinstance(counts[key], int) for key in SUMS)
    assert sum(counts["classes"].values()) == counts["warp_instructions"]
print("keys as promised")
for key in SUMS:
    assert sum(line[key] for line in found["lines"]) == totals[key], key
for key in CLASSES:
    assert sum(line["classes"][key] for line in found["lines"]) == totals["classes"][key], key
print("lines add up to the totals")
for line in found["lines"]:
    if line["shared_wavefronts"] > line["shared_wavefronts_least"]:
        print(f"line {line['line']}: {line['shared_wavefronts']} wavefronts, {line['shared_wavefronts_least']} at the least")
occupancy = found["occupancy"]
print(f"occupancy {occupancy['warps']} of {occupancy['maximum_warps']} warps by {occupancy['limit']}")
print(f"bound by {found['roofline']['bound']} on {found['roofline']['gpu']}")
