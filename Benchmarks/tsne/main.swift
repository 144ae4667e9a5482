// Embeds the rows of a file of single-precision numbers: benchmark METHOD FILE ROWS SEED OUTPUT
// METHOD is auto, exact, barnes-hut or fft. Prints wall and CPU seconds, peak resident MiB and the reported divergence as JSON.

import Analysis
import Foundation
import Tensor

func cpuSeconds() -> Double {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  let (user, system) = (usage.ru_utime, usage.ru_stime)
  return Double(user.tv_sec + system.tv_sec) + 1e-6 * Double(user.tv_usec + system.tv_usec)
}

let arguments = CommandLine.arguments
guard arguments.count == 6, let rows = Int(arguments[3]), let seed = UInt64(arguments[4]) else {
  print("usage: benchmark auto | exact | barnes-hut | fft FILE ROWS SEED OUTPUT")
  exit(64)
}
Engine.threads = 2

/// The peak of resident memory; not that of `rusage`, which begins with what the process had that started this one.
func peakMebibytes() throws -> Double {
  let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
  let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") }
  return (line?.split { !$0.isNumber }.first).flatMap { Double($0) }.map { $0 / 1024 } ?? .nan
}

func samples() throws -> Matrix {
  let data = try Data(contentsOf: URL(filePath: arguments[2]), options: .alwaysMapped)
  let values = data.withUnsafeBytes { $0.bindMemory(to: Float.self).map(Double.init) }
  return try Matrix(rows: rows, columns: values.count / rows, values: values)
}

var tsne = TSNE(perplexity: 30, seed: seed)
switch arguments[1] {
case "exact": tsne.repulsion = ExactRepulsion()
case "barnes-hut": tsne.repulsion = BarnesHutRepulsion()
case "fft": tsne.repulsion = InterpolationRepulsion()
default: break
}
// No early stop: all programs do the same number of iterations.
tsne.optimiser.patience = tsne.optimiser.iterations
let matrix = try samples()
let (start, startCPU) = (ContinuousClock.now, cpuSeconds())
let embedding = try tsne.embed(matrix)
let (wall, cpu) = ((ContinuousClock.now - start) / .seconds(1), cpuSeconds() - startCPU)
try embedding.points.values.withUnsafeBytes { try Data($0).write(to: URL(filePath: arguments[5])) }
print(
  """
  {"name": "FAA-\(arguments[1])", "n": \(rows), "seed": \(seed), "wall": \(wall), "cpu": \(cpu), \
  "mib": \(try peakMebibytes()), "reported": \(embedding.divergence)}
  """)
