import Commands
import Foundation
import Syntax
import Testing

@testable import Runtime

private func failure(_ code: String, _ session: Session) -> Diagnostic? {
  guard case .failure(let diagnostic) = session.run(code, name: "test", output: { _ in }) else { return nil }
  return diagnostic
}

/// The table of names from elsewhere: what it tells a reader to write runs as it stands, and no command is in it.
@Suite(.serialized) struct ForeignNameTests {
  /// Values for the names that the table's code mentions.
  static let prelude = """
    x = tensor([[1.0, 2.0], [3.0, 4.0]]); y = tensor([[2.0, 1.0], [1.0, 2.0]]); mask = x > 2
    indices = tensor([[0, 1], [1, 0]]); labels = tensor([0, 1])
    a = y; b = tensor([1.0, 2.0]); u = b; w = x; q = ones([1, 1, 2, 4]); k = q; v = q; s = "ab"; done = false
    images = ones([1, 1, 4, 4]); prediction = x; target = y; logits = x
    targets = tensor([[0.0, 1.0], [1.0, 0.0]])
    logProbabilities = logSoftmax(x); samples = randn([100, 3], seed: 1); classes = arange(100) % 2
    f = { t in sum(t ** 2) }; xs = [1, 2, 3]; record = {lr: 0.1}
    data = Faces(subjects: 1, images: 2, size: 16)
    model = MAE(ViT(image: 16, patch: 8, width: 12, depth: 1, heads: 3))
    """

  @Test(arguments: ForeignNames.rows.map(\.code)) func whatItSaysRuns(code: String) throws {
    let here = FileManager.default.currentDirectoryPath
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    _ = FileManager.default.changeCurrentDirectoryPath(folder.path)
    defer {
      _ = FileManager.default.changeCurrentDirectoryPath(here)
      try? FileManager.default.removeItem(at: folder)
    }
    let session = Session(commands: allCommands)
    for cell in [Self.prelude, code] { #expect(failure(cell, session) == nil, "\(cell)") }
  }

  @Test func namesAreThoseOfNothingHere() {
    let known = Set(Session(commands: allCommands).commandNames)
    let names = ForeignNames.rows.flatMap(\.names)
    #expect(names.filter(known.contains) == [])
    #expect(Set(names).count == names.count)
  }

  @Test(arguments: [
    ("cat([1])", "write `concat([x, y], axis: 0)`"), ("mse_loss(1, 2)", "write `mse(prediction, target)`"),
    ("x = tensor([1.0]); x.view(1)", "write `reshape(x, [-1])`"), ("sotfmax(1)", "did you mean `softmax`?"),
  ])
  func anErrorSaysWhatToWrite(code: String, help: String) {
    #expect(failure(code, Session(commands: allCommands))?.help == help)
  }

  @Test func helpKnowsThem() throws {
    let session = Session(commands: allCommands)
    let page = try #require(session.help("gather"))
    #expect(page.hasPrefix("`gather` is written `takeAlong(x, indices, axis: 1)` here."))
    #expect(page.contains("For each place of `indices`"))
    #expect(try #require(session.help("python")).contains("take_along_axis"))
  }
}
