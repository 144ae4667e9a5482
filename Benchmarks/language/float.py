def orbit(n):
    x = 0.3
    for i in range(n):
        x = 3.9 * x * (1.0 - x)
    return x


assert orbit(20000000) > 0.0
