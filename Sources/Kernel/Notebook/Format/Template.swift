/// A small notebook to start from: a parameter, a cell, a figure's options and an expectation. The comment at its end makes code hosts and
/// editors that know it show the file as Markdown.
public func notebookTemplate(title: String) -> String {
  let isPlain =
    title.first?.isLetter == true && title.allSatisfy { $0.isLetter || $0.isNumber || " -_".contains($0) }
  return """
    ---
    faa: 1
    title: \(isPlain ? title : JSON.string(title).compact)
    params:
      count: {type: int, default: 1000, min: 1, help: how many numbers to draw}
    seed: 1
    ---
    # \(title.replacing("\n", with: " "))

    What this notebook is about. Mathematics is written between dollar signs: $\\bar x = \\frac{1}{n} \\sum_i x_i$.

    ```faa
    #| label: draw
    x = randn([count])
    print("\\(count) numbers, mean \\(format(float(mean(x)), ".3f"))")
    ```

    ```faa
    #| label: near-zero
    abs(float(mean(x))) < 5 / count ** 0.5
    ```
    ```expect
    true
    ```

    <!-- vim: set syntax=markdown: -->

    """
}
