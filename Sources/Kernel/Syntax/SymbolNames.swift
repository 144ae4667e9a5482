// Made by scripts/latex-symbols, which says where the names come from. Not to be edited by hand.

extension SymbolTable {
  /// 2888 names. Every word is a name and, as its last scalar, the character it stands for.
  static let text = """
    AAÅ AC∿ AEÆ APLboxquestion⍰ APLboxupcaret⍓ APLcomment⍝ APLdownarrowbox⍗ APLinput⍞ APLinv⌹
    APLleftarrowbox⍇ APLlog⍟ APLrightarrowbox⍈ APLuparrowbox⍐ AlphaΑ AngstroemÅ AngstromÅ Barv⫧ BetaΒ Bot⫫
    Bumpeq≎ CIRCLE● Cap⋒ CapitalDifferentialDⅅ CheckedBox☑ ChiΧ Circle○ Coloneqq⩴ ComplexIⅈ ComplexJⅉ Cup⋓
    DDownarrow⟱ DHÐ DJĐ DashV⫥ DashVDash⟚ Dashv⫤ Ddownarrow⤋ DeltaΔ Diamond◇ Diamondblack◆ Diamonddot⟐
    DifferentialDⅆ DigammaϜ Doteq≑ DownArrowBar⤓ DownLeftTeeVector⥞ DownLeftVectorBar⥖ DownRightTeeVector⥟
    DownRightVectorBar⥗ Downarrow⇓ EpsilonΕ Equal⩵ Equiv≣ EtaΗ Eulerℇ Exclam‼ ExponetialEⅇ FinvℲ Game⅁
    GammaΓ Hermaphrodite⚥ Imℑ IotaΙ Join⨝ KappaΚ KoppaϞ LEFTCIRCLE◖ LEFTcircle◐ LHD◀ LLeftarrow⭅ LVec⃖
    LambdaΛ Lbag⟅ Lbrbrak〘 LeftArrowBar⇤ LeftDownTeeVector⥡ LeftDownVectorBar⥙ LeftTeeVector⥚
    LeftTriangleBar⧏ LeftUpTeeVector⥠ LeftUpVectorBar⥘ LeftVectorBar⥒ Leftarrow⇐ Leftrightarrow⇔ Lleftarrow⇚
    Longleftarrow⟸ Longleftrightarrow⟺ Longmapsfrom⟽ Longmapsto⟾ Longrightarrow⟹ Lparen⦅ Lparengtr⦕ Lsh↰
    Lvzigzag⧚ MapsDown↧ MapsUp↥ Mapsfrom⤆ Mapsto⤇ Microµ MuΜ NGŊ Nearrow⇗ NestedGreaterGreater⪢
    NestedLessLess⪡ Not⫬ NotGreaterLess≹ NotGreaterTilde≵ NotLessTilde≴ NuΝ Nwarrow⇖ OEŒ OmegaΩ OmicronΟ
    Otimes⨷ PhiΦ PiΠ Planckconstℎ PropertyLine⅊ Proportion∷ PsiΨ QED∎ QoppaϘ Question⁇ RHD▶ RIGHTCIRCLE◗
    RIGHTcircle◑ RRightarrow⭆ Rbag⟆ Rbrbrak〙 Reℜ RhoΡ RightArrowBar⇥ RightDownTeeVector⥝ RightDownVectorBar⥕
    RightTeeVector⥛ RightTriangleBar⧐ RightUpTeeVector⥜ RightUpVectorBar⥔ RightVectorBar⥓ Rightarrow⇒
    Rparen⦆ Rparenless⦖ Rrightarrow⇛ Rsh↱ Rvzigzag⧛ Same⩶ SampiϠ Searrow⇘ SigmaΣ Sqcap⩎ Sqcup⩏ Square☐
    StigmaϚ Subset⋐ Sun☉ Supset⋑ Swarrow⇙ THÞ TauΤ ThetaΘ Top⫪ UUparrow⟰ UpArrowBar⤒ Uparrow⇑ Updownarrow⇕
    UpsilonΥ Uuparrow⤊ VDash⊫ VERT⦀ Vdash⊩ Vee⩔ Vvdash⊪ Wedge⩓ XBox☒ XiΞ Yup⅄ ZbarƵ ZetaΖ ^(⁽ ^)⁾ ^*⋆ ^+⁺
    ^-⁻ ^0⁰ ^1¹ ^2² ^3³ ^4⁴ ^5⁵ ^6⁶ ^7⁷ ^8⁸ ^9⁹ ^=⁼ ^Aᴬ ^Bᴮ ^Cꟲ ^Dᴰ ^Eᴱ ^Fꟳ ^Gᴳ ^Hᴴ ^Iᴵ ^Jᴶ ^Kᴷ ^Lᴸ ^Mᴹ ^Nᴺ
    ^Oᴼ ^Pᴾ ^Qꟴ ^Rᴿ ^Tᵀ ^Uᵁ ^Vⱽ ^Wᵂ ^aᵃ ^alphaᵅ ^bᵇ ^betaᵝ ^cᶜ ^chiᵡ ^dᵈ ^deltaᵟ ^downarrowꜜ ^eᵉ ^epsilonᵋ
    ^fᶠ ^gᵍ ^gammaᵞ ^hʰ ^iⁱ ^iotaᶥ ^jʲ ^kᵏ ^lˡ ^ltphiᶲ ^mᵐ ^nⁿ ^oᵒ ^pᵖ ^phiᵠ ^q𐞥 ^rʳ ^sˢ ^tᵗ ^thetaᶿ ^uᵘ
    ^uparrowꜛ ^vᵛ ^wʷ ^xˣ ^yʸ ^zᶻ _(₍ _)₎ _+₊ _-₋ _0₀ _1₁ _2₂ _3₃ _4₄ _5₅ _6₆ _7₇ _8₈ _9₉ _=₌ _Aₐ _Eₑ _Hₕ
    _Iᵢ _Jⱼ _Kₖ _Lₗ _Mₘ _Nₙ _Oₒ _Pₚ _Rᵣ _Sₛ _Tₜ _Uᵤ _Vᵥ _Xₓ _aₐ _betaᵦ _chiᵪ _eₑ _gammaᵧ _hₕ _iᵢ _jⱼ _kₖ _lₗ
    _mₘ _nₙ _oₒ _pₚ _phiᵩ _rᵣ _rhoᵨ _sₛ _schwaₔ _tₜ _uᵤ _vᵥ _xₓ aaå accurrent⏦ acidfree♾ acuté
    acwcirclearrow⥀ acwgapcirclearrow⟲ acwleftarcarrow⤹ acwoverarcarrow⤺ acwunderarcarrow⤻ aeæ alephℵ alphaα
    amalg⨿ anchor⚓ angdnr⦟ angle∠ angles⦞ angleubar⦤ annuity⃧ approx≈ approxeq≊ approxeqq⩰ approxident≋
    aquarius♒ arceq≘ aries♈ arrowbullet➢ assert⊦ ast∗ asteq⩮ asteraccent⃰ asymp≍ awint⨑ bNot⫭ backcong≌
    backdprime‶ backepsilon϶ backprime‵ backsim∽ backsimeq⋍ backtrprime‷ bagmember⋿ ballotx✗ bar̄ barcap⩃
    barcup⩂ barin⋶ barleftarrowrightarrowba↹ barleftharpoon⥫ barovernorthwestarrow↸ barrightarrowdiamond⤠
    barrightharpoon⥭ barvee⊽ barwedge⊼ bbA𝔸 bbB𝔹 bbCℂ bbD𝔻 bbE𝔼 bbF𝔽 bbG𝔾 bbGammaℾ bbHℍ bbI𝕀 bbJ𝕁 bbK𝕂 bbL𝕃
    bbM𝕄 bbNℕ bbO𝕆 bbPℙ bbPiℿ bbQℚ bbRℝ bbS𝕊 bbT𝕋 bbU𝕌 bbV𝕍 bbW𝕎 bbX𝕏 bbY𝕐 bbZℤ bba𝕒 bbb𝕓 bbc𝕔 bbd𝕕 bbe𝕖
    bbeight𝟠 bbf𝕗 bbfive𝟝 bbfour𝟜 bbg𝕘 bbgammaℽ bbh𝕙 bbi𝕚 bbiDⅅ bbidⅆ bbieⅇ bbiiⅈ bbijⅉ bbj𝕛 bbk𝕜 bbl𝕝 bbm𝕞
    bbn𝕟 bbnine𝟡 bbo𝕠 bbone𝟙 bbp𝕡 bbq𝕢 bbr𝕣 bbrktbrk⎶ bbs𝕤 bbseven𝟟 bbsix𝟞 bbt𝕥 bbthree𝟛 bbtwo𝟚 bbu𝕦 bbv𝕧
    bbw𝕨 bbx𝕩 bby𝕪 bbz𝕫 bbzero𝟘 bdtriplevdash┆ because∵ benzenr⏣ betaβ bethℶ between≬ bfA𝐀 bfAlpha𝚨 bfB𝐁
    bfBeta𝚩 bfC𝐂 bfChi𝚾 bfD𝐃 bfDelta𝚫 bfE𝐄 bfEpsilon𝚬 bfEta𝚮 bfF𝐅 bfG𝐆 bfGamma𝚪 bfH𝐇 bfI𝐈 bfIota𝚰 bfJ𝐉 bfK𝐊
    bfKappa𝚱 bfL𝐋 bfLambda𝚲 bfM𝐌 bfMu𝚳 bfN𝐍 bfNu𝚴 bfO𝐎 bfOmega𝛀 bfOmicron𝚶 bfP𝐏 bfPhi𝚽 bfPi𝚷 bfPsi𝚿 bfQ𝐐
    bfR𝐑 bfRho𝚸 bfS𝐒 bfSigma𝚺 bfT𝐓 bfTau𝚻 bfTheta𝚯 bfU𝐔 bfUpsilon𝚼 bfV𝐕 bfW𝐖 bfX𝐗 bfXi𝚵 bfY𝐘 bfZ𝐙 bfZeta𝚭
    bfa𝐚 bfalpha𝛂 bfb𝐛 bfbeta𝛃 bfc𝐜 bfchi𝛘 bfd𝐝 bfdelta𝛅 bfe𝐞 bfeight𝟖 bfepsilon𝛜 bfeta𝛈 bff𝐟 bffive𝟓
    bffour𝟒 bfg𝐠 bfgamma𝛄 bfh𝐡 bfi𝐢 bfiota𝛊 bfj𝐣 bfk𝐤 bfkappa𝛋 bfl𝐥 bflambda𝛌 bfm𝐦 bfmu𝛍 bfn𝐧 bfnine𝟗 bfnu𝛎
    bfo𝐨 bfomega𝛚 bfomicron𝛐 bfone𝟏 bfp𝐩 bfphi𝛟 bfpi𝛑 bfpsi𝛙 bfq𝐪 bfr𝐫 bfrakA𝕬 bfrakB𝕭 bfrakC𝕮 bfrakD𝕯
    bfrakE𝕰 bfrakF𝕱 bfrakG𝕲 bfrakH𝕳 bfrakI𝕴 bfrakJ𝕵 bfrakK𝕶 bfrakL𝕷 bfrakM𝕸 bfrakN𝕹 bfrakO𝕺 bfrakP𝕻 bfrakQ𝕼
    bfrakR𝕽 bfrakS𝕾 bfrakT𝕿 bfrakU𝖀 bfrakV𝖁 bfrakW𝖂 bfrakX𝖃 bfrakY𝖄 bfrakZ𝖅 bfraka𝖆 bfrakb𝖇 bfrakc𝖈 bfrakd𝖉
    bfrake𝖊 bfrakf𝖋 bfrakg𝖌 bfrakh𝖍 bfraki𝖎 bfrakj𝖏 bfrakk𝖐 bfrakl𝖑 bfrakm𝖒 bfrakn𝖓 bfrako𝖔 bfrakp𝖕 bfrakq𝖖
    bfrakr𝖗 bfraks𝖘 bfrakt𝖙 bfraku𝖚 bfrakv𝖛 bfrakw𝖜 bfrakx𝖝 bfraky𝖞 bfrakz𝖟 bfrho𝛒 bfs𝐬 bfseven𝟕 bfsigma𝛔
    bfsix𝟔 bft𝐭 bftau𝛕 bftheta𝛉 bfthree𝟑 bftwo𝟐 bfu𝐮 bfupsilon𝛖 bfv𝐯 bfvarTheta𝚹 bfvarepsilon𝛆 bfvarkappa𝛞
    bfvarphi𝛗 bfvarpi𝛡 bfvarrho𝛠 bfvarsigma𝛓 bfvartheta𝛝 bfw𝐰 bfx𝐱 bfxi𝛏 bfy𝐲 bfz𝐳 bfzero𝟎 bfzeta𝛇 biA𝑨
    biAlpha𝜜 biB𝑩 biBeta𝜝 biC𝑪 biChi𝜲 biD𝑫 biDelta𝜟 biE𝑬 biEpsilon𝜠 biEta𝜢 biF𝑭 biG𝑮 biGamma𝜞 biH𝑯 biI𝑰
    biIota𝜤 biJ𝑱 biK𝑲 biKappa𝜥 biL𝑳 biLambda𝜦 biM𝑴 biMu𝜧 biN𝑵 biNu𝜨 biO𝑶 biOmega𝜴 biOmicron𝜪 biP𝑷 biPhi𝜱
    biPi𝜫 biPsi𝜳 biQ𝑸 biR𝑹 biRho𝜬 biS𝑺 biSigma𝜮 biT𝑻 biTau𝜯 biTheta𝜣 biU𝑼 biUpsilon𝜰 biV𝑽 biW𝑾 biX𝑿 biXi𝜩
    biY𝒀 biZ𝒁 biZeta𝜡 bia𝒂 bialpha𝜶 bib𝒃 bibeta𝜷 bic𝒄 bichi𝝌 bid𝒅 bidelta𝜹 bie𝒆 biepsilon𝝐 bieta𝜼 bif𝒇 big𝒈
    bigamma𝜸 bigblacktriangledown▼ bigblacktriangleup▲ bigbot⟘ bigcap⋂ bigcup⋃ bigcupdot⨃ biginterleave⫼
    bigodot⨀ bigoplus⨁ bigotimes⨂ bigslopedvee⩗ bigslopedwedge⩘ bigsqcap⨅ bigsqcup⨆ bigstar★ bigtalloblong⫿
    bigtop⟙ bigtriangledown▽ bigtriangleleft⨞ bigtriangleup△ biguplus⨄ bigvee⋁ bigwedge⋀ bigwhitestar☆ bih𝒉
    bii𝒊 biiota𝜾 bij𝒋 bik𝒌 bikappa𝜿 bil𝒍 bilambda𝝀 bim𝒎 bimu𝝁 bin𝒏 binu𝝂 bio𝒐 biohazard☣ biomega𝝎 biomicron𝝄
    bip𝒑 biphi𝝓 bipi𝝅 bipsi𝝍 biq𝒒 bir𝒓 birho𝝆 bis𝒔 bisansA𝘼 bisansAlpha𝞐 bisansB𝘽 bisansBeta𝞑 bisansC𝘾
    bisansChi𝞦 bisansD𝘿 bisansDelta𝞓 bisansE𝙀 bisansEpsilon𝞔 bisansEta𝞖 bisansF𝙁 bisansG𝙂 bisansGamma𝞒
    bisansH𝙃 bisansI𝙄 bisansIota𝞘 bisansJ𝙅 bisansK𝙆 bisansKappa𝞙 bisansL𝙇 bisansLambda𝞚 bisansM𝙈 bisansMu𝞛
    bisansN𝙉 bisansNu𝞜 bisansO𝙊 bisansOmega𝞨 bisansOmicron𝞞 bisansP𝙋 bisansPhi𝞥 bisansPi𝞟 bisansPsi𝞧
    bisansQ𝙌 bisansR𝙍 bisansRho𝞠 bisansS𝙎 bisansSigma𝞢 bisansT𝙏 bisansTau𝞣 bisansTheta𝞗 bisansU𝙐
    bisansUpsilon𝞤 bisansV𝙑 bisansW𝙒 bisansX𝙓 bisansXi𝞝 bisansY𝙔 bisansZ𝙕 bisansZeta𝞕 bisansa𝙖 bisansalpha𝞪
    bisansb𝙗 bisansbeta𝞫 bisansc𝙘 bisanschi𝟀 bisansd𝙙 bisansdelta𝞭 bisanse𝙚 bisansepsilon𝟄 bisanseta𝞰
    bisansf𝙛 bisansg𝙜 bisansgamma𝞬 bisansh𝙝 bisansi𝙞 bisansiota𝞲 bisansj𝙟 bisansk𝙠 bisanskappa𝞳 bisansl𝙡
    bisanslambda𝞴 bisansm𝙢 bisansmu𝞵 bisansn𝙣 bisansnu𝞶 bisanso𝙤 bisansomega𝟂 bisansomicron𝞸 bisansp𝙥
    bisansphi𝟇 bisanspi𝞹 bisanspsi𝟁 bisansq𝙦 bisansr𝙧 bisansrho𝞺 bisanss𝙨 bisanssigma𝞼 bisanst𝙩 bisanstau𝞽
    bisanstheta𝞱 bisansu𝙪 bisansupsilon𝞾 bisansv𝙫 bisansvarTheta𝞡 bisansvarepsilon𝞮 bisansvarkappa𝟆
    bisansvarphi𝞿 bisansvarpi𝟉 bisansvarrho𝟈 bisansvarsigma𝞻 bisansvartheta𝟅 bisansw𝙬 bisansx𝙭 bisansxi𝞷
    bisansy𝙮 bisansz𝙯 bisanszeta𝞯 bisigma𝝈 bit𝒕 bitau𝝉 bitheta𝜽 biu𝒖 biupsilon𝝊 biv𝒗 bivarTheta𝜭
    bivarepsilon𝜺 bivarkappa𝝒 bivarphi𝝋 bivarpi𝝕 bivarrho𝝔 bivarsigma𝝇 bivartheta𝝑 biw𝒘 bix𝒙 bixi𝝃 biy𝒚 biz𝒛
    bizeta𝜻 blackcircledownarrow⧭ blackcircledrightdot⚈ blackcircledtwodots⚉ blackcircleulquadwhite◕
    blackdiamonddownarrow⧪ blackhourglass⧗ blackinwhitediamond◈ blackinwhitesquare▣ blacklozenge⧫
    blackpointerleft◄ blackpointerright► blacksmiley☻ blacksquare⬛ blacktriangledown▾ blacktriangleleft◂
    blacktriangleright▸ blacktriangleup▴ blkhorzoval⬬ blkvertoval⬮ blockfull█ blockhalfshaded▒
    blocklefthalf▌ blocklowhalf▄ blockqtrshaded░ blockrighthalf▐ blockthreeqtrshaded▓ blockuphalf▀ bot⊥
    botsemicircle◡ bowtie⋈ boxast⧆ boxbar◫ boxbox⧈ boxbslash⧅ boxcircle⧇ boxdot⊡ boxminus⊟ boxonbox⧉
    boxplus⊞ boxslash⧄ boxtimes⊠ brevĕ bsansA𝗔 bsansAlpha𝝖 bsansB𝗕 bsansBeta𝝗 bsansC𝗖 bsansChi𝝬 bsansD𝗗
    bsansDelta𝝙 bsansE𝗘 bsansEpsilon𝝚 bsansEta𝝜 bsansF𝗙 bsansG𝗚 bsansGamma𝝘 bsansH𝗛 bsansI𝗜 bsansIota𝝞
    bsansJ𝗝 bsansK𝗞 bsansKappa𝝟 bsansL𝗟 bsansLambda𝝠 bsansM𝗠 bsansMu𝝡 bsansN𝗡 bsansNu𝝢 bsansO𝗢 bsansOmega𝝮
    bsansOmicron𝝤 bsansP𝗣 bsansPhi𝝫 bsansPi𝝥 bsansPsi𝝭 bsansQ𝗤 bsansR𝗥 bsansRho𝝦 bsansS𝗦 bsansSigma𝝨 bsansT𝗧
    bsansTau𝝩 bsansTheta𝝝 bsansU𝗨 bsansUpsilon𝝪 bsansV𝗩 bsansW𝗪 bsansX𝗫 bsansXi𝝣 bsansY𝗬 bsansZ𝗭 bsansZeta𝝛
    bsansa𝗮 bsansalpha𝝰 bsansb𝗯 bsansbeta𝝱 bsansc𝗰 bsanschi𝞆 bsansd𝗱 bsansdelta𝝳 bsanse𝗲 bsanseight𝟴
    bsansepsilon𝞊 bsanseta𝝶 bsansf𝗳 bsansfive𝟱 bsansfour𝟰 bsansg𝗴 bsansgamma𝝲 bsansh𝗵 bsansi𝗶 bsansiota𝝸
    bsansj𝗷 bsansk𝗸 bsanskappa𝝹 bsansl𝗹 bsanslambda𝝺 bsansm𝗺 bsansmu𝝻 bsansn𝗻 bsansnine𝟵 bsansnu𝝼 bsanso𝗼
    bsansomega𝞈 bsansomicron𝝾 bsansone𝟭 bsansp𝗽 bsansphi𝞍 bsanspi𝝿 bsanspsi𝞇 bsansq𝗾 bsansr𝗿 bsansrho𝞀
    bsanss𝘀 bsansseven𝟳 bsanssigma𝞂 bsanssix𝟲 bsanst𝘁 bsanstau𝞃 bsanstheta𝝷 bsansthree𝟯 bsanstwo𝟮 bsansu𝘂
    bsansupsilon𝞄 bsansv𝘃 bsansvarTheta𝝧 bsansvarepsilon𝝴 bsansvarkappa𝞌 bsansvarphi𝞅 bsansvarpi𝞏
    bsansvarrho𝞎 bsansvarsigma𝞁 bsansvartheta𝞋 bsansw𝘄 bsansx𝘅 bsansxi𝝽 bsansy𝘆 bsansz𝘇 bsanszero𝟬
    bsanszeta𝝵 bscrA𝓐 bscrB𝓑 bscrC𝓒 bscrD𝓓 bscrE𝓔 bscrF𝓕 bscrG𝓖 bscrH𝓗 bscrI𝓘 bscrJ𝓙 bscrK𝓚 bscrL𝓛 bscrM𝓜
    bscrN𝓝 bscrO𝓞 bscrP𝓟 bscrQ𝓠 bscrR𝓡 bscrS𝓢 bscrT𝓣 bscrU𝓤 bscrV𝓥 bscrW𝓦 bscrX𝓧 bscrY𝓨 bscrZ𝓩 bscra𝓪 bscrb𝓫
    bscrc𝓬 bscrd𝓭 bscre𝓮 bscrf𝓯 bscrg𝓰 bscrh𝓱 bscri𝓲 bscrj𝓳 bscrk𝓴 bscrl𝓵 bscrm𝓶 bscrn𝓷 bscro𝓸 bscrp𝓹 bscrq𝓺
    bscrr𝓻 bscrs𝓼 bscrt𝓽 bscru𝓾 bscrv𝓿 bscrw𝔀 bscrx𝔁 bscry𝔂 bscrz𝔃 bsimilarleftarrow⭁ bsimilarrightarrow⭇
    bsolhsub⟈ btdlɬ btimes⨲ bullet∙ bullseye◎ bumpeq≏ bumpeqq⪮ cancer♋ candra̐ cap∩ capbarcup⩉ capdot⩀
    capovercup⩇ capricornus♑ capwedge⩄ caretinsert‸ carriagereturn↵ cat⁀ ccwundercurvearrow⤿ cdot⋅ cdotp·
    cdots⋯ cent¢ checǩ checkmark✓ chiχ cirE⧃ cirbot⟟ circ∘ circeq≗ circlearrowleft↺ circlearrowright↻
    circlebottomhalfblack◒ circledR® circledast⊛ circledbslash⦸ circledbullet⦿ circledcirc⊚ circleddash⊝
    circledequal⊜ circledgtr⧁ circledless⧀ circledownarrow⧬ circledparallel⦷ circledrightdot⚆ circledstar✪
    circledtwodots⚇ circledvert⦶ circledwhitebullet⦾ circlehbar⦵ circlellquad◵ circlelrquad◶
    circleonleftarrow⬰ circleonrightarrow⇴ circletophalfblack◓ circleulquad◴ circleurquad◷
    circleurquadblack◔ circlevertfill◍ cirfnint⨐ cirmid⫯ cirscir⧂ clomegɷ closedvarcap⩍ closedvarcup⩌
    closedvarcupsmashprod⩐ closure⁐ clubsuit♣ coloneq≔ commaminus⨩ complement∁ concavediamond⟡
    concavediamondtickleft⟢ concavediamondtickright⟣ cong≅ congdot⩭ conictaper⌲ conjquant⨇ coprod∐
    corresponds≙ csub⫏ csube⫑ csup⫐ csupe⫒ cup∪ cupbarcap⩈ cupdot⊍ cupleftarrow⊌ cupovercap⩆ cupvee⩅
    curlyeqprec⋞ curlyeqsucc⋟ curlyvee⋎ curlywedge⋏ curvearrowleft↶ curvearrowleftplus⤽ curvearrowright↷
    curvearrowrightminus⤼ cwcirclearrow⥁ cwgapcirclearrow⟳ cwrightarcarrow⤸ cwundercurvearrow⤾ dagger†
    dalethℸ danger☡ dashV⫣ dashVdash⟛ dashleftarrow⇠ dashrightarrow⇢ dashv⊣ dbkarow⤏ ddagger‡ ddddot⃜ dddot⃛
    ddoẗ ddots⋱ ddotseq⩷ degree° deltaδ dhð diameter⌀ diamond⋄ diamondbotblack⬙ diamondleftarrow⤝
    diamondleftarrowbar⤟ diamondleftblack⬖ diamondrightblack⬗ diamondsuit♢ diamondtopblack⬘ dicei⚀ diceii⚁
    diceiii⚂ diceiv⚃ dicev⚄ dicevi⚅ digammaϝ dingasterisk✽ disin⋲ disjquant⨈ div÷ divideontimes⋇ djđ dlsh↲
    doṫ doteq≐ dotequiv⩧ dotminus∸ dotplus∔ dotsim⩪ dotsminusdots∺ dottedcircle◌ dottedsquare⬚ dottimes⨰
    doublebarvee⩢ doublebarwedge⩞ doublepipeǂ doubleplus⧺ downarrow↓ downarrowbarred⤈ downdasharrow⇣
    downdownarrows⇊ downdownharpoons⥥ downfishtail⥿ downharpoonleft⇃ downharpoonright⇂ downrightcurvedarrow⤵
    downtriangleleftblack⧨ downtrianglerightblack⧩ downuparrows⇵ downupharpoons⥯ downwhitearrow⇩ dprime″
    draftingarrow➛ drbkarow⤐ droang̚ drsh↳ dsol⧶ dsub⩤ dyoghʤ earth♁ egsdot⪘ eighthnote♪ elinters⏧ ellℓ
    elsdot⪗ emptyset∅ emptysetoarr⦳ emptysetoarrl⦴ emptysetobar⦱ emptysetocirc⦲ enclosecircle⃝
    enclosediamond⃟ enclosesquare⃞ enclosetriangle⃤ enleadertwodots‥ eparsl⧣ epsilonϵ eqcirc≖ eqcolon≕
    eqdef≝ eqdot⩦ eqgtr⋝ eqless⋜ eqqgtr⪚ eqqless⪙ eqqplus⩱ eqqsim⩳ eqqslantgtr⪜ eqqslantless⪛ eqsim≂
    eqslantgtr⪖ eqslantless⪕ equalleftarrow⭀ equalrightarrow⥱ equiv≡ equivDD⩸ equivVert⩨ equivVvert⩩
    eqvparsl⧥ errbarblackcircle⧳ errbarblackdiamond⧱ errbarblacksquare⧯ errbarcircle⧲ errbardiamond⧰
    errbarsquare⧮ eshʃ etaη ethð eulerℯ eulermascheroniℇ euro€ exists∃ fallingdotseq≒ fbowtie⧓ fcmp⨾
    fdiagovnearrow⤯ fdiagovrdiag⤬ female♀ ffun⇻ fhrɾ finj⤕ fint⨏ fisheye◉ flat♭ fltns⏥ forall∀ forks⫝̸
    forksnot⫝ forkv⫙ fourth⁗ fourvdots⦙ fracslash⁄ frakA𝔄 frakB𝔅 frakCℭ frakD𝔇 frakE𝔈 frakF𝔉 frakG𝔊 frakHℌ
    frakIℑ frakJ𝔍 frakK𝔎 frakL𝔏 frakM𝔐 frakN𝔑 frakO𝔒 frakP𝔓 frakQ𝔔 frakRℜ frakS𝔖 frakT𝔗 frakU𝔘 frakV𝔙 frakW𝔚
    frakX𝔛 frakY𝔜 frakZℨ fraka𝔞 frakb𝔟 frakc𝔠 frakd𝔡 frake𝔢 frakf𝔣 frakg𝔤 frakh𝔥 fraki𝔦 frakj𝔧 frakk𝔨 frakl𝔩
    frakm𝔪 frakn𝔫 frako𝔬 frakp𝔭 frakq𝔮 frakr𝔯 fraks𝔰 frakt𝔱 fraku𝔲 frakv𝔳 frakw𝔴 frakx𝔵 fraky𝔶 frakz𝔷 frown⌢
    frownie☹ fullouterjoin⟗ gammaγ ge≥ gemini♊ geq≥ geqq≧ geqqslant⫺ geqslant⩾ gescc⪩ gesdot⪀ gesdoto⪂
    gesdotol⪄ gesles⪔ gets← gg≫ ggcurly⪼ ggg⋙ gggnest⫸ gimelℷ glE⪒ gla⪥ gleichstark⧦ glj⪤ glstʔ gnapprox⪊
    gneq⪈ gneqq≩ gnsim⋧ gravè gsime⪎ gsiml⪐ gtcir⩺ gtlpar⦠ gtquest⩼ gtrapprox⪆ gtrarr⥸ gtrdot⋗ gtreqless⋛
    gtreqqless⪌ gtrless≷ gtrsim≳ harrowextender⎯ hash⋕ hat̂ hatapprox⩯ hbarħ heartsuit♡ hermitmatrix⊹
    hexagon⎔ hexagonblack⬣ hknearrow⤤ hknwarrow⤣ hksearow⤥ hkswarow⤦ hlmrkˑ hookleftarrow↩ hookrightarrow↪
    horizbar― hourglass⧖ house⌂ hrectangle▭ hrectangleblack▬ hslashℏ hvligƕ hyphenbullet⁃ hzigzag〰 iddots⋰
    iff⟺ iiiint⨌ iiint∭ iinfin⧜ iint∬ imathı implies⟹ in∈ increment∆ infty∞ inglstʖ int∫ intBar⨎ intbar⨍
    intbottom⌡ intcap⨙ intclockwise∱ intcup⨚ intercal⊺ interleave⫴ intextender⎮ intlarhk⨗ intprod⨼ intprodr⨽
    inttop⌠ intx⨘ invamp⅋ invdiameter⍉ inversebullet◘ inversewhitecircle◙ invlazys∾ invneg⌐ invvʌ invwʍ
    invwhitelowerhalfcircle◛ invwhiteupperhalfcircle◚ iotaι isansA𝘈 isansB𝘉 isansC𝘊 isansD𝘋 isansE𝘌 isansF𝘍
    isansG𝘎 isansH𝘏 isansI𝘐 isansJ𝘑 isansK𝘒 isansL𝘓 isansM𝘔 isansN𝘕 isansO𝘖 isansP𝘗 isansQ𝘘 isansR𝘙 isansS𝘚
    isansT𝘛 isansU𝘜 isansV𝘝 isansW𝘞 isansX𝘟 isansY𝘠 isansZ𝘡 isansa𝘢 isansb𝘣 isansc𝘤 isansd𝘥 isanse𝘦 isansf𝘧
    isansg𝘨 isansh𝘩 isansi𝘪 isansj𝘫 isansk𝘬 isansl𝘭 isansm𝘮 isansn𝘯 isanso𝘰 isansp𝘱 isansq𝘲 isansr𝘳 isanss𝘴
    isanst𝘵 isansu𝘶 isansv𝘷 isansw𝘸 isansx𝘹 isansy𝘺 isansz𝘻 isinE⋹ isindot⋵ isinobar⋷ isins⋴ isinvb⋸ itA𝐴
    itAlpha𝛢 itB𝐵 itBeta𝛣 itC𝐶 itChi𝛸 itD𝐷 itDelta𝛥 itE𝐸 itEpsilon𝛦 itEta𝛨 itF𝐹 itG𝐺 itGamma𝛤 itH𝐻 itI𝐼
    itIota𝛪 itJ𝐽 itK𝐾 itKappa𝛫 itL𝐿 itLambda𝛬 itM𝑀 itMu𝛭 itN𝑁 itNu𝛮 itO𝑂 itOmega𝛺 itOmicron𝛰 itP𝑃 itPhi𝛷
    itPi𝛱 itPsi𝛹 itQ𝑄 itR𝑅 itRho𝛲 itS𝑆 itSigma𝛴 itT𝑇 itTau𝛵 itTheta𝛩 itU𝑈 itUpsilon𝛶 itV𝑉 itW𝑊 itX𝑋 itXi𝛯
    itY𝑌 itZ𝑍 itZeta𝛧 ita𝑎 italpha𝛼 itb𝑏 itbeta𝛽 itc𝑐 itchi𝜒 itd𝑑 itdelta𝛿 ite𝑒 itepsilon𝜖 iteta𝜂 itf𝑓 itg𝑔
    itgamma𝛾 ithℎ iti𝑖 itiota𝜄 itj𝑗 itk𝑘 itkappa𝜅 itl𝑙 itlambda𝜆 itm𝑚 itmu𝜇 itn𝑛 itnu𝜈 ito𝑜 itomega𝜔
    itomicron𝜊 itp𝑝 itphi𝜙 itpi𝜋 itpsi𝜓 itq𝑞 itr𝑟 itrho𝜌 its𝑠 itsigma𝜎 itt𝑡 ittau𝜏 ittheta𝜃 itu𝑢 itupsilon𝜐
    itv𝑣 itvarTheta𝛳 itvarepsilon𝜀 itvarkappa𝜘 itvarphi𝜑 itvarpi𝜛 itvarrho𝜚 itvarsigma𝜍 itvartheta𝜗 itw𝑤
    itx𝑥 itxi𝜉 ity𝑦 itz𝑧 itzeta𝜁 jmathȷ jupiter♃ kappaκ kernelcontraction∻ koppaϟ lBrace⦃ lambdaλ land∧
    lang⟪ langle⟨ langledot⦑ laplac⧠ lat⪫ late⪭ lblkbrbrak⦗ lblot⦉ lbracelend⎩ lbracemid⎨ lbraceuend⎧
    lbrackextender⎢ lbracklend⎣ lbracklltick⦏ lbrackubar⦋ lbrackuend⎡ lbrackultick⦍ lbrbrak〔 lceil⌈
    lcurvyangle⧼ ldots… le≤ leadsto⤳ leftarrow← leftarrowapprox⭊ leftarrowbackapprox⭂ leftarrowbsimilar⭋
    leftarrowless⥷ leftarrowonoplus⬲ leftarrowplus⥆ leftarrowshortrightarrow⥃ leftarrowsimilar⥳
    leftarrowsubset⥺ leftarrowtail↢ leftarrowtriangle⇽ leftarrowx⬾ leftbarharpoon⥪ leftbkarrow⤌
    leftcurvedarrow⬿ leftdbkarrow⤎ leftdbltail⤛ leftdotarrow⬸ leftdowncurvedarrow⤶ leftharpoonaccent⃐
    leftharpoondown↽ leftharpoonup↼ leftleftarrows⇇ leftleftharpoons⥢ leftmoon☾ leftouterjoin⟕
    leftrightarrow↔ leftrightarrowcircle⥈ leftrightarrows⇆ leftrightarrowtriangle⇿ leftrightharpoon⥊
    leftrightharpoondown⥐ leftrightharpoons⇋ leftrightharpoonsdown⥧ leftrightharpoonsup⥦ leftrightharpoonup⥎
    leftrightsquigarrow↭ leftslice⪦ leftsquigarrow⇜ lefttail⤙ leftthreearrows⬱ leftthreetimes⋋
    leftupdownharpoon⥑ leftwavearrow↜ leftwhitearrow⇦ leo♌ leq≤ leqq≦ leqqslant⫹ leqslant⩽ lescc⪨ lesdot⩿
    lesdoto⪁ lesdotor⪃ lesges⪓ lessapprox⪅ lessdot⋖ lesseqgtr⋚ lesseqqgtr⪋ lessgtr≶ lesssim≲ lfbowtie⧑
    lfloor⌊ lftimes⧔ lgE⪑ lgblkcircle⬤ lgroup⟮ lgwhtcircle◯ lhd◁ libra♎ lightning↯ limg⦇ linefeed↴ ll≪
    llarc◟ llblacktriangle◣ llbracket⟦ llcorner⌞ llcurly⪻ lll⋘ lllnest⫷ lltriangle◺ lmoustache⎰ lmrkː
    lnapprox⪉ lneq⪇ lneqq≨ lnot¬ lnsim⋦ longdashv⟞ longdivision⟌ longleftarrow⟵ longleftrightarrow⟷
    longleftsquigarrow⬳ longmapsfrom⟻ longmapsto⟼ longrightarrow⟶ longrightsquigarrow⟿ looparrowleft↫
    looparrowright↬ lor∨ lowint⨜ lozenge◊ lozengeminus⟠ lparenextender⎜ lparenlend⎝ lparenless⦓ lparenuend⎛
    lrarc◞ lrblacktriangle◢ lrcorner⌟ lrtriangle◿ lrtriangleeq⧡ lsime⪍ lsimg⪏ lsqhook⫍ ltcir⩹ ltimes⋉
    ltlarr⥶ ltlmrɱ ltlnɲ ltphiɸ ltquest⩻ lvboxline⎸ lvec⃐ lvzigzag⧘ male♂ maltese✠ mapsfrom↤ mapsto↦
    mathring̊ mbfAlpha𝚨 mbfBeta𝚩 mbfChi𝚾 mbfDigamma𝟊 mbfEpsilon𝚬 mbfEta𝚮 mbfIota𝚰 mbfKappa𝚱 mbfMu𝚳 mbfNu𝚴
    mbfOmicron𝚶 mbfRho𝚸 mbfTau𝚻 mbfZeta𝚭 mbfdigamma𝟋 mbffrakA𝕬 mbffrakB𝕭 mbffrakC𝕮 mbffrakD𝕯 mbffrakE𝕰
    mbffrakF𝕱 mbffrakG𝕲 mbffrakH𝕳 mbffrakI𝕴 mbffrakJ𝕵 mbffrakK𝕶 mbffrakL𝕷 mbffrakM𝕸 mbffrakN𝕹 mbffrakO𝕺
    mbffrakP𝕻 mbffrakQ𝕼 mbffrakR𝕽 mbffrakS𝕾 mbffrakT𝕿 mbffrakU𝖀 mbffrakV𝖁 mbffrakW𝖂 mbffrakX𝖃 mbffrakY𝖄
    mbffrakZ𝖅 mbffraka𝖆 mbffrakb𝖇 mbffrakc𝖈 mbffrakd𝖉 mbffrake𝖊 mbffrakf𝖋 mbffrakg𝖌 mbffrakh𝖍 mbffraki𝖎
    mbffrakj𝖏 mbffrakk𝖐 mbffrakl𝖑 mbffrakm𝖒 mbffrakn𝖓 mbffrako𝖔 mbffrakp𝖕 mbffrakq𝖖 mbffrakr𝖗 mbffraks𝖘
    mbffrakt𝖙 mbffraku𝖚 mbffrakv𝖛 mbffrakw𝖜 mbffrakx𝖝 mbffraky𝖞 mbffrakz𝖟 mbfitAlpha𝜜 mbfitBeta𝜝 mbfitChi𝜲
    mbfitEpsilon𝜠 mbfitEta𝜢 mbfitIota𝜤 mbfitKappa𝜥 mbfitMu𝜧 mbfitNu𝜨 mbfitOmicron𝜪 mbfitRho𝜬 mbfitTau𝜯
    mbfitZeta𝜡 mbfitnabla𝜵 mbfitomicron𝝄 mbfitpartial𝝏 mbfitsansAlpha𝞐 mbfitsansBeta𝞑 mbfitsansChi𝞦
    mbfitsansEpsilon𝞔 mbfitsansEta𝞖 mbfitsansIota𝞘 mbfitsansKappa𝞙 mbfitsansMu𝞛 mbfitsansNu𝞜
    mbfitsansOmicron𝞞 mbfitsansRho𝞠 mbfitsansTau𝞣 mbfitsansZeta𝞕 mbfitsansnabla𝞩 mbfitsansomicron𝞸
    mbfitsanspartial𝟃 mbfitsansvarTheta𝞡 mbfitsansvarkappa𝟆 mbfitvarTheta𝜭 mbfitvarkappa𝝒 mbfnabla𝛁
    mbfomicron𝛐 mbfpartial𝛛 mbfsansAlpha𝝖 mbfsansBeta𝝗 mbfsansChi𝝬 mbfsansEpsilon𝝚 mbfsansEta𝝜 mbfsansIota𝝞
    mbfsansKappa𝝟 mbfsansMu𝝡 mbfsansNu𝝢 mbfsansOmicron𝝤 mbfsansRho𝝦 mbfsansTau𝝩 mbfsansZeta𝝛 mbfsansnabla𝝯
    mbfsansomicron𝝾 mbfsanspartial𝞉 mbfsansvarTheta𝝧 mbfsansvarkappa𝞌 mbfscrA𝓐 mbfscrB𝓑 mbfscrC𝓒 mbfscrD𝓓
    mbfscrE𝓔 mbfscrF𝓕 mbfscrG𝓖 mbfscrH𝓗 mbfscrI𝓘 mbfscrJ𝓙 mbfscrK𝓚 mbfscrL𝓛 mbfscrM𝓜 mbfscrN𝓝 mbfscrO𝓞
    mbfscrP𝓟 mbfscrQ𝓠 mbfscrR𝓡 mbfscrS𝓢 mbfscrT𝓣 mbfscrU𝓤 mbfscrV𝓥 mbfscrW𝓦 mbfscrX𝓧 mbfscrY𝓨 mbfscrZ𝓩
    mbfscra𝓪 mbfscrb𝓫 mbfscrc𝓬 mbfscrd𝓭 mbfscre𝓮 mbfscrf𝓯 mbfscrg𝓰 mbfscrh𝓱 mbfscri𝓲 mbfscrj𝓳 mbfscrk𝓴
    mbfscrl𝓵 mbfscrm𝓶 mbfscrn𝓷 mbfscro𝓸 mbfscrp𝓹 mbfscrq𝓺 mbfscrr𝓻 mbfscrs𝓼 mbfscrt𝓽 mbfscru𝓾 mbfscrv𝓿
    mbfscrw𝔀 mbfscrx𝔁 mbfscry𝔂 mbfscrz𝔃 mbfvarTheta𝚹 mbfvarkappa𝛞 mdblkdiamond⬥ mdblklozenge⬧ mdlgblksquare■
    mdlgwhtsquare□ mdsmblksquare◾ mdsmwhtcircle⚬ mdsmwhtsquare◽ mdwhtdiamond⬦ mdwhtlozenge⬨ measangledltosw⦯
    measangledrtose⦮ measangleldtosw⦫ measanglelutonw⦩ measanglerdtose⦪ measanglerutone⦨ measangleultonw⦭
    measangleurtone⦬ measeq≞ measuredangle∡ measuredangleleft⦛ measuredrightangle⊾ medblackstar⭑ medbullet⚫
    medcirc⚪ medwhitestar⭐ mercury☿ mho℧ mid∣ midbarvee⩝ midbarwedge⩜ midcir⫰ minusdot⨪ minusfdots⨫
    minusrdots⨬ mitAlpha𝛢 mitBeta𝛣 mitChi𝛸 mitEpsilon𝛦 mitEta𝛨 mitIota𝛪 mitKappa𝛫 mitMu𝛭 mitNu𝛮 mitOmicron𝛰
    mitRho𝛲 mitTau𝛵 mitZeta𝛧 mitnabla𝛻 mitomicron𝜊 mitvarTheta𝛳 mlcp⫛ models⊧ modtwosum⨊ mp∓ muμ multimap⊸
    multimapboth⧟ multimapdotbothA⊶ multimapdotbothB⊷ multimapinv⟜ nHdownarrow⇟ nHuparrow⇞ nLeftarrow⇍
    nLeftrightarrow⇎ nRightarrow⇏ nVDash⊯ nVdash⊮ nVleftarrow⇺ nVleftarrowtail⬺ nVleftrightarrow⇼
    nVtwoheadleftarrow⬵ nVtwoheadleftarrowtail⬽ nVtwoheadrightarrow⤁ nVtwoheadrightarrowtail⤘ nabla∇
    napprox≉ natural♮ ncong≇ ne≠ nearrow↗ neg¬ neovnwarrow⤱ neovsearrow⤮ neptune♆ neq≠ nequiv≢ neswarrow⤢
    neuter⚲ nexists∄ ngŋ ngeq≱ ngtr≯ nhVvert⫵ nhpar⫲ ni∋ niobar⋾ nis⋼ nisd⋺ nleftarrow↚ nleftrightarrow↮
    nleq≰ nless≮ nlessgtr≸ nmid∤ nni∌ not̸ notasymp≭ notbackslash⍀ notin∉ notslash⌿ nparallel∦ npolint⨔
    nprec⊀ npreceq⋠ nrightarrow↛ nrlegƞ nsim≁ nsimeq≄ nsqsubseteq⋢ nsqsupseteq⋣ nsubset⊄ nsubseteq⊈ nsucc⊁
    nsucceq⋡ nsupset⊅ nsupseteq⊉ ntriangleleft⋪ ntrianglelefteq⋬ ntriangleright⋫ ntrianglerighteq⋭ nuν
    nvDash⊭ nvLeftarrow⤂ nvLeftrightarrow⤄ nvRightarrow⤃ nvdash⊬ nvinfty⧞ nvleftarrow⇷ nvleftarrowtail⬹
    nvleftrightarrow⇹ nvtwoheadleftarrow⬴ nvtwoheadleftarrowtail⬼ nvtwoheadrightarrowtail⤗ nwarrow↖
    nwovnearrow⤲ nwsearrow⤡ obar⌽ obot⦺ obrbrak⏠ ocirc̊ ocommatopright̕ odiv⨸ odot⊙ odotslashdot⦼ oeœ ohmΩ
    oiiint∰ oiint∯ oint∮ ointctrclockwise∳ olcross⦻ oldKoppaϘ oldkoppaϙ omegaω omicronο ominus⊖ openoɔ
    operp⦹ oplus⊕ opluslhrim⨭ oplusrhrim⨮ ordfeminineª ordmasculineº oslash⊘ otimes⊗ otimeshat⨶ otimeslhrim⨴
    otimesrhrim⨵ oturnedcomma̒ overbar̅ overbrace⏞ overbracket⎴ overleftarrow⃖ overleftrightarrow⃡ overline̅
    overparen⏜ ovhook̉ palh̡ parallel∥ parallelogram▱ parallelogramblack▰ parsim⫳ partial∂
    partialmeetcontraction⪣ pbgamɤ pencil✎ pentagon⬠ pentagonblack⬟ perp⟂ perps⫡ pfun⇸ pgammaɣ phiϕ phone☎
    piπ pinj⤔ pisces♓ pitchfork⋔ planckℎ plusdot⨥ pluseqq⩲ plushat⨣ plussim⨦ plussubtwo⨧ plustrif⨨ pluto♇
    pm± pointint⨕ pointright☞ postalmark〒 pounds£ prec≺ precapprox⪷ preccurlyeq≼ preceq⪯ preceqq⪳
    precnapprox⪹ precneq⪱ precneqq⪵ precnsim⋨ precsim≾ prime′ prod∏ profline⌒ profsurf⌓ propto∝ prurel⊰
    pscrvʋ psiψ psur⤀ pullback⟓ pupsilʊ pushout⟔ qoppaϙ quarternote♩ questeq≟ rBrace⦄ radiation☢ rang⟫
    rangle⟩ rangledot⦒ rangledownzigzagarrow⍼ raspʼ rblkbrbrak⦘ rblot⦊ rbracelend⎭ rbracemid⎬ rbraceuend⎫
    rbrackextender⎥ rbracklend⎦ rbracklrtick⦎ rbrackubar⦌ rbrackuend⎤ rbrackurtick⦐ rbrbrak〕 rceil⌉
    rcurvyangle⧽ rdiagovfdiag⤫ rdiagovsearrow⤰ recycle♻ reglstʕ revangle⦣ revangleubar⦥ revemptyset⦰
    revnmid⫮ rfbowtie⧒ rfloor⌋ rftimes⧕ rgroup⟯ rh̢ rhd▷ rhoρ rightangle∟ rightanglemdot⦝ rightanglesqr⦜
    rightarrow→ rightarrowapprox⥵ rightarrowbackapprox⭈ rightarrowbsimilar⭌ rightarrowdiamond⤞
    rightarrowgtr⭃ rightarrowonoplus⟴ rightarrowplus⥅ rightarrowshortleftarrow⥂ rightarrowsimilar⥴
    rightarrowsupset⭄ rightarrowtail↣ rightarrowtriangle⇾ rightarrowx⥇ rightbarharpoon⥬ rightbkarrow⤍
    rightdbltail⤜ rightdotarrow⤑ rightdowncurvedarrow⤷ rightharpoonaccent⃑ rightharpoondown⇁ rightharpoonup⇀
    rightimply⥰ rightleftarrows⇄ rightleftharpoon⥋ rightleftharpoons⇌ rightleftharpoonsdown⥩
    rightleftharpoonsup⥨ rightmoon☽ rightouterjoin⟖ rightpentagon⭔ rightpentagonblack⭓ rightrightarrows⇉
    rightrightharpoons⥤ rightslice⪧ rightsquigarrow⇝ righttail⤚ rightthreearrows⇶ rightthreetimes⋌
    rightupdownharpoon⥏ rightwavearrow↝ rightwhitearrow⇨ rimg⦈ ringplus⨢ risingdotseq≓ rlɼ rmoustache⎱
    rparenextender⎟ rparengtr⦔ rparenlend⎠ rparenuend⎞ rppolint⨒ rrbracket⟧ rsolbar⧷ rsqhook⫎ rsub⩥ rtimes⋊
    rtldɖ rtllɭ rtlnɳ rtlrɽ rtlsʂ rtltʈ rtlzʐ rtriltri⧎ rttrnrɻ ruledelayed⧴ rvboxline⎹ rvzigzag⧙
    sagittarius♐ sampiϡ sansA𝖠 sansB𝖡 sansC𝖢 sansD𝖣 sansE𝖤 sansF𝖥 sansG𝖦 sansH𝖧 sansI𝖨 sansJ𝖩 sansK𝖪 sansL𝖫
    sansLmirrored⅃ sansLturned⅂ sansM𝖬 sansN𝖭 sansO𝖮 sansP𝖯 sansQ𝖰 sansR𝖱 sansS𝖲 sansT𝖳 sansU𝖴 sansV𝖵 sansW𝖶
    sansX𝖷 sansY𝖸 sansZ𝖹 sansa𝖺 sansb𝖻 sansc𝖼 sansd𝖽 sanse𝖾 sanseight𝟪 sansf𝖿 sansfive𝟧 sansfour𝟦 sansg𝗀
    sansh𝗁 sansi𝗂 sansj𝗃 sansk𝗄 sansl𝗅 sansm𝗆 sansn𝗇 sansnine𝟫 sanso𝗈 sansone𝟣 sansp𝗉 sansq𝗊 sansr𝗋 sanss𝗌
    sansseven𝟩 sanssix𝟨 sanst𝗍 sansthree𝟥 sanstwo𝟤 sansu𝗎 sansv𝗏 sansw𝗐 sansx𝗑 sansy𝗒 sansz𝗓 sanszero𝟢
    saturn♄ sbbrg̪ schwaə scorpio♏ scpolint⨓ scrA𝒜 scrBℬ scrC𝒞 scrD𝒟 scrEℰ scrFℱ scrG𝒢 scrHℋ scrIℐ scrJ𝒥
    scrK𝒦 scrLℒ scrMℳ scrN𝒩 scrO𝒪 scrP𝒫 scrQ𝒬 scrRℛ scrS𝒮 scrT𝒯 scrU𝒰 scrV𝒱 scrW𝒲 scrX𝒳 scrY𝒴 scrZ𝒵 scra𝒶
    scrb𝒷 scrc𝒸 scrd𝒹 screℯ scrf𝒻 scrgℊ scrh𝒽 scri𝒾 scrj𝒿 scrk𝓀 scrm𝓂 scrn𝓃 scroℴ scrp𝓅 scrq𝓆 scrr𝓇 scrs𝓈
    scrt𝓉 scru𝓊 scrv𝓋 scrw𝓌 scrx𝓍 scry𝓎 scrz𝓏 scurel⊱ searrow↘ second″ seovnearrow⤭ setminus⧵ sharp♯
    shortdowntack⫟ shortlefttack⫞ shortrightarrowleftarrow⥄ shortuptack⫠ shuffle⧢ sigmaσ sim∼ simeq≃ simgE⪠
    simgtr⪞ similarleftarrow⭉ similarrightarrow⥲ simlE⪟ simless⪝ simminussim⩬ simneqq≆ simplus⨤ simrdots⩫
    sixteenthnote♬ skull☠ slash̸ smallin∊ smallni∍ smallsetminus∖ smalltriangledown▿ smalltriangleleft◃
    smalltriangleright▹ smalltriangleup▵ smashtimes⨳ smblkdiamond⬩ smblklozenge⬪ smblksquare▪ smeparsl⧤
    smile⌣ smiley☺ smt⪪ smte⪬ smwhitestar⭒ smwhtcircle◦ smwhtlozenge⬫ smwhtsquare▫ sout̶ spadesuit♠ spddot¨
    sphericalangle∢ sphericalangleup⦡ spot⦁ sqcap⊓ sqcup⊔ sqint⨖ sqrt√ sqrtbottom⎷ sqsubset⊏ sqsubseteq⊑
    sqsubsetneq⋤ sqsupset⊐ sqsupseteq⊒ sqsupsetneq⋥ square⬜ squarebotblack⬓ squarecrossfill▩ squarehfill▤
    squarehvfill▦ squareleftblack◧ squarellblack⬕ squarellquad◱ squarelrblack◪ squarelrquad◲ squareneswfill▨
    squarenwsefill▧ squarerightblack◨ squaretopblack⬒ squareulblack◩ squareulquad◰ squareurblack⬔
    squareurquad◳ squarevfill▥ squoval▢ ssß sslash⫽ star⋆ stareq≛ steaming☕ stigmaϛ strictfi⥼ strictif⥽
    strike̶ strns⏤ subedot⫃ submult⫁ subrarr⥹ subset⊂ subsetapprox⫉ subsetcirc⟃ subsetdot⪽ subseteq⊆
    subseteqq⫅ subsetneq⊊ subsetneqq⫋ subsetplus⪿ subsim⫇ subsub⫕ subsup⫓ succ≻ succapprox⪸ succcurlyeq≽
    succeq⪰ succeqq⪴ succnapprox⪺ succneq⪲ succneqq⪶ succnsim⋩ succsim≿ sum∑ sumbottom⎳ sumint⨋ sumtop⎲ sun☼
    supdsub⫘ supedot⫄ suphsol⟉ suphsub⫗ suplarr⥻ supmult⫂ supset⊃ supsetapprox⫊ supsetcirc⟄ supsetdot⪾
    supseteq⊇ supseteqq⫆ supsetneq⊋ supsetneqq⫌ supsetplus⫀ supsim⫈ supsub⫔ supsup⫖ swarrow↙ swords⚔
    talloblong⫾ tauτ taurus♉ tcohmΩ teshʧ thþ therefore∴ thermod⧧ thetaθ third‴ threedangle⟀ threedotcolon⫶
    threeunderdot⃨ tieconcat⁀ tieinfty⧝ tildẽ times× timesbar⨱ tminus⧿ to→ toea⤨ tona⤧ top⊤ topbot⌶ topcir⫱
    topfork⫚ topsemicircle◠ tosa⤩ towa⤪ tplus⧾ trapezium⏢ trianglecdot◬ triangleleftblack◭ trianglelefteq⊴
    triangleminus⨺ triangleodot⧊ triangleplus⨹ triangleq≜ trianglerightblack◮ trianglerighteq⊵ triangles⧌
    triangleserifs⧍ triangletimes⨻ triangleubar⧋ tripleplus⧻ trnaɐ trnhɥ trnmɯ trnmlrɰ trnrɹ trnrlɺ trnsaɒ
    trntʇ trnyʎ trslash⫻ ttA𝙰 ttB𝙱 ttC𝙲 ttD𝙳 ttE𝙴 ttF𝙵 ttG𝙶 ttH𝙷 ttI𝙸 ttJ𝙹 ttK𝙺 ttL𝙻 ttM𝙼 ttN𝙽 ttO𝙾 ttP𝙿
    ttQ𝚀 ttR𝚁 ttS𝚂 ttT𝚃 ttU𝚄 ttV𝚅 ttW𝚆 ttX𝚇 ttY𝚈 ttZ𝚉 tta𝚊 ttb𝚋 ttc𝚌 ttd𝚍 tte𝚎 tteight𝟾 ttf𝚏 ttfive𝟻 ttfour𝟺
    ttg𝚐 tth𝚑 tti𝚒 ttj𝚓 ttk𝚔 ttl𝚕 ttm𝚖 ttn𝚗 ttnine𝟿 tto𝚘 ttone𝟷 ttp𝚙 ttq𝚚 ttr𝚛 tts𝚜 ttseven𝟽 ttsix𝟼 ttt𝚝
    ttthree𝟹 tttwo𝟸 ttu𝚞 ttv𝚟 ttw𝚠 ttx𝚡 tty𝚢 ttz𝚣 ttzero𝟶 turnangle⦢ turnediota℩ turnednot⌙ turnkʞ twocaps⩋
    twocups⩊ twoheaddownarrow↡ twoheadleftarrow↞ twoheadleftarrowtail⬻ twoheadleftdbkarrow⬷ twoheadmapsfrom⬶
    twoheadmapsto⤅ twoheadrightarrow↠ twoheaduparrow↟ twoheaduparrowcircle⥉ twolowline‗ twonotes♫ typecolon⦂
    ubrbrak⏡ ularc◜ ulblacktriangle◤ ulcorner⌜ ultriangle◸ uminus⩁ underbar̲ underbrace⏟ underbracket⎵
    underleftarrow⃮ underleftharpoondown⃭ underleftrightarrow͍ underline̲ underparen⏝ underrightarrow⃯
    underrightharpoondown⃬ upAlphaΑ upBetaΒ upChiΧ upEpsilonΕ upEtaΗ upIotaΙ upKappaΚ upMuΜ upNuΝ upOmicronΟ
    upRhoΡ upTauΤ upUpsilonϒ upZetaΖ uparrow↑ uparrowbarred⤉ uparrowoncircle⦽ updasharrow⇡ updownarrow↕
    updownarrowbar↨ updownarrows⇅ updownharpoonleftright⥍ updownharpoonrightleft⥌ updownharpoons⥮
    upfishtail⥾ upharpoonleft↿ upharpoonright↾ upin⟒ upint⨛ uplus⊎ upomicronο uprightcurvearrow⤴ upsilonυ
    upuparrows⇈ upupharpoons⥣ upvarThetaϴ upwhitearrow⇧ uranus♅ urarc◝ urblacktriangle◥ urcorner⌝
    urtriangle◹ utildḛ vBar⫨ vBarv⫩ vDash⊨ vDdash⫢ varThetaϴ varVdash⫦ varbarwedge⌅ varbetaϐ
    varcarriagereturn⏎ varclubsuit♧ vardiamondsuit♦ vardoublebarwedge⌆ varepsilonε varheartsuit♥ varhexagon⬡
    varhexagonblack⬢ varhexagonlrbonds⌬ varisins⋳ varkappaϰ varlrtriangle⊿ varniobar⋽ varnis⋻ varnothing∅
    varointclockwise∲ varphiφ varpiϖ varprod⨉ varrhoϱ varsigmaς varspadesuit♤ varstar✶ varthetaϑ
    vartriangleleft⊲ vartriangleright⊳ varveebar⩡ vbraceextender⎪ vdash⊢ vdots⋮ vec⃗ vectimes⨯ vee∨ veebar⊻
    veedot⟇ veedoublebar⩣ veeeq≚ veemidvert⩛ veeodot⩒ veeonvee⩖ veeonwedge⩙ vertiˌ vertoverlay⃒ vertsˈ
    viewdata⌗ virgo♍ vlongdash⟝ vrectangle▯ vrectangleblack▮ vysmblksquare⬝ vysmwhtsquare⬞ vzigzag⦚ warning⚠
    wasylozenge⌑ wedge∧ wedgebar⩟ wedgedot⟑ wedgedoublebar⩠ wedgemidvert⩚ wedgeodot⩑ wedgeonwedge⩕
    whitearrowupfrombar⇪ whiteinwhitetriangle⟁ whitepointerleft◅ whitepointerright▻ whitesquaretickleft⟤
    whitesquaretickright⟥ whthorzoval⬭ whtvertoval⬯ wideangledown⦦ wideangleup⦧ widebridgeabove⃩ wideutildḛ
    wp℘ wr≀ xiξ xsol⧸ yen¥ yinyang☯ yoghʒ zcmp⨟ zetaζ zhide⧹ zpipe⨠ zproject⨡
    """
}
