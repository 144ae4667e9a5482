# The table of compare.sh: reads the rows asked for, then what was measured (round, system, row, seconds, peak bytes and, of FAA,
# operations and peak bytes of its pool). Ratios are those of one round's times; the table has their medians.
BEGIN { FS = OFS = "\t" }

NR == FNR { order[++count] = $1; next }

{
  if ($1 > rounds) rounds = $1
  time[$2, $3, $1] = $4
  if ($5 > peak[$2, $3]) peak[$2, $3] = $5
  if ($2 == "faa") { flops[$3] = $6; pool[$3] = $7 }
}

# Sorts the n values of `list`.
function sort(list, n,   i, j, value) {
  for (i = 2; i <= n; i++) {
    value = list[i]
    for (j = i - 1; j > 0 && list[j] > value; j--) list[j + 1] = list[j]
    list[j + 1] = value
  }
}

# The median of a system's times of a row, or with `over` of the ratios to FAA's; also sets `low` and `high`. Empty where there is none.
function median(system_, row, over,   n, i, list) {
  n = 0
  for (i = 1; i <= rounds; i++)
    if ((system_, row, i) in time && time["faa", row, i] > 0)
      list[++n] = over ? time[system_, row, i] / time["faa", row, i] : time[system_, row, i] + 0
  if (!n) { low = high = ""; return "" }
  sort(list, n)
  low = list[1]
  high = list[n]
  return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}

function duration(seconds) {
  if (seconds == "") return "-"
  if (seconds < 1e-6) return sprintf("%.0f ns", seconds * 1e9)
  if (seconds < 1e-3) return sprintf("%.1f us", seconds * 1e6)
  if (seconds < 1) return sprintf("%.2f ms", seconds * 1e3)
  return sprintf("%.2f s", seconds)
}

function spread(ratio, low, high) { return ratio == "" ? "-" : sprintf("%.2f [%.2f-%.2f]", ratio, low, high) }
function megabytes(bytes) { return bytes > 0 ? sprintf("%.0f", bytes / 1048576) : "-" }
function rate(flops, seconds) { return flops > 0 && seconds > 0 ? sprintf("%.0f", flops / seconds / 1e9) : "-" }

END {
  line = "%-36s %10s %20s %20s %7s %7s %7s %7s %8s %8s\n"
  printf line, "", "FAA", "stock / FAA", "tuned / FAA", "MB", "stock", "tuned", "pool", "GFLOP/s", "tuned"
  print "row,faa_seconds,stock_seconds,tuned_seconds,stock_ratio,stock_ratio_low,stock_ratio_high,tuned_ratio," \
    "tuned_ratio_low,tuned_ratio_high,faa_peak_bytes,stock_peak_bytes,tuned_peak_bytes,faa_pool_peak_bytes,flops" >>csv
  for (i = 1; i <= count; i++) {
    row = order[i]
    own = median("faa", row, 0)
    stock_time = median("stock", row, 0)
    tuned_time = median("tuned", row, 0)
    stock = median("stock", row, 1); stock_low = low; stock_high = high
    tuned = median("tuned", row, 1); tuned_low = low; tuned_high = high
    printf line, row, duration(own), spread(stock, stock_low, stock_high), spread(tuned, tuned_low, tuned_high),
      megabytes(peak["faa", row]), megabytes(peak["stock", row]), megabytes(peak["tuned", row]), megabytes(pool[row]),
      rate(flops[row], own), rate(flops[row], tuned_time)
    printf "%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s\n", row, own, stock_time, tuned_time, stock, stock_low,
      stock_high, tuned, tuned_low, tuned_high, peak["faa", row], peak["stock", row], peak["tuned", row], pool[row],
      flops[row] >>csv
    if (row ~ /^step\// && stock > 0 && tuned > 0) {
      steps++
      logarithm_stock += log(stock)
      logarithm_tuned += log(tuned)
    }
  }
  if (steps)
    printf "geometric mean of %d training steps: stock / FAA %.2f, tuned / FAA %.2f\n", steps,
      exp(logarithm_stock / steps), exp(logarithm_tuned / steps)
}
