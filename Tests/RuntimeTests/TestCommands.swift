import Autodiff
import Tensor

@testable import Runtime

/// Commands for the tests that stand for the library's: they call back, keep state, and fail.
let testCommands: [Command] = [
  Command("grad", "The gradient of a function.", [.required("f", .function)], effects: [.calls("f")]) { a in
    let f = try a.function("f")
    return .native("grad", [.required("x", .tensor)]) { b in
      .tensor(
        try valueAndGrad(at: b.tensor("x")) { x in
          guard case .tensor(let result) = try f.call([.tensor(x)]) else {
            throw CommandError("TypeMismatch", "grad: the function must return a tensor")
          }
          return result
        }.gradient)
    }
  },
  Command("Counter", "Something with identity.", effects: [.creates("Counter")]) { _ in .object(Counter()) },
  Command("draw", "A random number.", [.optional("seed", .int)], effects: [.rng]) { a in
    var stream = a.session.random(seed: try a.optionalInt("seed"))
    return .float(stream.uniform())
  },
  Command(
    "fit", "Fits a model.",
    [
      .required("model", .any, "the model"), .required("on", .any, "the data"),
      .optional("epochs", .int, default: 10, "passes over the data"),
      .optional("optimizer", .choice(["adam", "sgd"]), default: "adam", "the method"),
    ],
    returns: "a run", errors: [("OutOfRange", "when epochs is below 1")], example: "fit(1, on: 2, epochs: 3)",
    effects: [.writes("model"), .rng]
  ) { a in .int(try a.int("epochs", atLeast: 1)) },
]

/// A host object with members, methods, a call, a subscript and elements.
final class Counter: HostObject {
  var count = 0
  let typeName = "Counter"
  let memberNames = ["count", "add"]
  let callParameters: [Parameter] = [.required("by", .int), .optional("times", .int, default: 1)]

  func summary() -> String { "Counter at \(count)" }

  func member(_ name: String) throws -> Value? {
    switch name {
    case "count": .int(count)
    case "add":
      .native("add", [.optional("by", .int, default: 1)]) { a in
        self.count += try a.int("by", atLeast: 0)
        return .object(self)
      }
    default: nil
    }
  }

  func call(_ arguments: Arguments) throws -> Value {
    count += try arguments.int("by") * arguments.int("times")
    return .int(count)
  }

  func subscripted(_ indices: [Index]) throws -> Value { .int(indices.count) }

  func iterate() throws -> (() throws -> Value?)? {
    var next = 0
    return {
      next += 1
      return next <= self.count ? .int(next) : nil
    }
  }
}
