import Runtime

/// Every command of the library, area by area: what a session of the prompt, of a notebook or of a page is given.
public let allCommands: [Command] = Array(areas.joined())

private let areas: [[Command]] = [
  tensorCreationCommands, tensorReductionCommands, tensorShapeCommands, tensorFunctionCommands, lossCommands,
  derivativeCommands, hypergradientCommands, faceCommands, modelCommands, trainingCommands, analysisCommands,
  figureCommands, fileCommands, systemCommands,
]
