import Foundation
import Notebook
import Runtime
import Testing

@testable import Jupyter

@Suite("The parts of messages")
struct WireTests {
  /// RFC 4231, test case 2.
  @Test func signatureIsTheStandardOne() {
    let wire = Wire(key: "Jefe")
    #expect(
      wire.signature([Array("what do ya ".utf8), Array("want for nothing?".utf8)])
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
  }

  @Test func messagesSurviveTheWire() throws {
    let wire = Wire(key: "k")
    let message = Message(
      "stream", .object([("text", .string("λ\n\u{1F600}"))]), parent: .object([("msg_id", .string("p"))]),
      identities: [[1, 2], [0]], session: "s")
    var frames = wire.frames(message)
    frames.append([0, 255])
    let read = try wire.message(frames)
    #expect(read.identities == [[1, 2], [0]])
    #expect(read.header == message.header)
    #expect(read.parent == message.parent)
    #expect(read.content == message.content)
    #expect(read.buffers == [[0, 255]])
    #expect(read.header["date"]?.text?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/) != nil)
  }

  @Test func framesThatAreNoMessageAreRejected() {
    let wire = Wire(key: "")
    let mark = Wire.delimiter
    let object = Array("{}".utf8)
    func rejection(_ frames: [[UInt8]]) -> Wire.Rejection? {
      do throws(Wire.Rejection) {
        _ = try wire.message(frames)
        return nil
      } catch { return error }
    }
    #expect(rejection([]) == .noDelimiter)
    #expect(rejection([mark, [], object]) == .tooShort)
    #expect(
      rejection([mark, [], object, object, object, object])
        == .malformed("header has no msg_type or no msg_id"))
    let header = Array("{\"msg_type\": \"a\", \"msg_id\": \"b\"}".utf8)
    #expect(rejection([mark, [], header, object, object, object]) == nil)
    #expect(
      rejection([mark, [], header, object, object, Array("[]".utf8)])
        == .malformed("content is not a JSON object"))
    let deep = Array(String(repeating: "[", count: 100_000).utf8)
    #expect(
      rejection([mark, [], header, object, object, deep]) == .malformed("content is not a JSON object"))
  }

  @Test(arguments: [
    ("aé𝜃b", 0, 0), ("aé𝜃b", 1, 1), ("aé𝜃b", 2, 3), ("aé𝜃b", 3, 7), ("aé𝜃b", 9, 8), ("é", -3, 0),
  ])
  func codePointsAndBytes(text: String, points: Int, bytes: Int) {
    #expect(CodePoints.bytes(before: points, in: text) == bytes)
    #expect(CodePoints.count(in: text, upTo: bytes) == min(max(points, 0), text.unicodeScalars.count))
  }

  @Test func picturesHaveASize() {
    let head: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10, 0, 0, 0, 13] + Array("IHDR".utf8)
    let bundle = MIMEBundle(Display(text: "t", png: head + [0, 0, 1, 2, 0, 0, 0, 9], alt: "what it shows"))
    #expect(bundle.metadata["image/png"]?["width"] == .int(258))
    #expect(bundle.metadata["image/png"]?["height"] == .int(9))
    #expect(bundle.metadata["image/png"]?["alt"]?.text == "what it shows")
    #expect(MIMEBundle.size(png: [1, 2, 3]) == nil)
    #expect(MIMEBundle(Display(text: "")).data["text/plain"]?.text == "")
  }

  /// As a headless run names its cells: the label, or the text and how many equal texts came before.
  @Test func keysAreThoseOfAHeadlessRun() throws {
    func cell(_ text: String) throws -> Cell { try #require(Cell(text: text)) }
    var keys = CellKeys()
    #expect(try keys.key(cell("#| echo: false\n#| label: fit\nx")) == "label:fit")
    let hash = sha256("randn([2])\n").prefix(16)
    #expect(try keys.key(cell("randn([2])")) == "source:\(hash):0")
    // Options are no part of what is hashed, as in the file.
    #expect(try keys.key(cell("#| echo: false\nrandn([2])")) == "source:\(hash):1")
    var named = CellKeys()
    for (name, occurrence) in [("a", 0), ("b", 1), ("a", 0)] {
      #expect(try named.key(cell("randn([2])"), name: name) == "source:\(hash):\(occurrence)")
    }
  }

  /// The media types and what each holds are such that every client takes them.
  @Test func bundlesHaveEveryForm() {
    let bundle = MIMEBundle(
      Display(
        text: "t", svg: "<svg/>", png: [0x89], html: "<b>t</b>", markdown: "**t**", latex: "$t$"))
    let types = bundle.data.members.map(\.0)
    #expect(
      types == ["text/html", "text/markdown", "text/latex", "image/svg+xml", "image/png", "text/plain"])
    for type in types { #expect(type.wholeMatch(of: /[\w\-+.]+\/[\w\-+.]+/) != nil) }
    #expect(bundle.metadata.isObject)
  }

  @Test func progressIsOneDisplayThatIsUpdated() {
    var display = ProgressDisplay()
    let first = display.show(Progress("fit", done: 1, total: 10, note: "loss <1"))
    #expect(first.map(\.type) == ["display_data"])
    let content = JSON.object(first[0].content)
    #expect(content["data"]?["text/plain"]?.text == "fit  1/10  loss <1")
    #expect(content["data"]?["text/html"]?.text?.contains("&lt;1") == true)
    #expect(display.show(Progress("fit", done: 2, total: 10)).isEmpty)
    let last = display.last()
    #expect(last.map(\.type) == ["update_display_data"])
    #expect(JSON.object(last[0].content)["transient"]?["display_id"] == content["transient"]?["display_id"])
    #expect(JSON.object(last[0].content)["data"]?["text/plain"]?.text == "fit  2/10")
  }

  @Test(arguments: [
    ("{", "the connection file is not JSON"), ("{\"transport\": \"udp\"}", "transport `udp`"),
    ("{\"signature_scheme\": \"md5\", \"key\": \"k\"}", "signature_scheme `md5`"),
    ("{\"shell_port\": 70000}", "no valid `shell_port`"),
  ])
  func connectionFilesAreChecked(text: String, complaint: String) {
    #expect { try Connection(parsing: text) } throws: { "\($0)".contains(complaint) }
  }

  @Test func theKernelIsInstalledBelowAPrefix() throws {
    let prefix = "/tmp/faa-prefix-\(UUID().uuidString.prefix(13))"
    defer { try? FileManager.default.removeItem(atPath: prefix) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Client.program)
    process.arguments = ["kernel", "install", "--prefix", prefix]
    process.standardOutput = Pipe()
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    let text = try String(contentsOfFile: prefix + "/share/jupyter/kernels/faa/kernel.json", encoding: .utf8)
    let spec = try JSON(parsing: text)
    #expect(spec["interrupt_mode"]?.text == "message")
    #expect(spec["argv"]?.items.compactMap(\.text) == [Client.program, "kernel", "-f", "{connection_file}"])
  }
}
