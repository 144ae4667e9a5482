print("faa")
