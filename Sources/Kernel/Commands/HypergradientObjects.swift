import Figures
import Hypergradient
import Runtime
import Tensor

/// A hypergradient: its status before its value.
final class HypergradientObject: HostObject {
  let result: Hypergradient
  private let lambda: Tree

  init(_ result: Hypergradient, _ lambda: Tree) {
    self.result = result
    self.lambda = lambda
  }

  var typeName: String { "Hypergradient" }
  func summary() -> String { "Hypergradient by \(result.method): \(result.status)" }
  func display(width: Int) -> Display { Display(text: result.description) }

  var memberNames: [String] {
    [
      "value", "direct", "indirect", "status", "q", "residual", "relativeResidual", "rho", "kappa", "gamma",
      "hvps",
      "seconds", "innerGradientNorm", "error", "notes", "terms", "compare", "verify",
    ]
  }

  func member(_ name: String) throws -> Value? {
    func number(_ value: Double?) -> Value { value.map { .float($0) } ?? .none }
    switch name {
    case "value": return try lambda.result(result.value)
    case "direct": return try lambda.result(result.direct)
    case "indirect": return try lambda.result(result.indirect)
    case "status": return .text(result.status.name)
    case "q": return result.q.count == 1 ? .tensor(result.q[0]) : .list(result.q.map { .tensor($0) })
    case "residual": return .float(result.residual)
    case "relativeResidual": return .float(result.relativeResidual)
    case "rho": return number(result.rho)
    case "kappa": return number(result.kappa)
    case "gamma": return number(result.gamma)
    case "hvps": return .int(result.hvpCount)
    case "seconds": return .float(result.seconds)
    case "innerGradientNorm": return .float(result.innerGradientNorm)
    case "error": return number(result.error)
    case "notes": return .list(result.notes.map { .text($0) })
    case "terms": return .object(TermsObject(result, lambda))
    case "compare": return compare
    case "verify": return verify
    default: return nil
    }
  }

  private var compare: Value {
    .native(
      "compare", [.required("methods", .sequence, "methods, such as [cg(), dense()]")],
      summary: "This result and those of other methods, against an exact solve."
    ) { [result] a in
      let methods = try a.sequence("methods").map { value in
        guard case .object(let box) = value, let method = box.object as? MethodObject else {
          throw a.mismatch("methods", expected: "a list of methods such as [cg(), dense()]")
        }
        return method.method
      }
      return .object(ReportObject("Comparison", try result.compare(methods).description))
    }
  }

  private var verify: Value {
    .native("verify", summary: "Checks the value three ways and its parts by their identities.") {
      [result] _ in
      let report = try result.verify()
      return .object(ReportObject("Verification", report.description, passed: report.passed))
    }
  }

  /// Residual and estimated error of the Neumann series against the number of terms.
  func figure(title: String) throws -> Figure {
    let terms = try result.terms()
    var (k, residual, error): ([Double], [Double], [Double]) = ([], [], [])
    while let term = terms.next() {
      k.append(Double(term.k + 1))
      residual.append(term.residual)
      error.append(term.error.isFinite ? term.error : .nan)
    }
    if let failure = terms.failure { throw failure }
    return Figure(
      title.isEmpty ? "Neumann series, γ = \(fixed(terms.gamma, 4))" : title,
      marks: [
        .line(x: k, y: residual, label: "residual |∇f - Hq|"),
        .line(x: k, y: error, label: "error of dF (estimate)", dashed: true),
      ], x: Axis("terms"), y: Axis("", scale: .log))
  }
}

/// The terms of a Neumann series, computed as they are visited: one Hessian-vector product each.
final class TermsObject: HostObject {
  private let result: Hypergradient
  private let lambda: Tree

  init(_ result: Hypergradient, _ lambda: Tree) {
    self.result = result
    self.lambda = lambda
  }

  var typeName: String { "Terms" }
  func summary() -> String { "terms of \(result.method)" }

  func display(width: Int) -> Display {
    do {
      return Display(text: try result.termTable())
    } catch {
      return Display(text: "\(error)")
    }
  }

  func iterate() throws -> (() throws -> Value?)? {
    let terms = try result.terms()
    return { [lambda] in
      guard let term = terms.next() else {
        if let failure = terms.failure { throw failure }
        return nil
      }
      return .object(TermObject(term, lambda))
    }
  }
}

/// One term of a Neumann series.
final class TermObject: HostObject {
  private let term: NeumannTerm
  private let lambda: Tree

  init(_ term: NeumannTerm, _ lambda: Tree) {
    self.term = term
    self.lambda = lambda
  }

  var typeName: String { "Term" }
  func summary() -> String { "term \(term.k): |v| \(term.norm), ratio \(term.ratio)" }

  /// One aligned line, under a header for the first term.
  func display(width: Int) -> Display {
    Display(text: (term.k == 0 ? NeumannTerm.header + "\n" : "") + term.description)
  }

  var memberNames: [String] { ["k", "v", "norm", "ratio", "q", "value", "cosine", "residual", "error"] }
  func member(_ name: String) throws -> Value? {
    func tensors(_ list: [Tensor]) -> Value {
      list.count == 1 ? .tensor(list[0]) : .list(list.map { .tensor($0) })
    }
    switch name {
    case "k": return .int(term.k)
    case "v": return tensors(term.v)
    case "norm": return .float(term.norm)
    case "ratio": return .float(term.ratio)
    case "q": return tensors(term.q)
    case "value": return try lambda.result(term.value)
    case "cosine": return term.cosine.map { .float($0) } ?? Value.none
    case "residual": return .float(term.residual)
    case "error": return .float(term.error)
    default: return nil
    }
  }
}

/// A table of results as text.
final class ReportObject: HostObject {
  let typeName: String
  private let text: String
  private let passed: Bool?

  init(_ typeName: String, _ text: String, passed: Bool? = nil) {
    self.typeName = typeName
    self.text = text
    self.passed = passed
  }

  func summary() -> String { typeName + (passed.map { $0 ? ": passed" : ": failed" } ?? "") }
  func display(width: Int) -> Display { Display(text: text) }
  var memberNames: [String] { passed == nil ? [] : ["passed"] }
  func member(_ name: String) throws -> Value? { name == "passed" ? passed.map { .bool($0) } : nil }
}
