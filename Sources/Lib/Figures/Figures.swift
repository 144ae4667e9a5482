import CGnuplot
