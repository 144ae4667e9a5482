import Testing

@testable import Notebook

private let header = """
  ---
  params:
    steps: {type: int, default: 200, min: 1, max: 1000}
    lr: {type: float, default: 1e-2}
    flag: {type: bool, default: false}
    name: {type: string, default: no}
    file: {type: path, default: a.csv}
    device: {type: enum, choices: [cpu, gpu], default: cpu}
    betas: {type: "list[float]", default: [0.9, 0.95]}
    tags: {type: "list[string]", default: []}
  ---
  """

private func declared(_ text: String = header) -> [HeaderParameter] {
  Document(parsing: Array(text.utf8), name: "n").header.parameters
}

@Suite struct ParameterTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let assignment: String
    /// The literal of the value, or the message.
    let outcome: String
    var testDescription: String { assignment }

    init(_ assignment: String, _ outcome: String) {
      self.assignment = assignment
      self.outcome = outcome
    }
  }

  static let accepted: [Case] = [
    .init("steps=007", "7"), .init("steps=1000", "1000"), .init("lr=3", "3.0"), .init("lr=1e-3", "0.001"),
    .init("lr=inf", "inf"), .init("lr=nan", "nan"), .init("flag=true", "true"),
    .init("name=true", "\"true\""),
    .init("name=a=b", "\"a=b\""), .init("name=", "\"\""),
    .init("name=say \"hi\" \\(x)", "\"say \\\"hi\\\" \\\\(x)\""),
    .init("file=b.csv", "\"/home/b.csv\""), .init("file=/x/b.csv", "\"/x/b.csv\""),
    .init("device=gpu", "\"gpu\""),
    .init("betas=0.5,1", "[0.5, 1.0]"), .init("betas=[0.5, 1e2]", "[0.5, 100.0]"), .init("betas=", "[]"),
    .init("tags=a, no", "[\"a\", \"no\"]"),
  ]

  @Test(arguments: accepted)
  func converts(_ test: Case) throws {
    var input = ParameterInput(directory: "/home")
    input.assignments = [test.assignment]
    let name = String(test.assignment.prefix { $0 != "=" })
    let value = try #require(try resolveParameters(declared(), input).first { $0.name == name })
    #expect(value.value.literal == test.outcome)
    #expect(value.source == .cli)
  }

  static let refused: [Case] = [
    .init("step=1", "-p step=1: unknown parameter `step`; did you mean `steps`?"),
    .init(
      "zzz=1", "-p zzz=1: unknown parameter `zzz`; known: steps, lr, flag, name, file, device, betas, tags"),
    .init("steps=1.5", "-p steps=1.5: parameter `steps` (int): `1.5` is not an int"),
    .init("steps=", "-p steps=: parameter `steps` (int): `` is not an int"),
    .init(
      "steps=99999999999999999999",
      "-p steps=99999999999999999999: parameter `steps` (int): `99999999999999999999` is not an int"),
    .init("steps=0", "-p steps=0: parameter `steps` (int): 0 is below the minimum 1"),
    .init("steps=1001", "-p steps=1001: parameter `steps` (int): 1001 is above the maximum 1000"),
    .init("lr=fast", "-p lr=fast: parameter `lr` (float): `fast` is not a float"),
    .init("flag=yes", "-p flag=yes: parameter `flag` (bool): `yes` is not true or false"),
    .init(
      "device=cpx", "-p device=cpx: parameter `device` (enum): `cpx` is not a choice; did you mean `cpu`?"),
    .init("betas=1,x", "-p betas=1,x: parameter `betas` (list[float]): `x` is not a float"),
    .init("steps", "-p steps: write -p NAME=VALUE"), .init("=1", "-p =1: write -p NAME=VALUE"),
  ]

  @Test(arguments: refused)
  func refuses(_ test: Case) {
    var input = ParameterInput(directory: "/home")
    input.assignments = [test.assignment]
    #expect(throws: UsageError(test.outcome)) { try resolveParameters(declared(), input) }
  }

  @Test func readsFilesBelowTheCommandLine() throws {
    var input = ParameterInput(directory: "/home")
    input.files = [("p.json", "{\"steps\": 5, \"lr\": 0.5, \"name\": \"x\"}"), ("q.yaml", "lr: 0.25\n")]
    input.assignments = ["steps=6"]
    input.jsonAssignments = ["betas=[1, 2]"]
    let values = Dictionary(
      uniqueKeysWithValues: try resolveParameters(declared(), input).map { ($0.name, $0) })
    #expect(values["steps"]?.value == .int(6) && values["steps"]?.source == .cli)
    #expect(values["lr"]?.value == .float(0.25) && values["lr"]?.source == .file)
    #expect(values["name"]?.value == .string("x"))
    #expect(values["betas"]?.value == .list([.float(1), .float(2)]))
    #expect(values["device"]?.source == .default)
  }

  @Test func wantsRequiredValuesOnce() {
    let required = declared("---\nparams:\n  n: {type: int}\n---\n")
    var input = ParameterInput(directory: "/")
    #expect(throws: UsageError("parameter `n` (int) is required; give it with -p n=...")) {
      try resolveParameters(required, input)
    }
    input.assignments = ["n=1", "n=2"]
    #expect(throws: UsageError("-p n=2: parameter `n` is given twice on the command line")) {
      try resolveParameters(required, input)
    }
  }

  @Test func defaultsAreNotGuessed() {
    // YAML would read `no` as false.
    #expect(declared().first { $0.name == "name" }?.defaultValue == .string("no"))
  }

  @Test(arguments: [("500ms", 0.5), ("60s", 60), ("1.5h", 5400), ("10m", 600), ("7", 7)])
  func durations(_ text: String, _ seconds: Double) throws { #expect(try parseDuration(text) == seconds) }

  @Test(arguments: ["", "s", "-1s", "0s", "1e400s", "nan", "inf", "1 s", "1d"])
  func badDurations(_ text: String) { #expect(throws: InvalidValue.self) { try parseDuration(text) } }

  @Test(arguments: [
    ("4GiB", 4 << 30), ("512MiB", 512 << 20), ("2GB", 2_000_000_000), ("10b", 10), ("99", 99),
  ])
  func sizes(_ text: String, _ bytes: Int) throws { #expect(try parseSize(text) == bytes) }

  @Test(arguments: ["", "GiB", "-1", "1e30", "99999999999TiB", "four"])
  func badSizes(_ text: String) { #expect(throws: InvalidValue.self) { try parseSize(text) } }
}
