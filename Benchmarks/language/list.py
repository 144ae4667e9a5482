def primes(n):
    sieve = [True for i in range(n)]
    found = []
    for i in range(2, n):
        if sieve[i]:
            found.append(i)
            j = i * i
            while j < n:
                sieve[j] = False
                j = j + i
    return len(found)


assert primes(3000000) == 216816
