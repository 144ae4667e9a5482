/// The outcomes of notebooks in JUnit's XML, which continuous integration services read: a suite a notebook, a case a cell.
public func junit(_ runs: [(name: String, code: Int32, result: RunResult?)]) -> String {
  var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
  for run in runs {
    let cells = run.result?.cells.filter { $0.status != .skipped || $0.note != nil } ?? []
    let failures = cells.filter { !$0.isFailed && $0.expectations.contains { $0.mismatch != nil } }.count
    // A run that ended with no cell at fault is a fault of its own.
    let reason = run.result == nil ? "did not run, exit code \(run.code)" : run.result?.stopReason
    let stands = run.result == nil || run.code != 0 && failures == 0 && !cells.contains(where: \.isFailed)
    let errors = cells.filter(\.isFailed).count + (stands ? 1 : 0)
    let skipped = cells.filter { $0.status == .skipped }.count
    text +=
      "  <testsuite name=\"\(attribute(run.name))\" tests=\"\(cells.count + (stands ? 1 : 0))\" failures=\"\(failures)\" errors=\"\(errors)\" skipped=\"\(skipped)\" time=\"\(decimal(run.result?.seconds ?? 0, 3))\">\n"
    if stands {
      let message = attribute(reason ?? "exit code \(run.code)")
      text +=
        "    <testcase classname=\"\(attribute(run.name))\" name=\"notebook\"><error message=\"\(message)\"/></testcase>\n"
    }
    for cell in cells { text += testCase(cell, of: run.name) }
    text += "  </testsuite>\n"
  }
  return text + "</testsuites>\n"
}

private func testCase(_ cell: CellOutcome, of notebook: String) -> String {
  let head =
    "    <testcase classname=\"\(attribute(notebook))\" name=\"\(attribute(cell.address))\" file=\"\(attribute(notebook))\" line=\"\(cell.line)\" time=\"\(decimal(cell.seconds, 3))\""
  var body = ""
  if cell.status == .skipped {
    body += "      <skipped message=\"\(attribute(cell.note ?? ""))\"/>\n"
  } else if cell.isFailed {
    let failure = cell.failure
    body +=
      "      <error type=\"\(attribute(failure?.code ?? cell.status.rawValue))\" message=\"\(attribute(failure?.message ?? cell.status.rawValue))\">\(content(failure?.rendered ?? ""))</error>\n"
  }
  for verdict in cell.expectations {
    guard let mismatch = verdict.mismatch else { continue }
    let expected = mismatch.expected ?? "(nothing more)"
    let actual = mismatch.actual ?? "(nothing more)"
    body +=
      "      <failure type=\"expect\" message=\"line \(verdict.line + mismatch.line): expected \(attribute(expected)), but \(attribute(actual)) came\"/>\n"
  }
  return body.isEmpty ? head + "/>\n" : head + ">\n" + body + "    </testcase>\n"
}

/// Text as XML 1.0 can hold it: controls that it cannot name become replacement characters.
private func content(_ text: String) -> String {
  var result = String.UnicodeScalarView()
  for scalar in plainTerminalText(text).unicodeScalars {
    let isAllowed = scalar.value >= 0x20 || scalar == "\n" || scalar == "\t"
    result.append(isAllowed && scalar.value != 0xFFFE && scalar.value != 0xFFFF ? scalar : "\u{FFFD}")
  }
  return escaped(String(result))
}

private func attribute(_ text: String) -> String { content(text).replacing("\n", with: "&#10;") }
