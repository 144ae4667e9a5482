import Notebook
import Runtime

extension Shell {
  /// Candidates for what stands before the cursor.
  func complete(_ content: JSON) -> JSON {
    let code = content.text("code")
    let cursor = position(content, in: code)
    let (range, candidates) = session.completions(code, cursor: cursor)
    return ok([
      ("matches", .array(candidates.map(JSON.string))),
      ("cursor_start", .int(CodePoints.count(in: code, upTo: range.lowerBound))),
      ("cursor_end", .int(CodePoints.count(in: code, upTo: range.upperBound))),
      ("metadata", .object([])),
    ])
  }

  /// The page on what stands at the cursor.
  func inspect(_ content: JSON) -> JSON {
    let code = content.text("code")
    let page = session.inspection(
      code, cursor: position(content, in: code), wantsSource: content.int("detail_level", default: 0) > 0)
    return ok([
      ("found", .bool(page != nil)),
      ("data", .object(page.map { [("text/plain", .string($0))] } ?? [])),
      ("metadata", .object([])),
    ])
  }

  /// Whether a console may send an entry off: what the prompt's Enter key goes by.
  func completeness(_ content: JSON) -> JSON {
    let members: [(String, JSON)] =
      switch session.isComplete(content.text("code")) {
      case .complete: [("status", .string("complete"))]
      case .incomplete(let indent):
        [("status", .string("incomplete")), ("indent", .string(String(repeating: " ", count: indent)))]
      case .invalid: [("status", .string("invalid"))]
      }
    return .object(members)
  }

  /// The cursor in bytes; the end when the client gives none.
  private func position(_ content: JSON, in code: String) -> Int {
    CodePoints.bytes(before: content.int("cursor_pos", default: .max), in: code)
  }
}
