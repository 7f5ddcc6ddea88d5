//===- TileOps.td - Program, facts and debugging operations ---*- tablegen -*-===//
//
// All operations of the dialect: here those about the program itself, facts and debugging; shape, memory, compute and laid-out operations
// have files of their own, included at the end.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_DIALECT_TILE_TILEOPS
#define TESSERA_DIALECT_TILE_TILEOPS

include "dialect/tile/TileTypes.td"

// What operations with side effects touch.
def Tile_GlobalMemory : Resource<"::tessera::tile::GlobalMemory">;
def Tile_SharedMemory : Resource<"::tessera::tile::SharedMemory">;
def Tile_Console : Resource<"::tessera::tile::Console">;
def Tile_Facts : Resource<"::tessera::tile::Facts">;

//===----------------------------------------------------------------------===//
// The program
//===----------------------------------------------------------------------===//

def Tile_ProgramGroup : OpDocGroup {
  let summary = "The program";
  let description = "Where in the grid a program is, and waiting for its threads.";
}

let opDocGroup = Tile_ProgramGroup in {

def Tile_ProgramIdOp : Tile_Op<"program_id", [Pure]> {
  let summary = "index of this program in the grid";
  let description = [{
    The index along `axis` (0, 1, 2 for x, y, z): at least 0 and less than `tile.num_programs` of the same axis.

    Constraints: (C1) `axis` is 0, 1 or 2.

    ```mlir
    %row = tile.program_id 0 : i32
    ```
  }];
  let arguments = (ins I32Attr:$axis);
  let results = (outs I32:$result);
  let assemblyFormat = "$axis attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Tile_NumProgramsOp : Tile_Op<"num_programs", [Pure]> {
  let summary = "number of programs in the grid";
  let description = [{
    The extent of the grid along `axis` (0, 1, 2 for x, y, z).

    Constraints: (C1) `axis` is 0, 1 or 2.

    ```mlir
    %rows = tile.num_programs 0 : i32
    ```
  }];
  let arguments = (ins I32Attr:$axis);
  let results = (outs I32:$result);
  let assemblyFormat = "$axis attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Tile_BarrierOp : Tile_Op<"barrier", [
    MemoryEffects<[MemRead<Tile_SharedMemory>, MemWrite<Tile_SharedMemory>, MemRead<Tile_GlobalMemory>, MemWrite<Tile_GlobalMemory>]>]> {
  let summary = "waits for all threads of the program";
  let description = [{
    No thread passes before all have arrived; what they wrote to shared and global memory before it is visible to all of them after it.

    ```mlir
    tile.barrier
    ```
  }];
  let assemblyFormat = "attr-dict";
}

} // let opDocGroup

//===----------------------------------------------------------------------===//
// Facts
//===----------------------------------------------------------------------===//

def Tile_FactsGroup : OpDocGroup {
  let summary = "Facts";
  let description = "What the source promises to the compiler.";
}

let opDocGroup = Tile_FactsGroup in {

def Tile_AssumeOp : Tile_Op<"assume", [MemoryEffects<[MemWrite<Tile_Facts>]>]> {
  let summary = "promises that a condition holds";
  let description = [{
    The compiler may rely on `condition` (on every element of it) being true from here on. If it is false, the behaviour is undefined.

    ```mlir
    tile.assume %positive : i1
    ```
  }];
  let arguments = (ins Tile_BoolLike:$condition);
  let assemblyFormat = "$condition attr-dict `:` type($condition)";
  let hasCanonicalizeMethod = 1;
}

def Tile_HintOp : Tile_Op<"hint", [Pure, AllTypesMatch<["source", "result"]>]> {
  let summary = "the value, with promises about it";
  let description = [{
    Returns `source`. Each list has one number a dimension (one number for a scalar):

    | attribute | promise about dimension `d` |
    |---|---|
    | `divisibility` | the first element of each contiguous run is a multiple of the number (for pointers, of the address in bytes) |
    | `contiguity` | runs of so many elements count up by one (pointers: by one element) |
    | `constancy` | runs of so many elements are equal |

    If a promise is broken, the behaviour is undefined. The axis analysis reads the promises; afterwards the operation goes.

    Constraints: (C1) at least one list is there; (C2) each list has one number a dimension of `source`, one if it is a scalar; (C3) every number is positive;
    (C4) the elements of `source` are integers or pointers.

    ```mlir
    %aligned = tile.hint %offset divisibility [16] contiguity [4] : tensor<128xi32>
    ```
  }];
  let arguments = (ins Tile_AnyValue:$source, OptionalAttr<DenseI32ArrayAttr>:$divisibility,
      OptionalAttr<DenseI32ArrayAttr>:$contiguity, OptionalAttr<DenseI32ArrayAttr>:$constancy);
  let results = (outs Tile_AnyValue:$result);
  let assemblyFormat = [{
    $source (`divisibility` $divisibility^)? (`contiguity` $contiguity^)? (`constancy` $constancy^)? attr-dict `:` type($source)
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
}

} // let opDocGroup

//===----------------------------------------------------------------------===//
// Debugging
//===----------------------------------------------------------------------===//

def Tile_DebuggingGroup : OpDocGroup {
  let summary = "Debugging";
  let description = "Output and checks at run time.";
}

let opDocGroup = Tile_DebuggingGroup in {

def Tile_PrintOp : Tile_Op<"print", [MemoryEffects<[MemWrite<Tile_Console>]>]> {
  let summary = "prints values from the device";
  let description = [{
    Every element of every argument becomes a line: program index, coordinates, `prefix`, value. Copies that a layout makes are printed once.
    `hex` prints bits; else an integer argument whose entry in `is_signed` is not 0 is printed signed.

    Constraints: (C1) `is_signed` has one entry an argument.

    ```mlir
    tile.print "x = " (%x, %i) is_signed [0, 1] : tensor<128xf32>, i32
    ```
  }];
  let arguments = (ins StrAttr:$prefix, UnitAttr:$hex, Variadic<Tile_AnyValue>:$args, DenseI32ArrayAttr:$is_signed);
  let assemblyFormat = "$prefix (`hex` $hex^)? ` ` `(` $args `)` `is_signed` $is_signed attr-dict (`:` type($args)^)?";
  let hasVerifier = 1;
}

def Tile_AssertOp : Tile_Op<"assert", [
    OptionalTypesMatchWith<"mask has the type of condition", "condition", "mask", "$_self">,
    MemoryEffects<[MemWrite<Tile_Console>]>]> {
  let summary = "stops the kernel where a condition is false";
  let description = [{
    If an element of `condition` is false, and `mask` is absent or true there, prints `message` with the place in the source and traps.

    ```mlir
    tile.assert %inside, "index out of bounds" mask(%mask) : tensor<128xi1>
    ```
  }];
  let arguments = (ins Tile_BoolLike:$condition, StrAttr:$message, Optional<Tile_BoolLike>:$mask);
  let assemblyFormat = "$condition `,` $message (`mask` `(` $mask^ `)`)? attr-dict `:` type($condition)";
  let hasCanonicalizeMethod = 1;
}

} // let opDocGroup

include "dialect/tile/TileShapeOps.td"
include "dialect/tile/TileMemoryOps.td"
include "dialect/tile/TileComputeOps.td"
include "dialect/tile/TileLaidOutOps.td"

#endif // TESSERA_DIALECT_TILE_TILEOPS
