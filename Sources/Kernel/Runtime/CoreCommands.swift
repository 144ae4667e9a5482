/// The commands every session has: output, numbers, sequences, text, conversions and checks.
public let coreCommands: [Command] =
  [
    outputCommands.under("output", "printing, recording and help"),
    numberCommands.under("numbers", "plain numbers"),
    sequenceCommands.under("sequences", "lists, ranges, tuples and records"),
    functionalCommands.under("functional", "functions over sequences"),
    textCommands.under("text", "strings"),
    conversionCommands.under("conversions", "one kind of value as another"),
    checkCommands.under("checks", "assertions and expected errors"),
  ].flatMap(\.self)

extension Value {
  /// Names that stand for numbers and dtypes; variables may hide them.
  static let named: [String: Value] = [
    "pi": .float(.pi), "π": .float(.pi), "inf": .float(.infinity), "∞": .float(.infinity),
    "nan": .float(.nan), "f32": "f32", "f64": "f64", "i32": "i32", "bool": "bool",
  ]
}
