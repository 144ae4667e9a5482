/// The style sheet of exported pages: one column for reading, light and dark by the reader's setting, printable.
let pageStyle = """
  :root { --paper:#fdfdfb; --ink:#1d2129; --soft:#5b6472; --rule:#e3e3dd; --panel:#f5f5f0; --accent:#2f5fa8; --good:#1f7a4d;
    --bad:#b3261e; --warn:#8a5a00; --key:#8a2f7c; --str:#2c6e49; --num:#a04a14; --fun:#27538f; --com:#69707b; --lab:#5f5aa2; }
  @media (prefers-color-scheme: dark) { :root { --paper:#15181d; --ink:#dfe3ea; --soft:#98a2b1; --rule:#2d333c; --panel:#1c2027;
    --accent:#8ab4f8; --good:#6fcf97; --bad:#ff8a80; --warn:#f2c46d; --key:#d7a3e0; --str:#9bd3a7; --num:#f0b27a; --fun:#93bdf5;
    --com:#8b94a3; --lab:#b9b5f0; } }
  * { box-sizing:border-box; }
  html { -webkit-text-size-adjust:100%; text-size-adjust:100%; scroll-behavior:smooth; }
  body { margin:0; background:var(--paper); color:var(--ink);
    font:1.0625rem/1.62 Charter,"Bitstream Charter","Source Serif 4","Source Serif Pro","Noto Serif",Cambria,Georgia,serif; }
  main { max-width:46rem; margin:0 auto; padding:3rem 1.25rem 6rem; }
  h1,h2,h3,h4,h5,h6,nav,.bar,.verdict,.authors,.params,.answer summary,.expect,.note,.warning,figcaption,th {
    font-family:Inter,"Source Sans 3",system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",Helvetica,Arial,sans-serif; }
  h1,h2,h3,h4,h5,h6 { line-height:1.22; font-weight:650; letter-spacing:-.012em; margin:2.4em 0 .7em; text-wrap:balance; }
  h1 { font-size:2.1rem; letter-spacing:-.022em; margin-top:0; } h2 { font-size:1.45rem; } h3 { font-size:1.18rem; }
  h4,h5,h6 { font-size:1rem; }
  p,ul,ol,blockquote,dl { margin:0 0 1.05em; } li { margin:.2em 0; } li.task { list-style:none; margin-left:-1.3em; }
  a { color:var(--accent); text-decoration-thickness:.06em; text-underline-offset:.18em; }
  hr { border:0; border-top:1px solid var(--rule); margin:2.5em 0; }
  blockquote { margin-left:0; padding-left:1.1em; border-left:3px solid var(--rule); color:var(--soft); }
  img,svg { max-width:100%; height:auto; }
  code,pre { font-family:ui-monospace,"JetBrains Mono","SF Mono",SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;
    font-variant-ligatures:none; }
  code { font-size:.875em; background:var(--panel); padding:.1em .3em; border-radius:4px; }
  pre { font-size:.8125rem; line-height:1.55; margin:0; padding:.85rem 1rem; overflow-x:auto; tab-size:4; white-space:pre; }
  pre code { font-size:inherit; background:none; padding:0; }
  pre.code { white-space:pre-wrap; overflow-wrap:anywhere; }
  .line { display:block; padding-left:calc(4ch + var(--i,0)*1ch); text-indent:calc(-4ch - var(--i,0)*1ch); }
  .prose > pre.code { background:var(--panel); border-radius:8px; margin:0 0 1.2em; }
  .scroll { overflow-x:auto; margin:0 0 1.2em; } .scroll > p:last-child { margin-bottom:0; }
  table { border-collapse:collapse; font-size:.92em; font-variant-numeric:tabular-nums; }
  th,td { padding:.4rem .85rem; border-bottom:1px solid var(--rule); text-align:left; vertical-align:top; }
  th { font-size:.84em; font-weight:600; color:var(--soft); } thead th { border-bottom:1.5px solid var(--soft); }
  caption { caption-side:bottom; color:var(--soft); font-size:.88em; padding-top:.5em; text-align:left; }
  math { font-family:"Latin Modern Math","STIX Two Math","Cambria Math","Libertinus Math","TeX Gyre Termes Math","DejaVu Math TeX Gyre",
    "Noto Sans Math",math; font-size:1.06em; }
  .tied { white-space:nowrap; }
  .formula { display:block; margin:1.1em 0; padding:.2em 0; overflow-x:auto; overflow-y:hidden; }
  .formula math { font-size:1.12em; } mtable[displaystyle="true"] > mtr > mtd { padding-top:.28em; padding-bottom:.28em; }
  code.tex { color:var(--warn); white-space:pre-wrap; } .missing { color:var(--soft); font-style:italic; }
  header.page { margin-bottom:1.6rem; } header.page h1 { margin-bottom:.35em; }
  .authors { color:var(--soft); margin-bottom:.5em; }
  .verdict { font-size:.8125rem; margin:0 0 .4rem; color:var(--soft); overflow-wrap:anywhere; }
  .verdict span { font-weight:700; } .verdict.good span { color:var(--good); }
  .verdict.bad { color:var(--bad); font-weight:600; }
  .params { font-size:.8125rem; color:var(--soft); } .params summary { cursor:pointer; } .params table { margin-top:.5rem; }
  .answer { margin:1.2rem 0; padding:.1rem 1rem; border:1px solid var(--rule); border-radius:8px; }
  .answer summary { cursor:pointer; padding:.45rem 0; font-weight:600; color:var(--accent); }
  .cell { margin:1.35rem 0 1.35rem; }
  .source { position:relative; background:var(--panel); border-left:3px solid var(--accent); border-radius:0 8px 8px 0; }
  .failed .source { border-left-color:var(--bad); }
  .bar { display:flex; gap:.9rem; justify-content:flex-end; margin:0; padding:.35rem 1rem 0; font-size:.72rem; line-height:1.3;
    color:var(--soft); }
  .bar + pre.code { padding-top:.25rem; } .bar .label { margin-right:auto; font-weight:600; letter-spacing:.01em; }
  .bar .status { font-weight:650; color:var(--bad); }
  pre.text,pre.value,pre.display { color:var(--ink); padding:.6rem 1rem .1rem 1.2rem; }
  pre.value { border-left:3px solid var(--rule); margin-top:.65rem; padding:.1rem 1rem .1rem 1.02rem; }
  pre.error { color:var(--bad); background:color-mix(in srgb,var(--bad) 7%,var(--paper)); border-left:3px solid var(--bad);
    border-radius:0 8px 8px 0; margin-top:.65rem; }
  pre.error.declared { color:var(--ink); background:none; border-left-color:var(--warn); }
  .warning { color:var(--warn); font-size:.86rem; margin:.6rem 0 0 1.2rem; }
  .note { color:var(--soft); font-size:.78rem; margin:.6rem 0 .2rem 1.2rem; }
  div.value,div.display { margin:.8rem 0 0 1.2rem; }
  figure { margin:1.1rem 0 0; text-align:center; }
  figure > svg,figure > img { display:block; margin:0 auto; background:#fff; border-radius:8px; }
  @media (prefers-color-scheme: dark) { figure > svg,figure > img { filter:brightness(.9); } }
  figcaption { color:var(--soft); font-size:.84rem; margin-top:.55rem; text-wrap:balance; }
  .expect { font-size:.78rem; color:var(--soft); margin:-.7rem 0 1.35rem 1.2rem; } .expect p { margin:0; }
  .expect.good span { color:var(--good); font-weight:700; } .expect.bad p { color:var(--bad); font-weight:600; }
  .expect small { font-size:.92em; opacity:.85; font-weight:400; margin-left:.4em; }
  .expect dl { display:grid; grid-template-columns:max-content 1fr; gap:.15rem .8rem; margin:.35rem 0 0; } .expect dd { margin:0;
    overflow-wrap:anywhere; }
  .c { color:var(--com); font-style:italic; } .k { color:var(--key); font-weight:600; } .s { color:var(--str); } .n { color:var(--num); }
  .f { color:var(--fun); } .l { color:var(--lab); } .o { color:var(--soft); white-space:nowrap; }
  nav { font-size:.84rem; margin:0 0 1.8rem; padding:.9rem 0; border-top:1px solid var(--rule); border-bottom:1px solid var(--rule); }
  nav ul { list-style:none; margin:0; padding:0; } nav li { margin:.32em 0; line-height:1.35; } nav .l3 { padding-left:1.1em; color:inherit; }
  nav .l2,nav .l3 { color:var(--soft); } nav a { color:var(--soft); text-decoration:none; } nav a:hover { color:var(--accent); }
  nav math { font-size:1em; }
  @media (min-width:76rem) { nav { position:fixed; top:0; left:max(1rem,calc(50vw - 38rem)); width:13.5rem; padding:3.3rem 0 2rem; margin:0; border:0;
    max-height:100vh; overflow-y:auto; } }
  @media (max-width:40rem) { body { font-size:1rem; } main { padding-top:1.75rem; } h1 { font-size:1.65rem; } h2 { font-size:1.28rem; }
    pre,pre.text,pre.display { font-size:.75rem; padding-left:.8rem; padding-right:.8rem; } pre.text,pre.display { margin-left:3px; }
    pre.value { padding-left:.8rem; } .bar { padding-left:.8rem; padding-right:.8rem; } }
  @media print { :root { --paper:#fff; --ink:#000; --soft:#444; --panel:#f6f6f4; } nav { display:none; } body { font-size:10.5pt; }
    main { max-width:none; padding:0; } pre { white-space:pre-wrap; overflow-wrap:anywhere; font-size:8.5pt; }
    .answer::details-content { content-visibility:visible; height:auto; }
    figure,.source,table,pre.error { break-inside:avoid; } h1,h2,h3,h4 { break-after:avoid; } a { color:inherit; } }
  """
