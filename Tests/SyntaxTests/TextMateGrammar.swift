import Foundation

/// Enough of the rules of TextMate grammars to see which scopes one gives every character of a text: `match`, `begin` and `end` with
/// back-references, captures, nested patterns and includes of the same grammar.
final class TextMateGrammar {
  private final class Rule {
    let name: String?, contentName: String?
    let match: NSRegularExpression?, begin: NSRegularExpression?
    let end: String?
    let captures: [Int: String], beginCaptures: [Int: String], endCaptures: [Int: String]
    let patterns: [[String: Any]]
    /// Whether a pattern asks for the start of the whole text.
    let isAtStart: Bool

    init(_ rule: [String: Any]) throws {
      func expression(_ key: String) throws -> NSRegularExpression? {
        try (rule[key] as? String).map { try NSRegularExpression(pattern: $0) }
      }
      func names(_ key: String) -> [Int: String] {
        let entries = rule[key] as? [String: [String: String]] ?? [:]
        return Dictionary(
          uniqueKeysWithValues: entries.compactMap { key, value in
            Int(key).flatMap { number in value["name"].map { (number, $0) } }
          })
      }
      name = rule["name"] as? String
      contentName = rule["contentName"] as? String
      (match, begin) = (try expression("match"), try expression("begin"))
      end = rule["end"] as? String
      (captures, beginCaptures, endCaptures) = (
        names("captures"), names("beginCaptures"), names("endCaptures")
      )
      patterns = rule["patterns"] as? [[String: Any]] ?? []
      isAtStart = (rule["begin"] as? String ?? rule["match"] as? String ?? "").contains("\\A")
    }
  }

  private let grammar: [String: Any]
  private var rules: [String: [Rule]] = [:]

  init(contentsOf path: String) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    grammar = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }

  /// The rules behind some patterns; those of other grammars are left out.
  private func expand(_ patterns: [[String: Any]], key: String) throws -> [Rule] {
    if let known = rules[key] { return known }
    // An include may come back to itself.
    rules[key] = []
    var result: [Rule] = []
    for (index, pattern) in patterns.enumerated() {
      if let include = pattern["include"] as? String {
        guard include.hasPrefix("#") else { continue }
        let name = String(include.dropFirst())
        guard let target = (grammar["repository"] as? [String: [String: Any]])?[name] else {
          throw Unknown(name: include)
        }
        result += try expand([target], key: include)
      } else if pattern["match"] == nil, pattern["begin"] == nil {
        result += try expand(pattern["patterns"] as? [[String: Any]] ?? [], key: "\(key)/\(index)")
      } else {
        result.append(try Rule(pattern))
      }
    }
    rules[key] = result
    return result
  }

  struct Unknown: Error { let name: String }

  private struct Open {
    let rule: Rule
    let end: NSRegularExpression
    let rules: [Rule]
    var scopes: [String] { [rule.name, rule.contentName].compactMap(\.self) }
  }

  /// The scopes of every UTF-16 unit of a text, outermost first.
  func scopes(of text: String) throws -> [[String]] {
    let top = try expand(grammar["patterns"] as? [[String: Any]] ?? [], key: "$self")
    var result: [[String]] = []
    var open: [Open] = []
    var isFirst = true
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let line = NSString(string: line + "\n")
      var marks = [[String]](repeating: [], count: line.length)
      func mark(_ range: NSRange, _ scopes: [String]) {
        for unit in range.location..<NSMaxRange(range) { marks[unit] += scopes }
      }
      func mark(_ match: NSTextCheckingResult, _ names: [Int: String]) {
        for group in names.keys.sorted() where group < match.numberOfRanges {
          let range = match.range(at: group)
          if range.location != NSNotFound, let name = names[group] { mark(range, [name]) }
        }
      }
      var position = 0
      var idle = 0
      while position < line.length, idle < 50 {
        let around = open.flatMap(\.scopes)
        let rest = NSRange(location: position, length: line.length - position)
        let options: NSRegularExpression.MatchingOptions = [
          .withoutAnchoringBounds, .withTransparentBounds,
        ]
        var best = open.last?.end.firstMatch(in: line as String, options: options, range: rest)
        var found: Rule?
        for rule in open.last?.rules ?? top where isFirst || !rule.isAtStart {
          guard
            let match = (rule.match ?? rule.begin)?.firstMatch(
              in: line as String, options: options, range: rest)
          else { continue }
          if best.map({ match.range.location < $0.range.location }) ?? true { (best, found) = (match, rule) }
        }
        guard let best else {
          mark(rest, around)
          break
        }
        mark(NSRange(location: position, length: best.range.location - position), around)
        let next = NSMaxRange(best.range)
        idle = next == position ? idle + 1 : 0
        if let rule = found {
          mark(best.range, around + [rule.name].compactMap(\.self))
          mark(best, rule.begin == nil ? rule.captures : rule.beginCaptures)
          if rule.begin != nil {
            // What the beginning matched may stand in the end.
            var end = rule.end ?? "$."
            for group in 1..<max(2, best.numberOfRanges) where group < best.numberOfRanges {
              let range = best.range(at: group)
              let text = range.location == NSNotFound ? "" : line.substring(with: range)
              end = end.replacing("\\\(group)", with: NSRegularExpression.escapedPattern(for: text))
            }
            open.append(
              Open(
                rule: rule, end: try NSRegularExpression(pattern: end),
                rules: try expand(rule.patterns, key: "rule \(ObjectIdentifier(rule))")))
          } else if next == position {
            position += 1
          }
        } else if let ended = open.popLast() {
          mark(best.range, open.flatMap(\.scopes) + [ended.rule.name].compactMap(\.self))
          mark(best, ended.rule.endCaptures)
        }
        position = max(position, next)
      }
      result += marks
      isFirst = false
    }
    return result
  }
}
