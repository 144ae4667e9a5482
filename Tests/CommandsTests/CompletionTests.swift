import Runtime
import Testing

@testable import Commands

/// What Tab offers where a parameter takes an object: what makes one, and the variables that hold one.
@Suite("Completion of objects")
struct CompletionTests {
  private func candidates(_ line: String) -> [String] {
    let session = Session(commands: allCommands, seed: 1)
    _ = session.run(
      "solver = cg(); shape = ViT(image: 16, patch: 4, width: 32, depth: 1, heads: 2)", name: ""
    ) {
      _ in
    }
    return session.completions(line, cursor: line.utf8.count).candidates
  }

  @Test(arguments: [
    ("hypergradient(f, through: g, at: p, by: n", ["neumann", "normalEquations", "nystrom"]),
    ("hypergradient(f, through: g, at: p, by: sol", ["solver"]),
    ("hypergradient(f, through: g, at: p, else: [cg(), un", ["unroll"]),
    ("plan(f, g, at: p, methods: [de", ["dense"]),
    ("fit(m, on: x, optimizer: ", ["AdamW", "SGD"]),
    ("MAE(encoder: ", ["ViT", "shape"]),
    ("hypergradient(f, through: co", ["composed"]),
    // Neither a method nor a variable that holds one begins so: any name may stand in its place.
    ("hypergradient(f, through: g, at: p, by: tens", ["tensor"]),
  ])
  func offered(line: String, expected: [String]) { #expect(candidates(line) == expected) }

  @Test("every method is offered, and nothing else")
  func methods() {
    let found = candidates("hypergradient(f, through: g, at: p, by: ")
    #expect(found.contains("neumann") && found.contains("cg") && found.contains("dense"))
    #expect(!found.contains("tensor") && !found.contains("hypergradient"))
    #expect(found.count == allCommands.filter { $0.makes == "Method" }.count + 1)
  }
}
