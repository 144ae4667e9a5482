import Foundation
import Runtime
import Tensor
import Testing

@testable import Commands

/// Runs a cell with every command and returns what its last value shows, or the diagnostic's code and message.
private func run(_ source: String, session: Session = Session(commands: allCommands, seed: 3)) -> String {
  switch session.run(source, name: "test", output: { _ in }) {
  case .value(let value, _): value?.brief(columns: 400) ?? "none"
  case .failure(let diagnostic): "\(diagnostic.code): \(diagnostic.message)"
  }
}

@Suite("Commands of the library", .serialized)
struct CommandTests {
  @Test(
    "every command has a summary, documented parameters, a result and an example that runs",
    arguments: Set((coreCommands + allCommands).map(\.name)).sorted())
  func isDocumented(_ name: String) throws {
    let command = try #require((coreCommands + allCommands).last { $0.name == name })
    #expect(command.summary.hasSuffix(".") || command.summary.contains("=") || command.summary.contains("/"))
    #expect(!command.returns.isEmpty && !command.example.isEmpty)
    #expect(command.parameters.allSatisfy { !$0.doc.isEmpty })
    let session = Session(commands: allCommands, seed: 3)
    guard case .failure(let diagnostic) = session.run(command.example, name: name, output: { _ in }) else {
      return
    }
    Issue.record("\(diagnostic.code): \(diagnostic.message)")
  }

  @Test("the errors a page names exist")
  func errorsExist() {
    let others: Set = [
      "AnalysisError", "BadParameter", "FacesError", "HypergradientError", "IntegerOverflow",
      "InterchangeError", "MissingArgument", "OutOfRange", "TrainingError", "TypeMismatch", "WrongCount",
    ]
    for command in allCommands {
      for error in command.errors {
        #expect(
          TensorError.Kind(rawValue: error.code) != nil || others.contains(error.code), "\(command.name)")
      }
    }
  }

  @Test(
    "names are given once; some core commands have a form for tensors and figures that takes their place")
  func namesAreUnique() {
    #expect(Set(allCommands.map(\.name)).count == allCommands.count)
    let taken = Set(allCommands.map(\.name)).intersection(coreCommands.map(\.name))
    #expect(taken == ["all", "any", "max", "min", "show", "sum", "tensor"])
  }

  @Test(
    "every command has its chapter, and docs/commands says what the table says (`make reference` writes it)")
  func reference() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("docs/commands")
    let files = CommandReference(allCommands).files
    for (name, text) in files {
      let kept = try? String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
      #expect(kept == text, "docs/commands/\(name) differs from the table")
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(Set(names) == Set(files.map(\.name)))
    #expect(!names.contains("other.md"))
  }

  @Test(
    "help finds commands, chapters, patterns and words",
    arguments: [
      ("fit", "fit(model, on"), ("losses", "crossEntropy"), ("*entropy*", "binaryCrossEntropy"),
      ("arg???", "argmax"),
      ("logarithm", "logdet"), ("", "hypergradients"),
    ])
  func help(_ topic: String, _ expected: String) {
    #expect(Session(commands: allCommands).help(topic)?.contains(expected) == true)
  }

  @Test("help on a word that nothing mentions is no help")
  func noHelp() { #expect(Session(commands: allCommands).help("flurble") == nil) }

  static let values: [(String, String)] = [
    ("sum([1, 2, 3])", "6"), ("mean([1, 2, 6])", "3.0"), ("max(3, 7)", "7"),
    ("norm([3.0, 4.0])", "5.0"), ("ones([2, 3, 4]).T.shape", "(2, 4, 3)"),
    ("sum(tensor([[1, 2], [3, 4]]), axis: 0)[1]", "6"), ("arange(0, 10, step: 4)[2]", "8"),
    ("grad(grad({ x in x ** 5 }))(2.0)", "160.0"), ("grad({ x in x * stopGradient(x) })(3.0)", "3.0"),
    ("grad({ x, y in x * y }, wrt: 1)(2.0, 5.0)", "2.0"),
    ("grad({ p in p.a * p.b ** 2 })({a: 2.0, b: 3.0}).b", "12.0"),
    ("jvp({ x in x ** 2 }, at: 3.0, along: 2.0)", "12.0"),
    ("hessian({ x in sum(x ** 4) })(tensor([1.0]))[0, 0]", "12.0"),
    ("crossEntropy([[0.0, 0.0]], [1])", "0.6931472"), ("len(randn([3], seed: 1))", "3"),
    ("minimize({ θ, λ in (θ - λ) ** 2 }, from: 0.0, given: 2.0)", "2.0"),
    (
      "hypergradient({ θ, λ in 0.5 * (θ - 3) ** 2 }, through: { θ, λ in (θ - λ) ** 2 }, at: (0.5, 0.5), by: cg()).value",
      "-2.5"
    ),
    ("Faces(subjects: 4, images: 8, size: 16).split(by: \"subject\", [0.5, 0.5])[0].count", "16"),
  ]

  @Test(arguments: values)
  func value(_ source: String, _ expected: String) { #expect(run(source) == expected) }

  static let mistakes: [(String, String)] = [
    ("grad({ x in x * 2 })(tensor([1.0, 2.0]))", "ShapeMismatch"),
    ("grad({ x in \"no\" })(1.0)", "TypeMismatch"),
    ("fit(1, on: 2)", "TypeMismatch"), ("MAE(ViT(image: 30, patch: 4))", "InvalidArgument"),
    ("MAE(ViT(), mask: 1.5)", "InvalidArgument"), ("plot([1, 2], [1, 2, 3])", "ShapeMismatch"),
    ("tsne(zeros([3, 2]))", "AnalysisError"), ("Faces(size: 4)", "FacesError"),
    ("load(\"/nonexistent.npy\")", "InterchangeError"),
    ("load(\"model.txt\")", "InvalidArgument"), ("save([1], \"/tmp/x.npy\")", "TypeMismatch"),
    ("hypergradient({ θ, λ in θ }, through: { θ, λ in θ }, at: 3.0)", "TypeMismatch"),
  ]

  @Test(arguments: mistakes)
  func mistake(_ source: String, _ code: String) { #expect(run(source).hasPrefix(code), "\(run(source))") }

  @Test("a model that is saved and loaded sees the same, bit for bit")
  func savedModel() {
    let source = """
      mae = MAE(ViT(image: 16, patch: 4, width: 32, depth: 1, heads: 2), seed: 4)
      x = rand([2, 3, 16, 16], seed: 5)
      save(mae, "/tmp/faa-command-test.safetensors")
      all(encode(mae, x) == encode(load("/tmp/faa-command-test.safetensors"), x))
      """
    #expect(run(source) == "true")
  }

  @Test("training lowers the loss, the same seed gives the same bits, and an interrupt keeps the last step")
  func training() {
    let source = """
      faces = Faces(subjects: 4, images: 16, size: 16, seed: 2)
      func train() {
        let mae = MAE(ViT(image: 16, patch: 4, width: 32, depth: 1, heads: 2), seed: 4)
        fit(mae, on: faces, epochs: 6, batch: 16, seed: 6)
      }
      a = train(); b = train()
      [a.epochLoss[-1] < 0.9 * a.epochLoss[0], a.loss == b.loss, a.steps == 24]
      """
    #expect(run(source) == "[true, true, true]")
  }

  @Test("the table of a run that diverged keeps its columns apart") func divergence() throws {
    let source = """
      mae = MAE(ViT(image: 16, patch: 8, width: 12, depth: 1, heads: 3), seed: 1)
      fit(mae, on: rand([8, 3, 16, 16], seed: 1), epochs: 2, batch: 8, optimizer: AdamW(lr: 1e6), seed: 1)
      """
    let session = Session(commands: allCommands)
    guard case .value(let value?, _) = session.run(source, name: "test", output: { _ in }) else {
      Issue.record("training failed")
      return
    }
    let rows = value.display(width: 80).text.split(separator: "\n").suffix(2)
    let cells = rows.map { $0.split(separator: " ") }
    #expect(cells.map(\.count) == [3, 3] && cells.map { $0[0] } == ["1", "2"], "\(rows)")
    let loss = try #require(Double(cells[1][1]))
    #expect(loss > 1e9)
  }

  @Test(
    "what is interrupted gives what it has, is assigned, and says so",
    arguments: [
      (
        "m = minimize({ θ, λ in stopAt(9); sum((θ - λ) ** 4) }, from: zeros([2]), given: ones([2]), by: \"gd\")",
        "minimize: interrupted after", "min(m) > 0 && max(m) < 1"
      ),
      (
        "m = tsne(randn([40, 3], seed: 1), every: 10, perplexity: 5, callback: { p, i, kl in stopAt(3); true })",
        "tsne: interrupted after iteration 30; the embedding is that one's",
        "m.points.shape == (40, 2) && m.iterations == 30"
      ),
    ])
  func interrupted(cell: String, warning: String, check: String) {
    var calls = 0
    let stop = Command(
      "stopAt", "Interrupts at a call.", [.required("call", .int, "the call")], returns: "none",
      example: "stopAt(1)"
    ) { a in
      calls += 1
      if calls == (try a.int("call")) { a.session.interrupt() }
      return .none
    }
    let session = Session(commands: allCommands + [stop], seed: 3)
    var warnings: [String] = []
    let result = session.run("n = 1; \(cell); n = len(zeros([7]))", name: "test") {
      if case .warning(let text) = $0 { warnings.append("\(text)") }
    }
    // What follows does not begin.
    guard case .failure(let diagnostic) = result else {
      Issue.record("the cell went on")
      return
    }
    #expect(diagnostic.code == "Interrupted" && run("n", session: session) == "1")
    #expect(warnings.count == 1 && warnings[0].contains(warning), "\(warnings)")
    #expect(run(check, session: session) == "true")
  }
}
