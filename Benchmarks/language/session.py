s = 0
i = 0
while i < 10000000:
    if i % 3 == 0:
        s = s + i * 2
    i = i + 1
assert s == 33333336666666
