/// What a symbol is in a formula; it decides spacing, as in TeX's atom types.
enum MathClass {
  case ordinary, large, binary, relation, opening, closing, punctuation
}

/// TeX names with their characters, by class. One row of words per class keeps the table readable.
enum MathSymbols {
  /// Letters: set in italics as variables, capitals of Greek upright.
  static let letters = table(
    """
    alpha α beta β gamma γ delta δ epsilon ϵ varepsilon ε zeta ζ eta η theta θ vartheta ϑ iota ι kappa κ lambda λ
    mu μ nu ν xi ξ omicron ο pi π varpi ϖ rho ρ varrho ϱ sigma σ varsigma ς tau τ upsilon υ phi ϕ varphi φ chi χ
    psi ψ omega ω ell ℓ hbar ℏ imath ı jmath ȷ
    """)

  /// Upright ordinary symbols.
  static let upright = table(
    """
    Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Upsilon Υ Phi Φ Psi Ψ Omega Ω partial ∂ nabla ∇ infty ∞
    top ⊤ bot ⊥ emptyset ∅ varnothing ∅ forall ∀ exists ∃ nexists ∄ neg ¬ lnot ¬ Re ℜ Im ℑ wp ℘ aleph ℵ
    angle ∠ triangle △ square □ blacksquare ■ prime ′ dagger † ddagger ‡ ldots … dots … cdots ⋯ vdots ⋮ ddots ⋱
    dotsc … dotsb ⋯ % % # # $ $ & & _ _ degree ° checkmark ✓ star ⋆ complement ∁
    """)

  static let binary = table(
    """
    pm ± mp ∓ times × div ÷ cdot ⋅ ast ∗ circ ∘ bullet ∙ cap ∩ cup ∪ setminus ∖ smallsetminus ∖ wedge ∧ vee ∨
    land ∧ lor ∨ oplus ⊕ ominus ⊖ otimes ⊗ odot ⊙ oslash ⊘ amalg ⨿ sqcap ⊓ sqcup ⊔ uplus ⊎ wr ≀
    """)

  static let relations = table(
    """
    le ≤ leq ≤ leqslant ⩽ ge ≥ geq ≥ geqslant ⩾ ne ≠ neq ≠ equiv ≡ sim ∼ simeq ≃ approx ≈ cong ≅ propto ∝ ll ≪ gg ≫
    in ∈ notin ∉ ni ∋ subset ⊂ supset ⊃ subseteq ⊆ supseteq ⊇ subsetneq ⊊ sqsubseteq ⊑ prec ≺ succ ≻ preceq ⪯
    succeq ⪰ mid ∣ nmid ∤ parallel ∥ perp ⟂ vdash ⊢ dashv ⊣ models ⊨ to → rightarrow → leftarrow ← gets ←
    leftrightarrow ↔ Rightarrow ⇒ Leftarrow ⇐ Leftrightarrow ⇔ implies ⟹ impliedby ⟸ iff ⟺ Longrightarrow ⟹
    Longleftarrow ⟸ Longleftrightarrow ⟺ mapsto ↦
    longrightarrow ⟶ longleftarrow ⟵ longmapsto ⟼ hookrightarrow ↪ uparrow ↑ downarrow ↓ nearrow ↗ searrow ↘
    rightharpoonup ⇀ rightleftharpoons ⇌ coloneqq ≔ triangleq ≜ doteq ≐ asymp ≍ bowtie ⋈ lesssim ≲ gtrsim ≳ colon :
    """)

  /// Operators that grow in displays and take limits above and below there.
  static let large = table(
    """
    sum ∑ prod ∏ coprod ∐ bigcup ⋃ bigcap ⋂ bigvee ⋁ bigwedge ⋀ bigoplus ⨁ bigotimes ⨂ bigodot ⨀ biguplus ⨄
    """)

  /// Large operators whose limits stay beside them.
  static let integrals = table("int ∫ iint ∬ iiint ∭ oint ∮")

  static let delimiters = table(
    """
    lbrace { rbrace } { { } } langle ⟨ rangle ⟩ lfloor ⌊ rfloor ⌋ lceil ⌈ rceil ⌉ lvert | rvert | lVert ‖ rVert ‖
    vert | Vert ‖ | ‖ lbrack [ rbrack ] lgroup ⟮ rgroup ⟯ backslash \\
    """)

  /// Delimiters that open by their name alone; the rest of `delimiters` close or, for bars, do both.
  static let opening: Set<String> = [
    "lbrace", "{", "langle", "lfloor", "lceil", "lvert", "lVert", "lbrack", "lgroup",
  ]
  static let closing: Set<String> = [
    "rbrace", "}", "rangle", "rfloor", "rceil", "rvert", "rVert", "rbrack", "rgroup",
  ]

  /// Functions set upright; those in `limitFunctions` take limits in displays.
  static let functions: Set<String> = [
    "log", "ln", "exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "cot", "sec", "csc", "arcsin", "arccos",
    "arctan", "deg", "dim", "hom", "ker", "arg", "lg",
  ]
  static let limitFunctions: [String: String] = [
    "min": "min", "max": "max", "sup": "sup", "inf": "inf", "lim": "lim", "limsup": "lim sup",
    "liminf": "lim inf", "det": "det", "gcd": "gcd", "Pr": "Pr",
  ]

  /// Accents over a base, and whether they stretch over it.
  static let accents: [String: (mark: String, stretches: Bool)] = [
    "hat": ("^", false), "widehat": ("^", true), "tilde": ("~", false), "widetilde": ("~", true),
    "bar": ("¯", false), "vec": ("→", false), "dot": ("˙", false),
    "ddot": ("¨", false), "dddot": ("⃛", false), "check": ("ˇ", false), "breve": ("˘", false),
    "acute": ("´", false), "grave": ("`", false), "mathring": ("˚", false), "overrightarrow": ("→", true),
    "overbrace": ("⏞", true),
  ]

  /// Widths in em.
  static let spaces: [String: String] = [
    ",": "0.167em", "thinspace": "0.167em", ":": "0.222em", ">": "0.222em", "medspace": "0.222em",
    ";": "0.278em", "thickspace": "0.278em", "!": "-0.167em", "negthinspace": "-0.167em", " ": "0.333em",
    "quad": "1em", "qquad": "2em", "enspace": "0.5em",
  ]

  private static func table(_ words: String) -> [String: String] {
    let words = words.split(whereSeparator: \.isWhitespace).map(String.init)
    var result: [String: String] = [:]
    for index in stride(from: 0, to: words.count - 1, by: 2) { result[words[index]] = words[index + 1] }
    return result
  }
}
