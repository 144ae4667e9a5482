import Commands
import Glibc
import Runtime
import Tensor

// What a command costs in the language above what the engine takes for the same work: both run in this process in turns, round by round.

let calls = 20_000
let rounds = 15

func seconds(_ work: () throws -> Void) rethrows -> Double {
  func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
  let start = now()
  try work()
  return now() - start
}

let session = Session(commands: allCommands, seed: 1)

@MainActor func run(_ source: String) {
  if case .failure(let fault) = session.run(source, name: "benchmark", output: { _ in }) {
    fatalError(fault.render())
  }
}

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

let x = try Tensor.arange(0, 64).sin().reshaped([8, 8])
let y = try Tensor.arange(0, 64).cos().reshaped([8, 8])
session.define("x", .tensor(x))
session.define("y", .tensor(y))

let rows: [(expression: String, engine: () throws -> Tensor)] = [
  ("x + y", { try x + y }),
  ("x * 2.0", { try x * 2.0 }),
  ("x @ y", { try x.matmul(y) }),
  ("exp(x)", { try x.exp() }),
  ("x.exp()", { try x.exp() }),
  ("relu(x)", { try x.relu() }),
  ("sum(x)", { try x.sum() }),
  ("x.sum(axis: 0)", { try x.sum([0]) }),
  ("sum(x, axis: 0)", { try x.sum([0]) }),
  ("reshape(x, [64])", { try x.reshaped([64]) }),
  ("softmax(x, axis: 1)", { try x.softmax(axis: 1) }),
]

run("func empty(n) { for i in 0..<n { none } }")
for (index, row) in rows.enumerated() { run("func f\(index)(n) { for i in 0..<n { \(row.expression) } }") }

func padded(_ text: String, _ width: Int, right: Bool = true) -> String {
  let fill = String(repeating: " ", count: max(0, width - text.count))
  return right ? fill + text : text + fill
}

print("nanoseconds a call on 8 x 8 tensors of f32: medians of \(rounds) rounds of \(calls) calls")
print(
  padded("expression", 22, right: false) + padded("engine", 9) + padded("language", 10) + padded("above", 8))
for (index, row) in rows.enumerated() {
  var (engine, language, above) = ([Double](), [Double](), [Double]())
  for _ in 0..<rounds {
    let own = try seconds { for _ in 0..<calls { _ = try row.engine() } }
    let loop = seconds { run("empty(\(calls))") }
    let whole = seconds { run("f\(index)(\(calls))") }
    engine.append(own / Double(calls) * 1e9)
    language.append((whole - loop) / Double(calls) * 1e9)
    above.append((whole - loop - own) / Double(calls) * 1e9)
  }
  let columns = [(engine, 9), (language, 10), (above, 8)].map { padded("\(Int(median($0.0)))", $0.1) }
  print(padded(row.expression, 22, right: false) + columns.joined())
}
