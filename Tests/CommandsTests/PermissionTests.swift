import Runtime
import Testing

@testable import Commands

/// No command touches a file that its row does not declare, and none that the session does not permit.
@Suite struct PermissionTests {
  /// Whoever takes a path says what it does with it, so that the gate can hold it.
  @Test func declaresEveryPath() {
    for command in allCommands {
      let declared = command.effects.list.compactMap { effect -> String? in
        switch effect {
        case .readsFile(let name), .writesFile(let name): name
        default: nil
        }
      }
      for name in declared { #expect(command.parameters.contains { $0.name == name }, "\(command.name)") }
      let taken = command.parameters.map(\.name).filter {
        ["path", "file", "files", "folder"].contains($0)
      }
      #expect(taken.allSatisfy(declared.contains), "\(command.name)")
    }
  }

  private static let peek = Command(
    "peek", "Says that it ran.",
    [.required("first", .any), .optional("files", .any), .optional("target", .string)],
    effects: [.readsFile("files"), .writesFile("target")]
  ) { _ in .text("ran") }

  @Test(arguments: [
    ("peek(1)", true), ("peek(1, \"/usr/a\")", true), ("peek(1, [\"/usr/a\", \"/usr/b\"])", true),
    ("peek(1, files: \"/etc/a\")", false), ("peek(1, [\"/usr/a\", \"/etc/b\"])", false),
    ("peek(1, target: \"/usr/a\")", false), ("peek(1, target: \"/var/a\")", true),
    ("peek(1, \"/usr/../etc/a\")", false), ("peek(1, \"\")", false), ("peek(1, [2])", false),
    ("f = peek; f(1, \"/etc/a\")", false),
    ("[peek(p, p) for p in [\"/etc/a\"]]", false),
  ])
  func asksBeforeTheCommandRuns(_ source: String, _ isPermitted: Bool) {
    let session = Session(commands: [Self.peek])
    session.permissions.readable = ["/usr"]
    session.permissions.writable = ["/var"]
    switch session.run(source, name: "t", output: { _ in }) {
    case .value: #expect(isPermitted)
    case .failure(let diagnostic):
      #expect(
        !isPermitted && ["PermissionDenied", "TypeMismatch"].contains(diagnostic.code), "\(diagnostic.code)")
    }
  }

  /// A prompt permits everything.
  @Test func permitsAllAtAPrompt() {
    let session = Session(commands: [Self.peek])
    guard case .value = session.run("peek(1, \"/etc/a\", \"/etc/b\")", name: "t", output: { _ in }) else {
      Issue.record("the prompt was refused")
      return
    }
  }
}
