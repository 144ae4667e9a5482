// Answers each line `row map` on standard input (a row of shapes.csv; forward, input or weight) with the milliseconds of that convolution
// through the public interface, or with `onednn` as second argument by oneDNN alone with its own threads (peer.c): the median of 5.
// usage: benchmark shapes.csv [faa | onednn]
import Autodiff
import CPeer
import Foundation
import Tensor

struct Row {
  let name: String
  let shape: PeerShape

  init?(_ line: Substring) {
    let fields = line.split(separator: ",").map(String.init)
    let numbers = fields.dropFirst().compactMap(Int.init)
    guard numbers.count == 8 else { return nil }
    name = fields[0]
    shape = PeerShape(
      batch: numbers[0], channels: numbers[1], size: numbers[2], out: numbers[3], kernel: numbers[4],
      stride: numbers[5], padding: numbers[6], groups: numbers[7])
  }
}

let repeats = 5

func milliseconds(_ body: () throws -> Void) rethrows -> Double {
  var times: [Double] = []
  for repetition in -1..<repeats {
    let begin = DispatchTime.now().uptimeNanoseconds
    try body()
    if repetition >= 0 { times.append(Double(DispatchTime.now().uptimeNanoseconds - begin) * 1e-6) }
  }
  return times.sorted()[repeats / 2]
}

func measure(_ s: PeerShape, _ map: Int) throws -> Double {
  var stream = RandomStream(seed: 1)
  let x = try stream.normals(Shape([s.batch, s.channels, s.size, s.size]))
  let w = try stream.normals(Shape([s.out, s.channels / s.groups, s.kernel, s.kernel]))
  func convolve(_ x: Tensor, _ w: Tensor) throws -> Tensor {
    try x.conv2d(w, stride: Pair(s.stride), padding: Padding(s.padding), groups: s.groups)
  }
  if map == 0 { return try milliseconds { _ = try convolve(x, w) } }
  let pullback =
    map == 1
    ? try vjp(at: [x]) { [try convolve($0[0], w)] }.pullback
    : try vjp(at: [w]) { [try convolve(x, $0[0])] }.pullback
  let g = try stream.normals(convolve(x, w).shape)
  return try milliseconds { _ = try pullback([g]) }
}

let arguments = CommandLine.arguments
let table = try String(contentsOfFile: arguments[1], encoding: .utf8)
let rows = table.split(separator: "\n").compactMap(Row.init)
let maps = ["forward", "input", "weight"]
print("# \(Engine.threads) threads, OpenBLAS core \(Engine.blasCore)")
fflush(nil)
while let line = readLine() {
  let words = line.split(separator: " ").map(String.init)
  guard words.count == 2, let row = rows.first(where: { $0.name == words[0] }),
    let map = maps.firstIndex(of: words[1])
  else { fatalError("no row or map in \(line)") }
  let isPeer = arguments.count > 2 && arguments[2] == "onednn"
  print(isPeer ? peer_convolution(Int32(map), row.shape, Int32(repeats)) : try measure(row.shape, map))
  fflush(nil)
}
