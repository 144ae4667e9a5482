import Hypergradient
import Runtime
import Tensor

/// A hypergradient: its status before its value.
final class HypergradientObject: HostObject {
  let result: Hypergradient
  let theta: Tree, lambda: Tree

  init(_ result: Hypergradient, _ theta: Tree, _ lambda: Tree) {
    self.result = result
    self.theta = theta
    self.lambda = lambda
  }

  var typeName: String { "Hypergradient" }
  func summary() -> String { "Hypergradient by \(result.method): \(result.status)" }
  func display(width: Int) -> Display {
    let markup = HypergradientMarkup(result)
    return Display(
      text: result.description, markdown: markup.markdown, latex: "$\\displaystyle \(markup.latex)$")
  }

  var memberNames: [String] {
    [
      "value", "direct", "indirect", "status", "report", "q", "residual", "relativeResidual", "residuals",
      "bestIteration", "rho", "kappa", "gamma", "hvps", "mixedProducts", "products", "batches", "paths",
      "seconds", "innerGradientNorm", "error", "errorIsBound", "notes", "terms", "spectrum", "compare",
      "plan", "verify", "figure", "byScale", "largestRate",
    ]
  }

  func member(_ name: String) throws -> Value? {
    func number(_ value: Double?) -> Value { value.map { .float($0) } ?? .none }
    func texts(_ list: [String]) -> Value { .list(list.map { .text($0) }) }
    if ["byScale", "largestRate", "spectrum"].contains(name) { try lambda.checkConstant(name) }
    switch name {
    case "value": return try lambda.result(result.value)
    case "direct": return try lambda.result(result.direct)
    case "indirect": return try lambda.result(result.indirect)
    case "status": return .text(result.status.name)
    case "report": return .object(ReportObject("Report", result.description))
    case "q": return result.q.isEmpty ? .none : try theta.result(result.q)
    // A method without a linear system has no residual.
    case "residual": return number(result.residual.isNaN ? nil : result.residual)
    case "relativeResidual": return number(result.residual.isNaN ? nil : result.relativeResidual)
    case "residuals": return .tensor(try Tensor(result.solution.residuals))
    case "bestIteration": return .int(result.solution.bestIteration)
    case "rho": return number(result.rho)
    case "kappa": return number(result.kappa)
    case "gamma": return number(result.gamma)
    case "hvps": return .int(result.hvpCount)
    case "mixedProducts": return .int(result.mixedCount)
    case "products": return .text(result.composition)
    case "batches": return .list(result.batches.map { .int($0) })
    case "paths": return texts(result.point.paths)
    case "seconds": return .float(result.seconds)
    case "innerGradientNorm": return .float(result.innerGradientNorm)
    case "error": return number(result.error)
    case "errorIsBound": return .bool(result.errorIsBound)
    case "notes": return texts(result.notes)
    case "terms": return .object(TermsObject(self))
    case "spectrum": return spectrum
    case "compare": return compare
    case "plan":
      return .object(
        ReportObject(
          "Plan",
          try plan(
            usualMethods, at: result.point,
            mode: result.options.mode.mode ?? .reverseOverReverse
          ).description))
    case "verify": return verify
    case "figure": return figure
    case "byScale": return number(try positivity?.byScale)
    case "largestRate": return number(try positivity?.largestRate)
    default: return nil
    }
  }

  private var positivity: Positivity? {
    get throws {
      _ = try result.value
      return result.positivity
    }
  }

  private var spectrum: Value {
    .native(
      "spectrum", [.optional("steps", .int, default: 30, "products to take")],
      summary: "The ends of the Hessian's spectrum at the point, by Lanczos."
    ) { [result] a in
      guard result.point.problem.isSymmetric else {
        throw CommandError("InvalidArgument", "spectrum: the matrix of a fixed point is not symmetric")
      }
      return .object(
        SpectrumObject(
          try lanczos(
            result.curvature(), like: result.point.theta.tensors, steps: a.int("steps", atLeast: 1))))
    }
  }

  private var compare: Value {
    .native(
      "compare",
      [
        .required(
          "methods", .either([.object(["Method"]), .sequence]),
          "a method, or several, such as [cg(), dense()]")
      ],
      summary: "This result and those of other methods, against an exact solve."
    ) { [result] a in
      .object(ComparisonObject(try result.compare(methodList("methods", a))))
    }
  }

  private var verify: Value {
    .native("verify", summary: "Checks the value three ways and its parts by their identities.") {
      [result] _ in
      let report = try result.verify()
      return .object(ReportObject("Verification", report.description, passed: report.passed))
    }
  }

  private var figure: Value {
    .native(
      "figure",
      [
        .optional(
          "kind", .choice(["residuals", "spectrum", "filters", "ritz"]), default: "residuals",
          "residual and error against terms; |1 - γσ| over the spectrum; the factor by which each method inverts σ; "
            + "Ritz values against Lanczos steps"),
        .optional("gamma", .number, "another γ for the spectrum and the filters"),
        .optional("terms", .int, "another number of terms"),
        .optional("damping", .number, default: 0.1, "δ of the damped filter, relative to σ_max"),
      ], summary: "A figure of this computation."
    ) { [self] a in
      .object(
        FigureObject(
          try HypergradientFigures(
            self, gamma: a.optionalDouble("gamma", above: 0), terms: a.optionalInt("terms", atLeast: 1)
          )
          .figure(a.string("kind"), damping: a.double("damping", atLeast: 0))))
    }
  }
}

/// The comparison of several methods: a table, and its numbers.
final class ComparisonObject: HostObject {
  private let comparison: Comparison
  init(_ comparison: Comparison) { self.comparison = comparison }

  var typeName: String { "Comparison" }
  func summary() -> String { "comparison of \(comparison.rows.count) methods" }
  func display(width: Int) -> Display {
    // A page has room for the values of few hyper-parameters; its text has them all the same.
    let hasRoom = comparison.reference.reduce(0) { $0 + $1.count } <= 2
    let cells = hasRoom ? comparison.cells : comparison.cells.map { $0.count == 7 ? $0.dropLast() : $0 }
    let table = Table(header: cells[0], rows: Array(cells.dropFirst()), words: [0, 1])
    let note = "reference: \(comparison.referenceMethod)"
    return Display(
      text: comparison.description, html: "\(table.html)<p>\(note.escapedForMarkup)</p>",
      markdown: "\(table.markdown)\n\n\(note.escapedForMarkdown)")
  }
  var memberNames: [String] { ["methods", "statuses", "cosines", "errors", "hvps", "reference"] }

  func member(_ name: String) throws -> Value? {
    func numbers(_ value: (Comparison.Row) -> Double?) -> Value {
      .list(comparison.rows.map { value($0).map { .float($0) } ?? .none })
    }
    switch name {
    case "methods": return .list(comparison.rows.map { .text($0.method) })
    case "statuses": return .list(comparison.rows.map { .text($0.result?.status.name ?? "failed") })
    case "cosines": return numbers(\.cosine)
    case "errors": return numbers(\.relativeError)
    case "hvps": return .list(comparison.rows.map { $0.result.map { .int($0.hvpCount) } ?? .none })
    case "reference": return .text(comparison.referenceMethod)
    default: return nil
    }
  }
}

/// A table of results as text.
final class ReportObject: HostObject {
  let typeName: String
  let text: String
  let passed: Bool?

  init(_ typeName: String, _ text: String, passed: Bool? = nil) {
    self.typeName = typeName
    self.text = text
    self.passed = passed
  }

  func summary() -> String { typeName + (passed.map { $0 ? ": passed" : ": failed" } ?? "") }
  var printed: String { text }
  func display(width: Int) -> Display { Display(text: text) }
  var memberNames: [String] { passed == nil ? ["text"] : ["text", "passed"] }
  func member(_ name: String) throws -> Value? {
    switch name {
    case "passed": passed.map { .bool($0) }
    case "text": .text(text)
    default: nil
    }
  }
}
