// FAA's side of the comparison; torch_peer.py has the same rows. Prints a line a row, separated by tabs: name, seconds of one
// run, peak resident bytes (0 unless the row has a process of its own), operations of a run, peak bytes of the tensor pool.
// Lines that begin with # are notes.
//
//   benchmark --list                        names, and whether a row shares a process, runs alone, or has no peer
//   benchmark --about                       versions
//   benchmark [--seconds S] --row NAME ...  measures
import CKernels
import Glibc
import Tensor

let rows =
  smallRows + elementwiseRows + rowwiseRows + attentionRows + matrixRows + convolutionRows + modelRows

var budget = Budget()
var names: [String] = []
var arguments = CommandLine.arguments.dropFirst().makeIterator()
while let argument = arguments.next() {
  switch argument {
  case "--list":
    for row in rows { print("\(row.name)\t\(!row.hasPeer ? "own" : row.isAlone ? "alone" : "shared")") }
  case "--about":
    let description = "OpenBLAS kernel \(String(cString: faa_blas_core())), \(faa_thread_count()) threads"
    print("# FAA: \(description); \(String(cString: faa_blas_config()))")
  case "--seconds":
    budget.seconds = arguments.next().flatMap(Double.init) ?? budget.seconds
    budget.samples = 3
  case "--row":
    if let name = arguments.next() { names.append(name) }
  default:
    fatalError("what is \(argument)?")
  }
}

for name in names {
  guard let row = rows.first(where: { $0.name == name }) else { fatalError("there is no row \(name)") }
  MemoryReport.resetPeak()
  let time = try row.measure(budget)
  let peak = row.isAlone ? processMemory("VmHWM") : 0
  let pool = row.isAlone ? MemoryReport.now.peak : 0
  print("\(name)\t\(time)\t\(peak)\t\(row.flops)\t\(pool)")
  fflush(nil)
}
