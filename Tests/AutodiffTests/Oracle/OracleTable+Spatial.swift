import Testing

@testable import Tensor

extension OracleTable {
  static let spatial: [String: Call] = [
    "conv2d": { x, a in
      try x[0].conv2d(
        x[1], bias: x[2], stride: a.pair("stride"), padding: a.padding(), dilation: a.pair("dilation"),
        groups: a.int("groups"))
    },
    "convTranspose2d": { x, a in
      try x[0].convTranspose2d(
        x[1], bias: x[2], stride: a.pair("stride"), padding: a.padding(), outputPadding: a.pair("extra"),
        dilation: a.pair("dilation"), groups: a.int("groups"))
    },
    "conv1d": { x, a in
      try x[0].conv1d(
        x[1], bias: x[2], stride: a.int("stride"), padding: a.int("padding"), dilation: a.int("dilation"),
        groups: a.int("groups"))
    },
    "maxPool2d": { x, a in
      try x[0].maxPool2d(a.pair("kernel"), stride: a.pair("stride"), padding: a.pair("padding"))
    },
    "averagePool2d": { x, a in
      try x[0].averagePool2d(a.pair("kernel"), stride: a.pair("stride"), padding: a.pair("padding"))
    },
    "adaptiveMaxPool2d": { x, a in try x[0].adaptiveMaxPool2d(a.pair("size")) },
    "adaptiveAveragePool2d": { x, a in try x[0].adaptiveAveragePool2d(a.pair("size")) },
    "resizeBilinear": { x, a in
      try x[0].resized(to: a.pair("size"), mode: .bilinear, alignCorners: a.flag)
    },
    "resizeNearest": { x, a in try x[0].resized(to: a.pair("size"), mode: .nearest) },
    "gridSample": { x, a in
      try x[0].gridSample(
        x[1], padding: a.lists["border"] == [1] ? .border : .zeros, alignCorners: a.flag)
    },
    "affineGrid": { x, a in
      let size = try a.pair("size")
      return try x[0].affineGrid(height: size.rows, width: size.columns, alignCorners: a.flag)
    },
    "unfold": { x, a in
      try x[0].unfolded(
        kernel: a.pair("kernel"), stride: a.pair("stride"), padding: a.padding(), dilation: a.pair("dilation")
      )
    },
    "fold": { x, a in
      let size = try a.pair("size")
      return try x[0].folded(
        height: size.rows, width: size.columns, kernel: a.pair("kernel"), stride: a.pair("stride"),
        padding: a.padding())
    },
    "layerNorm": { x, _ in try x[0].layerNorm(weight: x[1], bias: x[2]) },
    "attention": { x, _ in try x[0].attention(keys: x[1], values: x[2]) },
    "batchNorm": { x, _ in try x[0].batchNorm(weight: x[1], bias: x[2]) },
    "groupNorm": { x, _ in try x[0].groupNorm(groups: 2, weight: x[1], bias: x[2]) },
    "instanceNorm": { x, _ in try x[0].instanceNorm(weight: x[1], bias: x[2]) },
  ]
}

extension RecordedCase.Attributes {
  fileprivate func pair(_ name: String) throws -> Pair {
    let n = try #require(ints(name))
    return Pair(try #require(n.first), try #require(n.last))
  }
  fileprivate func padding() throws -> Padding {
    let both = try pair("padding")
    return Padding(both.rows, both.columns)
  }
}
