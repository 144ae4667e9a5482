import Runtime
import Tensor

/// Contractions, decompositions and systems of equations. All take batches: the matrices are the last two axes.
let linearAlgebraCommands: [Command] = [
  Command(
    "einsum", "The sum of products that an equation in Einstein's notation writes.",
    [
      .required(
        "equation", .string,
        "a letter for each axis of each operand, then those of the result: \"ij,jk->ik\"; `...` stands for leading axes, a letter \"ii\" twice for the diagonal, and without `->` letters that stand once are the result"
      ),
      .rest("operands", .tensor, "the tensors"),
    ],
    returns: "a tensor with the axes after the arrow",
    errors: [
      ("ShapeMismatch", "an axis that has two extents under one label"),
      ("InvalidArgument", "an equation that cannot be read, or has another number of operands"),
    ],
    example: "einsum(\"ij,jk->ik\", [[1, 2], [3, 4]], [[1, 0], [0, 1]])"
  ) { a in
    let operands = try a.rest("operands").map {
      guard let operand = try $0.asTensor() else { throw a.mismatch("operands", expected: "tensors") }
      return operand
    }
    return .tensor(try .einsum(a.string("equation"), operands))
  },
  Command(
    "cholesky", "The lower triangular L with L Lᵀ = A, for symmetric positive definite A.", [.matrix],
    returns: "a tensor of the same shape; of A the lower triangle alone is read, NaN in it gives NaN",
    errors: [("ArithmeticError", "a matrix that is not positive definite"), notSquare],
    example: "cholesky([[4.0, 2.0], [2.0, 3.0]])"
  ) { a in .tensor(try a.floating("A").cholesky()) },
  Command(
    "choleskySolve", "X with L Lᵀ X = B, for the L of `cholesky`.",
    [.required("L", .tensor, "lower triangles, (…, n, n)"), .rightHandSide],
    returns: "a tensor of the shape of `B`",
    errors: [("ShapeMismatch", "L is not square, or B has other rows")],
    example: "choleskySolve(cholesky([[4.0, 2.0], [2.0, 3.0]]), [2.0, 1.0])"
  ) { a in .tensor(try a.floating("L").choleskySolve(a.floating("B"))) },
  Command(
    "solve", "The X with A X = B, by LU factorisation with pivots.", [.matrix, .rightHandSide],
    returns: "a tensor of the shape of `B`",
    errors: [
      ("ArithmeticError", "a singular matrix"), ("ShapeMismatch", "A is not square, or B has other rows"),
    ],
    example: "solve([[2.0, 0.0], [1.0, 1.0]], [2.0, 3.0])"
  ) { a in .tensor(try a.floating("A").solve(a.floating("B"))) },
  Command(
    "triangularSolve",
    "The X with T X = B, where T is the lower or upper triangle of A; the rest of A is not read.",
    [
      .matrix, .rightHandSide, .optional("lower", .bool, default: true, "false for the upper triangle"),
      .optional("transposed", .bool, default: false, "solve Tᵀ X = B"),
      .optional("unit", .bool, default: false, "take the diagonal as ones"),
    ],
    returns: "a tensor of the shape of `B`",
    errors: [
      ("ArithmeticError", "a 0 on the diagonal"), ("ShapeMismatch", "A is not square, or B has other rows"),
    ],
    example: "triangularSolve([[2.0, 0.0], [1.0, 1.0]], [2.0, 3.0])"
  ) { a in
    .tensor(
      try a.floating("A").triangularSolve(
        a.floating("B"), lower: a.bool("lower"), transposed: a.bool("transposed"), unit: a.bool("unit")))
  },
  Command(
    "lstsq", "The X that minimises ‖A X - B‖; the shortest one where A has fewer rows than columns.",
    [
      .required("A", .tensor, "(…, m, n), of full rank"),
      .required("B", .tensor, "(…, m, k), or a vector of m; leading axes broadcast"),
    ],
    returns: "(…, n, k), or n numbers for a vector",
    errors: [
      ("ArithmeticError", "a matrix without full rank"), ("ShapeMismatch", "B has other than m rows"),
    ],
    example: "lstsq([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]], [1.0, 3.0, 5.0])"
  ) { a in .tensor(try a.floating("A").leastSquares(a.floating("B"))) },
  Command(
    "inv", "The inverse of a matrix. For a system of equations use `solve`.", [.matrix],
    returns: "a tensor of the same shape", errors: [("ArithmeticError", "a singular matrix"), notSquare],
    example: "inv([[2.0, 0.0], [0.0, 4.0]])"
  ) { a in .tensor(try a.floating("A").inverse()) },
  Command(
    "det", "The determinant; differentiable at singular matrices too.", [.matrix],
    returns: "a tensor of the leading axes: one number for each matrix", errors: [notSquare],
    example: "det([[1.0, 2.0], [3.0, 4.0]])  # -2"
  ) { a in .tensor(try a.floating("A").determinant()) },
  Command(
    "logdet", "The logarithm of the determinant: -inf where it is 0, NaN where it is negative.", [.matrix],
    returns: "a tensor of the leading axes: one number for each matrix", errors: [notSquare],
    example: "logdet([[4.0, 2.0], [2.0, 3.0]])  # ln 8"
  ) { a in
    let (sign, logarithm) = try a.floating("A").logDeterminant()
    return .tensor(try sign.less(0).choose(.scalar(.nan, dtype: logarithm.dtype), logarithm))
  },
  Command(
    "slogdet", "The sign of the determinant and the logarithm of its absolute value.", [.matrix],
    returns: "a tuple (sign, logarithm) of tensors of the leading axes; a singular matrix gives (0, -inf)",
    errors: [notSquare],
    example: "(sign, logarithm) = slogdet([[1.0, 2.0], [3.0, 4.0]])"
  ) { a in
    let (sign, logarithm) = try a.floating("A").logDeterminant()
    return .tuple([.tensor(sign), .tensor(logarithm)])
  },
  Command(
    "eigh", "The eigenvalues and eigenvectors of a symmetric matrix: A V = V diag(w).", [.matrix],
    returns:
      "a tuple (w, V): eigenvalues (…, n) in ascending order, unit eigenvectors as the columns of (…, n, n); of A the lower triangle is read",
    errors: [
      ("InvalidArgument", "NaN or Inf"), notSquare,
      (
        "NotDifferentiable",
        "a derivative that coinciding eigenvalues leave open: through single vectors of theirs, through V f(w) Vᵀ, or of second order"
      ),
    ], example: "(w, V) = eigh([[2.0, 1.0], [1.0, 2.0]])"
  ) { a in
    let (values, vectors) = try a.floating("A").symmetricEigen()
    return .tuple([.tensor(values), .tensor(vectors)])
  },
  Command(
    "svd", "The thin singular value decomposition: A = U diag(s) Vt.",
    [.required("A", .tensor, "(…, m, n)")],
    returns: "a tuple (U, s, Vt) of (…, m, k), (…, k) in descending order and (…, k, n), k = min(m, n)",
    errors: [
      ("InvalidArgument", "NaN or Inf"), ("ShapeMismatch", "fewer than two axes"),
      ("NotDifferentiable", "a derivative that values which coincide or are 0 leave open, as with `eigh`"),
    ],
    example: "(U, s, Vt) = svd([[3.0, 0.0], [0.0, 4.0], [0.0, 0.0]])"
  ) { a in
    let (u, values, v) = try a.floating("A").singularValues()
    return .tuple([.tensor(u), .tensor(values), .tensor(try v.transposed())])
  },
  Command(
    "qr", "The thin decomposition A = Q R: orthonormal columns times an upper triangle.",
    [.required("A", .tensor, "(…, m, n)")],
    returns: "a tuple (Q, R) of (…, m, k) and (…, k, n), k = min(m, n); the diagonal of R is not negative",
    errors: [
      ("ArithmeticError", "a derivative without full rank"), ("ShapeMismatch", "fewer than two axes"),
    ],
    example: "(Q, R) = qr([[3.0, 1.0], [4.0, 2.0]])"
  ) { a in
    let (q, r) = try a.floating("A").orthogonalTriangular()
    return .tuple([.tensor(q), .tensor(r)])
  },
].map(\.namingErrors)

private let notSquare = (code: "ShapeMismatch", when: "a matrix that is not square")

extension Parameter {
  fileprivate static let matrix = Parameter.required("A", .tensor, "square matrices, (…, n, n)")
  fileprivate static let rightHandSide = Parameter.required(
    "B", .tensor, "(…, n, k), or a vector of n; leading axes broadcast")
}
