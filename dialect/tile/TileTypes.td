//===- TileTypes.td - Types of the tile dialect --------------*- tablegen -*-===//
//
// Pointers and shared-memory buffers, and the type constraints that operations use.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_DIALECT_TILE_TILETYPES
#define TESSERA_DIALECT_TILE_TILETYPES

include "dialect/tile/TileAttrs.td"

class Tile_Type<string name, string typeMnemonic, list<Trait> traits = []> : TypeDef<Tile_Dialect, name, traits> {
  let mnemonic = typeMnemonic;
}

def Tile_AddressSpaceParameter : EnumParameter<Tile_AddressSpace> {
  let defaultValue = "::tessera::tile::AddressSpace::Global";
}

def Tile_Pointer : Tile_Type<"Pointer", "ptr"> {
  let summary = "a 64-bit address of a scalar";
  let description = [{
    `!tile.ptr<T>` points into global memory, `!tile.ptr<T, shared>` into shared memory. `T` is a scalar: an integer of 1, 8, 16, 32 or 64
    bits, a float, or a pointer again. Values of type `i1` take one byte in memory.

    ```mlir
    !tile.ptr<f32>
    !tile.ptr<i8, shared>
    !tile.ptr<!tile.ptr<f16>>
    ```
  }];
  let parameters = (ins "::mlir::Type":$pointee, Tile_AddressSpaceParameter:$addressSpace);
  let assemblyFormat = "`<` $pointee (`,` $addressSpace^)? `>`";
  let builders = [TypeBuilderWithInferredContext<(ins "::mlir::Type":$pointee), [{
    return $_get(pointee.getContext(), pointee, AddressSpace::Global);
  }]>];
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Bytes between neighbouring elements: the divisor of pointer differences, the factor of `tile.addptr`.
    unsigned getPointeeBytes() const;
  }];
}

def Tile_Buffer : Tile_Type<"Buffer", "buffer"> {
  let summary = "an allocation in shared memory that holds a tensor";
  let description = [{
    Shape, element type and the map from offsets to coordinates. Without a map the elements lie in row-major order and the sides may be any
    positive numbers: raw storage, as reductions use it for their scratch.

    ```mlir
    !tile.buffer<4x8xf16, #tile.shared<{offset = [[0, 1], [0, 2], [0, 4], [1, 0], [2, 0]]}>>
    !tile.buffer<96xi8>
    ```
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$shape, "::mlir::Type":$elementType,
      OptionalParameter<"::tessera::tile::SharedAttr">:$layout);
  let assemblyFormat = "`<` custom<ShapedElement>($shape, $elementType) (`,` $layout^)? `>`";
  let builders = [TypeBuilderWithInferredContext<(ins
      "::llvm::ArrayRef<int64_t>":$shape, "::mlir::Type":$elementType, CArg<"::tessera::tile::SharedAttr", "{}">:$layout), [{
    return $_get(elementType.getContext(), shape, elementType, layout);
  }]>];
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    int64_t getRank() const { return getShape().size(); }
    int64_t getNumElements() const;
    /// Size in shared memory. An element takes whole bytes.
    int64_t getSizeInBytes() const;
  }];
}

//===----------------------------------------------------------------------===//
// Constraints
//===----------------------------------------------------------------------===//

class Tile_TypeConstraint<string function, string summary, string cppType = "::mlir::Type">
    : Type<CPred<"::tessera::tile::" # function # "($_self)">, summary, cppType>;

// Scalars and tensors of them, by element type.
def Tile_AnyScalar : Tile_TypeConstraint<"isScalar", "scalar (integer of 1, 8, 16, 32 or 64 bits, float, or pointer)">;
def Tile_AnyTensor : Tile_TypeConstraint<"isTensor", "tensor of scalars with power-of-two sides", "::mlir::RankedTensorType">;
def Tile_AnyValue : Tile_TypeConstraint<"isScalarOrTensor", "scalar, or tensor of scalars with power-of-two sides">;
def Tile_BoolLike : Tile_TypeConstraint<"isBoolLike", "i1, or tensor of i1 with power-of-two sides">;
def Tile_IntLike : Tile_TypeConstraint<"isIntLike", "integer, or tensor of integers with power-of-two sides">;
def Tile_FloatLike : Tile_TypeConstraint<"isFloatLike", "float, or tensor of floats with power-of-two sides">;
def Tile_NumberLike : Tile_TypeConstraint<"isNumberLike", "integer or float, or tensor of them with power-of-two sides">;
def Tile_PtrLike : Tile_TypeConstraint<"isPtrLike", "pointer, or tensor of pointers with power-of-two sides">;
def Tile_I32Tensor : Tile_TypeConstraint<"isI32Tensor", "tensor of i32 with power-of-two sides", "::mlir::RankedTensorType">;
def Tile_IntTensor : Tile_TypeConstraint<"isIntTensor", "tensor of integers with power-of-two sides", "::mlir::RankedTensorType">;
def Tile_BoolTensor : Tile_TypeConstraint<"isBoolTensor", "tensor of i1 with power-of-two sides", "::mlir::RankedTensorType">;
def Tile_NumberTensor : Tile_TypeConstraint<"isNumberTensor", "tensor of integers or floats with power-of-two sides", "::mlir::RankedTensorType">;

//===----------------------------------------------------------------------===//
// Base of the operations
//===----------------------------------------------------------------------===//

class Tile_Op<string mnemonic, list<Trait> traits = []> : Op<Tile_Dialect, mnemonic, traits>;

// All ranked tensors among operands and results have the same encoding (all of them none in the layout-free stage).
def Tile_SameEncoding : NativeOpTrait<"SameEncoding"> {
  let cppNamespace = "::tessera::tile::trait";
}

// The same of the operands alone.
def Tile_SameOperandsEncoding : NativeOpTrait<"SameOperandsEncoding"> {
  let cppNamespace = "::tessera::tile::trait";
}

// Result types follow from operands and attributes. That the operation has them is left to its own verifier (verifyInferredTypes), which says what is wrong
// once; the interface would say it twice.
def Tile_InfersType : InferTypeOpAdaptorBase<[{
  static ::llvm::LogicalResult refineReturnTypes(
      ::mlir::MLIRContext *, std::optional<::mlir::Location>, ::mlir::ValueRange, ::mlir::DictionaryAttr, ::mlir::OpaqueProperties,
      ::mlir::RegionRange, ::llvm::SmallVectorImpl<::mlir::Type> &) {
    return ::mlir::success();
  }
}]>;

#endif // TESSERA_DIALECT_TILE_TILETYPES
