import Hypergradient
import Runtime
import Tensor

/// Watching a method at work.
let playCommands: [Command] = [
  Command(
    "play",
    "Steps through the series or solver behind a hypergradient: arrows, spectrum, residual, estimate.",
    [
      .required("hg", .object(["Hypergradient"]), "the hypergradient"),
      .optional(
        "method", .choice(PlayTrack.methods), "what to watch; its own method, or neumann, by default"),
      .optional("gamma", .either([.number, .choice(["auto", "optimal"])]), "another step γ"),
      .optional("frames", .int, default: 6, "how many frames to print where nobody sits at a keyboard"),
      .optional("axes", .sequence, default: [0, 1], "the two coordinates of q to draw"),
    ],
    returns:
      "none; at a prompt, keys step, go back, run, jump, change γ, method and coordinates; elsewhere frames are printed",
    errors: [("HypergradientError", "a method that does not take this problem")],
    example:
      "play(hypergradient({ θ, λ in 0.5 * (θ - 3) ** 2 }, through: { θ, λ in (θ - λ) ** 2 }, at: (0.5, 0.5), by: neumann(terms: 5, gamma: 0.3)), frames: 1)",
    effects: [.output]
  ) { a in
    let hypergradient = try a.object("hg", as: HypergradientObject.self).result
    let own = PlayTrack.methods.contains(hypergradient.method.name) ? hypergradient.method.name : "neumann"
    let axes = try a.ints("axes")
    guard axes.count == 2, axes.allSatisfy({ $0 >= 0 }) else {
      throw a.mismatch("axes", expected: "two coordinates such as [0, 1]")
    }
    let count = hypergradient.point.theta.tensors.reduce(0) { $0 + $1.count }
    // A θ of one element is drawn on a line.
    guard axes.allSatisfy({ $0 < max(count, 2) }) else {
      throw a.error(
        "InvalidArgument", "axes", "names a coordinate beyond the \(count) of q, 0 to \(count - 1)")
    }
    let player = try Player(
      hypergradient, method: a.optionalString("method") ?? own, gamma: a.optional("gamma") { try a.step($0) },
      axes: (axes[0], axes[1]))
    if let stage = a.session.stage {
      try player.converse(on: stage)
    } else {
      try player.printFrames(a.int("frames", atLeast: 1), a.session)
    }
    return .none
  }
]

/// The state of a player: a track, and the place on it.
final class Player {
  private let result: Hypergradient
  private var track: PlayTrack
  private var index = 0
  private var axes: (Int, Int)
  private let spectrum: SpectralBounds?
  private let exact: [Double]?
  private var remark = ""

  private static let keys = [
    "→ step", "← back", "r to the end", "j jump", "g γ", "m method", "c coordinates", "0 start", "q leave",
  ]

  /// The keys in lines of at most `width` columns.
  private static func keys(width: Int) -> String {
    keys.reduce(into: [""]) { lines, key in
      let line = lines[lines.count - 1]
      if line.isEmpty {
        lines[lines.count - 1] = key
      } else if line.count + 2 + key.count <= width {
        lines[lines.count - 1] += "  " + key
      } else {
        lines.append(key)
      }
    }.joined(separator: "\n")
  }

  init(_ result: Hypergradient, method: String, gamma: StepSize?, axes: (Int, Int)) throws {
    self.result = result
    self.axes = axes
    track = try PlayTrack(result, method: method, gamma: gamma)
    let point = result.point
    let system = try result.system()
    spectrum =
      system.symmetry == .symmetric ? try lanczos(system, like: point.theta.tensors, steps: 30) : nil
    exact =
      point.theta.elementCount <= 64
      ? try exactSolution(result) : nil
  }

  private func frame() -> PlayFrame {
    PlayFrame(track: track, index: index, axes: axes, spectrum: spectrum, exact: exact)
  }

  /// Frames of the first steps and then of doubling ones, as text and as figures.
  func printFrames(_ count: Int, _ session: Session) throws {
    for number in 0..<count {
      let target = number < 4 ? number : 3 << (number - 3)
      try jump(to: target)
      var display = FigureObject(frame().figure()).display(width: session.width)
      display.text = frame().text(width: session.width)
      session.emit(.display(display))
      if index < target { return }
    }
  }

  /// Answers keys until the reader leaves.
  func converse(on stage: any Stage) throws {
    while true {
      let keys = Self.keys(width: stage.width)
      let frame = frame()
      // A narrow window is often a low one.
      let gap = frame.isWide(stage.width) ? "\n\n" : "\n"
      stage.show(frame.text(width: stage.width) + gap + keys + (remark.isEmpty ? "" : "\n" + remark))
      remark = ""
      guard let key = stage.key() else { return }
      switch key {
      case "right", "n", "s", "enter", " ", "step": try jump(to: index + 1)
      case "left", "b", "back": index = max(index - 1, 0)
      case "0", "start": index = 0
      case "r", "run": try run()
      case "j", "jump": try ask(stage, "to step:") { try self.jump(to: self.integer($0)) }
      case "g", "gamma": try ask(stage, "γ (a number, auto or optimal):") { try self.restart(gamma: $0) }
      case "m", "method":
        try ask(stage, "method (\(PlayTrack.methods.joined(separator: ", "))):") {
          try self.restart(method: $0)
        }
      case "c", "coordinates":
        try ask(stage, "two coordinates of q:") { answer in
          let numbers = answer.split { !$0.isNumber }.compactMap { Int($0) }
          let count = self.track.steps[0].partial.count
          guard numbers.count == 2, numbers.allSatisfy({ $0 < count }) else {
            throw Misunderstood(answer: answer, hint: "q has the coordinates 0 to \(count - 1)")
          }
          self.axes = (numbers[0], numbers[1])
        }
      case "resize": break
      case "q", "escape", "leave", "quit": return
      default: remark = "no key “\(key)”"
      }
    }
  }

  /// Shows step `target`, making those before it; less where there are fewer.
  private func jump(to target: Int) throws {
    while track.steps.count <= target, try track.advance() {}
    index = min(max(target, 0), track.steps.count - 1)
    if index < target, remark.isEmpty {
      remark = track.ending.isEmpty ? "step \(index) is the last" : track.ending
    }
  }

  /// To the end: round-off, divergence, or a thousand steps on.
  private func run() throws {
    let limit = index + 1000
    while track.steps.count <= limit, try track.advance() {
      if !track.steps[track.steps.count - 1].verdict.isEmpty { break }
    }
    index = track.steps.count - 1
    remark = track.ending
  }

  private struct Misunderstood: Error {
    let answer: String
    var hint = ""
  }

  private func ask(_ stage: any Stage, _ question: String, _ act: (String) throws -> Void) throws {
    // An empty answer, or one that Escape was to end, changes nothing.
    guard let answer = stage.line(question), !answer.contains("\u{1b}"), !answer.allSatisfy(\.isWhitespace)
    else {
      return
    }
    do {
      try act(answer)
    } catch let error as HypergradientError {
      remark = "\(error)"
    } catch let error as Misunderstood {
      remark = "“\(error.answer)” is not an answer to that" + (error.hint.isEmpty ? "" : ": " + error.hint)
    }
  }

  private func integer(_ answer: String) throws -> Int {
    guard let number = Int(answer.filter { !$0.isWhitespace }), (0...100_000).contains(number) else {
      throw Misunderstood(answer: answer)
    }
    return number
  }

  private func restart(gamma answer: String) throws {
    let word = answer.filter { !$0.isWhitespace }
    let step: StepSize =
      switch word {
      case "auto": .auto
      case "optimal": .optimal
      default:
        if let number = Double(word) { .literal(number) } else { throw Misunderstood(answer: answer) }
      }
    let name = track.name == "unroll" ? "unroll" : "neumann"
    if name != track.name { remark = "\(track.name) has no γ: the Neumann series with this one" }
    track = try PlayTrack(result, method: name, gamma: step)
    try jump(to: index)
  }

  private func restart(method answer: String) throws {
    let name = answer.filter { !$0.isWhitespace }
    guard PlayTrack.methods.contains(name) else { throw Misunderstood(answer: answer) }
    track = try PlayTrack(result, method: name, gamma: nil)
    try jump(to: index)
  }
}

/// The exact q at a result's point; nil where there is none.
private func exactSolution(_ result: Hypergradient) throws -> [Double]? {
  var options = result.options
  (options.fallback, options.warmStart, options.preconditioner, options.batches) = ([], nil, nil, nil)
  let exact = try hypergradient(at: result.point, by: Dense(), options)
  return exact.status.isUsable ? try exact.q.flatMap { try $0.doubles() } : nil
}
