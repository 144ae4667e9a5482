extension Figure {
  /// The figure in a sentence, for readers who do not see it: its title, what is drawn, and what the axes measure.
  public var alternative: String { title.isEmpty ? content.words : "\(title): \(content.words)" }
}

extension Figure.Content {
  fileprivate var words: String {
    switch self {
    case .panel(let panel): return panel.words
    case .sheet(let sheet):
      return counted(sheet.images.count, "image", "images", named: sheet.captions)
    case .grid(let rows):
      let figures = rows.flatMap { $0 }
      return "\(figures.count) figures. " + figures.map(\.alternative).joined(separator: ". ")
    }
  }
}

extension Panel {
  /// What is drawn, kind by kind, and what against what.
  fileprivate var words: String {
    var kinds: [(one: String, many: String, names: [String])] = []
    for mark in marks + (right?.marks ?? []) {
      guard let kind = mark.kind else { continue }
      if let index = kinds.firstIndex(where: { $0.one == kind.one }) {
        kinds[index].names.append(mark.name)
      } else {
        kinds.append((kind.one, kind.many, [mark.name]))
      }
    }
    let drawn = kinds.map { counted($0.names.count, $0.one, $0.many, named: $0.names) }
    return (drawn.isEmpty ? "an empty plot" : drawn.joined(separator: ", ")) + measures
  }

  private var measures: String {
    func words(_ axis: Axis) -> String { axis.label + (axis.scale == .log ? " on a logarithmic scale" : "") }
    let upright = [y, right?.axis].compactMap { $0 }.filter { !$0.label.isEmpty }.map(words)
    switch (upright.isEmpty, x.label.isEmpty) {
    case (true, true): return ""
    case (true, false): return " against \(words(x))"
    case (false, true): return "; \(upright.joined(separator: " and "))"
    case (false, false): return "; \(upright.joined(separator: " and ")) against \(words(x))"
    }
  }
}

extension Mark {
  /// What a reader would call it; nil for what only helps to read the rest.
  fileprivate var kind: (one: String, many: String)? {
    switch self {
    case .line: ("curve", "curves")
    case .scatter: ("set of points", "sets of points")
    case .band: ("band", "bands")
    case .histogram: ("histogram", "histograms")
    case .bars: ("bar chart", "bar charts")
    case .heatMap: ("matrix of colours", "matrices of colours")
    case .contour: ("set of level lines", "sets of level lines")
    case .arrows: ("field of arrows", "fields of arrows")
    case .stems: ("set of stems", "sets of stems")
    case .boxPlot: ("box plot", "box plots")
    case .rule, .annotation, .span: nil
    }
  }

  fileprivate var name: String {
    switch self {
    case .line(let line): return line.label
    case .scatter(let points):
      if case .classes(_, let names) = points.colours { return list(names) }
      return points.label
    case .band(let band): return band.label
    case .histogram(let histogram): return histogram.label
    case .bars(let bars): return list(bars.series.map(\.label))
    case .heatMap(let map): return map.label
    default: return ""
    }
  }
}

/// `1 curve`, `2 curves (loss, bound)`.
private func counted(_ count: Int, _ one: String, _ many: String, named names: [String]) -> String {
  let listed = list(names)
  return "\(count) \(count == 1 ? one : many)" + (listed.isEmpty ? "" : " (\(listed))")
}

/// The names that are any, the first eight of them.
private func list(_ names: [String]) -> String {
  let known = names.filter { !$0.isEmpty }
  let more = known.count > 8 ? " and \(known.count - 8) more" : ""
  return known.prefix(8).joined(separator: ", ") + more
}
