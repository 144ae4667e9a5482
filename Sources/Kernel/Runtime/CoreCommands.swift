/// The commands every session has: output, numbers, sequences, text, conversions and checks.
public let coreCommands: [Command] =
  outputCommands + numberCommands + sequenceCommands + functionalCommands + textCommands + conversionCommands
  + checkCommands

extension Value {
  /// Names that stand for numbers; variables may hide them.
  static let named: [String: Value] = [
    "pi": .float(.pi), "π": .float(.pi), "inf": .float(.infinity), "∞": .float(.infinity),
    "nan": .float(.nan), "f32": "f32", "f64": "f64", "i32": "i32",
  ]
}
