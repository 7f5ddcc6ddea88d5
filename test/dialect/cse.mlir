// Which operations may be merged: pure ones, and loads with no write in between.
// RUN: tessera-opt %s --cse | FileCheck %s

// CHECK-LABEL: func @merged
func.func @merged(%p: !tile.ptr<f32>) -> (i32, i32, f32, f32) {
  // CHECK: tile.program_id
  // CHECK-NOT: tile.program_id
  // CHECK: tile.load
  // CHECK-NOT: tile.load
  // CHECK: return
  %0 = tile.program_id 0 : i32
  %1 = tile.program_id 0 : i32
  %2 = tile.load %p : !tile.ptr<f32>
  %3 = tile.load %p : !tile.ptr<f32>
  return %0, %1, %2, %3 : i32, i32, f32, f32
}

// CHECK-LABEL: func @kept
func.func @kept(%p: !tile.ptr<f32>, %q: !tile.ptr<f32>, %x: f32, %i: !tile.ptr<i32>, %j: i32) -> (f32, f32, f32, f32, i32, i32, !tile.buffer<16xi8>, !tile.buffer<16xi8>) {
  // CHECK-COUNT-4: tile.load
  // CHECK-COUNT-2: tile.atomic_rmw
  // CHECK-COUNT-2: tile.alloc
  %0 = tile.load %p : !tile.ptr<f32>
  tile.store %q, %x : !tile.ptr<f32>
  %1 = tile.load %p : !tile.ptr<f32>
  %2 = tile.load %p volatile : !tile.ptr<f32>
  %3 = tile.load %p volatile : !tile.ptr<f32>
  %4 = tile.atomic_rmw add %i, %j : !tile.ptr<i32>
  %5 = tile.atomic_rmw add %i, %j : !tile.ptr<i32>
  %a = tile.alloc : !tile.buffer<16xi8>
  %b = tile.alloc : !tile.buffer<16xi8>
  return %0, %1, %2, %3, %4, %5, %a, %b : f32, f32, f32, f32, i32, i32, !tile.buffer<16xi8>, !tile.buffer<16xi8>
}
