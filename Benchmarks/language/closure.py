def total(n):
    scale = 3
    f = lambda x: x * scale + 1
    s = 0
    for i in range(n):
        s = s + f(i)
    return s


assert total(10000000) == 149999995000000
