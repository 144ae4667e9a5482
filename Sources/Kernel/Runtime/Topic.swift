/// A chapter of the command table: `?losses` lists it, and the reference has a page for it.
public struct Topic: Hashable, Sendable {
  /// The word that asks for it.
  public let name: String
  /// What its commands are about, in a phrase.
  public let summary: String

  /// A chapter.
  public init(_ name: String, _ summary: String) {
    self.name = name
    self.summary = summary
  }

  /// Where rows go that no chapter claims.
  public static let other = Topic("other", "everything else")
}

extension [Command] {
  /// These rows as the chapter `name`.
  public func under(_ name: String, _ summary: String) -> [Command] {
    let topic = Topic(name, summary)
    return map { row in
      var row = row
      row.topic = topic
      return row
    }
  }

  /// The chapters of a table in the order of their first rows, each with its rows.
  var chapters: [(topic: Topic, commands: [Command])] {
    var order: [Topic] = []
    var rows: [Topic: [Command]] = [:]
    for command in self {
      if rows[command.topic] == nil { order.append(command.topic) }
      rows[command.topic, default: []].append(command)
    }
    return order.map { ($0, rows[$0] ?? []) }
  }
}
