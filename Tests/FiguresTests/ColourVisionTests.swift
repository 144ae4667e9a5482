import Foundation
import Testing

@testable import Figures

/// The colours of series to eyes that lack one of the three cones.
@Suite struct ColourVisionTests {
  /// Linear RGB as such eyes see it: Machado, Oliveira and Fernandes (2009), table 1, severity 1.
  private static let visions: [(name: String, matrix: [[Double]])] = [
    ("all cones", [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
    (
      "no red",
      [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    (
      "no green",
      [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    (
      "no blue",
      [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
  ]

  private static func linear(_ colour: Colour) -> [Double] {
    [colour.red, colour.green, colour.blue].map {
      let c = Double($0) / 255
      return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4)
    }
  }

  private static func product(_ matrix: [[Double]], _ x: [Double]) -> [Double] {
    matrix.map { row in zip(row, x).reduce(0) { $0 + $1.0 * $1.1 } }
  }

  /// CIE L*a*b* of linear sRGB, white point D65.
  private static func lab(_ linear: [Double]) -> [Double] {
    let xyz = product(
      [
        [0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
      ],
      linear.map { min(max($0, 0), 1) })
    let f = zip(xyz, [0.95047, 1, 1.08883]).map { value, white in
      let t = value / white
      return t > 0.008856 ? cbrt(t) : 7.787 * t + 16.0 / 116
    }
    return [116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])]
  }

  private static func distance(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
  }

  /// Differences of CIE 1976, of which 2.3 is just noticed side by side.
  @Test("any two of eight series differ, whichever cone is lacking", arguments: ["light", "dark"])
  func series(theme: String) {
    let colours = (theme == "light" ? Theme.light : Theme.dark).cycle.map(Self.linear)
    #expect(colours.count == 8)
    for (name, matrix) in Self.visions {
      let seen = colours.map { Self.lab(Self.product(matrix, $0)) }
      for i in seen.indices {
        for j in 0..<i {
          let distance = Self.distance(seen[i], seen[j])
          #expect(
            distance > (i < 4 ? 15 : 13.5), "\(theme), \(name): series \(i) and \(j) differ by \(distance)")
        }
      }
    }
  }

  @Test("series stand out from the page", arguments: ["light", "dark"]) func contrast(theme: String) throws {
    func luminance(_ colour: Colour) -> Double {
      zip(Self.linear(colour), [0.2126, 0.7152, 0.0722]).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let theme = theme == "light" ? Theme.light : Theme.dark
    let page = luminance(try #require(theme.background))
    for colour in theme.cycle {
      let here = luminance(colour)
      let ratio = (max(here, page) + 0.05) / (min(here, page) + 0.05)
      #expect(ratio > 2.1, "\(colour): \(ratio)")
    }
  }
}
