import Syntax
import Tensor

extension Value {
  /// What a client shows for the value of a cell.
  public func display(width: Int = 80) -> Display {
    switch self {
    case .object(let box): box.object.display(width: width)
    case .tensor(let tensor): Display(text: Value.foldingHead(of: tensor.described(width: width), width))
    case .string(let box) where box.value.contains("\n"): Display(text: box.value)
    case .function(let function): Display(text: Value.foldingHead(of: function.synopsis, width))
    default: Display(text: laidOut(width: width), table: table)
    }
  }

  /// A display whose first line, a sentence, goes on below where it is too wide.
  private static func foldingHead(of text: String, _ width: Int) -> String {
    let head = text.prefix { $0 != "\n" }
    guard TextWidth.columns(head) > width else { return text }
    return TextWidth.folded(String(head), to: max(20, width - 2)).joined(separator: "\n  ")
      + text[head.endIndex...]
  }

  /// The value in at most about `columns` characters of one line: containers say how many elements are left out.
  public func brief(columns: Int = 60) -> String {
    var text = ""
    write(to: &text, budget: columns, depth: 0)
    return TextWidth.printable(text)
  }

  /// Adds what `plainText` gives to a text in UTF-8.
  func write(to text: inout [UInt8]) {
    switch self {
    case .string(let box): text.append(text: box.value)
    case .int(let value): text.append(decimal: value)
    default: text.append(text: plainText)
    }
  }

  /// What `print` and string interpolation write: strings bare, everything else as it is shown.
  public var plainText: String {
    switch self {
    case .string(let box): box.value
    case .int(let value): value.description
    case .float(let value): value.description
    case .tensor(let tensor): tensor.description
    case .object(let box): box.object.printed
    default: brief(columns: 4000)
    }
  }

  /// The type with its article, and the shape where there is one: "an int", "a tensor of shape (3,)".
  var article: String {
    switch self {
    case .none: "none"
    case .tensor(let tensor): tensor.rank == 0 ? "a scalar tensor" : "a tensor of shape \(tensor.shape)"
    default: withArticle(typeName)
    }
  }

  private func write(to text: inout String, budget: Int, depth: Int) {
    switch self {
    case .none: text += "none"
    case .bool(let value): text += value ? "true" : "false"
    case .int(let value): text += String(value)
    case .float(let value): text += value.description
    case .string(let box): text += quoted(box.value, atMost: max(budget, 20))
    case .list(let box): Value.write(box.elements, "[", "]", to: &text, budget, depth)
    case .tuple(let box):
      Value.write(box.elements, "(", box.elements.count == 1 ? ",)" : ")", to: &text, budget, depth)
    case .record(let box): Value.write(box, to: &text, budget, depth)
    case .range(let box):
      text +=
        box.step == 1 ? "\(box.lower)..<\(box.upper)" : "range(\(box.lower), \(box.upper), step: \(box.step))"
    case .tensor(let tensor):
      text += tensor.rank == 0 ? tensor.description : "tensor\(tensor.shape) \(tensor.dtype)"
    case .function(let function): text += "function \(function.name)"
    case .object(let box): text += box.object.summary()
    }
  }

  private static func write(
    _ elements: [Value], _ open: String, _ close: String, to text: inout String, _ budget: Int, _ depth: Int
  ) {
    text += open
    let end = text.utf8.count + budget
    for (index, element) in elements.enumerated() {
      if index > 0 { text += ", " }
      if text.utf8.count >= end || (depth > 6 && element.isNested) {
        text += "… \(elements.count) elements"
        break
      }
      element.write(to: &text, budget: end - text.utf8.count, depth: depth + 1)
    }
    text += close
  }

  private static func write(_ box: RecordBox, to text: inout String, _ budget: Int, _ depth: Int) {
    text += "{"
    let end = text.utf8.count + budget
    for (index, (key, value)) in zip(box.keys, box.values).enumerated() {
      if index > 0 { text += ", " }
      if text.utf8.count >= end || depth > 6 {
        text += "… \(box.keys.count) fields"
        break
      }
      text += "\(written(key: key)): "
      value.write(to: &text, budget: end - text.utf8.count, depth: depth + 1)
    }
    text += "}"
  }

  private var isNested: Bool {
    switch self {
    case .list, .tuple, .record: true
    default: false
    }
  }
}
