import Hypergradient
import Runtime
import Tensor

/// The terms of a Neumann series, computed as they are visited: one Hessian-vector product each.
final class TermsObject: HostObject {
  private let owner: HypergradientObject
  private let count: Int?, gamma: StepSize?

  init(_ owner: HypergradientObject, count: Int? = nil, gamma: StepSize? = nil) {
    self.owner = owner
    self.count = count
    self.gamma = gamma
  }

  var typeName: String { "Terms" }
  func summary() -> String { "terms of \(owner.result.method)" }

  func display(width: Int) -> Display {
    do {
      let terms = try owner.result.allTerms(count: count, gamma: gamma)
      let table = Table(header: NeumannTerm.columns, rows: terms.map(\.cells), words: [])
      return Display(text: NeumannTerm.table(terms), table: table)
    } catch {
      return Display(text: "\(error)")
    }
  }

  var callParameters: [Parameter] {
    [
      .optional("count", .int, "how many terms; the result's own by default"),
      .optional("gamma", .either([.number, .choice(["auto", "optimal"])]), "another step"),
    ]
  }

  /// The same series with another length or step: `hg.terms(count: 40, gamma: 0.3)`.
  func call(_ a: Arguments) throws -> Value {
    .object(
      TermsObject(
        owner, count: try a.optionalInt("count", atLeast: 1),
        gamma: try a.optional("gamma") { try a.step($0) }))
  }

  /// `hg.terms[3]`: one term, for which the products up to it are taken.
  func subscripted(_ indices: [Index]) throws -> Value {
    guard indices.count == 1, case .at(let index) = indices[0] else {
      throw CommandError(
        "IndexOutOfRange", "terms are chosen by one number",
        help: "as in hg.terms[3]; list(hg.terms) holds all of them")
    }
    let terms = try owner.result.terms(count: count, gamma: gamma)
    let position = try Index.position(index, count: terms.count, of: "Terms")
    for term in terms where term.k == position { return .object(TermObject(term, owner)) }
    throw terms.failure ?? CommandError("IndexOutOfRange", "the series ends before term \(position)")
  }

  func iterate() throws -> (() throws -> Value?)? {
    let terms = try owner.result.terms(count: count, gamma: gamma)
    return { [owner] in
      guard let term = terms.next() else {
        if let failure = terms.failure { throw failure }
        return nil
      }
      return .object(TermObject(term, owner))
    }
  }
}

/// One term of a Neumann series.
final class TermObject: HostObject {
  private let term: NeumannTerm
  private let owner: HypergradientObject

  init(_ term: NeumannTerm, _ owner: HypergradientObject) {
    self.term = term
    self.owner = owner
  }

  var typeName: String { "Term" }
  func summary() -> String { "term \(term.k): |v| \(term.norm), ratio \(term.ratio)" }

  /// One aligned line, under a header for the first term.
  func display(width: Int) -> Display {
    Display(text: (term.k == 0 ? NeumannTerm.header + "\n" : "") + term.description)
  }

  var memberNames: [String] { ["k", "v", "norm", "ratio", "q", "value", "cosine", "residual", "error"] }
  func member(_ name: String) throws -> Value? {
    // Riding on a term the exact derivative would be another function's.
    if ["v", "q", "value"].contains(name) { try owner.lambda.checkConstant("\(name) of a term") }
    return switch name {
    case "k": .int(term.k)
    case "v": try owner.theta.result(term.v)
    case "norm": .float(term.norm)
    case "ratio": .float(term.ratio)
    case "q": try owner.theta.result(term.q)
    case "value": try owner.lambda.result(term.value)
    case "cosine": term.cosine.map { .float($0) } ?? Value.none
    case "residual": .float(term.residual)
    case "error": .float(term.error)
    default: nil
    }
  }
}
