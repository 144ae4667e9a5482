import Foundation
import Tensor
import Testing

@testable import Interchange

@Suite struct NPYTests {
  @Test(
    arguments: [
      ("f8", DType.f64, [2, 3], [1.5, -2, 3, 4, 5, 6]),
      ("f4_fortran", .f32, [2, 3, 4], (0..<24).map(Double.init)),
      ("big_endian", .i32, [3], [1, -2, 300000]),
      ("i8", .i32, [2, 1], [1, -2]),
      ("f2", .f32, [2], [0.25, -1]),
      ("bool", .bool, [2], [1, 0]),
      ("scalar", .f64, [], [7]),
    ] as [(String, DType, [Int], [Double])])
  func whatNumPyWroteIsRead(name: String, dtype: DType, shape: [Int], values: [Double]) throws {
    let tensor = try NPY.read(fixture("\(name).npy"))
    #expect(tensor.dtype == dtype && Array(tensor.shape) == shape)
    #expect(try tensor.doubles() == values)
  }

  /// These bytes were read by NumPy (Tests/Fixtures/interchange/make.py).
  @Test func whatIsWrittenIsWhatNumPyRead() throws {
    try withTemporaryFile { path in
      try NPY.write(Tensor([1, 2, 3, 4, 5, 6.5] as [Float], shape: [2, 3]), to: path)
      #expect(try bytes(path) == bytes(fixture("written.npy")))
    }
  }

  @Test(arguments: [[], [5], [2, 0], [2, 3, 4]])
  func whatIsWrittenIsReadBack(extents: [Int]) throws {
    let shape = try Shape(extents)
    for dtype in DType.allCases {
      let tensor = try Tensor.arange(0, Double(shape.elementCount), dtype: .f64).reshaped(shape).cast(
        to: dtype)
      try withTemporaryFile { path in
        try NPY.write(tensor, to: path)
        let read = try NPY.read(path)
        #expect(read.dtype == dtype && read.shape == shape)
        #expect(try read.doubles() == tensor.doubles())
      }
    }
  }

  @Test func elementsMustBeNumbers() {
    let error = #expect(throws: InterchangeError.self) { try NPY.read(fixture("complex.npy")) }
    #expect(error?.message == "elements of type '<c16' cannot be read")
  }

  @Test func whatIsNoArrayIsRefused() throws {
    let error = #expect(throws: InterchangeError.self) { try NPY.read(fixture("python.safetensors")) }
    #expect(error?.message == "is no .npy file")
    let whole = try bytes(fixture("f8.npy"))
    try withTemporaryFile { path in
      try Data(whole.dropLast()).write(to: URL(filePath: path))
      #expect(throws: InterchangeError.self) { try NPY.read(path) }
      try Data(whole.prefix(30)).write(to: URL(filePath: path))
      #expect(throws: InterchangeError.self) { try NPY.read(path) }
      var random = RandomStream(seed: 12)
      for _ in 0..<500 {
        var damaged = whole
        damaged[random.int(below: 128)] = UInt8(random.int(below: 256))
        try Data(damaged).write(to: URL(filePath: path))
        do { _ = try NPY.read(path) } catch { #expect(error is InterchangeError) }
      }
    }
  }
}
