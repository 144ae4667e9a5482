def work(n):
    s = 0
    i = 0
    while i < n:
        if i % 3 == 0:
            s = s + i * 2
        i = i + 1
    return s


assert work(20000000) == 133333326666666
