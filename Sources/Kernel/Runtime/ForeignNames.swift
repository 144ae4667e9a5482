import Syntax

/// What a reader who comes from Python, NumPy or PyTorch calls a thing, and how it is written here. It answers before a name of
/// similar spelling does (`cat` is `concat`, not `cast`), in help, and as a page of the reference.
enum ForeignNames {
  /// Names elsewhere and code here.
  typealias Row = (names: [String], code: String)

  /// All of them, by what they do.
  static let rows: [Row] = [
    // Python
    (["lambda"], "{ x in x + 1 }"),
    (["def"], "func f(x) { x + 1 }"),
    (["null", "nil", "None", "undefined"], "none"),
    (["True"], "true"),
    (["False"], "false"),
    (["not"], "!done"),
    (["Inf", "Infinity"], "∞"),
    (["dict"], "{name: 1}"),
    (["isinstance", "typeof"], "type(x)"),
    (["repr", "String"], "str(x)"),
    (["pow", "power"], "x ** 2"),
    (["divmod", "remainder", "fmod"], "x % 2"),
    (["lowercased"], "lower(s)"),
    (["uppercased"], "upper(s)"),
    (["strip"], "trim(s)"),
    (["startswith"], "startsWith(s, \"a\")"),
    (["endswith"], "endsWith(s, \"a\")"),
    (["dir", "globals"], "help()"),
    (["length", "count", "sizeof"], "len(xs)"),
    (["push", "push_back", "extend"], "xs.append(4)"),
    (["pop", "removeLast"], "xs = xs[:-1]"),
    (["insert"], "xs = xs[:1] + [4] + xs[1:]"),
    (["remove", "discard"], "xs = [x for x in xs if x != 2]"),
    (["items"], "for (key, value) in record { print(key, value) }"),
    (["printf", "println", "echo", "puts"], "print(x)"),
    (["raise", "throw", "error", "fail", "panic"], "assert(len(xs) > 0, \"no data\")"),
    (["del", "delete"], "%reset x"),
    (["time", "perf_counter", "clock"], "seconds { sum(x) }"),
    (["float32"], "f32"),
    (["float64"], "f64"),
    (["int32", "int64"], "i32"),
    // creation and random numbers
    (["array", "asarray", "as_tensor", "from_numpy", "FloatTensor", "ndarray"], "tensor([1, 2, 3])"),
    (["zeros_like", "zerosLike", "empty", "empty_like"], "zeros(x.shape)"),
    (["ones_like", "onesLike"], "ones(x.shape)"),
    (["full_like", "fullLike", "fill"], "full(x.shape, 2.0)"),
    (["identity"], "eye(3)"),
    (["logspace", "geomspace"], "10 ** linspace(0, 2)"),
    (["uniform", "random", "rand_like"], "rand([2, 3])"),
    (["normal", "standard_normal", "gaussian", "randn_like"], "randn([2, 3])"),
    (["randperm", "shuffle"], "permutation(10)"),
    (["multinomial", "choice"], "categorical([0.2, 0.8])"),
    (["manual_seed", "seed", "default_rng"], "randn([2, 3], seed: 1)"),
    // shapes and indexing
    (["cat", "concatenate", "hstack", "vstack"], "concat([x, y], axis: 0)"),
    (["view", "ravel", "flatten"], "reshape(x, [-1])"),
    (["expand_dims", "newaxis"], "unsqueeze(x, 0)"),
    (["broadcast_to", "expand_as"], "expand(x, [3, 2, 2])"),
    (["astype", "to", "double", "asType"], "cast(x, \"f64\")"),
    (["gather", "take_along_axis", "take_along_dim"], "takeAlong(x, indices, axis: 1)"),
    (["index_select", "indexSelect"], "take(x, indices, axis: 0)"),
    (["masked_fill", "masked_select"], "maskedFill(x, mask, 0)"),
    (["nonzero", "flatnonzero"], "argwhere(x)"),
    (["fliplr", "flipud", "rot90"], "flip(x, axis: 0)"),
    (["array_split"], "chunk(x, 2)"),
    (["ndim", "dim", "numel", "size"], "x.shape"),
    (["one_hot"], "oneHot(labels, 3)"),
    (["detach", "stop_gradient", "no_grad"], "stopGradient(x)"),
    (["item"], "float(mean(x))"),
    (["tolist", "numpy"], "list(x)"),
    (["t", "mT"], "x.T"),
    (devices, "x"),
    // arithmetic and reductions
    (["add"], "x + y"),
    (["clip"], "clamp(x, 0, 1)"),
    (["var"], "variance(x)"),
    (["amax"], "max(x)"),
    (["nanmax"], "max(where(isNaN(x), -∞, x))"),
    (["amin"], "min(x)"),
    (["nanmin"], "min(where(isNaN(x), ∞, x))"),
    (["average"], "mean(x)"),
    (["percentile"], "quantile(x, 0.9)"),
    (["allclose", "array_equal"], "isClose(x, y)"),
    (["bmm", "matmul", "mm", "mv", "dot", "inner"], "x @ y"),
    (["outer"], "einsum(\"i,j->ij\", u, b)"),
    (["tensordot"], "einsum(\"ij,jk->ik\", x, y)"),
    (["pinv"], "lstsq(a, b)"),
    (["eig", "eigvalsh", "symeig"], "eigh(a)"),
    (["cosine_similarity"], "cosineSimilarity(x, y)"),
    // networks
    (["Linear", "Dense"], "linear(x, w, b)"),
    (["ReLU"], "relu(x)"),
    (["swish"], "silu(x)"),
    (["scaled_dot_product_attention", "MultiheadAttention"], "attention(q, k, v)"),
    (["interpolate", "upsample"], "resize(images, [28, 28])"),
    (["max_pool2d"], "maxPool2d(images, 2)"),
    (["avg_pool2d"], "avgPool2d(images, 2)"),
    (["mse_loss", "MSELoss", "mean_squared_error"], "mse(prediction, target)"),
    (["l1_loss", "L1Loss"], "mae(prediction, target)"),
    (["nll_loss", "NLLLoss"], "nll(logProbabilities, labels)"),
    (["CrossEntropyLoss", "softmax_cross_entropy"], "crossEntropy(logits, labels)"),
    (
      ["binary_cross_entropy_with_logits", "BCEWithLogitsLoss", "bce"], "binaryCrossEntropy(logits, targets)"
    ),
    (["kl_div", "KLDivLoss"], "klDivergence(logProbabilities, targets)"),
    (["backward", "autograd", "gradient"], "grad(f)(x)"),
    (["value_and_grad"], "valueAndGrad(f)(x)"),
    (["jacrev", "jacfwd"], "jacobian(f)(x)"),
    (["Adam"], "AdamW(lr: 1e-3, weightDecay: 0)"),
    (["Optimizer"], "AdamW(lr: 1e-3)"),
    (["DataLoader", "Dataset"], "Faces(images: 64)"),
    (["train", "Trainer"], "fit(model, data)"),
    (["VisionTransformer"], "ViT(width: 96, depth: 4)"),
    (["TSNE"], "tsne(samples)"),
    (["PCA"], "pca(samples, count: 2)"),
    (["KNeighborsClassifier", "NearestNeighbors", "kneighbors"], "knn(samples, classes, k: 5)"),
    // figures
    (["scatter_plot", "scatterplot"], "plot(points(x, y))"),
    (["hist"], "plot(histogram(x))"),
    (["imshow"], "plot(heatmap(x))"),
    (["bar"], "plot(bars([\"a\", \"b\"], [1, 2]))"),
    (["savefig"], "save(plot(points(x, y)), \"figure.svg\")"),
    (modules, "help()"),
  ]

  private static let devices = ["cpu", "cuda", "device"]
  private static let modules = ["torch", "np", "jnp", "sklearn", "plt", "scipy"]

  private static let codes: [String: String] = rows.reduce(into: [:]) { table, row in
    for name in row.names { table[name] = row.code }
  }

  /// The page of `?python`.
  static func page(width: Int) -> String {
    let cells = rows.map { [$0.names.joined(separator: ", "), $0.code] }
    return "Names of Python, NumPy and PyTorch, and what is written here:\n"
      + TextTable(cells, width: width, indent: 2, folds: true).text
  }

  /// The same as a page of the reference.
  static var reference: String {
    "# From Python\n\nNames of Python, NumPy and PyTorch, and what is written here. Typing one of them says so too. "
      + "[All chapters](README.md)\n\n| elsewhere | here |\n|--|--|\n"
      + rows.map { row in
        "| " + row.names.map { "`\($0)`" }.joined(separator: ", ") + " | `\(row.code)` |\n"
      }.joined()
  }

  /// What is written here for a name from elsewhere.
  static func code(for name: String) -> String? { codes[name] }

  /// A help line for a name that nothing here has: what it is called here, or what it may have been meant to be.
  static func remedy(for name: String, in candidates: some Sequence<String>) -> String? {
    if modules.contains(name) { return "no module stands before a command: `mean(x)`, not `\(name).mean(x)`" }
    if devices.contains(name) { return "every tensor is in the processor's memory: leave it out" }
    return code(for: name).map { "write `\($0)`" } ?? Suggestion.phrase(for: name, in: candidates)
  }
}
