/// Commands that tell the reader something.
let outputCommands: [Command] = [
  Command(
    "print", "Writes values, separated and followed by the given text.",
    [
      .rest("values", .any, "what to write; strings are written bare"),
      .optional("separator", .string, default: " ", "between the values"),
      .optional("end", .string, default: "\n", "after the last"),
    ],
    returns: "none", example: "print(\"loss\", 0.25)  # loss 0.25", effects: [.output]
  ) { a in
    let text = a.rest("values").map(\.plainText).joined(separator: try a.string("separator"))
    a.session.emit(.text(text + (try a.string("end"))))
    return .none
  },
  Command(
    "warn", "Sends a warning to the reader.", [.required("message", .any, "one line")],
    returns: "none", example: "warn(\"the series has not converged\")", effects: [.output]
  ) { a in
    a.session.emit(.warning(a["message"].plainText))
    return .none
  },
  Command(
    "record", "Keeps a number under a name among the metrics of the run's results.",
    [.required("name", .string, "the name"), .required("value", .number, "the number")],
    returns: "none", example: "record(\"loss\", 0.25)", effects: [.output]
  ) { a in
    // Of a loss that is being differentiated the number is kept.
    guard let value = a["value"].number else { throw a.mismatch("value", expected: "a number") }
    a.session.emit(.metric(try a.string("name"), value))
    return .none
  },
  Command(
    "show", "Displays values the way the value of a cell is displayed.",
    [.rest("values", .any, "what to display")], returns: "none", example: "show([1, 2, 3])",
    effects: [.output]
  ) { a in
    for value in a.rest("values") { a.session.emit(.display(value.display(width: a.session.width))) }
    return .none
  },
  Command(
    "summary",
    "Shows what a value is: the layers of a model, the numbers of a tensor, the fields of a record.",
    [.required("x", .any, "any value")], returns: "none", example: "{lr: 0.1, steps: 5} |> summary",
    effects: [.output]
  ) { a in
    a.session.emit(.display(a["x"].display(width: a.session.width)))
    return .none
  },
  Command(
    "clear", "Takes away what the cell has shown; at a terminal, clears the screen.",
    [
      .optional(
        "wait", .bool, default: false, "keep it until something new is shown, so that nothing flickers")
    ],
    returns: "none", example: "clear()", effects: [.output]
  ) { a in
    a.session.emit(.clear(wait: try a.bool("wait")))
    return .none
  },
  Command(
    "input", "Asks the reader for a line of text and waits for it.",
    [
      .optional("prompt", .string, default: "", "what to ask"),
      .optional("secret", .bool, default: false, "do not show what is typed"),
    ],
    returns: "the line as a string, without its end",
    errors: [("NoInput", "where nobody can be asked: in a headless run or a script")],
    example: "try input(\"subjects: \") else \"24\"", effects: [.output, .clock]
  ) { a in
    guard let ask = a.session.ask else { throw CommandError.noInput }
    return .text(try ask(a.string("prompt"), a.bool("secret")))
  },
  Command(
    "out", "A value that the conversation showed before; `_` is the last one, `__` the one before that.",
    [
      .optional(
        "entry", .int, default: -1,
        "the number of its entry as `%history` shows it, or -1 for the last value, -2 …")
    ],
    returns: "the value; the last 50 are kept as long as their tensors take less than 256 MiB",
    errors: [("NoHistory", "where the entry has no value, or no conversation is kept as in `faa run`")],
    example: "try out(-2) else 0", effects: [.clock]
  ) { a in
    let number = try a.int("entry")
    guard let journal = a.session.journal else { throw CommandError.noConversation }
    guard let value = journal.value(of: number) else {
      throw CommandError(
        "NoHistory", "out: entry \(number) has no value, or it was given up",
        help: "`%history -o` lists the entries with what they showed")
    }
    return value
  },
  Command(
    "help", "Explains a command, a variable or a chapter of commands; without argument, lists the chapters.",
    [
      .optional(
        "topic", .either([.string, .function]), "a name, a chapter, a pattern such as `*norm*`, or a function"
      )
    ],
    returns: "nothing; the page is printed", errors: [("UnknownName", "when nothing is called that")],
    example: "help(\"numbers\")", effects: [.output]
  ) { a in
    let topic: String
    switch a["topic"] {
    case .string(let box): topic = box.value
    case .function(let function): topic = function.name
    default: topic = ""
    }
    guard let page = a.session.help(topic) else {
      throw a.error("UnknownName", "topic", "names nothing: \(topic)")
    }
    a.session.show(page: page)
    return .none
  },
  Command(
    "format", "A value as text in a given format.",
    [
      .required("x", .any, "a number or text"),
      .required(
        "spec", .string,
        "sign, zeros, width, precision and style, such as \".3f\", \"8.2e\", \"+d\", \".1%\", \"05d\""),
    ],
    returns: "a string",
    errors: [("InvalidFormat", "when the format cannot be read, or is not for such a value")],
    example: "format(3.14159, \".2f\")  # \"3.14\""
  ) { a in
    let text = try a.string("spec")
    guard let format = NumberFormat(text) else {
      throw a.error(
        "InvalidFormat", "spec", "cannot be read: \"\(text)\"",
        help:
          "[+][0][width][.precision][f|e|g|d|%|s], for instance \".3f\"; a width up to 400, a precision up to 60"
      )
    }
    func misfit(_ reason: String, _ help: String) -> CommandError {
      a.error("InvalidFormat", "spec", "\"\(text)\" \(reason)", help: help)
    }
    switch a["x"] {
    case .int(let value): return .text(format.apply(value))
    case .string(let box):
      if let style = format.style, style != .text {
        throw misfit("is for numbers, not a string", "\"10s\" sets the width of a text, \".3s\" cuts it")
      }
      return .text(format.apply(box.value))
    case .bool, .none: return .text(format.apply(a["x"].plainText))
    default:
      guard let value = a["x"].number else { throw a.mismatch("x", expected: "a number or text") }
      if format.style == .integer, value.isFinite, value != value.rounded() {
        throw misfit("is for integers, not \(value)", "\".0f\" rounds")
      }
      return .text(format.apply(value))
    }
  },
]

extension CommandError {
  /// Looking back where there is nothing to look back on.
  static let noConversation = CommandError(
    "NoHistory", "this session keeps no history", help: "the prompt and the Jupyter kernel do")

  /// `input` where there is nobody to ask.
  public static let noInput = CommandError(
    "NoInput", "input: nobody can be asked here",
    help: "declare a parameter of the notebook, or write `try input(…) else \"…\"`")
}
