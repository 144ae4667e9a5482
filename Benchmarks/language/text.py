def build(n):
    text = ""
    for i in range(n):
        text = text + f"{i},"
        if i % 7 == 0:
            text = text + "x"
    return text


text = build(1000000)
assert len(text) == 7031748
words = text.split(",")
assert len(words) == 1000001
assert len(";".join([w for w in words if w != "x1"])) == 7031745
