// The convolutions of shapes.csv, forward and both backward products, through the public interface; with `onednn` as second argument the same
// by oneDNN alone with its own threads (peer.c). Prints one line a row: name, map, milliseconds (median of several).
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

func milliseconds(_ body: () throws -> Void) rethrows -> Double {
  var times: [Double] = []
  for repetition in -2..<repeats {
    let begin = DispatchTime.now().uptimeNanoseconds
    try body()
    if repetition >= 0 { times.append(Double(DispatchTime.now().uptimeNanoseconds - begin) * 1e-6) }
  }
  return times.sorted()[repeats / 2]
}

let repeats = 7
let arguments = CommandLine.arguments
let table = try String(contentsOfFile: arguments[1], encoding: .utf8)
let rows = table.split(separator: "\n").compactMap(Row.init)

if arguments.count > 2, arguments[2] == "onednn" {
  for row in rows {
    for (map, name) in ["forward", "input", "weight"].enumerated() {
      print(row.name, name, peer_convolution(Int32(map), row.shape, Int32(repeats)))
    }
  }
} else {
  print("# \(Engine.threads) threads, OpenBLAS core \(Engine.blasCore)")
  var stream = RandomStream(seed: 1)
  for row in rows {
    let s = row.shape
    let x = try stream.normals(Shape([s.batch, s.channels, s.size, s.size]))
    let w = try stream.normals(Shape([s.out, s.channels / s.groups, s.kernel, s.kernel]))
    func convolve(_ x: Tensor, _ w: Tensor) throws -> Tensor {
      try x.conv2d(w, stride: Pair(s.stride), padding: Padding(s.padding), groups: s.groups)
    }
    let g = try stream.normals(convolve(x, w).shape)
    let byInput = try vjp(at: [x]) { [try convolve($0[0], w)] }.pullback
    let byWeight = try vjp(at: [w]) { [try convolve(x, $0[0])] }.pullback
    try print(row.name, "forward", milliseconds { _ = try convolve(x, w) })
    try print(row.name, "input", milliseconds { _ = try byInput([g]) })
    try print(row.name, "weight", milliseconds { _ = try byWeight([g]) })
  }
}
