import Runtime

/// A table with one command that changes its argument in place, as training does.
let fitCommand = [
  Command(
    "fit", "Changes a model.", [.required("model", .any), .required("on", .any)],
    effects: [.writes("model"), .rng]
  ) { _ in .none }
]
