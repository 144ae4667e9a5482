import Syntax

extension Session {
  /// What `?x.mean` and `?x.*` show: the members of a variable whose names fit, or the page of the command a single one is. Nil when
  /// the topic names no member.
  func memberHelp(_ topic: String) -> String? {
    guard let dot = topic.lastIndex(of: "."), let value = value(at: topic[..<dot]) else { return nil }
    let pattern = String(topic[topic.index(after: dot)...])
    let glob = Glob(pattern)
    let properties = value.propertyNames.filter(glob.matches)
    let methods = Set(machine.memberNames(of: value).filter(glob.matches)).subtracting(properties)
    let names = properties + methods.sorted()
    guard !names.isEmpty else { return nil }
    if names == [pattern], let command = machine.method(pattern, of: value) {
      return HelpPage(command, width: width).text
    }
    let rows = names.map { [$0, summary(of: $0, in: value)] }
    return "\(topic[..<dot]): \(value.article)\n" + TextTable(rows, width: width, indent: 2, folds: true).text
  }

  /// The value of a property, or what a method does.
  private func summary(of name: String, in value: Value) -> String {
    guard value.propertyNames.contains(name) else {
      return machine.method(name, of: value)?.summary ?? ""
    }
    guard let property = try? value.property(name) else { return "" }
    if case .function(let function) = property { return function.command?.summary ?? function.synopsis }
    return property.brief(columns: max(20, width - 24))
  }
}
