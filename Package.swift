// swift-tools-version: 6.2
import PackageDescription

// Continuous integration sets FAA_STRICT, which makes warnings errors.
let isStrict = Context.environment["FAA_STRICT"] != nil

// Release builds drop the dynamic exclusivity check: it costs an order of magnitude on the interpreter's
// and the engine's hot loops, and both are confined to one thread.
let swiftSettings: [SwiftSetting] =
  [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]
  + (isStrict ? [.treatAllWarnings(as: .error)] : [])

/// A library target: `Sources/Lib/<name>`.
func lib(_ name: String, _ dependencies: [Target.Dependency], linker: [LinkerSetting] = []) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Sources/Lib/\(name)",
    swiftSettings: swiftSettings, linkerSettings: linker)
}

/// A target of C loops: `Sources/Lib/<name>`. NaN must propagate, so no fast-math; errno and traps are not looked at.
func cTarget(_ name: String, _ dependencies: [Target.Dependency], linker: [LinkerSetting] = []) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Sources/Lib/\(name)",
    cSettings: [.unsafeFlags(["-O3", "-fno-math-errno", "-fno-trapping-math"])]
      + (isStrict ? [.treatAllWarnings(as: .error)] : []),
    linkerSettings: linker + [.linkedLibrary("m")])
}

/// A kernel target: `Sources/Kernel/<name>`.
func kernel(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Sources/Kernel/\(name)", swiftSettings: swiftSettings)
}

/// A test target: `Tests/<name>Tests`.
func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: dependencies, path: "Tests/\(name)Tests", resources: resources,
    swiftSettings: swiftSettings)
}

let package = Package(
  name: "FAA",
  products: [.executable(name: "faa", targets: ["faa"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0"),
  ],
  targets: [
    // The library: tensors at the bottom, figures at the top. Nothing here knows the kernel exists.
    .systemLibrary(
      name: "CBLAS", path: "Sources/Lib/CBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    cTarget("CKernels", ["CBLAS"], linker: [.linkedLibrary("openblas"), .linkedLibrary("dnnl")]),
    cTarget("CDNN", ["CKernels"], linker: [.linkedLibrary("dnnl")]),
    lib("Tensor", ["CKernels", "CDNN"]),
    lib("Autodiff", ["Tensor"]),
    lib("Hypergradient", ["Autodiff"]),
    lib("Layers", ["Autodiff"]),
    lib("Models", ["Layers"]),
    lib("Training", ["Models", "Interchange"]),
    lib("Faces", ["Tensor"]),
    cTarget("CAnalysis", []),
    lib("Analysis", ["Tensor", "CAnalysis", "CKernels", "CBLAS"]),
    lib("Interchange", ["Tensor"]),
    .target(
      name: "CGnuplot", path: "Sources/Lib/CGnuplot",
      linkerSettings: [
        .linkedLibrary("boost_iostreams"), .linkedLibrary("boost_filesystem"), .linkedLibrary("boost_system"),
        .linkedLibrary("util"),
      ]),
    .systemLibrary(name: "CPNG", path: "Sources/Lib/CPNG", providers: [.apt(["libpng-dev"])]),
    lib("Figures", ["CGnuplot", "CPNG"]),

    // The kernel: the language, and the clients that speak it.
    .target(
      name: "CReadline", path: "Sources/Kernel/CReadline",
      cSettings: isStrict ? [.treatAllWarnings(as: .error)] : [], linkerSettings: [.linkedLibrary("readline")]
    ),
    .systemLibrary(
      name: "CMarkdown", path: "Sources/Kernel/CMarkdown",
      providers: [.apt(["libmd4c-dev", "libmd4c-html0-dev"])]),
    kernel("Syntax", []),
    .target(
      name: "CMachine", dependencies: ["CKernels"], path: "Sources/Kernel/CMachine",
      cSettings: [.unsafeFlags(["-O3", "-fomit-frame-pointer"])]
        + (isStrict ? [.treatAllWarnings(as: .error)] : [])),
    kernel("Runtime", ["Syntax", "Tensor", "CKernels", "CMachine"]),
    kernel(
      "Commands",
      [
        "Runtime", "Autodiff", "Hypergradient", "Models", "Training", "Faces", "Analysis", "Interchange",
        "Figures",
      ]),
    kernel(
      "Notebook",
      [
        "Runtime", "Syntax", "CMarkdown", .product(name: "Yams", package: "Yams"),
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    kernel("REPL", ["Runtime", "CReadline", "CKernels"]),
    // Needs the header of libzmq3-dev; the library is loaded by whoever starts a kernel.
    .target(name: "CZMQ", path: "Sources/Kernel/CZMQ"),
    kernel(
      "Jupyter",
      ["Runtime", "Notebook", "CKernels", "CZMQ", .product(name: "Crypto", package: "swift-crypto")]),
    .executableTarget(
      name: "faa",
      dependencies: [
        "Commands", "Notebook", "REPL", "Jupyter", "Tensor", "CBLAS", "CReadline",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/Kernel/faa", swiftSettings: swiftSettings),

    tests("Tensor", ["Tensor", "Autodiff"]),
    tests("Autodiff", ["Autodiff"]),
    tests("Hypergradient", ["Hypergradient", "CKernels"]),
    tests("Faces", ["Faces", "Tensor"]),
    tests("Analysis", ["Analysis", "CAnalysis", "CKernels"]),
    tests("Figures", ["Figures"]),
    tests("Syntax", ["Syntax"]),
    tests("Runtime", ["Runtime", "Autodiff", "CKernels", "CMachine"]),
    tests("Notebook", ["Notebook"]),
    tests("Commands", ["Commands", "Runtime"]),
    tests("Interchange", ["Interchange"]),
    tests("Layers", ["Layers", "Interchange"]),
    tests("Models", ["Models", "Interchange"]),
    tests("Training", ["Training", "CKernels"]),
    tests("REPL", ["REPL", "Runtime", "faa"]),
    tests("Jupyter", ["Jupyter", "faa"]),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)
