import ArgumentParser
import CReadline
import Glibc
import Notebook
import Tensor

/// `faa doctor`: what this installation has, and what to do about what it lacks.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Show versions, kernels, threads, plotting and terminal; exit 127 if a tool is missing.")

  func run() throws {
    var findings = Findings()
    findings.add("faa", version)
    findings.add("swift", "built with Swift \(swiftRelease)")
    processor(&findings)
    blas(&findings)
    findings.add("readline", String(cString: faa_line_version()))
    gnuplot(&findings)
    terminal(&findings)
    Console.out(findings.text)
    throw ExitCode(findings.isMissingTool ? 127 : 0)
  }

  private struct Findings {
    var text = ""
    var isMissingTool = false

    mutating func add(_ name: String, _ value: String, remedy: String? = nil) {
      let label = name + String(repeating: " ", count: max(1, 12 - name.count))
      text += "\(label)\(value)\n"
      if let remedy { text += String(repeating: " ", count: 12) + "help: \(remedy)\n" }
    }
  }

  private func processor(_ findings: inout Findings) {
    let info = (try? readFile("/proc/cpuinfo")).map { String(decoding: $0, as: UTF8.self) } ?? ""
    func field(_ name: String) -> String? {
      info.split(separator: "\n").first { $0.hasPrefix(name) }.flatMap {
        $0.split(separator: ":", maxSplits: 1).last
      }
      .map { String($0.drop { $0 == " " }) }
    }
    let flags = Set((field("flags") ?? field("Features") ?? "").split(separator: " "))
    let known = ["avx2", "fma", "avx512f", "avx512bw", "avx512_bf16", "amx_tile", "asimd", "sve"].filter {
      flags.contains(Substring($0))
    }
    let count = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    findings.add("processor", "\(field("model name") ?? "unknown"), \(count) online")
    findings.add("features", known.isEmpty ? "baseline only" : known.joined(separator: " "))
  }

  private func blas(_ findings: inout Findings) {
    let pinned = environment("OPENBLAS_CORETYPE")
    findings.add(
      "blas", "OpenBLAS, kernel \(blasKernel())",
      remedy: pinned.map { "OPENBLAS_CORETYPE=\($0) pins the kernel; unset it unless that is meant" })
    let source = environment("FAA_NUM_THREADS").map { _ in " (set by FAA_NUM_THREADS)" } ?? ""
    findings.add("threads", "\(Engine.threads)\(source)")
  }

  private func gnuplot(_ findings: inout Findings) {
    guard let path = findTool("gnuplot") else {
      findings.isMissingTool = true
      findings.add("gnuplot", "missing: no plots", remedy: "apt install gnuplot-nox")
      return
    }
    guard let version = outputOf(path, ["--version"]) else {
      findings.isMissingTool = true
      findings.add("gnuplot", "\(path) does not run", remedy: "apt install --reinstall gnuplot-nox")
      return
    }
    findings.add("gnuplot", "\(version.prefix { !$0.isNewline }) at \(path)")
    let listing = outputOf(path, ["-e", "set terminal"]) ?? ""
    let names = Set(listing.split(separator: "\n").compactMap { $0.split(separator: " ").first })
    let wanted = ["svg", "pngcairo", "png", "kittycairo", "kittygd", "sixelgd", "block", "dumb"]
    let present = wanted.filter { names.contains(Substring($0)) }
    let missing = ["svg", "pngcairo"].filter { !present.contains($0) }
    findings.isMissingTool = findings.isMissingTool || !missing.isEmpty
    findings.add(
      "terminals", present.isEmpty ? "none found" : present.joined(separator: " "),
      remedy: missing.isEmpty ? nil : "\(missing.joined(separator: " and ")) missing; apt install gnuplot-nox"
    )
  }

  private func terminal(_ findings: inout Findings) {
    let isTerminal = isatty(STDOUT_FILENO) == 1
    let kind = environment("TERM") ?? "unset"
    findings.add(
      "terminal", isTerminal ? "\(kind), \(terminalWidth()) columns" : "\(kind), output is not a terminal")
    let graphics: String
    if environment("TMUX") != nil || kind.hasPrefix("screen") || kind.hasPrefix("tmux") {
      graphics = "text (inside a multiplexer)"
    } else if environment("KITTY_WINDOW_ID") != nil || kind.contains("kitty") || kind.contains("ghostty") {
      graphics = "kitty protocol, by the environment"
    } else {
      graphics = isTerminal ? "asked for when the prompt starts" : "text"
    }
    findings.add("graphics", graphics)
    let locale = setlocale(LC_ALL, "").map { String(cString: $0) } ?? "not installed"
    let coding = String(cString: nl_langinfo(Int32(CODESET)))
    findings.add(
      "locale", "\(locale), \(coding)",
      remedy: coding == "UTF-8" ? nil : "names such as θ need UTF-8; set LANG=C.UTF-8")
  }
}
