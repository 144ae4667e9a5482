import Testing

@testable import Figures

/// What a figure says to readers who do not see it.
@Suite struct AlternativeTests {
  private static let loss = Figure(
    "Loss",
    marks: [.line(y: [2.0, 1.0], label: "training"), .line(y: [2.0, 1.5], label: "test"), .rule(y: 1)],
    x: Axis("step"), y: Axis("loss", scale: .log))

  static let cases: [(Figure, String)] = [
    (loss, "Loss: 2 curves (training, test); loss on a logarithmic scale against step"),
    (Figure(marks: []), "an empty plot"),
    (Figure(marks: [.scatter(x: [1.0], y: [2.0])], x: Axis("t")), "1 set of points against t"),
    (
      Figure(marks: (0..<10).map { .line(y: [1.0], label: "c\($0)") }),
      "10 curves (c0, c1, c2, c3, c4, c5, c6, c7 and 2 more)"
    ),
    (
      .grid([[loss, Figure(marks: [])]], title: "Both"), "Both: 2 figures. \(loss.alternative). an empty plot"
    ),
    (.images([], captions: []), "0 images"),
  ]

  @Test(arguments: cases.indices)
  func saysWhatIsDrawn(_ index: Int) { #expect(Self.cases[index].0.alternative == Self.cases[index].1) }
}
