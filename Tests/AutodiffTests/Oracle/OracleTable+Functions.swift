import Testing

@testable import Tensor

extension OracleTable {
  static let activations: [String: Call] = [
    "silu": { x, _ in try x[0].silu() },
    "geluTanh": { x, _ in try x[0].geluTanh() },
    "elu": { x, _ in try x[0].elu() },
    "eluWithAlpha": { x, _ in try x[0].elu(alpha: 1.5) },
    "selu": { x, _ in try x[0].selu() },
    "leakyRelu": { x, _ in try x[0].leakyRelu(slope: 0.1) },
    "hardtanh": { x, _ in try x[0].hardtanh(-0.7501, 1.1003) },
    "relu6": { x, _ in try x[0].relu6() },
    "hardswish": { x, _ in try x[0].hardswish() },
    "hardsigmoid": { x, _ in try x[0].hardsigmoid() },
    "mish": { x, _ in try x[0].mish() },
    "softsign": { x, _ in try x[0].softsign() },
    "logSigmoid": { x, _ in try x[0].logSigmoid() },
    "asin": { x, _ in try x[0].asin() },
    "acos": { x, _ in try x[0].acos() },
    "atan": { x, _ in try x[0].atan() },
    "sinh": { x, _ in try x[0].sinh() },
    "cosh": { x, _ in try x[0].cosh() },
    "asinh": { x, _ in try x[0].asinh() },
    "acosh": { x, _ in try x[0].acosh() },
    "atanh": { x, _ in try x[0].atanh() },
    "log2": { x, _ in try x[0].log2() },
    "log10": { x, _ in try x[0].log10() },
    "exp2": { x, _ in try x[0].exp2() },
    "rsqrt": { x, _ in try x[0].rsqrt() },
    "trunc": { x, _ in try x[0].truncated() },
    "isInf": { x, _ in try x[0].isInf() },
    "xor": { x, _ in try x[0].logicalXor(x[1]) },
    "nanToNumber": { x, _ in try x[0].nanToNumber() },
    "atan2": { x, _ in try x[0].atan2(x[1]) },
    "hypot": { x, _ in try x[0].hypot(x[1]) },
    "logAddExp": { x, _ in try x[0].logAddExp(x[1]) },
  ]

  static let arrangement: [String: Call] = [
    "tril": { x, a in try x[0].lowerTriangle(a.int("offset")) },
    "triu": { x, a in try x[0].upperTriangle(a.int("offset")) },
    "roll": { x, a in try x[0].rolled(a.int("shift"), axis: a.axis()) },
    "tile": { x, a in try x[0].tiled(a.ints("counts") ?? []) },
    "repeat": { x, a in try x[0].repeated(a.int("count"), axis: a.axis()) },
    "swapAxes": { x, a in try x[0].swappingAxes(a.int("pair"), #require(a.ints("pair")?.last)) },
    "moveAxis": { x, a in try x[0].movingAxis(a.int("pair"), to: #require(a.ints("pair")?.last)) },
    "chunk": { x, a in
      let pieces = try x[0].chunked(a.int("count"), axis: a.axis())
      return try #require(pieces.dropFirst(a.int("piece")).first)
    },
    "meshgrid": { x, a in try #require(Tensor.meshgrid(x).dropFirst(a.int("piece")).first) },
    "diagonal": { x, a in try x[0].diagonal(offset: a.int("offset")) },
    "diagonalMatrix": { x, a in try x[0].diagonalMatrix(offset: a.int("offset")) },
    "trace": { x, _ in try x[0].trace() },
    "scatterAdd": { x, a in try x[0].scatterAdd(x[1], x[2], axis: a.axis()) },
    "scatter": { x, a in try x[0].scatter(x[1], x[2], axis: a.axis()) },
    "indexAdd": { x, a in try x[0].indexAdd(x[1], x[2], axis: a.axis()) },
    "indexPut": { x, a in try x[0].indexPut(x[1], x[2], axis: a.axis()) },
    "maskedFill": { x, a in try x[0].maskedFill(x[1], a.number("number")) },
    "mask": { x, _ in try x[0].masked(x[1]) },
    "embedding": { x, _ in try x[0].embedding(x[1]) },
    "oneHot": { x, a in try x[0].oneHot(a.int("count")) },
    "einsum": { x, a in
      let codes = (a.ints("equation") ?? []).map { UInt8(truncatingIfNeeded: $0) }
      return try Tensor.einsum(String(decoding: codes, as: UTF8.self), x)
    },
  ]

  static let orders: [String: Call] = [
    "sort": { x, a in try x[0].sorted(axis: a.axis(), descending: a.flag).values },
    "argsortAlong": { x, a in try x[0].argSort(axis: a.axis(), descending: a.flag) },
    "topK": { x, a in try x[0].topK(a.int("count"), axis: a.axis(), largest: a.flag).values },
    "topKIndices": { x, a in try x[0].topK(a.int("count"), axis: a.axis(), largest: a.flag).indices },
    "maxWithIndices": { x, a in try x[0].maxWithIndices(axis: a.axis()).values },
    "minWithIndices": { x, a in try x[0].minWithIndices(axis: a.axis()).values },
    "quantile": { x, a in
      try x[0].quantile(a.number("number"), axis: a.ints("axis")?.first, keep: a.keep)
    },
    "median": { x, a in try x[0].median(axis: a.ints("axis")?.first, keep: a.keep) },
    "normOne": { x, a in try x[0].norm(.one, a.ints("axes"), keep: a.keep) },
    "normInfinity": { x, a in try x[0].norm(.infinity, a.ints("axes"), keep: a.keep) },
    "normThree": { x, a in try x[0].norm(.p(3), a.ints("axes"), keep: a.keep) },
    "standardDeviation": { x, a in try x[0].standardDeviation(a.ints("axes"), ddof: a.int("ddof")) },
    "countNonzero": { x, a in try x[0].countNonzero(a.ints("axes")) },
    "unit": { x, a in try x[0].unit(axis: a.axis()) },
    "cosineSimilarity": { x, a in try x[0].cosineSimilarity(x[1], axis: a.axis()) },
    "productSmooth": { x, a in try x[0].product(a.ints("axes")) },
    "cumulativeProduct": { x, a in try x[0].cumulativeProduct(axis: a.axis()) },
    "cumulativeMax": { x, a in try x[0].cumulativeMax(axis: a.axis()) },
    "cumulativeLogSumExp": { x, a in try x[0].cumulativeLogSumExp(axis: a.axis()) },
  ]

  static let linearAlgebra: [String: Call] = [
    "inverse": { x, _ in try x[0].inverse() },
    "determinant": { x, _ in try x[0].determinant() },
    "logDeterminant": { x, _ in try x[0].logDeterminant().logarithm },
    "cholesky": { x, _ in try x[0].cholesky() },
    "eigenvalues": { x, _ in try x[0].symmetricEigen().values },
    "eigenvectors": { x, _ in try x[0].symmetricEigen().vectors },
    "svdU": { x, _ in try x[0].singularValues().u },
    "svdValues": { x, _ in try x[0].singularValues().values },
    "svdV": { x, _ in try x[0].singularValues().v },
    "qrQ": { x, _ in try x[0].orthogonalTriangular().q },
    "qrR": { x, _ in try x[0].orthogonalTriangular().r },
    "solve": { x, _ in try x[0].solve(x[1]) },
    "triangularSolve": { x, a in
      let flags = try #require(a.lists["flags"]).map { $0 == 1 }
      return try x[0].triangularSolve(x[1], lower: flags[0], transposed: flags[1], unit: flags[2])
    },
    "leastSquares": { x, _ in try x[0].leastSquares(x[1]) },
  ]

  static let losses: [String: Call] = [
    "meanSquaredError": { x, a in try Loss.meanSquaredError(x[0], x[1], reduction: a.reduction()) },
    "meanAbsoluteError": { x, a in try Loss.meanAbsoluteError(x[0], x[1], reduction: a.reduction()) },
    "huber": { x, a in try Loss.huber(x[0], x[1], delta: 0.7, reduction: a.reduction()) },
    "smoothAbsoluteError": { x, a in
      try Loss.smoothAbsoluteError(x[0], x[1], beta: 0.6, reduction: a.reduction())
    },
    "crossEntropy": { x, a in
      try Loss.crossEntropy(
        x[0], classes: x[1], weights: a.weights(x[0].dtype), smoothing: a.number("smoothing"),
        reduction: a.reduction())
    },
    "crossEntropyIgnoring": { x, a in
      try Loss.crossEntropy(x[0], classes: x[1], ignoring: 2, reduction: a.reduction())
    },
    "softCrossEntropy": { x, a in
      try Loss.crossEntropy(
        x[0], probabilities: x[1], smoothing: a.number("smoothing"), reduction: a.reduction())
    },
    "negativeLogLikelihood": { x, a in
      try Loss.negativeLogLikelihood(x[0], classes: x[1], reduction: a.reduction())
    },
    "binaryCrossEntropyLogits": { x, a in
      try Loss.binaryCrossEntropy(
        logits: x[0], targets: x[1], positiveWeights: a.weights(x[0].dtype), reduction: a.reduction())
    },
    "binaryCrossEntropy": { x, a in
      try Loss.binaryCrossEntropy(probabilities: x[0], targets: x[1], reduction: a.reduction())
    },
    "klDivergence": { x, a in try Loss.klDivergence(x[0], target: x[1], reduction: a.reduction()) },
    "cosineEmbedding": { x, a in
      try Loss.cosineEmbedding(x[0], x[1], labels: x[2], margin: 0.1, reduction: a.reduction())
    },
    "triplet": { x, a in
      try Loss.triplet(anchor: x[0], positive: x[1], negative: x[2], reduction: a.reduction())
    },
  ]
}

extension RecordedCase.Attributes {
  fileprivate func reduction() throws -> LossReduction {
    try #require(LossReduction.allCases.dropFirst(int("reduction")).first)
  }
  fileprivate func weights(_ dtype: DType) throws -> Tensor? {
    try lists["weights"].map { try Tensor($0).cast(to: dtype) }
  }
}
