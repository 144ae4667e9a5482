import Testing

@testable import Tensor

/// A call that must fail, and what its message has to say besides the operation's name.
struct ErrorCase: Sendable, CustomTestStringConvertible {
  let kind: TensorError.Kind
  let operation: String
  let mentions: [String]
  let call: @Sendable () throws -> Tensor

  init(
    _ kind: TensorError.Kind, _ operation: String, _ mentions: String...,
    call: @escaping @Sendable () throws -> Tensor
  ) {
    self.kind = kind
    self.operation = operation
    self.mentions = mentions
    self.call = call
  }

  var testDescription: String { ([operation] + mentions).joined(separator: ", ") }
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
      #expect(error.operation == row.operation)
      #expect(error.description.hasPrefix("\(row.operation): "))
      for part in row.mentions { #expect(error.description.contains(part), "\(error) lacks \(part)") }
    } catch {
      Issue.record("\(error)")
    }
  }
}
