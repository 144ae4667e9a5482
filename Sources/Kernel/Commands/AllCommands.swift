import Runtime

/// Every command of the library, chapter by chapter: what a session of the prompt, of a notebook or of a page is given.
public let allCommands: [Command] = [
  tensorCreationCommands.under("creation", "tensors from numbers"),
  randomCommands.under("random", "random numbers; each draw is a function of seed, cell and count"),
  tensorShapeCommands.under("shapes", "the same elements in another arrangement of axes"),
  arrangementCommands.under("arrangement", "diagonals, repetition, shifting"),
  scatterCommands.under("indexing", "elements and slices by position or mask"),
  elementaryCommands.under("elementwise", "functions of each element"),
  tensorFunctionCommands.under("choosing", "conditions, limits, normalised rows"),
  tensorReductionCommands.under("reductions", "sums, means, extremes along axes"),
  orderCommands.under("order", "sorting, ranks, quantiles"),
  linearAlgebraCommands.under("linalg", "products, factorisations, solutions; all differentiable"),
  activationCommands.under("activations", "nonlinearities of networks"),
  lossCommands.under("losses", "what training minimises"),
  similarityCommands.under("similarity", "distances, contrastive and metric losses"),
  layerCommands.under("layers", "linear maps, normalisation, attention"),
  imageCommands.under(
    "images", "convolution, pooling, resampling; images are (batch, channel, height, width)"),
  derivativeCommands.under(
    "derivatives", "gradients, products with Jacobians and Hessians, any order and mode"),
  transformCommands.under("transforms", "batching, recomputation, per-sample gradients, anomaly detection"),
  hypergradientCommands.under("hypergradients", "optimisation through optimisation"),
  faceCommands.under("faces", "data sets of faces with exact labels"),
  modelCommands.under("models", "networks and what they make of images"),
  trainingCommands.under("training", "optimisers and the training loop"),
  (embeddingCommands + analysisCommands).under("analysis", "embeddings and neighbours"),
  (figureCommands + markCommands + fieldCommands + statisticsFigureCommands).under(
    "figures", "curves, points, images"),
  fileCommands.under("files", "arrays and models on disk"),
  systemCommands.under("system", "memory and threads"),
].flatMap(\.self)
