/// LaTeX names of characters: `\lambda` for λ. Completion uses it both ways.
package enum SymbolTable {
  /// Characters by name.
  package static let symbols: [String: String] = {
    var table: [String: String] = [:]
    for line in text.split(separator: "\n") {
      for pair in line.split(separator: " ") {
        guard let last = pair.last else { continue }
        table[String(pair.dropLast())] = String(last)
      }
    }
    for (index, digit) in "₀₁₂₃₄₅₆₇₈₉".enumerated() { table["_\(index)"] = String(digit) }
    for (index, digit) in "⁰¹²³⁴⁵⁶⁷⁸⁹".enumerated() { table["^\(index)"] = String(digit) }
    // Combining marks go after the letter they belong to: x\hat<TAB>.
    for (name, mark) in [
      ("hat", "\u{302}"), ("bar", "\u{304}"), ("tilde", "\u{303}"), ("dot", "\u{307}"), ("ddot", "\u{308}"),
    ] {
      table[name] = mark
    }
    return table
  }()

  /// Names by character; the shortest where there are several.
  package static let names: [String: String] = {
    var table: [String: String] = [:]
    for (name, symbol) in symbols {
      guard let known = table[symbol], (known.count, known) < (name.count, name) else {
        table[symbol] = name
        continue
      }
    }
    return table
  }()

  // Every word ends in the character it names.
  private static let text = """
    alphaα betaβ gammaγ deltaδ epsilonϵ varepsilonε zetaζ etaη thetaθ varthetaϑ iotaι kappaκ varkappaϰ lambdaλ muμ nuν xiξ
    omicronο piπ varpiϖ rhoρ varrhoϱ sigmaσ varsigmaς tauτ upsilonυ phiϕ varphiφ chiχ psiψ omegaω
    AlphaΑ BetaΒ GammaΓ DeltaΔ EpsilonΕ ZetaΖ EtaΗ ThetaΘ IotaΙ KappaΚ LambdaΛ MuΜ NuΝ XiΞ OmicronΟ PiΠ RhoΡ SigmaΣ TauΤ
    UpsilonΥ PhiΦ ChiΧ PsiΨ OmegaΩ
    nabla∇ partial∂ infty∞ sum∑ prod∏ int∫ sqrt√ ellℓ hbarℏ Reℜ Imℑ alephℵ forall∀ exists∃ emptyset∅ prime′ dprime″ star⋆ circ∘
    bbRℝ bbNℕ bbZℤ bbQℚ bbCℂ bbE𝔼 bbPℙ
    _aₐ _eₑ _iᵢ _jⱼ _kₖ _nₙ _mₘ _pₚ _tₜ _xₓ ^nⁿ ^iⁱ ^Tᵀ ^+⁺ ^-⁻
    """
}
