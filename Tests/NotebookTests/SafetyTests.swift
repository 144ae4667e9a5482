import Glibc
import Testing

@testable import Notebook

/// What a notebook may not do, and what bad input and bad disks do to a run: a message, an exit code, nothing lost.
@Suite(.serialized) struct SafetyTests {
  private static func saving(_ path: String, header: String = "") -> String {
    "\(header)```faa\nprint(\"kept\")\nsave(tensor([1.0]), \"\(path)\")\n```\n"
  }
  private static let asksToWrite = "---\npermissions: [write]\n---\n"

  @Test(arguments: [
    ("n.faaout/x.npy", "", "", 0), ("x.npy", "", "", 126), ("n.faaout/../x.npy", "", "", 126),
    ("/tmp/faa-safety-test.npy", "", "", 126), ("x.npy", asksToWrite, "--trust", 0),
    ("x.npy", asksToWrite, "", 126),
    ("x.npy", asksToWrite, "--trust --deny write", 126),
  ])
  func writesWhereItMay(_ path: String, _ header: String, _ flags: String, _ code: Int32) throws {
    let folder = try folder(Self.saving(path, header: header))
    let program = try Program("run n.faa \(flags) < /dev/null", in: folder)
    #expect(program.code == code, "\(program.errors)")
    #expect(folderEntries(folder).contains("x.npy") == (code == 0 && path == "x.npy"))
    if code == 126, header.isEmpty {
      #expect(program.output == "kept\n" && program.errors.contains("is outside the notebook's own folders"))
      #expect(program.errors.contains("list `permissions: [write]` in the header and run with --trust"))
    }
    if code == 126, !header.isEmpty, flags.isEmpty {
      // Nothing has run.
      #expect(
        program.output.isEmpty
          && program.errors.contains("asks for the permission `write`: it may write any file"))
    }
  }

  @Test func readsWhereItMay() throws {
    let folder = try folder(
      "---\nparams:\n  file: {type: path, default: own.npy}\n---\n```faa\nload(file)\n```\n")
    let outside = try NotebookTests.folder("") + "/other.npy"
    #expect(
      try Program("|$FAA -e 'save(tensor([1.0]), \"own.npy\")' && cp own.npy \(outside)", in: folder).code
        == 0)
    #expect(try Program("run -q n.faa", in: folder).code == 0)
    #expect(try Program("run -q n.faa -p file=\(outside)", in: folder).code == 0)
    // A link out of the folder is outside, whatever it is called.
    #expect(try Program("|ln -sf \(outside) own.npy; $FAA run -q n.faa", in: folder).code == 126)
  }

  @Test func htmlCarriesNothingThatRuns() throws {
    let attack = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    let notebook =
      "---\ntitle: \"\(attack)\"\n---\n\(attack)\n\n[x](javascript:alert(3)) ![y](http://evil.example/z.png)\n\n"
      + "```faa label=a\n#| caption: \(attack)\nprint(\"\(attack)\")\nplot([1, 2], title: \"\(attack)\")\n```\n"
    let folder = try folder(notebook)
    #expect(try Program("run -q n.faa --html n.html", in: folder).code == 0)
    let page = String(decoding: try readFile("\(folder)/n.html"), as: UTF8.self)
    #expect(isWellFormed(page.replacing("<!DOCTYPE html>", with: "")))
    for part in ["<script", "<img src=x", "javascript:", "http://evil"] {
      #expect(!page.contains(part), "\(part)")
    }
    #expect(page.contains("default-src 'none'"))
  }

  @Test func titlesOfPlotsAreData() throws {
    let title = "`touch pwned` \\\" ; system 'touch pwned' #"
    let folder = try folder("```faa\nplot([1, 2], title: \(quoted(title)), x: \(quoted(title)))\n```\n")
    #expect(try Program("run -q n.faa", in: folder).code == 0)
    #expect(
      !folderEntries(folder).contains("pwned") && !folderEntries("\(folder)/n.faaout").contains("pwned"))
  }

  private func quoted(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }

  // MARK: Bad input

  @Test(arguments: [
    ("run", "```faa\nprint(1)\n```\n\u{0}", 3, "a zero byte: this is not a text file"),
    ("run", "```faa\nprint(1", 3, "is never closed"),
    (
      "run", "---\nparams: {n: {type: int}}\n---\n```faa\nn\n```\n", 2,
      "parameter `n` (int) is required; give it with -p n=..."
    ),
    ("run -p n=1.5", "---\nparams: {n: {type: int}}\n---\n```faa\nn\n```\n", 2, "`1.5` is not an int"),
    (
      "run --params p.json", "---\nparams: {n: {type: int}}\n---\n```faa\nn\n```\n", 127, "cannot read p.json"
    ),
    ("run --device gpu", "```faa\n1\n```\n", 127, "this build has no GPU"),
    ("convert --to ipynb", "```faa\n", 3, "is never closed"), ("fmt", "```faa\n", 3, "is never closed"),
    ("status", "```faa\n", 3, "is never closed"), ("test", "", 3, "the notebook is empty"),
    (
      "check", "```faa label=a\n```\n```faa label=a\n```\n", 3,
      "the label `a` is already used by the cell on line 1"
    ),
    (
      "check", "=======\n<<<<<<< a\n```faa\n>>>>>>> b\n```\n", 3,
      "n.faa:2:1: error: a version-control conflict marker"
    ),
  ])
  func refusesBadNotebooks(_ command: String, _ notebook: String, _ code: Int32, _ message: String) throws {
    let folder = try folder(notebook)
    let program = try Program("\(command) n.faa", in: folder)
    #expect(program.code == code && program.errors.contains(message), "\(program.errors)")
    #expect(program.output.isEmpty)
    #expect(try readFile("\(folder)/n.faa") == Array(notebook.utf8))
  }

  @Test func readsParameterFiles() throws {
    let folder = try folder(
      "---\nparams: {n: {type: int}, s: {type: string, default: x}}\n---\n```faa\nprint(n, s)\n```\n")
    try replaceFile("\(folder)/p.json", with: Array("{\"n\": 4, \"s\": \"no\"}".utf8))
    try replaceFile("\(folder)/p.yaml", with: Array("n: 007\ns: 1e-2\n".utf8))
    #expect(try Program("run -q n.faa --params p.json", in: folder).output == "4 no\n")
    #expect(try Program("run -q n.faa --params p.yaml -p s=b", in: folder).output == "7 b\n")
    #expect(try Program("run -q n.faa --params p.yaml --param-json 'n=9'", in: folder).output == "9 1e-2\n")
    try replaceFile("\(folder)/p.json", with: Array("{\"m\": 4}".utf8))
    let unknown = try Program("run -q n.faa --params p.json", in: folder)
    #expect(unknown.code == 2 && unknown.errors.contains("p.json: unknown parameter `m`"))
  }

  /// A notebook as large as a careless export: parsed in a moment, refused or run, never a crash.
  @Test func takesHugeNotebooks() throws {
    let cells = (0..<3000).map { "text \($0)\n\n```faa\nx\($0) = \($0)\n```\n\n" }.joined()
    let folder = try folder(cells + "```faa\nprint(x2999)\n```\n")
    let program = try Program("check n.faa", in: folder)
    #expect(program.code == 0, "\(program.errors.prefix(300))")
    let line = String(repeating: "x", count: 5_000_000)
    try replaceFile("\(folder)/n.faa", with: Array("\(line)\n```faa\n1\n```\n".utf8))
    #expect(try Program("run -q n.faa", in: folder).output == "1\n")
  }

  // MARK: Bad disks

  /// Every write to `/dev/full` fails as on a full disk.
  @Test func saysThatTheDiskIsFull() throws {
    let folder = try folder("```faa\nprint(\"on\")\n```\n")
    let events = try Program("run -q n.faa --events /dev/full", in: folder)
    #expect(events.code == 1 && events.output == "on\n")
    #expect(
      events.errors.contains("results are not complete: cannot write /dev/full: No space left on device"))
  }

  /// With a file system that is really full, where this user may mount one.
  @Test func survivesAFullFileSystem() throws {
    let folder = try folder("")
    let mounted = try Program("|mkdir small && mount -t tmpfs -o size=64k none small", in: folder)
    guard mounted.code == 0 else {
      print("not tested: this user may not mount a small file system")
      return
    }
    defer { _ = try? Program("|umount small", in: folder) }
    let notebook =
      "```faa label=big\nx = randn([100000])\nprint(\"ran\")\n```\n```faa\nprint(\"on\"); x.shape\n```\n"
    try replaceFile("\(folder)/small/n.faa", with: Array(notebook.utf8))
    let cached = try Program("run small/n.faa --cache rw --progress none", in: folder)
    #expect(cached.code == 0 && cached.output.hasPrefix("ran\non\n"), "\(cached.errors)")
    #expect(cached.errors.contains("warning: results of cells are not kept for another run: cannot write"))
    let full = try Program("|head -c 100000 /dev/zero > small/fill; $FAA run -q small/n.faa", in: folder)
    #expect(full.code == 1 || full.code == 2, "\(full.errors)")
    #expect(full.errors.contains("No space left on device"))
    #expect(try readFile("\(folder)/small/n.faa") == Array(notebook.utf8))
  }

  /// With a file system that really takes no writes, where this user may mount one.
  @Test func survivesAReadOnlyFileSystem() throws {
    let folder = try folder("")
    let mounted = try Program(
      "|mkdir m && mount -t tmpfs -o size=64k none m && printf '```faa\\nprint(1)\\n```\\n' > m/n.faa && mount -o remount,ro m",
      in: folder)
    guard mounted.code == 0 else {
      print("not tested: this user may not mount a small file system")
      return
    }
    defer { _ = try? Program("|umount m", in: folder) }
    let cases: [(String, Int32, String)] = [
      ("run m/n.faa", 2, "n.faaout: Read-only file system; choose a folder for the results with --out"),
      ("run -q m/n.faa --out o", 0, ""), ("run m/n.faa --out o --html m/n.html", 2, "cannot write"),
      ("run m/n.faa --out o --events m/e", 2, "cannot write"), ("check m/n.faa", 0, ""),
      ("convert m/n.faa --to html -o m/n.html", 2, "cannot write m/n.html"), ("clean m/n.faa", 0, ""),
      ("test m/n.faa --out o --junit m/j.xml", 2, "cannot write"), ("new m/x", 2, "cannot write m/x.faa"),
    ]
    for (command, code, message) in cases {
      let program = try Program(command, in: folder)
      #expect(program.code == code, "\(command): \(program.errors)")
      #expect(message.isEmpty || program.errors.contains(message), "\(command): \(program.errors)")
      if code == 2 { #expect(program.output.isEmpty) }
    }
  }

  @Test func saysThatAFolderIsReadOnly() throws {
    let folder = try folder("```faa\nprint(\"on\")\n```\n")
    // /proc takes no new folders, from root either.
    let refused = try Program("run n.faa --out /proc/none", in: folder)
    #expect(
      refused.code == 2
        && refused.errors == "faa: error: cannot create /proc/none: No such file or directory\n")
    // Said before anything runs, not after an hour of it.
    for flag in ["--html", "--md", "--ipynb", "--json"] {
      let page = try Program("run -q n.faa \(flag) none/n.out", in: folder)
      #expect(page.code == 2 && page.output.isEmpty, "\(page.errors)")
      #expect(
        page.errors.contains("cannot write") && page.errors.contains("none/n.out: No such file or directory"))
    }
    let page = try Program("run -q n.faa --html .", in: folder)
    #expect(page.code == 2 && page.errors.contains("Is a directory"))
  }
}
