import Figures
import Runtime

/// A figure as a value of the language: drawn when it is shown or saved.
final class FigureObject: HostObject {
  let figure: Figure

  init(_ figure: Figure) { self.figure = figure }

  var typeName: String { "Figure" }
  func summary() -> String { figure.title.isEmpty ? "a figure" : "figure “\(figure.title)”" }

  func display(width: Int) -> Display { display(width: width, as: .all) }

  /// SVG and PNG by gnuplot; text always, and alone where gnuplot is missing.
  func display(width: Int, as forms: Display.Forms) -> Display {
    if case .picture = forms, let png = try? figure.png() {
      return Display(text: summary(), png: png, alt: figure.alternative)
    }
    let text: String
    do {
      text = try self.text(width: width, as: forms)
    } catch {
      text = "\(error)"
    }
    // Curves differ by symbols in text without colour, which everybody can tell apart.
    let coloured =
      figure.isOfImages ? try? figure.text(width: min(width, 100), style: TextStyle(colour: true)) : nil
    if case .text = forms { return Display(text: text, colouredText: coloured) }
    do {
      return Display(
        text: text, svg: try figure.svg(), png: try figure.png(), alt: figure.alternative,
        colouredText: coloured)
    } catch FigureError.gnuplotMissing {
      let hint = "\n(for pictures, install gnuplot-nox)"
      return Display(text: text + hint, colouredText: coloured.map { $0 + hint })
    } catch {
      return Display(text: text == "\(error)" ? text : text + "\n\(error)")
    }
  }

  /// Plots of 18 rows, or of as many as let the figure fit.
  private func text(width: Int, as forms: Display.Forms) throws -> String {
    let usual = 18
    let text = try figure.text(width: min(width, 100), height: usual)
    guard case .text(rows: let limit?) = forms else { return text }
    let excess = text.reduce(1) { $0 + ($1 == "\n" ? 1 : 0) } - limit
    return excess > 0 ? try figure.text(width: min(width, 100), height: usual - excess) : text
  }

  var memberNames: [String] { ["title"] }
  func member(_ name: String) throws -> Value? { name == "title" ? .text(figure.title) : nil }
}
