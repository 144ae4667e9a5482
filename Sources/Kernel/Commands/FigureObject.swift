import Figures
import Runtime

/// A figure as a value of the language: drawn when it is shown or saved.
final class FigureObject: HostObject {
  let figure: Figure

  init(_ figure: Figure) { self.figure = figure }

  var typeName: String { "Figure" }
  func summary() -> String { figure.title.isEmpty ? "a figure" : "figure “\(figure.title)”" }

  /// SVG and PNG by gnuplot; text always, and alone where gnuplot is missing.
  func display(width: Int) -> Display {
    let text: String
    do {
      text = try figure.text(width: min(width, 100), height: 18)
    } catch {
      text = "\(error)"
    }
    // Curves differ by symbols in text without colour, which everybody can tell apart.
    let coloured =
      figure.isOfImages ? try? figure.text(width: min(width, 100), style: TextStyle(colour: true)) : nil
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

  var memberNames: [String] { ["title"] }
  func member(_ name: String) throws -> Value? { name == "title" ? .text(figure.title) : nil }
}
