def simulate(n):
    ball = {"x": 0.0, "v": 1.0, "bounces": 0}
    trail = []
    for i in range(n):
        ball["x"] = ball["x"] + 0.01 * ball["v"]
        ball["v"] = ball["v"] - 0.001
        if ball["x"] < 0.0:
            ball["v"] = -ball["v"]
            ball["bounces"] = ball["bounces"] + 1
        if i % 10 == 0:
            trail.append({"t": i, "x": ball["x"]})
    total = 0
    for point in trail:
        if point["x"] > 0.5:
            total = total + point["t"] % 3
    return ball["bounces"], total


assert simulate(3000000)[0] > 100
