import Foundation
import Tensor
import Testing

@testable import Interchange

@Suite struct SafetensorsTests {
  @Test func everyElementTypeIsRead() throws {
    let file = try Safetensors.read(fixture("python.safetensors"))
    func expect(_ name: String, _ dtype: DType, _ shape: Shape, _ values: [Double]) throws {
      let tensor = try #require(file[name])
      #expect(tensor.dtype == dtype && tensor.shape == shape, "\(name)")
      #expect(try tensor.doubles() == values, "\(name)")
    }
    try expect("f32", .f32, [2, 3], [1.5, -2, 3.25, 0, Double(Float(1e-30)), Double(Float(1e30))])
    try expect("f64", .f64, [2], [0.1, -1e300])
    try expect("f16", .f32, [3], [0.5, -65504, 0x1p-24])
    try expect("bf16", .f32, [2], [1, Double(Float(bitPattern: 0xff62_0000))])
    try expect("i64", .i32, [2], [-2_147_483_648, 2_147_483_647])
    try expect("i32", .i32, [2, 1, 1], [7, -8])
    try expect("i16", .i32, [1], [-300])
    try expect("i8", .i32, [2], [-128, 127])
    try expect("u8", .i32, [2], [0, 255])
    try expect("bool", .bool, [3], [1, 0, 1])
    try expect("scalar", .f32, [], [2.5])
    try expect("empty", .f32, [0, 4], [])
    #expect(file.tensors.count == 12 && file["none"] == nil)
    #expect(file.metadata == ["epoch": "7", "naïve \"key\"": "line\nbreak ☺"])
  }

  private func entries() throws -> [Safetensors.Entry] {
    [
      ("a.weight", try Tensor([1, 2, 3, 4, 5, 6.5] as [Float], shape: [2, 3])),
      ("n", try .scalar(-3, dtype: .i32)), ("precise", try Tensor([0.1])),
      ("flags", try Tensor([true, false])),
    ]
  }

  /// These bytes were read by the safetensors package (Tests/Fixtures/interchange/make.py).
  @Test func whatIsWrittenIsWhatPythonRead() throws {
    try withTemporaryFile { path in
      try Safetensors.write(entries(), metadata: ["made by": "FAA \"tests\""], to: path)
      #expect(try bytes(path) == bytes(fixture("written.safetensors")))
    }
  }

  @Test func whatIsWrittenIsReadBack() throws {
    try withTemporaryFile { path in
      var random = RandomStream(seed: 5)
      let view = try random.normals([4, 5]).transposed()
      let all = try entries() + [("a view", view), ("nothing", .zeros([3, 0]))]
      try Safetensors.write(all, to: path)
      let read = try Safetensors.read(path)
      #expect(read.tensors.map(\.name) == all.map(\.name) && read.metadata.isEmpty)
      for (old, new) in zip(all, read.tensors) {
        #expect(old.tensor.shape == new.tensor.shape && old.tensor.dtype == new.tensor.dtype)
        #expect(try old.tensor.doubles() == new.tensor.doubles())
      }
      try Safetensors.write([], to: path)
      #expect(try Safetensors.read(path).tensors.isEmpty)
    }
  }

  @Test func itMustBeAFile() {
    let none = #expect(throws: InterchangeError.self) { try Safetensors.read("/no/such.safetensors") }
    #expect(none?.description == "/no/such.safetensors: cannot be opened (No such file or directory)")
    #expect(throws: InterchangeError.self) { try Safetensors.read("/") }
    #expect(throws: InterchangeError.self) { try Safetensors.write([], to: "/no/such/place.safetensors") }
  }

  @Test func namesAreThereOnce() throws {
    let one = try Tensor([1.0])
    withTemporaryFile { path in
      let error = #expect(throws: InterchangeError.self) {
        try Safetensors.write([("w", one), ("w", one)], to: path)
      }
      #expect(error?.place == "w")
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }

  @Test func integersThatDoNotFitAreNamed() {
    let error = #expect(throws: InterchangeError.self) {
      try Safetensors.read(fixture("too_big.safetensors"))
    }
    #expect(error?.place == "big" && error?.message == "element 1 does not fit into i32")
  }

  @Test(arguments: [
    (
      #"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 7,
      "there are 7 bytes of elements, but the header describes 8"
    ),
    (
      #"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 9,
      "there are 9 bytes of elements, but the header describes 8"
    ),
    (
      #"{"w":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8,
      "w: 8 bytes do not fill shape (3,) of F32"
    ),
    (
      #"{"w":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#, 12,
      "w: its elements begin at byte 4, those before end at 0"
    ),
    (
      #"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"v":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
      4,
      "its elements begin at byte 0, those before end at 4"
    ),
    (#"{"w":{"dtype":"F8","shape":[1],"data_offsets":[0,1]}}"#, 1, "w: elements of type F8 cannot be read"),
    (
      #"{"w":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4,
      "w: its dtype, shape or data_offsets are missing"
    ),
    (
      #"{"w":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}"#, 4,
      "w: its dtype, shape or data_offsets are missing"
    ),
    (
      #"{"w":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4,
      "w: its dtype, shape or data_offsets are missing"
    ),
    (#"{"w":{"shape":[1],"data_offsets":[0,4]}}"#, 4, "w: its dtype, shape or data_offsets are missing"),
    (#"{"w":3}"#, 0, "w: its dtype, shape or data_offsets are missing"),
    (
      #"{"w":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]}}"#, 4,
      "w: its shape is impossible"
    ),
    (
      #"{"w":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}"#, 4,
      "w: its shape is impossible"
    ),
    (
      #"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
      8,
      #"the name "w" is there twice"#
    ),
    (#"{"__metadata__":{"a":1}}"#, 0, #"__metadata__: "a" is not a text"#),
    (#"{"__metadata__":[]}"#, 0, "__metadata__: is not an object"),
    (#"[1]"#, 0, "header: is not a JSON object"), (#"  {}"#, 0, "header: is not a JSON object"),
    (#"{"w":{"dtype":"#, 0, "header: no JSON at byte 22: no value"),
    (#"{"w" 3}"#, 0, "a colon is missing"), (#"{} x"#, 0, "something follows the value"),
    (#"{"\ud800x":{}}"#, 0, "half a character"), (#"{"\q":{}}"#, 0, "an unknown escape"),
    (#"{"w":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}"#, 0, "nested too deeply"),
  ])
  func brokenHeadersAreRefused(header: String, elements: Int, message: String) throws {
    try withTemporaryFile { path in
      try Data(safetensors(header, elements: elements)).write(to: URL(filePath: path))
      let error = #expect(throws: InterchangeError.self) { try Safetensors.read(path) }
      #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }
  }

  @Test(arguments: [
    [], [1, 2, 3], [255, 255, 255, 255, 255, 255, 255, 255, 123, 125], [200, 0, 0, 0, 0, 0, 0, 0, 123, 125],
    [0, 0, 0, 0, 0, 0, 0, 0],
  ])
  func brokenLengthsAreRefused(content: [UInt8]) throws {
    try withTemporaryFile { path in
      try Data(content).write(to: URL(filePath: path))
      #expect(throws: InterchangeError.self) { try Safetensors.read(path) }
    }
  }

  /// Any change of one byte of the header gives an error or a valid reading; nothing traps.
  @Test func damageNeverTraps() throws {
    let whole = try bytes(fixture("python.safetensors"))
    var random = RandomStream(seed: 11)
    try withTemporaryFile { path in
      for _ in 0..<500 {
        var damaged = whole
        damaged[random.int(below: min(900, whole.count))] = UInt8(random.int(below: 256))
        if random.int(below: 4) == 0 { damaged.removeLast(random.int(below: damaged.count)) }
        try Data(damaged).write(to: URL(filePath: path))
        do { _ = try Safetensors.read(path) } catch { #expect(error is InterchangeError) }
      }
    }
  }
}
