// Embeds the rows of a CSV file: benchmark FILE THREADS [exact | tree | automatic] [SEED]
// Prints wall seconds, CPU seconds, peak resident MiB and the divergence, after one short warm-up run.

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
guard arguments.count >= 3, let threads = Int(arguments[2]) else {
  print("usage: benchmark FILE THREADS [exact | tree | automatic] [SEED]")
  exit(64)
}
Engine.threads = threads
let lines = try String(contentsOfFile: arguments[1], encoding: .utf8).split(separator: "\n")
let rows = lines.map { $0.split(separator: ",").compactMap { Double($0) } }
let samples = try Matrix(rows: rows.count, columns: rows.first?.count ?? 0, values: rows.flatMap { $0 })

var tsne = TSNE(perplexity: 30, seed: arguments.count > 4 ? UInt64(arguments[4]) ?? 0 : 0)
switch arguments.count > 3 ? arguments[3] : "automatic" {
case "exact": tsne.repulsion = ExactRepulsion()
case "tree": tsne.repulsion = BarnesHutRepulsion()
default: break
}
var short = tsne
short.optimiser.iterations = 5
_ = try short.embed(samples)

let (start, startCPU) = (ContinuousClock.now, cpuSeconds())
let embedding = try tsne.embed(samples)
let wall = (ContinuousClock.now - start) / .seconds(1)
var usage = rusage()
getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
print(wall, cpuSeconds() - startCPU, Double(usage.ru_maxrss) / 1024, embedding.divergence)
