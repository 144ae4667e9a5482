import ArgumentParser
import Notebook

/// `faa convert`: other programs' forms of a notebook, and back.
struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Convert a notebook to ipynb, md, qmd or html, or one of ipynb and qmd to faa.",
    discussion:
      "From .faa to .ipynb and back is byte for byte. Nothing is run; for a page with outputs use `faa run --html`."
  )

  /// What can be written.
  enum Form: String, ExpressibleByArgument, CaseIterable {
    case ipynb, md, qmd, html, faa
  }

  @Argument(help: "A .faa, .ipynb or .qmd file; - is a .faa on standard input.")
  var notebook: String

  @Option(help: "What to make of it: ipynb, md, qmd, html or faa.")
  var to: Form

  @Option(
    name: .shortAndLong, help: "Where to write it; standard output when not given.", completion: .file())
  var output: String?

  func run() throws {
    try checkNames([notebook])
    let code: Int32
    do {
      guard let bytes = bytesOrReport(notebook) else { throw ExitCode(127) }
      let source: [UInt8]
      if notebook.hasSuffix(".ipynb") {
        guard let text = String(validating: bytes, as: UTF8.self) else {
          throw InvalidValue("not UTF-8 text")
        }
        source = try Document.bytes(ipynb: text)
      } else {
        source = notebook.hasSuffix(".qmd") ? Document.fromQuarto(bytes) : bytes
      }
      code = try write(source)
    } catch let error as InvalidValue {
      Console.error("\(notebook):1:1: error: \(error.message)\n")
      code = 3
    }
    throw ExitCode(code)
  }

  private func write(_ source: [UInt8]) throws -> Int32 {
    let document = Document(parsing: source, name: notebook == "-" ? "<stdin>" : notebook)
    report(document.issues)
    guard document.isValid else { return 3 }
    let made: [UInt8]
    switch to {
    case .faa: made = source
    case .ipynb: made = Array(document.ipynb().utf8)
    case .md: made = Array(document.markdown().utf8)
    case .qmd: made = document.quarto
    case .html:
      let base = absolute(notebook == "-" ? "." : folder(of: notebook))
      let page = HTMLPage(document, nil) { pictureBytes($0, below: base) }
      for warning in page.warnings { Console.error("\(document.name): warning: \(warning)\n") }
      made = Array(page.html.utf8)
    }
    if let output {
      try replaceFile(output, with: made)
    } else {
      Console.out(String(decoding: made, as: UTF8.self))
    }
    return 0
  }
}
