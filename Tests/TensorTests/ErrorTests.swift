import Testing

@testable import Tensor

/// A call that must fail, the operation it must name, and what else its message has to say.
struct ErrorCase: Sendable, CustomTestStringConvertible {
  let kind: TensorError.Kind
  var operation: String?
  let mentions: [String]
  let call: @Sendable () throws -> Tensor

  var testDescription: String { ([operation ?? ""] + mentions).joined(separator: ", ") }
}

extension ErrorCase {
  init(
    _ kind: TensorError.Kind, _ operation: String, _ mentions: String...,
    call: @escaping @Sendable () throws -> Tensor
  ) {
    self.init(kind: kind, operation: operation, mentions: mentions, call: call)
  }
}

@Suite("Errors name the operation, the shapes and the remedy")
struct ErrorTests {
  @Test(arguments: ErrorTable.all)
  func message(_ row: ErrorCase) {
    do {
      let result = try row.call()
      Issue.record("no error, but \(result.dtype) of shape \(result.shape)")
    } catch let error as TensorError {
      #expect(error.kind == row.kind)
      if let operation = row.operation {
        #expect(error.operation == operation && error.description.hasPrefix("\(operation): "))
      }
      for part in row.mentions { #expect(error.description.contains(part), "\(error) lacks \(part)") }
    } catch {
      Issue.record("\(error)")
    }
  }
}
