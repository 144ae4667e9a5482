import Runtime

/// Every command of the library, area by area: what a session of the prompt, of a notebook or of a page is given.
public let allCommands: [Command] = Array(areas.joined())

private let areas: [[Command]] = [
  tensorCreationCommands, randomCommands, tensorReductionCommands, orderCommands, tensorShapeCommands,
  arrangementCommands, scatterCommands, tensorFunctionCommands, elementaryCommands, activationCommands,
  linearAlgebraCommands, lossCommands, similarityCommands, layerCommands, imageCommands, derivativeCommands,
  transformCommands,
  hypergradientCommands, faceCommands, modelCommands, trainingCommands, analysisCommands, figureCommands,
  markCommands,
  fieldCommands, statisticsFigureCommands,
  fileCommands, systemCommands,
]
