@testable import Tensor

private func zeros(_ shape: Shape, _ dtype: DType = .f32) throws -> Tensor { try .zeros(shape, dtype: dtype) }
private func integers(_ elements: Int32...) throws -> Tensor { try Tensor(elements) }
/// A view of one element that claims a great many.
private func repeated(_ extents: Int...) throws -> Tensor {
  try Tensor.scalar(1).expanded(to: Shape(extents))
}

/// The wrong inputs a user will give, one row each.
enum ErrorTable {
  static let all = shapes + axes + types + arithmetic + sizes + indices

  private static let shapes: [ErrorCase] =
    binary.map { name, call in
      ErrorCase(.shapeMismatch, name, "(2, 3)", "(4,)", "last") { try call(zeros([2, 3]), zeros([4])) }
    } + [
      .init(.shapeMismatch, "add", "(2, 0)", "(3,)") { try zeros([2, 0]) + zeros([3]) },
      .init(.shapeMismatch, "and", "(2,)", "(3,)") { try zeros([2], .bool).logicalAnd(zeros([3], .bool)) },
      .init(.shapeMismatch, "or", "(2,)", "(3,)") { try zeros([2], .bool).logicalOr(zeros([3], .bool)) },
      .init(.shapeMismatch, "where", "(2,)", "(3,)", "(1,)") {
        try zeros([2], .bool).choose(zeros([3]), zeros([1]))
      },
      .init(.shapeMismatch, "where", "(2,)", "(2, 4)") {
        try zeros([3], .bool).choose(zeros([2]), zeros([2, 4]))
      },
      .init(.shapeMismatch, "matmul", "(64, 128)", "(64, 10)", "128", ".T") {
        try zeros([64, 128]).matmul(zeros([64, 10]))
      },
      .init(.shapeMismatch, "matmul", "scalar", "()", "(2,)") { try Tensor.scalar(1).matmul(zeros([2])) },
      .init(.shapeMismatch, "matmul", "scalar", "use *") { try zeros([2]).matmul(.scalar(1)) },
      .init(.shapeMismatch, "matmul", "(3,)", "(4,)") { try zeros([3]).matmul(zeros([4])) },
      .init(.shapeMismatch, "matmul", "(2, 2, 3)", "(3, 3, 4)") {
        try zeros([2, 2, 3]).matmul(zeros([3, 3, 4]))
      },
      .init(.shapeMismatch, "matmul", "(0, 2)", "(0, 2)") { try zeros([0, 2]).matmul(zeros([0, 2])) },
      .init(.shapeMismatch, "reshape", "6", "(4, 2)") { try zeros([2, 3]).reshaped([4, 2]) },
      .init(.shapeMismatch, "reshape", "6", "(2, 3)", "4") { try zeros([2, 3]).reshaped([4, -1]) },
      .init(.shapeMismatch, "reshape", "(0, 3)") { try zeros([0, 3]).reshaped([-1, 0]) },
      .init(.invalidArgument, "reshape", "-1") { try zeros([2, 3]).reshaped([-1, -1]) },
      .init(.invalidArgument, "reshape", "-2") { try zeros([2, 3]).reshaped([-2, 3]) },
      .init(.invalidArgument, "reshape", "axes") { try zeros([1]).reshaped([1, 1, 1, 1, 1, 1, 1, 1, 1]) },
      .init(.shapeMismatch, "expand", "(2,)", "(3,)") { try zeros([2]).expanded(to: [3]) },
      .init(.shapeMismatch, "expand", "(2, 3)", "(3,)") { try zeros([2, 3]).expanded(to: [3]) },
      .init(.shapeMismatch, "squeeze", "(2, 1)", "axis 0") { try zeros([2, 1]).squeezed([0]) },
      .init(.shapeMismatch, "concat", "(2, 3)", "(2, 4)", "axis 0") {
        try .concatenated([zeros([2, 3]), zeros([2, 4])])
      },
      .init(.shapeMismatch, "concat", "(2, 3)", "(2,)") { try .concatenated([zeros([2, 3]), zeros([2])]) },
      .init(.invalidArgument, "concat", "nothing") { try .concatenated([]) },
      .init(.shapeMismatch, "stack", "(2,)", "(3,)") { try .stacked([zeros([2]), zeros([3])]) },
      .init(.shapeMismatch, "split", "[1, 1]", "(3,)") { try zeros([3]).split([1, 1])[0] },
      .init(.indexOutOfRange, "narrow", "-1", "(3,)") { try zeros([3]).split([-1, 4])[0] },
      .init(.invalidArgument, "pad", "2 pairs", "(2, 3)") { try zeros([2, 3]).padded([(1, 1)]) },
      .init(.invalidArgument, "pad", "non-negative", "(2,)") { try zeros([2]).padded([(-1, 1)]) },
      .init(.invalidArgument, "permute", "[0]", "(2, 3)") { try zeros([2, 3]).permuted([0]) },
      .init(.invalidArgument, "permute", "[0, 0]", "(2, 3)") { try zeros([2, 3]).permuted([0, 0]) },
      .init(.invalidArgument, "permute", "[0, -2]", "(2, 3)") { try zeros([2, 3]).permuted([0, -2]) },
      .init(.shapeMismatch, "takeAlong", "(2, 3)", "(3, 1)", "axis 1") {
        try zeros([2, 3]).takeAlong(zeros([3, 1], .i32), axis: 1)
      },
      .init(.shapeMismatch, "takeAlong", "(2, 3)", "(2,)") {
        try zeros([2, 3]).takeAlong(zeros([2], .i32), axis: 0)
      },
      .init(.shapeMismatch, "argsort", "scalar") { try Tensor.scalar(1).argSort() },
      .init(.shapeMismatch, "item", "(2,)", "sum") { try .scalar(zeros([2]).item()) },
      .init(.shapeMismatch, "item", "(0,)") { try .scalar(zeros([0]).item()) },
      .init(.shapeMismatch, "tensor", "3", "(2, 2)") { try Tensor([1.0, 2, 3], shape: [2, 2]) },
    ]

  private static let binary: [(String, @Sendable (Tensor, Tensor) throws -> Tensor)] = [
    ("add", { try $0 + $1 }), ("subtract", { try $0 - $1 }), ("multiply", { try $0 * $1 }),
    ("divide", { try $0 / $1 }), ("power", { try $0.power($1) }), ("maximum", { try $0.maximum($1) }),
    ("minimum", { try $0.minimum($1) }), ("floorDivide", { try $0.floorDivided(by: $1) }),
    ("remainder", { try $0.remainder(by: $1) }), ("equal", { try $0.equal($1) }),
    ("less", { try $0.less($1) }), ("lessOrEqual", { try $0.lessOrEqual($1) }),
  ]

  private static let axes: [ErrorCase] =
    alongAxis.flatMap { name, call in
      [2, -3, .max, .min].map { axis in
        ErrorCase(.indexOutOfRange, name, "axis \(axis)", "rank 2", "(2, 3)", "-2 to 1") {
          try call(zeros([2, 3]), axis)
        }
      } + [ErrorCase(.indexOutOfRange, name, "axis 0", "rank 0", "no axes") { try call(.scalar(1), 0) }]
    } + [
      .init(.indexOutOfRange, "insertAxis", "axis 4", "rank 2") { try zeros([2, 3]).insertingAxis(4) },
      .init(.indexOutOfRange, "insertAxis", "axis -4", "rank 2") { try zeros([2, 3]).insertingAxis(-4) },
      .init(.invalidArgument, "insertAxis", "8 axes") {
        try zeros([1, 1, 1, 1, 1, 1, 1, 1]).insertingAxis(0)
      },
      .init(.invalidArgument, "sum", "axis 1", "twice") { try zeros([2, 3]).sum([1, -1]) },
      .init(.invalidArgument, "flip", "twice") { try zeros([2, 3]).flipped([0, 0]) },
      .init(.indexOutOfRange, "permute", "axis 2", "(2, 3)") { try zeros([2, 3]).permuted([0, 2]) },
    ]

  private static let alongAxis: [(String, @Sendable (Tensor, Int) throws -> Tensor)] = [
    ("sum", { try $0.sum([$1]) }), ("mean", { try $0.mean([$1]) }), ("variance", { try $0.variance([$1]) }),
    ("max", { try $0.max([$1]) }), ("min", { try $0.min([$1]) }), ("product", { try $0.product([$1]) }),
    ("any", { try $0.any([$1]) }), ("all", { try $0.all([$1]) }), ("argmax", { try $0.argMax(axis: $1) }),
    ("argmin", { try $0.argMin(axis: $1) }), ("cumsum", { try $0.cumulativeSum(axis: $1) }),
    ("softmax", { try $0.softmax(axis: $1) }), ("logSoftmax", { try $0.logSoftmax(axis: $1) }),
    ("logSumExp", { try $0.logSumExp(axis: $1) }),
    ("squeeze", { try $0.squeezed([$1]) }), ("flip", { try $0.flipped([$1]) }),
    ("narrow", { try $0.narrowed(axis: $1, start: 0, count: 1) }),
    ("split", { try $0.split([1], axis: $1)[0] }), ("concat", { try .concatenated([$0], axis: $1) }),
    ("take", { try $0.take(zeros([1], .i32), axis: $1) }),
    ("takeAlong", { try $0.takeAlong(zeros([1], .i32), axis: $1) }),
  ]

  private static let types: [ErrorCase] = [
    .init(.dtypeMismatch, "and", "f32") { try zeros([1]).logicalAnd(zeros([1])) },
    .init(.dtypeMismatch, "or", "bool", "i32") { try zeros([1], .bool).logicalOr(zeros([1], .i32)) },
    .init(.dtypeMismatch, "not", "f64") { try zeros([1], .f64).logicalNot() },
    .init(.dtypeMismatch, "take", "f32") { try zeros([3]).take(zeros([1])) },
    .init(.dtypeMismatch, "takeAlong", "f64") { try zeros([3]).takeAlong(zeros([1], .f64), axis: 0) },
    .init(.dtypeMismatch, "elements", "f32", "f64") {
      try Tensor(zeros([1]).withElements(of: Double.self) { Array($0) })
    },
    .init(.dtypeMismatch, "rand", "i32") {
      var stream = RandomStream(seed: 1)
      return try stream.uniforms([2], dtype: .i32)
    },
    .init(.dtypeMismatch, "randn", "bool") {
      var stream = RandomStream(seed: 1)
      return try stream.normals([2], dtype: .bool)
    },
  ]

  private static let arithmetic: [ErrorCase] = [
    .init(.arithmetic, "add", "i32", "f64") { try integers(.max) + integers(1) },
    .init(.arithmetic, "add", "i32") { try integers(.max).flipped() + 1 },
    .init(.arithmetic, "subtract", "i32") { try integers(.min) - integers(1) },
    .init(.arithmetic, "multiply", "i32") { try integers(65536) * integers(32768) },
    .init(.arithmetic, "power", "i32") { try integers(2).power(integers(31)) },
    .init(.arithmetic, "power", "i32") { try integers(2).power(integers(-1)) },
    .init(.arithmetic, "power", "i32") { try integers(0).power(integers(-1)) },
    .init(.arithmetic, "power", "i32") { try integers(46341).power(integers(.max)) },
    .init(.arithmetic, "square", "i32") { try integers(46341).square() },
    .init(.arithmetic, "square", "i32") { try integers(46341).power(2) },
    .init(.arithmetic, "neg", "i32") { try -integers(.min) },
    .init(.arithmetic, "abs", "i32") { try integers(.min).abs() },
    .init(.arithmetic, "floorDivide", "zero") { try integers(1).floorDivided(by: integers(0)) },
    .init(.arithmetic, "floorDivide", "i32") { try integers(.min).floorDivided(by: integers(-1)) },
    .init(.arithmetic, "floorDivide", "zero") { try zeros([1], .bool).floorDivided(by: zeros([1], .bool)) },
    .init(.arithmetic, "remainder", "zero") { try integers(1).remainder(by: integers(0)) },
    .init(.arithmetic, "sum", "i32") { try integers(.max, 1).sum() },
    .init(.arithmetic, "product", "i32") { try integers(65536, 65536).product() },
    .init(.arithmetic, "cumsum", "i32") { try integers(.max, 1).cumulativeSum(axis: 0) },
    .init(.arithmetic, "matmul", "i32") { try integers(.max, .max).matmul(integers(1, 1)) },
    .init(.arithmetic, "matmul", "i32") { try integers(.min, .min).matmul(integers(.min, .min)) },
    .init(.arithmetic, "cast", "f64", "i32") { try Tensor([1e20]).cast(to: .i32) },
    .init(.arithmetic, "cast", "f64", "i32") { try Tensor([Double.nan]).cast(to: .i32) },
    .init(.arithmetic, "cast", "f32", "i32") { try Tensor([Float(2_147_483_648)]).cast(to: .i32) },
    .init(.arithmetic, "cast", "f64", "i32") { try Tensor([-Double.infinity]).cast(to: .i32) },
    .init(.arithmetic, "elements", "i32") { try Tensor(Tensor([1e10]).ints().map(Double.init)) },
    .init(.arithmetic, "arange", "i32") { try .arange(3e9, 3e9 + 2) },
    .init(.arithmetic, "linspace", "i32") { try .linspace(0, 1e10, count: 2, dtype: .i32) },
    .init(.invalidArgument, "full", "0.5", "i32") { try .full([2], 0.5, dtype: .i32) },
    .init(.invalidArgument, "full", "nan", "i32") { try .full([2], .nan, dtype: .i32) },
    .init(.invalidArgument, "arange", "by 0") { try .arange(0, 1, step: 0) },
    .init(.invalidArgument, "arange", "nan") { try .arange(0, .nan) },
    .init(.invalidArgument, "arange", "inf") { try .arange(0, .infinity) },
  ]

  private static let sizes: [ErrorCase] = [
    .init(.invalidArgument, "shape", "-1") { try zeros(Shape([2, -1])) },
    .init(.invalidArgument, "shape", "8 axes") { try zeros(Shape([1, 1, 1, 1, 1, 1, 1, 1, 1])) },
    .init(.invalidArgument, "eye", "-1") { try .eye(-1) },
    .init(.invalidArgument, "linspace", "-1") { try .linspace(0, 1, count: -1) },
    .init(.outOfMemory, "full", "1000000000000000", "f32", "GiB") {
      try zeros([1_000_000, 1_000_000, 1000])
    },
    .init(.outOfMemory, "full", "GiB") { try zeros([1 << 30, 1 << 20], .f64) },
    .init(.outOfMemory, "full", "GiB") { try zeros([1 << 40, 1 << 40]) },
    .init(.outOfMemory, "shape", "counted") { try zeros(Shape([1 << 40, 1 << 40])) },
    .init(.outOfMemory, "shape", "counted") { try zeros(Shape([0, .max, .max])) },
    .init(.outOfMemory, "eye", "counted") { try .eye(1 << 40) },
    .init(.outOfMemory, "eye", "counted") { try .eye(.max) },
    .init(.outOfMemory, "arange", "elements") { try .arange(0, 1e300) },
    .init(.outOfMemory, "arange", "GiB") { try .arange(0, 9e11) },
    .init(.outOfMemory, "arange", "elements") { try .arange(-1.7e308, 1.7e308) },
    .init(.outOfMemory, "linspace", "GiB") { try .linspace(0, 1, count: 1 << 45) },
    .init(.outOfMemory, "linspace", "counted") { try .linspace(0, 1, count: .max) },
    .init(.outOfMemory, "add", "GiB") { try repeated(1 << 50, 1) + repeated(1, 1 << 50) },
    .init(.outOfMemory, "where", "GiB") {
      try zeros([1], .bool).choose(repeated(1 << 40, 1), repeated(1, 1 << 40))
    },
    .init(.outOfMemory, "exp", "GiB") { try repeated(1 << 50).exp() },
    .init(.outOfMemory, "sum", "GiB") { try repeated(1 << 50).sum() },
    .init(.outOfMemory, "softmax", "GiB") { try repeated(1 << 50).softmax() },
    .init(.outOfMemory, "argsort", "GiB") { try repeated(1 << 50).argSort() },
    .init(.outOfMemory, "matmul", "GiB") { try repeated(1 << 45, 1).matmul(repeated(1, 2)) },
    .init(.outOfMemory, "elements", "GiB") { try Tensor(repeated(1 << 50).doubles()) },
    .init(.outOfMemory, "pad", "add up", "(1,)") { try zeros([1]).padded([(.max, .max)]) },
    .init(.outOfMemory, "pad", "counted") { try zeros([1]).padded([(before: 1 << 60, after: 0)]) },
    .init(.outOfMemory, "split", "add up", "(2,)") { try zeros([2]).split([.max, .max])[0] },
    .init(.outOfMemory, "concat", "GiB") { try .concatenated([repeated(1 << 50), repeated(1 << 50)]) },
    .init(.outOfMemory, "concat", "add up") {
      try .concatenated([Tensor](repeating: repeated((1 << 59) - 1), count: 17))
    },
  ]

  private static let indices: [ErrorCase] =
    (["max", "min"] as [String]).flatMap { name in
      ([([0, 3], [0]), ([2, 0], [1]), ([0], nil)] as [(Shape, [Int]?)]).map { shape, axes in
        ErrorCase(.invalidArgument, name, "no elements", "\(shape)") {
          try name == "max" ? zeros(shape).max(axes) : zeros(shape).min(axes)
        }
      }
    } + [
      .init(.invalidArgument, "argmax", "no elements", "(0,)") { try zeros([0]).argMax() },
      .init(.invalidArgument, "argmin", "no elements", "(2, 0)") { try zeros([2, 0]).argMin(axis: 1) },
      .init(.indexOutOfRange, "take", "index 5", "axis 0", "extent 3", "(3,)") {
        try zeros([3]).take(integers(1, 5))
      },
      .init(.indexOutOfRange, "take", "index -4", "extent 3") { try zeros([3]).take(integers(-4)) },
      .init(.indexOutOfRange, "take", "index 0", "extent 0", "(0, 2)") {
        try zeros([0, 2]).take(integers(0))
      },
      .init(.indexOutOfRange, "takeAlong", "index 3", "axis 1", "extent 3") {
        try zeros([1, 3]).takeAlong(integers(3).reshaped([1, 1]), axis: 1)
      },
      .init(.invalidArgument, "take", "8 axes") {
        try zeros([1, 1, 1, 1, 1, 1, 1, 1]).take(zeros([1, 1], .i32))
      },
      .init(.indexOutOfRange, "narrow", "axis 0", "(3,)") {
        try zeros([3]).narrowed(axis: 0, start: 2, count: 2)
      },
      .init(.indexOutOfRange, "narrow", "(3,)") { try zeros([3]).narrowed(axis: 0, start: -1, count: 2) },
      .init(.indexOutOfRange, "narrow", "(3,)") { try zeros([3]).narrowed(axis: 0, start: 0, count: -1) },
      .init(.indexOutOfRange, "narrow", "(3,)") {
        try zeros([3]).narrowed(axis: 0, start: .max, count: .max)
      },
    ]
}
