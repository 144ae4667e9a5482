import Runtime
import Tensor

/// Elementary functions beyond those of the core, and tests of elements.
let elementaryCommands: [Command] = [
  elementwise("asin", "The angle in [-π/2, π/2] whose sine is x; NaN outside [-1, 1].", "asin(1)  # π/2") {
    x, _ in try x.asin()
  },
  elementwise("acos", "The angle in [0, π] whose cosine is x; NaN outside [-1, 1].", "acos(-1)  # π") {
    x, _ in
    try x.acos()
  },
  elementwise("atan", "The angle in (-π/2, π/2) whose tangent is x.", "4 * atan(1)  # π") { x, _ in
    try x.atan()
  },
  elementwisePair(
    "atan2", "The angle in [-π, π] of the point (x, y); its derivative at the origin is 0.", ("y", "x"),
    "atan2(1.0, -1.0)  # 3π/4"
  ) { try $0.atan2($1) },
  elementwise("sinh", "The hyperbolic sine.", "sinh(0)  # 0.0") { x, _ in try x.sinh() },
  elementwise("cosh", "The hyperbolic cosine.", "cosh(0)  # 1.0") { x, _ in try x.cosh() },
  elementwise("asinh", "The inverse of the hyperbolic sine.", "asinh(0)  # 0.0") { x, _ in try x.asinh() },
  elementwise("acosh", "The inverse of the hyperbolic cosine; NaN below 1.", "acosh(1)  # 0.0") { x, _ in
    try x.acosh()
  },
  elementwise(
    "atanh", "The inverse of the hyperbolic tangent; infinite at -1 and 1, NaN beyond.", "atanh(0)  # 0.0"
  ) {
    x, _ in try x.atanh()
  },
  elementwise("log2", "The logarithm to base 2; -inf at 0, NaN below.", "log2(8)  # 3.0") { x, _ in
    try x.log2()
  },
  elementwise("log10", "The logarithm to base 10; -inf at 0, NaN below.", "log10(1000)  # 3.0") { x, _ in
    try x.log10()
  },
  elementwise("exp2", "2 to the power of x.", "exp2(3)  # 8.0") { x, _ in try x.exp2() },
  elementwise("rsqrt", "1 / √x; inf at 0, NaN below.", "rsqrt(4)  # 0.5") { x, _ in
    try x.rsqrt()
  },
  elementwise(
    "sign", "-1, 0 or 1 for a number below, at or above 0; NaN stays NaN.", "sign(tensor([-2.0, 0.0, 3.0]))",
    returns: sameKind
  ) { x, _ in try x.sign()
  },
  elementwise("trunc", "The nearest integer towards 0, as a float.", "trunc(tensor([-1.7, 1.7]))") { x, _ in
    try x.truncated()
  },
  elementwise(
    "lgamma", "ln |Γ(x)|, the logarithm of the gamma function; inf at 0 and the negative integers.",
    "lgamma(5)  # ln 24"
  ) { x, _ in
    try x.logGamma()
  },
  elementwise("digamma", "Γ'(x) / Γ(x), the derivative of `lgamma`.", "digamma(1)  # -0.5772") { x, _ in
    try x.digamma()
  },
  elementwise(
    "polygamma",
    "The n-th derivative of `digamma`; 0 gives digamma itself. At the poles below 0 it is inf for odd n, else NaN.",
    "polygamma(1, n: 1)  # π² / 6",
    [.required("n", .int, "how often digamma is derived, 0 to 100")],
    errors: [("InvalidArgument", "another order")]
  ) { x, a in try x.polygamma(a.int("n")) },
  elementwisePair(
    "hypot", "√(x² + y²), without overflow; its derivative at the origin is 0.", ("x", "y"),
    "hypot(3, 4)  # 5.0"
  ) { try $0.hypot($1) },
  elementwisePair(
    "logaddexp", "ln(e^x + e^y), without overflow.", ("x", "y"), "logaddexp(1000.0, 1000.0)  # 1000 + ln 2"
  ) { try $0.logAddExp($1) },
  elementwise("isNaN", "True where an element is not a number.", "isNaN(tensor([1.0, nan]))", returns: mask) {
    x, _ in
    try x.isNaN()
  },
  elementwise("isInf", "True where an element is inf or -inf.", "isInf(tensor([1.0, inf]))", returns: mask) {
    x, _ in
    try x.isInf()
  },
  elementwise(
    "isFinite", "True where an element is neither NaN nor infinite.", "isFinite(tensor([1.0, inf]))",
    returns: mask
  ) { x, _ in try x.isFinite() },
  elementwise(
    "nanToNum", "The elements with NaN and the infinities replaced; the derivative is 0 there.",
    "nanToNum(tensor([1.0, nan, inf]), nan: 0, positive: 9)",
    [
      .optional("nan", .number, default: 0.0, "in place of NaN"),
      .optional("positive", .number, "in place of inf; the largest number of the dtype when not given"),
      .optional("negative", .number, "in place of -inf; the lowest number of the dtype when not given"),
    ], returns: sameKind
  ) { x, a in
    try x.nanToNumber(
      nan: a.double("nan"), positive: a.optionalDouble("positive"), negative: a.optionalDouble("negative"))
  },
  Command(
    "logicalXor", "True where exactly one of two masks is; `&&`, `||` and `!` are the other combinations.",
    [.required("a", .tensor, "truth values"), .required("b", .tensor, "truth values")],
    returns: "a bool tensor of the common shape",
    errors: [("DTypeMismatch", "numbers in place of truth values")],
    example: "logicalXor(tensor([1, 2]) > 1, tensor([1, 2]) > 0)"
  ) { a in .tensor(try a.tensor("a").logicalXor(a.tensor("b"))) },
].map(\.namingErrors)

/// What a test of elements gives.
private let mask = "a bool tensor of the same shape; true or false for a number"
