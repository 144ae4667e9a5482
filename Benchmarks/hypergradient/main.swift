// Neumann hypergradients with 20 terms on the problems of torch_reference.py, which computes the same numbers with
// hand-written torch.autograd. Prints one line a problem: name, microseconds (best of several), norm of the hypergradient, and
// the time of a Hessian-vector product over that of a gradient. With the argument `vit` the hypergradient of a ViT-Tiny with 10 terms
// and the peak memory in MB; with `memory` and a number of terms the same of the perceptron; with `parts` and a problem's name the microseconds of
// recording the point, of the first series there and of a second one, which finds the sweep compiled; with a problem's name that one alone.
import Glibc
import Hypergradient
import Layers
import Models
import Tensor

/// sin(0.37 i² + phase), i from 1, in row-major order.
func fill(_ shape: Shape, phase: Double = 0, _ dtype: DType = .f64) throws -> Tensor {
  try Tensor((0..<shape.elementCount).map { sin(Double(($0 + 1) * ($0 + 1)) * 0.37 + phase) }, shape: shape)
    .cast(to: dtype)
}

struct Setting {
  let name: String
  let problem: BilevelProblem
  let theta: [Tensor], lambda: [Tensor]
  let gamma: Double
  let repeats: Int
}

func dot(_ a: Tensor, _ b: Tensor) throws -> Tensor { try a.matmul(b) }

func quadratic(_ n: Int) throws -> Setting {
  let a = try fill(Shape([n, n])) / Double(n)
  let h = try a.matmul(a.transposed()) + Tensor.eye(n, dtype: .f64)
  let (c, b) = (try fill(Shape([n, 5]), phase: 1), try fill(Shape([n]), phase: 2))
  let problem = BilevelProblem(
    inner: { try dot($0[0], h.matmul($0[0])) * 0.5 + dot($0[0], c.matmul($1[0])) },
    outer: { theta, _ in try dot(b, theta[0]) })
  return Setting(
    name: "quadratic-\(n)", problem: problem, theta: [try fill(Shape([n]), phase: 3)],
    lambda: [try fill([5], phase: 4)], gamma: 0.3, repeats: n < 1000 ? 200 : 30)
}

func logistic(_ n: Int) throws -> Setting {
  let (x, y) = (try fill(Shape([200, n])) * 0.3, try fill([200], phase: 1).sign())
  let (xv, yv) = (try fill(Shape([100, n]), phase: 2) * 0.3, try fill([100], phase: 3).sign())
  let problem = BilevelProblem(
    inner: { theta, lambda in
      let losses = try (-(x.matmul(theta[0]) * y)).softplus()
      return try dot(lambda[0], losses) / 200 + dot(theta[0], theta[0]) * 0.05
    }, outer: { theta, _ in try (-(xv.matmul(theta[0]) * yv)).softplus().mean() })
  return Setting(
    name: "logistic-\(n)", problem: problem, theta: [try fill(Shape([n]), phase: 4) * 0.1],
    lambda: [try .ones([200], dtype: .f64)], gamma: 0.1, repeats: n < 1000 ? 200 : 50)
}

/// Three layers with weights of samples; 941 parameters, or 25,000.
func perceptron(
  _ name: String = "mlp-25k", _ widths: [Int] = [64, 128, 128, 10], samples: Int = 256, ridge: Double = 0.005,
  gamma: Double = 0.1
) throws -> Setting {
  func data(_ width: Int, phase: Double = 0) throws -> Tensor {
    try fill(Shape([samples, width]), phase: phase, .f32)
  }
  let (x, y) = (try data(widths[0]), try data(widths[3], phase: 1))
  let (xv, yv) = (try data(widths[0], phase: 2), try data(widths[3], phase: 3))
  var theta: [Tensor] = []
  for (layer, (a, b)) in zip(widths, widths.dropFirst()).enumerated() {
    theta.append(try fill(Shape([a, b]), phase: Double(layer), .f32) / Double(a).squareRoot())
    theta.append(try .zeros(Shape([b])))
  }
  func net(_ theta: [Tensor], _ input: Tensor) throws -> Tensor {
    let first = try (input.matmul(theta[0]) + theta[1]).tanh()
    let second = try (first.matmul(theta[2]) + theta[3]).tanh()
    return try second.matmul(theta[4]) + theta[5]
  }
  let problem = BilevelProblem(
    inner: { theta, lambda in
      let losses = try (net(theta, x) - y).square().mean([1])
      let size = try theta.reduce(Tensor.scalar(0)) { try $0 + $1.square().sum() }
      return try (lambda[0] * losses).mean() + size * ridge
    }, outer: { theta, _ in try (net(theta, xv) - yv).square().mean() })
  return Setting(
    name: name, problem: problem, theta: theta, lambda: [try .ones(Shape([samples]))], gamma: gamma,
    repeats: name == "mlp-25k" ? 20 : 100)
}

func seconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// ViT-Tiny with 10 classes, its ridge large enough for the series to go on for all its terms; λ are the weights of 8 images of 32 px, judged on 8 others.
func visionTransformer() throws -> Setting {
  var stream = RandomStream(seed: 1)
  let backbone = try VisionTransformer(
    ViTConfiguration(image: 32, patch: 8, width: 192, depth: 12, heads: 3), stream: &stream)
  let model = Classifier(backbone: backbone, head: try Linear(192, 10, stream: &stream))
  let (images, others) = (try stream.uniforms([8, 3, 32, 32]), try stream.uniforms([8, 3, 32, 32]))
  let labels = try Tensor((0..<8).map { Int32($0) }).insertingAxis(1)
  func losses(_ theta: [Tensor], _ images: Tensor) throws -> Tensor {
    let logits = try model.replacingParameters(with: theta)(images)
    return try logits.logSumExp() - logits.takeAlong(labels, axis: 1).squeezed([1])
  }
  let problem = BilevelProblem(
    inner: { theta, lambda in
      let size = try theta.reduce(Tensor.scalar(0)) { try $0 + $1.square().sum() }
      return try (lambda[0] * losses(theta, images)).mean() + size * 500
    }, outer: { theta, _ in try losses(theta, others).mean() })
  return Setting(
    name: "vit-tiny", problem: problem, theta: try model.parameters().map(\.value),
    lambda: [try .ones([8])], gamma: 1e-4, repeats: 3)
}

struct Classifier: Layer {
  var backbone: VisionTransformer
  var head: Linear
  func callAsFunction(_ images: Tensor) throws -> Tensor { try head(backbone.features(images)) }
  mutating func visit(_ visitor: inout some ParameterVisitor) throws {
    try visitor.layer("backbone", &backbone)
    try visitor.layer("head", &head)
  }
}

/// The most memory this process has held, in MB.
func peakMemory() -> Int {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return usage.ru_maxrss / 1000
}

/// The best time of a hypergradient and its value.
func measure(_ setting: Setting, terms: Int) throws -> (seconds: Double, norm: Double) {
  var best = Double.infinity
  var value: [Tensor] = []
  for _ in 0..<setting.repeats {
    let begin = seconds()
    let result = try hypergradient(
      of: setting.problem, at: setting.theta, setting.lambda,
      by: Neumann(terms: terms, gamma: .literal(setting.gamma)))
    value = try result.unqualifiedValue
    best = min(best, seconds() - begin)
    guard result.hvpCount == terms else { fatalError("\(terms) terms took \(result.hvpCount) products") }
  }
  return (best, try value.flatMap { try $0.doubles() }.reduce(0) { $0 + $1 * $1 }.squareRoot())
}

func settings() throws -> [Setting] {
  try [
    quadratic(10), quadratic(100), quadratic(1000), logistic(10), logistic(100), logistic(1000),
    perceptron("mlp-941", [8, 24, 24, 5], samples: 64, ridge: 0.25),
    perceptron("mlp-941-256", [8, 24, 24, 5], samples: 256, ridge: 0.25), perceptron(),
  ]
}

/// The best times of the parts of a hypergradient, in microseconds.
func parts(_ setting: Setting) throws -> [Double] {
  var best = [Double](repeating: .infinity, count: 3)
  for _ in 0..<setting.repeats {
    let method = Neumann(terms: 20, gamma: .literal(setting.gamma))
    var times = [seconds()]
    let point = try BilevelPoint(setting.problem, theta: setting.theta, lambda: setting.lambda)
    times.append(seconds())
    for _ in 0..<2 {
      _ = try hypergradient(at: point, by: method)
      times.append(seconds())
    }
    for part in best.indices { best[part] = min(best[part], (times[part + 1] - times[part]) * 1e6) }
  }
  return best.map { $0.rounded() }
}

switch CommandLine.arguments.dropFirst().first {
case "parts":
  let name = CommandLine.arguments.dropFirst(2).first
  for setting in try settings() where setting.name == name { print(setting.name, try parts(setting)) }
case "vit":
  let setting = try visionTransformer()
  let (best, norm) = try measure(setting, terms: 10)
  print(setting.name, (best * 1e7).rounded() / 10, norm, "MB", peakMemory())
case "memory":
  let terms = CommandLine.arguments.dropFirst(2).first.flatMap { Int($0) } ?? 20
  // So convex, and so slow a series, that no number of terms ends it early.
  let (best, _) = try measure(perceptron(ridge: 0.5, gamma: 1e-3), terms: terms)
  print("mlp-25k", terms, "terms", (best * 1e7).rounded() / 10, "us", peakMemory(), "MB")
case let chosen:
  for setting in try settings() where chosen == nil || chosen == setting.name {
    let (best, norm) = try measure(setting, terms: 20)
    let point = try BilevelPoint(setting.problem, theta: setting.theta, lambda: setting.lambda)
    let costs = try plan([Neumann()], at: point)
    print(
      setting.name, (best * 1e7).rounded() / 10, norm, "RoR/gradient",
      (costs.reverseSeconds / costs.gradientSeconds * 100).rounded() / 100, "FoR/gradient",
      (costs.forwardSeconds / costs.gradientSeconds * 100).rounded() / 100)
  }
}
